/** What people are told: inputs that were judged rightly, and about which the words must help. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runCli, type TestRun } from "./command-io.ts";

const test = suite("cli/messages");

const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));

/** A folder of `test/fixtures/messages` as the files of a command. */
function filesOf(folder: string): Readonly<Record<string, Uint8Array>> {
  const path = fixture(`messages/${folder}`);
  return Object.fromEntries(
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(`${path}/${name}`)]),
  );
}

const run = (folder: string, words: readonly string[]): Promise<TestRun> => runCli(words, { files: filesOf(folder) });

test("a variable that the author of the resource left unset denies under Ignore, in apply and in explain", async () => {
  const explained = await run("unset-variable", ["explain", "-r", "pod.yaml", "-p", "p.yaml"]);
  assert.is(explained.exit, 1);
  assert.match(explained.out, /^DENY {2}by team-key\/r/);
  assert.is((await run("unset-variable", ["apply", "p.yaml", "-r", "pod.yaml"])).exit, 1);
});

test("a key of the older form beside attestations is refused, and the reason is that", async () => {
  const { exit, out } = await run("legacy-attestation", ["policy", "check", "policy.yaml"]);
  assert.is(exit, 2);
  assert.is(out.match(/^error /gm)?.length, 1, out);
  assert.match(out, /policy\.yaml:\d+:\d+: .*\.key: is not asked of attestations.*attestations\[\]\.attestors\[\]/);
});

test("a label with wildcards that meets another entry's: never selects, and policy check warns", async () => {
  const files = ["-r", "match-labels-pod.yaml"];
  const checked = await run("match-labels-wildcard", ["policy", "check", "match-labels.yaml"]);
  assert.match(checked.out, /warning overlapping-labels: match-labels\.yaml:\d+:\d+: .*"tier"/);
  const applied = await run("match-labels-wildcard", ["apply", "match-labels.yaml", ...files]);
  assert.match(applied.out, "pass: 0, fail: 0, warn: 0, error: 0, skip: 0");
});

test.run();
