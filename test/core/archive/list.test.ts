import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AnswerEntry, encodeEntry, type Entry } from "../../../core/archive/archive-entry.ts";
import { BlobListReader, EntryReader, type ListReference } from "../../../core/archive/list.ts";
import type { StatementKind } from "../../../core/archive/names.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import {
  blobList,
  entryList,
  imageDigest,
  listed,
  sampleEntries,
  type WrittenList,
} from "../../support/archive-sample.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/list");

function readAll({ pieces, references }: WrittenList, kind: StatementKind = "full"): readonly Entry[] {
  const reader = new EntryReader(kind, defaultLimits);
  return pieces.flatMap((bytes, index) => [...reader.read(bytes, references[index] as ListReference)]);
}

test("a list that is read again", () => {
  assert.equal(readAll(entryList()), sampleEntries);
});

test("pieces are cut between lines, and the order goes on over them", () => {
  const lines = sampleEntries.map(encodeEntry);
  const most = Math.max(...lines.map((line) => line.length)) + 1;
  const cut = listed(lines, { ...defaultLimits, archiveListBytes: most });
  assert.ok(cut.pieces.length > 3);
  assert.ok(cut.pieces.every((bytes) => bytes.length <= most));
  assert.equal(readAll(cut), sampleEntries);
  const { pieces, references } = cut;
  throwsCode("archive-corrupt", () =>
    readAll({ pieces: [...pieces].reverse(), references: [...references].reverse() }),
  );
  throwsCode("over-limit", () => listed(lines, { ...defaultLimits, archiveListBytes: most - 1 }));
});

test("a piece has as many lines as fit, by their bytes", () => {
  const lines = Array.from({ length: 300 }, (_, index) => ["a", "é", "€", "😀"][index % 4]?.repeat(index % 50) ?? "");
  for (const most of [197, 198, 1000, 4099]) {
    const { pieces, references } = listed(lines, { ...defaultLimits, archiveListBytes: most });
    const expected: number[] = [];
    let filled = most;
    for (const line of lines) {
      const length = Buffer.byteLength(line) + 1;
      if (filled + length > most) {
        expected.push(0);
        filled = 0;
      }
      filled += length;
      expected[expected.length - 1] = (expected.at(-1) ?? 0) + 1;
    }
    assert.equal(
      references.map((reference) => reference.lines),
      expected.filter((count) => count > 0),
    );
    assert.is(Buffer.concat(pieces).toString(), lines.map((line) => `${line}\n`).join(""));
  }
});

test("a list without anything has no piece", () => {
  assert.equal(listed([]), { pieces: [], references: [] });
});

test("any flipped byte is refused", () => {
  const { pieces, references } = entryList();
  const [bytes] = pieces as readonly [Uint8Array];
  for (let at = 0; at < bytes.length; at += 7) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ 1;
    throwsCode("archive-corrupt", () => readAll({ pieces: [flipped], references }));
  }
});

/** A list as its digest says it, whatever is in it. */
function lying(text: string, lines = text.split("\n").length - 1): WrittenList {
  const bytes = encodeUtf8(text);
  return { pieces: [bytes], references: [{ digest: digestOf(bytes), size: bytes.length, lines }] };
}

test("a signed list that lies is refused", () => {
  const [first, second] = sampleEntries.map(encodeEntry) as [string, string];
  const gone = encodeEntry({ kind: "key", key: "key a", digest: "absent", gone: true });
  for (const list of [
    lying(""),
    lying(`${first}\n${second}`),
    lying(`${first}\n${second}\n`, 3),
    lying(`${second}\n${first}\n`),
    lying(`${first}\n${first}\n`),
    lying(`${first}\n\n`),
    lying("{}\n"),
    lying(`${gone}\n`),
  ])
    throwsCode("archive-corrupt", () => readAll(list));
  assert.is(readAll(lying(`${gone}\n`), "delta").length, 1);
  throwsCode("archive-corrupt", () => readAll(lying(`${gone}\n`), "trust"));
});

test("a capsule has whole answers alone, and other archives none of those", () => {
  const known = { at: "2026-11-30T04:00:00Z", from: "ghcr.io" };
  const absent = { kind: "tag", key: "tag ghcr.io/org/app 9", state: "absent", ...known } as const;
  const root = sampleEntries.find(({ kind }) => kind === "trusted-root") as AnswerEntry;
  const { target: _, targetSize: __, ...whole } = root;
  for (const entry of [{ ...absent, claim: "ghcr.io/org/app" }, whole] as readonly Entry[]) {
    assert.is(readAll(entryList([entry]), "capsule").length, 1);
    for (const kind of ["full", "delta", "trust"] as const)
      throwsCode("archive-corrupt", () => readAll(entryList([entry]), kind));
  }
  assert.is(readAll(entryList([absent]), "capsule").length, 1);
  for (const entry of sampleEntries.filter((one) => one === root || !("state" in one)))
    throwsCode("archive-corrupt", () => readAll(entryList([entry]), "capsule"));
  const gone = { kind: "tag", key: absent.key, digest: "absent", gone: true } as const;
  throwsCode("archive-corrupt", () => readAll(entryList([gone]), "capsule"));
});

test("an entry and the tombstone of its key exclude each other, but in the distrust list", () => {
  const entry = sampleEntries.find(({ kind }) => kind === "tag") as Entry;
  const both = [entry, { kind: "tag", key: entry.key, digest: `sha256:${"f".repeat(64)}`, gone: true } as const];
  throwsCode("archive-corrupt", () => readAll(entryList(both), "delta"));
  const listEntry = sampleEntries.find(({ kind }) => kind === "distrust") as Entry;
  const two = [
    listEntry,
    { kind: "distrust", key: listEntry.key, digest: `sha256:${"f".repeat(64)}`, gone: true } as const,
  ];
  const reader = new EntryReader("delta", defaultLimits);
  const { pieces, references } = entryList(two);
  assert.is([...reader.read(pieces[0] as Uint8Array, references[0] as ListReference)].length, 2);
  assert.is(reader.entries, 1);
  assert.is(reader.tombstones, 1);
});

test("blobs are counted, and in order", () => {
  const other = `sha256:${"a".repeat(64)}` as const;
  const read = ({ pieces, references }: WrittenList) => {
    const reader = new BlobListReader(defaultLimits);
    const blobs = [...reader.read(pieces[0] as Uint8Array, references[0] as ListReference)];
    return { blobs, count: reader.blobs, bytes: reader.bytes };
  };
  const blobs = [
    { digest: imageDigest, size: 5 },
    { digest: other, size: 6, use: "layer" as const },
  ];
  assert.equal(read(blobList(blobs)), { blobs, count: 2, bytes: 11 });
  throwsCode("archive-corrupt", () => read(blobList([...blobs].reverse())));
  throwsCode("archive-corrupt", () => read(blobList([blobs[0] as (typeof blobs)[0], blobs[0] as (typeof blobs)[0]])));
});

test.run();
