import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout, repository } from "../demo-layout.ts";
import { withLab } from "./sync-lab.ts";

const test = suite("cli/commands/mirror-gc");
const demo = demoLayout();

async function filled(...flags: readonly string[]): Promise<string> {
  const store = tempFolder();
  assert.is((await runCli(["mirror", "add", demo.folder, "--store", store, ...flags])).exit, 0);
  return store;
}

const listed = async (store: string): Promise<readonly string[]> =>
  (await runCli(["mirror", "ls", "--store", store, "-o", "name"])).out.split("\n").filter((line) => line !== "");

const collect = async (store: string, words: readonly string[], world: TestWorld = {}) => {
  const { exit, out, err } = await runCli(["mirror", "gc", "--store", store, ...words, "-o", "json"], world);
  assert.equal([exit, err], [0, ""]);
  return JSON.parse(out);
};

test("without rules nothing is asked and every image stays", async () => {
  const store = await filled();
  const before = await listed(store);
  const { exit, out } = await runCli(["mirror", "gc", "--store", store, "--vacuum"]);
  assert.is(exit, 0);
  assert.match(out, "removed 0 images, 0 answers, 0 blobs,");
  assert.equal(await listed(store), before);
});

test("rules remove only when that is confirmed, and a dry run says the same", async () => {
  const store = await filled("--complete");
  const before = await listed(store);
  const refused = await runCli(["mirror", "gc", "--store", store, "--keep-last", "0"]);
  assert.is(refused.exit, 2);
  assert.match(refused.err, "--dry-run");
  const dry = await collect(store, ["--keep-last", "0", "--dry-run"]);
  assert.equal(await listed(store), before);
  const done = await collect(store, ["--keep-last", "0", "--yes"]);
  assert.equal([done.dryRun, { ...done, dryRun: true }], [false, dry]);
  assert.equal(done.images, before);
  assert.ok(done.ended.length > 0);
  assert.equal(await listed(store), []);
  const text = await runCli(["mirror", "check", "--store", store]);
  assert.equal([text.exit, text.err], [0, ""]);
});

test("a list, a pattern, a policy and an age keep images", async () => {
  const store = await filled();
  const policy = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: p }
spec:
  validationFailureAction: Enforce
  rules:
    - name: r
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - imageReferences: ["${demo.signed}"]
          attestors: [{ entries: [{ keys: { publicKeys: "k8s://ns/key" } }] }]
`;
  const world = { files: { "images.txt": `${demo.signed}\n`, "policy.yaml": policy } };
  const kept = async (...words: readonly string[]) => {
    const { images } = await collect(store, [...words, "--dry-run"], world);
    return (await listed(store)).filter((name) => !images.includes(name));
  };
  assert.equal(await kept("--keep-list", "images.txt"), [demo.signed]);
  assert.equal(await kept("--keep", demo.signed), [demo.signed]);
  assert.equal(await kept("--keep-policy", "policy.yaml"), [demo.signed]);
  assert.equal(await kept("--keep", "nowhere/*"), []);
  assert.equal(await kept("--keep-newer", "999999d"), await listed(store));
});

test("a repository that is complete is kept, and said so; --end-claims ends the claim", async () => {
  const store = await filled("--complete=repository");
  const { exit, out } = await runCli(["mirror", "gc", "--store", store, "--keep-last", "0", "--yes"]);
  assert.is(exit, 0);
  assert.match(out, `kept ${repository}\n  claimed to be complete: --end-claims`);
  const ended = await runCli(["mirror", "gc", "--store", store, "--keep-last", "0", "--end-claims", "--yes"]);
  assert.match(ended.out, `no longer complete, ${repository}\n`);
  assert.equal(await listed(store), []);
});

test("wrong rules are wrong usage", async () => {
  const store = await filled();
  for (const words of [
    ["--keep-last", "many"],
    ["--keep-newer", "soon"],
    ["--end-claims"],
    ["--dry-run", "--vacuum"],
    ["--keep-list", "none.txt"],
  ])
    assert.is((await runCli(["mirror", "gc", "--store", store, ...words])).exit, 2, words.join(" "));
});

test("an image is removed by its name, with its signatures, after a word of its own", async () => {
  const store = await filled("--complete");
  const words = ["mirror", "rm", demo.signed, "--store", store];
  assert.is((await runCli(words)).exit, 2);
  const dry = await runCli([...words, "--dry-run"]);
  assert.match(dry.out, `would remove ${demo.signed}\n`);
  const narrow = await runCli([...words, "--dry-run"], { width: 80 });
  for (const line of narrow.out.split("\n")) assert.ok(line.length <= 80, line);
  const done = await runCli([...words, "--yes"]);
  assert.match(done.out, `removed ${demo.signed}\n`);
  assert.not((await listed(store)).includes(demo.signed));
  const again = await runCli([...words, "--yes"]);
  assert.is(again.exit, 2);
  assert.match(again.err, "the mirror does not have this image");
  assert.is((await runCli(["mirror", "check", "--store", store])).exit, 0);
});

test("an image is removed by what mirror ls shows: the first digits of its digest", async () => {
  const store = await filled("--complete");
  const { images } = JSON.parse((await runCli(["mirror", "ls", "--store", store, "-o", "json"])).out) as {
    readonly images: readonly { readonly image: string; readonly repository: string; readonly digest: string }[];
  };
  const [first] = images;
  assert.ok(first !== undefined);
  const digits = first.digest.slice("sha256:".length, "sha256:".length + 12);
  const rm = (text: string) => runCli(["mirror", "rm", text, "--store", store, "--dry-run"]);
  for (const text of [
    digits,
    `sha256:${digits}`,
    `${first.repository}@${digits}`,
    `${first.repository}@sha256:${digits}…`,
  ])
    assert.match((await rm(text)).out, `would remove ${first.image}\n`, text);
  assert.match((await rm(`${first.repository}@${first.digest}`)).out, `would remove ${first.image}\n`);
  const none = await rm(`${first.repository}@000000000000`);
  assert.equal([none.exit, /the mirror does not have this image/.test(none.err)], [2, true], none.err);
});

test("digits that begin several digests are refused, and the candidates are named", () =>
  withLab(async (lab) => {
    for (const name of ["org/app", "org/copy"]) lab.registry.addImage(name, "1", "one content");
    const copy = `${lab.registry.host}/org/copy`;
    assert.is((await lab.sync(lab.here("1"), `${copy}:1`)).exit, 0);
    const [digits = ""] = /[0-9a-f]{12}/.exec((await lab.run(["mirror", "ls", "--store", lab.store])).out) ?? [];
    const several = await lab.run(["mirror", "rm", digits, "--store", lab.store, "--yes"]);
    assert.is(several.exit, 2, several.out);
    const text = several.err.replace(/\s+/g, "");
    assert.match(text, `${lab.registry.host}/org/app@`);
    assert.match(text, `${copy}@`);
    const one = await lab.run(["mirror", "rm", `${copy}@${digits}`, "--store", lab.store, "--yes"]);
    assert.match(one.out, `removed ${copy}:1\n`);
  }));

test.run();
