/** A clock behind signed times, in every command that decides: reported, and kept in the mirror. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli } from "./command-io.ts";
import { podFor } from "./demo-policy.ts";
import { defaultLimits } from "../../core/limits.ts";

const test = suite("cli/clock-behind");
const fixtures = fileURLToPath(new URL("../fixtures/documentation/", import.meta.url));
const text = (name: string): string => readFileSync(`${fixtures}${name}`, "utf8");
const images = "ghcr.io/kyverno/test-verify-image";
const files: Readonly<Record<string, string>> = {
  "root.json": text("trust/trusted-root.json"),
  "release.pub": text("trust/release.pub"),
  "keyless.yaml": text("policies/06-keyless.yaml"),
  "pod.yaml": podFor("a", `${images}:signed-keyless`),
  "t/keyless.yaml": text("policies/06-keyless.yaml"),
  "t/pod.yaml": podFor("a", `${images}:signed-keyless`),
  "t/kyverno-test.yaml": JSON.stringify({
    apiVersion: "cli.kyverno.io/v1alpha1",
    kind: "Test",
    metadata: { name: "t" },
    policies: ["keyless.yaml"],
    resources: ["pod.yaml"],
    results: [
      { policy: "check-image-keyless", rule: "check-image-keyless", kind: "Pod", resources: ["a"], result: "pass" },
    ],
  }),
};
const signedAt = /2026-11-25T12:11:44\.\d{3}Z/;
const [before, after] = ["2026-11-25T11:00:00Z", "2026-11-26T12:00:00Z"];
const store = tempFolder();
const run = (words: readonly string[], now: string) => runCli([...words, "--store", store], { now, files });
const seen = (): string | undefined => {
  const mirror = openMirror(store, { mode: "read", limits: defaultLimits });
  try {
    return mirror.knowledge().state().newestSignedTime?.toISOString();
  } finally {
    mirror.close();
  }
};

const keyless = [
  ...["verify", "--certificate-identity", "ada@example.com", "--certificate-oidc-issuer"],
  ...["https://accounts.google.com", `${images}:signed-keyless`],
];
const byKey = ["verify", "--key", "release.pub", "--insecure-ignore-tlog", `${images}:signed`];
const commands: readonly (readonly string[])[] = [
  keyless,
  ["apply", "keyless.yaml", "-r", "pod.yaml"],
  ["explain", "-p", "keyless.yaml", `${images}:signed-keyless`],
  ["test", "t"],
];
const warnings = (err: string): number => err.match(/^warning: \[clock-behind\]/gim)?.length ?? 0;

test("trust of the command line leaves nothing in the mirror", async () => {
  assert.is((await runCli(["mirror", "add", `${fixtures}layout`, "--store", store, "--complete"])).exit, 0);
  const { exit, err } = await run([...keyless, "--trusted-root", "root.json"], before);
  assert.equal([exit, warnings(err)], [0, 1], err);
  assert.is(seen(), undefined);
  assert.is((await run(["trust", "import", "root.json"], before)).exit, 0);
});

test("every command that decides says so once, and the mirror keeps the newest signed time", async () => {
  for (const words of commands) {
    const right = await run(words, after);
    assert.equal([right.exit, warnings(right.err)], [0, 0], `${words[0]}: ${right.err}`);
    const { exit, err } = await run(words, before);
    assert.equal([exit, warnings(err)], [0, 1], `${words[0]}: ${err}`);
    assert.match(err, signedAt, words[0]);
  }
  assert.match(seen() ?? "", signedAt);
});

test("it is reported for decisions without signed times too; --at is no clock", async () => {
  assert.is(warnings((await run(byKey, before)).err), 1);
  assert.is(warnings((await run(byKey, after)).err), 0);
  const asked = await run([...byKey, "--at", before], after);
  assert.equal([asked.exit, warnings(asked.err)], [0, 0], asked.err);
});

test("beside another writer the command still decides", async () => {
  const writer = openMirror(store, { mode: "write", limits: defaultLimits });
  try {
    assert.is((await run(keyless, after)).exit, 0);
  } finally {
    writer.close();
  }
});

test.run();
