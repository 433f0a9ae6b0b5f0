import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { keepSeen } from "../../../proxy/mirror/signed-time.ts";
import { throwsCode } from "../../support/assert.ts";
import { sampleNote } from "../../support/archive-store.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/signed-time");
const [old, young] = [new Date("2026-01-01T00:00:00.000Z"), new Date("2026-02-01T00:00:00.000Z")];
const newest = (folder: string): Date | undefined =>
  reading(folder, (mirror) => mirror.knowledge().state().newestSignedTime);
const keep = (folder: string, signed: Date): void => {
  assert.equal(keepSeen(folder, { signed }, origin, defaultLimits), []);
};

test("the newest time only rises, and a reader sees it at once", () => {
  const folder = writtenMirror(() => undefined);
  const reader = openMirror(folder, { mode: "read", limits: defaultLimits });
  try {
    assert.is(reader.knowledge().state().newestSignedTime, undefined);
    keep(folder, young);
    assert.equal(reader.knowledge().state().newestSignedTime, young);
    keep(folder, old);
    assert.equal(reader.knowledge().state().newestSignedTime, young);
  } finally {
    reader.close();
  }
  assert.equal(newest(folder), young);
});

test("beside another writer nothing is kept, and nothing fails", () => {
  const folder = temporaryFolder();
  writtenMirror(() => keep(folder, young), folder);
  assert.is(newest(folder), undefined);
});

test("the newest checkpoint of a log stays, and another tree of its size is said", () => {
  const folder = writtenMirror(() => undefined);
  const keepNote = (size: number, root = 0): readonly string[] =>
    keepSeen(
      folder,
      { checkpoints: [{ origin: "rekor.example", size: BigInt(size), note: sampleNote(size, root) }] },
      origin,
      defaultLimits,
    );
  const held = () => reading(folder, (mirror) => mirror.knowledge().state().checkpoints);
  assert.equal([keepNote(9), held()], [[], [sampleNote(9)]]);
  assert.equal([keepNote(8), held()], [[], [sampleNote(9)]]);
  const [fork = ""] = keepNote(9, 1);
  assert.match(fork, /^\[rollback\] the log rekor\.example signed two different trees of 9 entries/);
  assert.equal(held(), [sampleNote(9)]);
  assert.equal([keepNote(10), held()], [[], [sampleNote(10)]]);
});

test("a damaged time is refused", () => {
  const folder = writtenMirror((mirror) => mirror.writer().raiseSignedTime(young, origin));
  tamper(folder, "UPDATE signed_time SET signed = ?", old.toISOString());
  reading(folder, (mirror) => void throwsCode("mirror-corrupt", () => mirror.knowledge().state().newestSignedTime));
  throwsCode("mirror-corrupt", () => keep(folder, young));
});

test.run();
