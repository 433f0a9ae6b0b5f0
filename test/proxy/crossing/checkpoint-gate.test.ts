import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { hashLeaf, hashNode } from "../../../core/tlog/merkle-hash.ts";
import { CheckpointGate } from "../../../proxy/crossing/checkpoint-gate.ts";
import { throwsCode } from "../../support/assert.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { consistencyPath, treeRoot } from "../../lab/merkle-tree.ts";
import { addImage, exported, sampleNote } from "../../support/archive-store.ts";
import { importing } from "../../support/importing.ts";
import { dumpMirror } from "../../support/mirror-dump.ts";
import { origin as said, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/checkpoint-gate");
const origin = "rekor.example";
const held = (note?: string, isOwn = false) =>
  new CheckpointGate(() => (note === undefined ? undefined : { note, isOwn }), undefined, defaultLimits);

test("a log may be new, stay and grow", () => {
  assert.ok(held().isNews(origin, sampleNote(7), "7"));
  assert.ok(held(sampleNote(7)).isNews(origin, sampleNote(7), "7"));
  const gate = held(sampleNote(7));
  assert.ok(gate.isNews(origin, sampleNote(9), "9"));
  assert.equal(gate.grown, [{ origin, firstSize: "7", secondSize: "9", proved: false }], "no proof came along");
});

test("a smaller log, and another one of the same size, are refused", () => {
  throwsCode("rollback", () => held(sampleNote(7)).isNews(origin, sampleNote(6), "6"));
  throwsCode("rollback", () => held(sampleNote(7)).isNews(origin, sampleNote(7, 1), "7"));
});

test("one of this side's own evidence may be larger, and stays; it is no other log either", () => {
  assert.not.ok(held(sampleNote(9), true).isNews(origin, sampleNote(7), "7"));
  assert.ok(held(sampleNote(7), true).isNews(origin, sampleNote(9), "9"));
  throwsCode("rollback", () => held(sampleNote(7), true).isNews(origin, sampleNote(7, 1), "7"));
});

test("a note that is none, or of another log or size than its entry says", () => {
  for (const note of ["the note", sampleNote(8)]) throwsCode("archive-corrupt", () => held().isNews(origin, note, "7"));
  throwsCode("archive-corrupt", () => held().isNews("other.example", sampleNote(7), "7"));
});

test("a proof of consistency is checked against what is here", () => {
  const [one, two] = [hashLeaf(Uint8Array.of(1)), hashLeaf(Uint8Array.of(2))];
  const note = (size: number, root: Uint8Array): string =>
    `${origin}\n${size}\n${Buffer.from(root).toString("base64")}\n\n— ${origin} AAAAAAAAAAA=\n`;
  const proof = (path: readonly Uint8Array[]) => [{ origin, firstSize: 1n, secondSize: 2n, path }];
  const gate = (path: readonly Uint8Array[]) =>
    new CheckpointGate(() => ({ note: note(1, one), isOwn: false }), proof(path), defaultLimits);
  const grown = note(2, hashNode(one, two));
  const proving = gate([two]);
  proving.isNews(origin, grown, "2");
  assert.equal(proving.grown, [{ origin, firstSize: "1", secondSize: "2", proved: true }]);
  throwsCode("rollback", () => gate([one]).isNews(origin, grown, "2"));
  throwsCode("rollback", () => gate([two]).isNews(origin, note(2, two), "2"));
});

test("an archive with a false proof is refused whole, and the mirror stays as it was; a true one is taken", () => {
  const leaves = Array.from({ length: 11 }, (_, index) => hashLeaf(Uint8Array.of(index)));
  const rootOf = (size: number): string => Buffer.from(treeRoot(leaves.slice(0, size))).toString("base64");
  const note = (size: number): string => `${origin}\n${size}\n${rootOf(size)}\n\n— ${origin} AAAAAAAAAAA=\n`;
  const sees = (size: number) => (mirror: Mirror) =>
    mirror.writer().setCheckpoint({ origin, size: BigInt(size), note: note(size) }, said);
  const near = writtenMirror(sees(7));
  const far = temporaryFolder();
  importing(far, exported(near).path);
  writtenMirror((mirror) => {
    sees(11)(mirror);
    addImage(mirror, "ghcr.io/org/app", "2.0");
  }, near);
  const before = dumpMirror(far);
  const path = consistencyPath(leaves, 7);
  const carry = (changed: readonly Uint8Array[]) =>
    importing(far, exported(near, { consistency: [{ origin, firstSize: 7n, secondSize: 11n, path: changed }] }).path);
  for (const wrong of [path.slice(1), path.toReversed(), [...path, hashLeaf(Uint8Array.of(1))], []]) {
    throwsCode("rollback", () => carry(wrong));
    assert.is(dumpMirror(far), before);
  }
  assert.is(carry(path).sequence, 6);
  assert.ok(dumpMirror(far).includes(rootOf(11)));
});

test.run();
