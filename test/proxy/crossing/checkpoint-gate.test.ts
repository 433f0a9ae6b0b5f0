import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { hashLeaf, hashNode } from "../../../core/tlog/merkle-hash.ts";
import { CheckpointGate } from "../../../proxy/crossing/checkpoint-gate.ts";
import { throwsCode } from "../../support/assert.ts";
import { sampleNote } from "../../support/archive-store.ts";

const test = suite("proxy/crossing/checkpoint-gate");
const origin = "rekor.example";
const held = (note?: string, isOwn = false) =>
  new CheckpointGate(() => (note === undefined ? undefined : { note, isOwn }), undefined, defaultLimits);

test("a log may be new, stay and grow", () => {
  assert.ok(held().isNews(origin, sampleNote(7), "7"));
  assert.ok(held(sampleNote(7)).isNews(origin, sampleNote(7), "7"));
  assert.ok(held(sampleNote(7)).isNews(origin, sampleNote(9), "9"));
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
  gate([two]).isNews(origin, grown, "2");
  throwsCode("rollback", () => gate([one]).isNews(origin, grown, "2"));
  throwsCode("rollback", () => gate([two]).isNews(origin, note(2, two), "2"));
  assert.ok(grown);
});

test.run();
