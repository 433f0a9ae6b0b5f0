import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addImage, makeKey, ourKey, variedMirror } from "../../support/archive-store.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { policyFor } from "../demo-policy.ts";

const test = suite("cli/commands/export");
const other = makeKey();
const world: TestWorld = {
  width: 80,
  files: {
    "cosign.key": ourKey.pem,
    "cosign.pub": ourKey.signing.publicKey,
    "other.key": other.pem,
    "other.pub": other.signing.publicKey,
    "policy.yaml": "apiVersion: v1\n",
  },
};
const run = (...words: readonly string[]) => runCli(words, world);

async function made(store: string, ...words: readonly string[]) {
  const path = join(temporaryFolder(), "archive.tar");
  const { exit, out, err } = await run(
    "export",
    "--store",
    store,
    "-f",
    path,
    "--key",
    "cosign.key",
    ...words,
    "-o",
    "json",
  );
  assert.equal([exit, err], [0, ""]);
  return { path, ...JSON.parse(out) };
}

test("a full archive, a delta, and one of trust count on", async () => {
  const store = variedMirror();
  const full = await made(store);
  assert.equal([full.archive.kind, full.archive.sequence], ["full", 1]);
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "2.0"), store);
  const trust = await made(store, "--trust-only");
  assert.equal([trust.archive.kind, trust.archive.sequence, trust.archive.previous], ["trust", 2, undefined]);
  const delta = await made(store, "--since", "1");
  assert.equal([delta.archive.kind, delta.archive.sequence, delta.archive.base], ["delta", 3, 1]);
  const byFile = await made(store, "--since", full.path);
  assert.equal([byFile.entries, byFile.tombstones, byFile.blobs], [delta.entries, delta.tombstones, delta.blobs]);
  const since2 = await run("export", "--store", store, "-f", "x.tar", "--key", "cosign.key", "--since", "2");
  assert.is(since2.exit, 2);
  assert.match(since2.err, "an archive of trust is no base");
  const since9 = await run("export", "--store", store, "-f", "x.tar", "--key", "cosign.key", "--since", "9");
  assert.is(since9.exit, 2);
  assert.match(since9.err, "1, 2, 3, 4");
  assert.not(existsSync("x.tar"));
});

test("text for people says number, content and digests, in 80 columns", async () => {
  const store = variedMirror();
  const path = join(temporaryFolder(), "archive.tar");
  const { exit, out } = await run("export", "--store", store, "-f", path, "--key", "cosign.key");
  assert.is(exit, 0);
  assert.match(out, /^archive 1, full$/m);
  assert.match(out, /^ {2}statement [0-9a-f]{12}, content id [0-9a-f]{12}$/m);
  for (const line of out.split("\n")) if (!line.includes("/")) assert.ok(line.length <= 80, line);
  const dry = await run("export", "--store", store, "-f", `${path}2`, "--key", "cosign.key", "--dry-run");
  assert.match(dry.out, /^dry run: nothing was written, and no number was taken$/m);
  assert.not(existsSync(`${path}2`));
});

test("what cannot be exported says why, and leaves nothing", async () => {
  const store = variedMirror();
  const folder = temporaryFolder();
  const path = join(folder, "archive.tar");
  const refused = async (...words: readonly string[]) => {
    const { exit, err } = await run("export", "--store", store, "-f", path, "--key", "cosign.key", ...words);
    assert.is(exit, 2, err);
    return err;
  };
  assert.match(await refused("--chunk-size", "1"), "--chunk-size");
  assert.match(await refused("--chunk-size", "a lot"), "--chunk-size");
  assert.match(await refused("--trust-only", "--since", "1"), "--trust-only");
  assert.match(await refused("--key", "cosign.pub"), "private key");
  assert.match(await refused("--next-key", "policy.yaml"), "public key");
  assert.match(await refused("-f", "-"), /name\s+of\s+a\s+file/);
  assert.match(await refused("-f", "/nowhere/at/all.tar"), "there is no such folder");
  assert.match(await refused("--since", "1"), "no record");
  assert.equal(readdirSync(folder), []);
});

