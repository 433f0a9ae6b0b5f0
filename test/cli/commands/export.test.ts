import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addImage, variedMirror } from "../../support/archive-store.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";
import { made, run } from "../exporting.ts";

const test = suite("cli/commands/export");

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

test("a delta since files takes the newest archive with all its parts, and refuses what is ambiguous", async () => {
  const store = variedMirror(20, "x".repeat(3000));
  const first = await made(store);
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "2.0"), store);
  const second = await made(store, "--chunk-size", "64KiB");
  const parts = second.files.map(({ path }: { readonly path: string }) => path);
  assert.ok(parts.length > 1);
  const since = (...words: readonly string[]) => words.flatMap((word) => ["--since", word]);
  const delta = await made(store, ...since(parts[1], first.path, ...parts.slice(2), parts[0]));
  assert.equal([delta.archive.kind, delta.archive.base], ["delta", 2]);
  const refused = async (...words: readonly string[]) => {
    const { exit, err } = await run(
      "export",
      "--store",
      store,
      "-f",
      "x.tar",
      "--key",
      "cosign.key",
      ...since(...words),
    );
    assert.is(exit, 2);
    return err;
  };
  assert.match(await refused("1", "2"), "--since takes one number");
  assert.match(await refused(first.path, "2"), "--since takes one number");
  const twin = await made(variedMirror(2));
  assert.match(await refused(twin.path, first.path), "two archives are number 1");
  const { exit, err } = await run("export", "--store", store, "-f", "x.tar", "--key", "cosign.key", ...since(parts[0]));
  assert.is(exit, 6, err);
  assert.match(err, /name all parts of\s+archive 2/);
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

test("a COSIGN_PASSWORD that is empty is a password; one that is not set is none", async () => {
  const store = variedMirror();
  const files = { "cosign.key": readFileSync("test/fixtures/archive-keys/cosign2-empty-password.key", "utf8") };
  const exported = (env: Readonly<Record<string, string>>) =>
    runCli(["export", "--store", store, "-f", join(temporaryFolder(), "a.tar"), "--key", "cosign.key"], { env, files });
  const empty = await exported({ COSIGN_PASSWORD: "" });
  assert.equal([empty.exit, empty.err], [0, ""]);
  const unset = await exported({});
  assert.is(unset.exit, 2);
  assert.match(unset.err, "set COSIGN_PASSWORD to its password");
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

test("files to bootstrap from that are not there are named", async () => {
  const store = variedMirror();
  const path = join(temporaryFolder(), "archive.tar");
  const refused = await run("export", "--store", store, "-f", path, "--key", "cosign.key", "--bootstrap", "chart.tgz");
  assert.is(refused.exit, 2);
  assert.match(refused.err, "chart.tgz");
  assert.not(existsSync(path));
});

test.run();
