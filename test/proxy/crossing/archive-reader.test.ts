import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { fileStart, isArchiveFile } from "../../../proxy/crossing/archive-part.ts";
import { openArchive } from "../../../proxy/crossing/archive-reader.ts";
import { verifyArchive } from "../../../proxy/crossing/verify-archive.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { exported, makeKey, ourKey, variedMirror } from "../../support/archive-store.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/archive-reader");
const acceptance = { keys: [ourKey.key], verifier: nodeVerifier, limits: defaultLimits };
const copy = join(temporaryFolder(), "copy.tar");

function check(...paths: readonly string[]): void {
  const archive = openArchive(paths, acceptance);
  try {
    verifyArchive(archive, paths[0] ?? "", defaultLimits);
  } finally {
    archive.close();
  }
}

const { path } = exported(variedMirror(), { bootstrap: [{ name: "LICENSE", path: "LICENSE" }] });
const whole = readFileSync(path);

test("what was written is read", () => {
  assert.ok(isArchiveFile(path));
  check(path);
});

test("of a file of any size a beginning of at most a MiB is read, to say what it is", () => {
  const large = join(temporaryFolder(), "large");
  writeFileSync(large, "begins so");
  assert.is(Buffer.from(fileStart(large)).toString(), "begins so");
  truncateSync(large, 3 * 2 ** 20);
  assert.is(fileStart(large).length, 2 ** 20);
  truncateSync(large, 0);
  assert.is(fileStart(large).length, 0);
});

test("one flipped bit anywhere is refused", () => {
  let refused = 0;
  for (let at = 0; at < whole.length; at += 389) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    writeFileSync(copy, flipped);
    const error = throwsCode(["archive-corrupt", "archive-signature", "over-limit"], () => check(copy));
    assert.ok(error.message.length > 0);
    refused += 1;
  }
  assert.is(refused, Math.ceil(whole.length / 389));
});

test("every byte of the beginning counts, headers and padding too", () => {
  for (let at = 0; at < 6000; at += 5) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] as number) ^ 1;
    writeFileSync(copy, flipped);
    assert.is(
      onlyEngineErrors(() => check(copy)),
      "threw",
      String(at),
    );
  }
});

test("a file that is cut anywhere, and one with more behind it", () => {
  for (let length = whole.length - 1; length >= 0; length -= length > 2000 ? 1531 : 311) {
    copyFileSync(path, copy);
    truncateSync(copy, length);
    throwsCode("archive-corrupt", () => check(copy));
  }
  for (const more of [Buffer.alloc(1), Buffer.alloc(512), whole]) {
    writeFileSync(copy, Buffer.concat([whole, more]));
    throwsCode("archive-corrupt", () => check(copy));
  }
});

test("two members that changed places", () => {
  const second = whole.length - 1024 - 512 * 6;
  const moved = Buffer.from(whole);
  whole.copy(moved, second, second + 1024, second + 2048);
  whole.copy(moved, second + 1024, second, second + 1024);
  writeFileSync(copy, moved);
  throwsCode("archive-corrupt", () => check(copy));
});

test("another key, and no key", () => {
  const other = { ...acceptance, keys: [makeKey().key] };
  throwsCode("archive-signature", () => openArchive([path], other));
  throwsCode("archive-signature", () => openArchive([path], { ...acceptance, keys: [] }));
  const any = openArchive([path], { ...acceptance, keys: "any" });
  assert.is(any.statement.sequence, 1);
  throwsCode("archive-signature", () => any.key);
  any.close();
});

test("parts that changed places under their names", () => {
  const { files } = exported(variedMirror(12, "x".repeat(20_000)), { chunkSize: 128 * 1024 });
  const paths = files.map((file) => file.path);
  check(...paths);
  const [, second, third] = paths as [string, string, string];
  const [secondBytes, thirdBytes] = [readFileSync(second), readFileSync(third)];
  writeFileSync(second, thirdBytes);
  writeFileSync(third, secondBytes);
  // Each says which part it is: names of files are not believed.
  check(...paths);
  // The beginning of one with the blobs of the other.
  const at = secondBytes.length - 30_000;
  writeFileSync(second, Buffer.concat([secondBytes.subarray(0, at), thirdBytes.subarray(at)]));
  writeFileSync(third, thirdBytes);
  throwsCode(["archive-corrupt", "archive-incomplete"], () => check(...paths));
});

test("bounds hold before anything is read for them", () => {
  const bounded = (limits: object) => () =>
    openArchive([path], { ...acceptance, limits: { ...defaultLimits, ...limits } }).close();
  for (const limits of [{ archiveStatementBytes: 100 }, { layoutIndexBytes: 100 }, { archiveBytes: 100 }])
    throwsCode("over-limit", bounded(limits));
});

test("blobs that nobody reads are compared all the same", () => {
  const archive = openArchive([path], acceptance);
  const pieces: number[] = [];
  for (const blob of archive.blobs()) {
    if (pieces.length === 0) for (const piece of blob.pieces()) pieces.push(piece.length);
    else if (pieces.length === 1) {
      // Read in part, and then left.
      for (const piece of blob.pieces()) {
        pieces.push(piece.length);
        break;
      }
    }
  }
  archive.close();
  assert.ok(pieces.length >= 2);
});

test("only an EngineError says what a file is", () => {
  for (const content of ["", "x", "x".repeat(512), Buffer.alloc(4096)]) {
    writeFileSync(copy, content);
    assert.not(isArchiveFile(copy));
    const error = throwsCode("archive-corrupt", () => openArchive([copy], acceptance));
    assert.instance(error, EngineError);
  }
});

test.run();
