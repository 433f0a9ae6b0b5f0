import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addImage, ourKey, variedMirror } from "../../support/archive-store.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { made, run } from "../exporting.ts";

const test = suite("cli/commands/archive");

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
  const twice = await run("archive", "verify", paths[0] as string, ...paths, "--key", "cosign.pub");
  assert.is(twice.exit, 6);
  assert.match(twice.err, "name one of the two");
});

test("archives in parts are compared, the older one first", async () => {
  const store = variedMirror(12, "x".repeat(20_000));
  const partsOf = (archive: { readonly files: readonly { readonly path: string }[] }) =>
    archive.files.map(({ path }) => path);
  const old = partsOf(await made(store, "--chunk-size", "128KiB"));
  writtenMirror((mirror) => addImage(mirror, "ghcr.io/org/app", "2.0"), store);
  const fresh = partsOf(await made(store, "--chunk-size", "128KiB"));
  assert.ok(old.length > 1 && fresh.length > 1);
  const compared = await run("archive", "diff", ...old, ...fresh.toReversed(), "--key", "cosign.pub");
  assert.equal([compared.exit, compared.err], [0, ""]);
  assert.ok(compared.out.split("\n").includes("+ tag ghcr.io/org/app 2.0"), compared.out);
  const lacking = await run("archive", "diff", ...old, ...fresh.slice(1), "--key", "cosign.pub");
  assert.match(lacking.err, "archive-incomplete");
  for (const [words, why] of [
    [[...old, ...old], "these are parts of one archive"],
    [[...old, ...fresh, (await made(store)).path], "these are parts of 3 archives"],
  ] as const) {
    const { exit, err } = await run("archive", "diff", ...words, "--key", "cosign.pub");
    assert.is(exit, 2);
    assert.match(err, why);
  }
});

test("a file that is no archive", async () => {
  const path = join(temporaryFolder(), "file");
  writeFileSync(path, "x".repeat(3000));
  assert.is((await run("archive", "inspect", path)).exit, 6);
  assert.is((await run("archive", "inspect", "/nowhere")).exit, 2);
  assert.is((await run("archive", "inspect", temporaryFolder())).exit, 2);
});

test.run();
