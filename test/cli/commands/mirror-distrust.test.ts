/** Distrust by file and by mirror, in every command that decides: for each kind of entry a decision that flips. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tempFolder } from "../../support/temp-folder.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { podFor } from "../demo-policy.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("cli/commands/mirror-distrust");
const fixtures = fileURLToPath(new URL("../../fixtures/documentation/", import.meta.url));
const text = (name: string): string => readFileSync(`${fixtures}${name}`, "utf8");
const keyless = "ghcr.io/kyverno/test-verify-image:signed-keyless";
const reviewed = "registry.io/org/app:reviewed";

const files: Readonly<Record<string, string>> = {
  "root.json": text("trust/trusted-root.json"),
  "release.pub": text("trust/release.pub"),
  "keyless.yaml": text("policies/06-keyless.yaml"),
  "pod.yaml": podFor("a", keyless),
  "t/keyless.yaml": text("policies/06-keyless.yaml"),
  "t/pod.yaml": podFor("a", keyless),
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
const now = "2026-11-29T12:00:00Z";
const world: TestWorld = { files, now };

const store = tempFolder();
const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  runCli(words, { now, files: { ...files, ...more } });
const distrust = (...words: readonly string[]) => runCli(["mirror", "distrust", ...words, "--store", store], world);
const json = async (words: readonly string[]) => JSON.parse((await run([...words, "-o", "json"])).out);

const over = ["--store", store, "--trusted-root", "root.json"];
const verifyKeyless = [
  ...["verify", "--certificate-identity", "ada@example.com", "--certificate-oidc-issuer"],
  ...["https://accounts.google.com", ...over, keyless],
];
const verifyKey = ["verify-attestation", "--key", "release.pub", "--type", "https://example.com/CodeReview/v1"];
const commands: readonly (readonly string[])[] = [
  verifyKeyless,
  ["apply", "keyless.yaml", "-r", "pod.yaml", ...over],
  ["explain", "-p", "keyless.yaml", ...over, keyless],
  ["test", "t", ...over],
];

test("before anything is distrusted, everything holds", async () => {
  assert.is((await run(["mirror", "add", `${fixtures}layout`, "--store", store, "--complete"])).exit, 0);
  for (const words of [...commands, [...verifyKey, ...over, reviewed]]) {
    const { exit, err } = await run(words);
    assert.is(exit, 0, `${words[0]}: ${err}`);
  }
});

/** What the image rests on, by kind of entry. */
async function entries(): Promise<readonly (readonly [kind: string, value: string])[]> {
  const { digest, signatures } = (await json(verifyKeyless)).images[0];
  const { signer, logEntries } = signatures[0].evidence;
  return [
    ["digest", digest],
    ["certificate", signer.fingerprint],
    ["identity", "*@example.com"],
    ["log", logEntries[0].logId],
  ];
}

test("an entry of each kind refutes, by file and by mirror, and its removal lets pass", async () => {
  for (const [kind, value] of await entries()) {
    const file = `distrust:\n  - ${kind}: "${value}"\n    reason: sold\n    date: 2026-03-01\n`;
    const byFile = await run([...verifyKeyless, "--distrust", "d.yaml"], { "d.yaml": file });
    assert.is(byFile.exit, 12, kind);
    assert.match(byFile.err, /^error distrusted: .*sold/, kind);
    assert.is((await distrust("add", kind, value, "--reason", "stolen")).exit, 0);
    const byMirror = await run(verifyKeyless);
    assert.match(byMirror.err, /^error distrusted: .*stolen/, kind);
    const [entry] = JSON.parse((await distrust("ls", "-o", "json")).out).entries;
    assert.equal([entry.kind, entry.value, entry.reason, entry.date], [kind, value, "stolen", "2026-11-29"]);
    assert.is((await distrust("rm", entry.digest, "--yes")).exit, 0);
    assert.is((await run(verifyKeyless)).exit, 0, kind);
  }
});

test("a key by its fingerprint", async () => {
  const words = [...verifyKey, ...over, reviewed];
  const { fingerprint } = (await json(words)).images[0].signatures[0].evidence.signer;
  const file = `distrust: [{ key: "${fingerprint}" }]`;
  const { exit, err } = await run([...words, "--distrust", "d.yaml"], { "d.yaml": file });
  assert.equal([exit, /^error distrusted: /.test(err)], [12, true], err);
});

test("a key by its file or by either spelling of its fingerprint; the hash of its file is another value", async () => {
  const own = tempFolder();
  const mirror = (...words: readonly string[]) => runCli(["mirror", ...words, "--store", own], world);
  const pinned = JSON.parse((await mirror("pin-key", "k8s://ns/key", "release.pub", "-o", "json")).out);
  const values = ["release.pub", pinned.fingerprint, `sha256:${pinned.fingerprint}`];
  for (const value of values) {
    const { exit, err } = await mirror("distrust", "add", "key", value, "--reason", "lost");
    assert.equal([exit, err], [0, ""], value);
    const { entries: listed } = JSON.parse((await mirror("distrust", "ls", "-o", "json")).out);
    assert.equal(
      listed.map((entry: { value: string }) => entry.value),
      [pinned.fingerprint],
    );
  }
  await mirror("distrust", "add", "key", "release.pub", "--reason", "another");
  assert.is((await mirror("distrust", "rm", "key", "release.pub")).exit, 2, "not without --yes");
  assert.is((await mirror("distrust", "rm", "key", "release.pub", "--yes")).exit, 0);
  assert.equal(JSON.parse((await mirror("distrust", "ls", "-o", "json")).out).entries, [], "whatever their reasons");
  for (const words of [["key"], ["key", "release.pub"], ["key", "release.pub", "release.pub"], ["key", "short"]])
    assert.is((await mirror("distrust", "rm", ...words, "--yes")).exit, 2, words.join(" "));
  const ofFile = await mirror("distrust", "add", "key", pinned.digest, "--reason", "lost");
  assert.is(ofFile.exit, 0);
  assert.match(ofFile.err, /^note: .*k8s:\/\/ns\/key/);
  assert.match(ofFile.err, pinned.fingerprint);
});