test("inspect, verify and diff", async () => {
  const store = variedMirror();
  const old = await made(store);
  writtenMirror((mirror) => {
    addImage(mirror, "ghcr.io/org/app", "2.0");
    mirror.writer().unpin("key", "k8s://ns/name");
  }, store);
  const fresh = await made(store, "--next-key", "other.pub");
  const delta = await made(store, "--since", "1");

  const inspected = await run("archive", "inspect", fresh.path);
  assert.is(inspected.exit, 0);
  assert.match(inspected.out, `not verified; says that it is signed by ${ourKey.signing.fingerprint.slice(0, 12)}`);
  assert.match(inspected.out, "names 1 key for later archives");
  const known = await run("archive", "inspect", delta.path, "--key", "other.pub", "--key", "cosign.pub", "-o", "json");
  assert.equal(JSON.parse(known.out).signature, { verified: true, keys: [ourKey.signing.fingerprint] });
  assert.is((await run("archive", "inspect", fresh.path, "--key", "other.pub")).exit, 6);

  for (const { path } of [old, fresh, delta]) {
    const verified = await run("archive", "verify", path, "--key", "cosign.pub");
    assert.equal([verified.exit, verified.err], [0, ""]);
    assert.match(verified.out, "is whole");
  }
  assert.is((await run("archive", "verify", old.path)).exit, 2);
  assert.is((await run("archive", "verify", old.path, "--key", "other.pub")).exit, 6);

  const lines = async (...words: readonly string[]) =>
    (await run("archive", "diff", ...words, "--key", "cosign.pub")).out.split("\n");
  const byFull = await lines(old.path, fresh.path);
  assert.equal(await lines(old.path, delta.path), byFull);
  assert.ok(byFull.includes("+ tag ghcr.io/org/app 2.0"));
  assert.ok(byFull.includes("- pin key k8s://ns/name"));
  assert.ok(byFull.includes("- complete ghcr.io/org/app"));
  assert.ok(byFull.includes("6 added, 0 changed, 2 removed"), byFull.join("\n"));
  const unverified = await run("archive", "diff", old.path, old.path);
  assert.equal([unverified.exit, unverified.out], [0, "0 added, 0 changed, 0 removed\n"]);
  assert.match(unverified.err, "not verified");
  assert.is((await run("archive", "diff", delta.path, fresh.path, "--key", "cosign.pub")).exit, 2);
});

test("parts are inspected one by one and verified together", async () => {
  const store = variedMirror(12, "x".repeat(20_000));
  const { files } = await made(store, "--chunk-size", "128KiB");
  const paths: readonly string[] = files.map(({ path }: { path: string }) => path);
  assert.ok(paths.length > 2);
  const one = await run("archive", "inspect", paths[1] as string);
  assert.match(one.out, /part 1: not named/);
  assert.is((await run("archive", "verify", ...paths, "--key", "cosign.pub")).exit, 0);
  const lacking = await run("archive", "verify", ...paths.slice(1), "--key", "cosign.pub");
  assert.is(lacking.exit, 6);
  assert.match(lacking.err, "archive-incomplete");
});

test("what the other side will decide is said, sets the exit code, and travels along", async () => {
  const demo = demoLayout();
  const files = { ...world.files, "policy.yaml": policyFor(demo.key.pem) };
  const covering = async (...added: readonly string[]) => {
    const store = tempFolder();
    assert.is((await runCli(["mirror", "add", demo.folder, "--store", store, ...added])).exit, 0);
    const path = join(tempFolder(), "archive.tar");
    const words = ["export", "--store", store, "-f", path, "--key", "cosign.key", "--policies", "policy.yaml"];
    const shown = await runCli(words, { ...world, files });
    const json = await runCli([...words, "--since", "1", "-o", "json"], { ...world, files });
    return { path, shown, json: JSON.parse(json.out) };
  };
  const complete = await covering("--complete");
  assert.is(complete.shown.exit, 1);
  assert.match(complete.shown.out, /IMAGE +DECISION +GAP/);
  assert.match(complete.shown.out, /unsigned\S* +fail +no-signature/);
  assert.match(complete.shown.out, /signed\S* +pass +-/);
  assert.is(complete.json.exitCode, 1);
  assert.equal(complete.json.coverage.policies, ["check-images"]);
  const inside = await runCli(["archive", "inspect", complete.path, "-o", "json"], world);
  assert.is(JSON.parse(inside.out).coverage, true);
  assert.is((await runCli(["archive", "verify", complete.path, "--key", "cosign.pub"], world)).exit, 0);
  // Nobody says that the layout has all: what has no signature is not known to have none.
  const partial = await covering();
  assert.is(partial.shown.exit, 5);
  assert.ok(partial.json.coverage.summary.unknown > 0);
});

test("files to bootstrap from that are not there are named", async () => {
  const store = variedMirror();
  const path = join(temporaryFolder(), "archive.tar");
  const refused = await run("export", "--store", store, "-f", path, "--key", "cosign.key", "--bootstrap", "chart.tgz");
  assert.is(refused.exit, 2);
  assert.match(refused.err, "chart.tgz");
  assert.not(existsSync(path));
});

test("a file that is no archive", async () => {
  const path = join(temporaryFolder(), "file");
  writeFileSync(path, "x".repeat(3000));
  assert.is((await run("archive", "inspect", path)).exit, 6);
  assert.is((await run("archive", "inspect", "/nowhere")).exit, 2);
  assert.is((await run("archive", "inspect", temporaryFolder())).exit, 2);
});

test.run();
