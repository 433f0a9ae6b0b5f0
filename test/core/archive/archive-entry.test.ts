import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  contentRow,
  encodeEntry,
  type Entry,
  namedBlobs,
  parseEntry,
  type Tombstone,
} from "../../../core/archive/archive-entry.ts";
import { encodeFlat, type FlatObject } from "../../../core/archive/canonical-line.ts";
import { compareRows } from "../../../core/archive/order.ts";
import { encodeCanonicalJson } from "../../../core/encoding/canonical-json.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { imageDigest, sampleEntries } from "../../support/archive-sample.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/archive-entry");
const parse = (line: string) => parseEntry(line, defaultLimits);

for (const entry of sampleEntries)
  test(`${entry.kind}: what is written is read again`, () => {
    assert.equal(parse(encodeEntry(entry)), entry);
  });

test("the sample is in the order of the content id", () => {
  const rows = sampleEntries.map(contentRow);
  for (const [index, row] of rows.slice(1).entries())
    assert.ok(compareRows(rows[index] as typeof row, row) < 0, row.key);
});

test("a line is canonical JSON, whatever the texts of its entry are", () => {
  const texts = ["plain", 'a "quoted" \\', "é€😀", "a\0\n\u001f\u007f\u2028", ""];
  for (const entry of sampleEntries)
    for (const text of texts) {
      const odd = { ...entry, key: text, ...("at" in entry ? { at: text, from: text } : {}) };
      assert.is(encodeEntry(odd as Entry), encodeCanonicalJson({ ...odd }));
    }
});

test("rows without a digest have a word", () => {
  const words = sampleEntries.map(contentRow).filter(({ digest }) => !digest.startsWith("sha256:"));
  assert.equal(
    words.map(({ kind, digest }) => `${kind} ${digest}`),
    ["complete complete", "key absent", "partial partial"],
  );
});

test("the blobs that entries name", () => {
  const count = (kind: string) =>
    sampleEntries.filter((entry) => entry.kind === kind).flatMap((entry) => namedBlobs(entry)).length;
  assert.is(count("manifest"), 1);
  assert.is(count("tag"), 0);
  assert.is(count("trusted-root"), 1);
  assert.is(count("pin key"), 1);
  assert.is(count("tuf-metadata"), 1);
});

const tombstone: Tombstone = {
  kind: "manifest",
  key: `manifest ghcr.io/org/app ${imageDigest}`,
  digest: imageDigest,
  gone: true,
};

test("tombstones of every kind", () => {
  assert.equal(parse(encodeEntry(tombstone)), tombstone);
  assert.equal(contentRow(tombstone), { kind: tombstone.kind, key: tombstone.key, digest: imageDigest });
  assert.equal(namedBlobs(tombstone), []);
  for (const [kind, digest] of [
    ["complete", "complete"],
    ["partial", "partial"],
    ["tag", "absent"],
  ] as const)
    assert.equal(parse(encodeEntry({ ...tombstone, kind, digest })).kind, kind);
  for (const [kind, digest] of [
    ["complete", "absent"],
    ["complete", imageDigest],
    ["checkpoint", "absent"],
    ["tag", "gone"],
    ["nothing", "absent"],
  ] as const)
    throwsCode("malformed", () => parse(encodeEntry({ ...tombstone, kind, digest })));
});

test("an entry whose parts do not fit together is refused", () => {
  const changed = (kind: string, changes: object): string => {
    const entry = sampleEntries.find((one) => one.kind === kind) as Entry;
    return encodeFlat({ ...entry, ...changes } as unknown as FlatObject);
  };
  const other = `sha256:${"0".repeat(64)}`;
  const refused: readonly string[] = [
    changed("tag", { digest: other }),
    changed("tag", { value: "{}" }),
    changed("tag", { value: undefined }),
    changed("tag", { size: 3 }),
    changed("tag", { kind: "key" }),
    changed("tag", { key: "tag ghcr.io/org/app  1.4" }),
    changed("tag", { at: "yesterday" }),
    changed("tag", { from: undefined }),
    changed("tag", { state: "unavailable" }),
    changed("tag", { partial: true }),
    changed("tag", { target: other, targetSize: 1 }),
    changed("tag", {}).replace('"kind":"tag",', '"kind":"tag","more":"x",'),
    changed("tag", { kind: "nothing" }),
    changed("tag", { kind: "toString" }),
    changed("manifest", { digest: other }),
    changed("manifest", { value: "x" }),
    changed("manifest", { size: "12" }),
    changed("key", { digest: other }),
    changed("checkpoint", { treeSize: "07" }),
    changed("checkpoint", { value: "another note" }),
    changed("complete", { key: "nginx" }),
    changed("complete", { key: "a b" }),
    changed("distrust", { reason: "fine" }),
    changed("distrust", { key: `weather ${"ab".repeat(32)}` }),
    changed("partial", { key: "tag ghcr.io/org/app 1.4" }),
    changed("partial", { at: "2026-11-30T04:00:00Z" }),
    changed("pin key", { size: "3" }),
    changed("referrers", { partial: "true" }),
    changed("trusted-root", { target: undefined }),
    changed("tag", { claim: "ghcr.io" }),
    changed("trusted-root", { targetSize: undefined }),
    changed("tuf-metadata", { version: 4 }),
    changed("tuf-metadata", { repository: undefined }),
  ];
  for (const line of refused) throwsCode("malformed", () => parse(line));
});

test.run();