test("every command that decides takes the file, and the mirror's list too", async () => {
  const file = { "d.yaml": 'distrust: [{ identity: "*@example.com", reason: sold }]' };
  const empty = { "d.yaml": "distrust: []" };
  for (const words of commands) {
    const name = words[0] ?? "";
    const refused = await run([...words, "--distrust", "d.yaml"], file);
    assert.ok(refused.exit !== 0 && refused.exit !== 2, `${name}: ${refused.exit}`);
    if (name !== "test") assert.match(refused.out + refused.err, "sold", name);
    assert.is((await run([...words, "--distrust", "d.yaml"], empty)).exit, 0, name);
    const unread = await run([...words, "--distrust", "d.yaml"], { "d.yaml": "distrust: [{ key: x }]" });
    assert.is(unread.exit, 2, name);
    assert.match(unread.err, /error invalid-usage: not a distrust list: [\s\S]*d\.yaml:1:19/, name);
  }
  assert.is(
    (await runCli(["mirror", "distrust", "add", "-f", "d.yaml", "--store", store], { now, files: file })).exit,
    0,
  );
  for (const words of commands) assert.is.not((await run([...words, "--distrust", "d.yaml"], empty)).exit, 0, words[0]);
});

test("a file only adds; what is there stays as it came first", async () => {
  const file = { "more.yaml": 'distrust: [{ identity: "*@example.com", reason: sold }, { identity: "b" }]' };
  const words = ["mirror", "distrust", "add", "-f", "more.yaml", "--store", store];
  const { out } = await runCli(words, { now: "2027-01-01T00:00:00Z", files: file });
  assert.match(out, /^exists [^ ]+ identity \*@example\.com\nadded [^ ]+ identity b\n$/);
  const { entries } = JSON.parse((await distrust("ls", "-o", "json")).out);
  assert.equal(
    entries.map(({ at, from }: { at: string; from: string }) => [at, from]),
    [
      ["2026-11-29T12:00:00.000Z", "d.yaml"],
      ["2027-01-01T00:00:00.000Z", "more.yaml"],
    ],
  );
});

test("the list fits 80 columns", async () => {
  await distrust("add", "key", "a".repeat(64), "--reason", "a long story that nobody reads in a table");
  await distrust("add", "identity", `https://github.com/${"acme/".repeat(20)}*`, "--reason", "x\u001b[31m");
  const { out } = await distrust("ls");
  const lines = out.split("\n");
  assert.match(lines[0] ?? "", /^ENTRY +KIND +VALUE +DATE +REASON$/);
  assert.ok(
    lines.every((line) => line.length <= 80),
    out,
  );
  assert.not.match(out, "\u001b");
  assert.match((await distrust("ls", "-o", "wide", "--no-headers")).out, "a".repeat(64));
});

test("rm wants --yes, says what it would do, and leaves a run", async () => {
  const id = async () => (await run(["mirror", "ls", "--store", store, "-o", "json"])).out;
  const [entry, ...others] = JSON.parse((await distrust("ls", "-o", "json")).out).entries;
  const begin = entry.digest.slice("sha256:".length, "sha256:".length + 12);
  const before = await id();
  const refused = await distrust("rm", begin);
  assert.equal([refused.exit, /--yes/.test(refused.err)], [2, true]);
  assert.match((await distrust("rm", begin, "--dry-run")).out, /^would remove /);
  assert.is(await id(), before);
  assert.is((await distrust("rm", begin, "--yes", "--reason", "it was a test")).exit, 0);
  assert.is.not(await id(), before, "the content id is another one");
  assert.is(JSON.parse((await distrust("ls", "-o", "json")).out).entries.length, others.length);
  assert.is((await distrust("rm", begin, "--yes")).exit, 2, "it is gone");
  const mirror = openMirror(store, { mode: "read", limits: defaultLimits });
  const [last] = mirror.log.runs(1);
  mirror.close();
  assert.is(last?.kind, "distrust rm");
  assert.equal(JSON.parse(JSON.stringify(last?.summary)), { removed: [entry], reason: "it was a test" });
});

test("what is no entry is wrong usage", async () => {
  for (const words of [
    ["add"],
    ["add", "key"],
    ["add", "key", "a".repeat(64)],
    ["add", "digest", "latest", "--reason", "x"],
    ["add", "planet", "mars", "--reason", "x"],
    ["add", "identity", "x", "--reason", "x", "--date", "yesterday"],
    ["add", "identity", "x", "--file", "root.json"],
    ["add", "--file", "root.json"],
    ["rm", "latest", "--yes"],
  ])
    assert.is((await distrust(...words)).exit, 2, words.join(" "));
});

test.run();
