/** Parts of an archive as an exporter writes them, for tests of their readers. */
import { type CarriedBlob, encodeCarriedBlob } from "../../core/archive/carried-blob.ts";
import { encodeEntry, type Entry } from "../../core/archive/archive-entry.ts";
import { type ListReference, ListWriter } from "../../core/archive/list.ts";
import type { ArchiveStatement } from "../../core/archive/archive-statement.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import type { JsonValue } from "../../core/encoding/json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";

export const known = { at: "2026-11-30T04:00:00Z", from: "ghcr.io" } as const;
export const imageDigest = `sha256:${"91c2".repeat(16)}` as const;
const textDigest = (text: string) => digestOf(encodeUtf8(text));

/** A value as a row has it. */
export function valued(value: JsonValue) {
  const text = encodeCanonicalJson(value);
  return { value: text, digest: textDigest(text) };
}

const distrusted = { kind: "log", value: "ab".repeat(32), reason: "gone wrong" } as const;

/** One entry of each kind, in their order. */
export const sampleEntries: readonly Entry[] = [
  {
    kind: "blob",
    key: `blob ghcr.io/org/app ${imageDigest}`,
    state: "present",
    digest: imageDigest,
    ...known,
  },
  { kind: "checkpoint", key: "rekor.example", digest: textDigest("note"), treeSize: "7", value: "note", ...known },
  {
    kind: "cluster",
    key: "cluster get v1 configmaps ns=a name=b path=",
    state: "present",
    ...valued({ data: { a: "b" } }),
    ...known,
  },
  { kind: "complete", key: "ghcr.io/org/app", ...known },
  {
    kind: "distrust",
    key: `log ${distrusted.value}`,
    digest: textDigest(encodeCanonicalJson(distrusted)),
    reason: distrusted.reason,
    ...known,
  },
  { kind: "key", key: "key k8s://ns/name", state: "absent", ...known },
  {
    kind: "log-entry",
    key: `log-entry https://rekor.example ${imageDigest}`,
    state: "present",
    ...valued("{}"),
    ...known,
  },
  {
    kind: "manifest",
    key: `manifest ghcr.io/org/app ${imageDigest}`,
    state: "present",
    digest: imageDigest,
    ...known,
  },
  { kind: "partial", key: `referrers ghcr.io/org/app ${imageDigest}` },
  { kind: "pin key", key: "k8s://ns/other", digest: textDigest("pem"), size: 3, ...known },
  { kind: "pin trusted-root", key: "public-good", digest: textDigest("root"), size: 4, ...known },
  { kind: "pin tuf-root", key: "public-good", digest: textDigest("tuf"), size: 3, ...known },
  {
    kind: "referrers",
    key: `referrers ghcr.io/org/app ${imageDigest}`,
    state: "present",
    ...valued([]),
    partial: true,
    ...known,
  },
  {
    kind: "tag",
    key: "tag ghcr.io/org/app 1.4",
    state: "present",
    ...valued({ digest: imageDigest, mediaType: "a/b", size: 12 }),
    ...known,
  },
  {
    kind: "trusted-root",
    key: "trusted-root public-good",
    state: "present",
    ...valued({ form: "pinned", digest: textDigest("root") }),
    target: textDigest("root"),
    targetSize: 4,
    ...known,
  },
  {
    kind: "tuf-metadata",
    key: "public-good root 3",
    repository: "public-good",
    role: "root",
    version: 3,
    digest: textDigest("tuf"),
    size: 3,
  },
];

export interface WrittenList {
  readonly pieces: readonly Uint8Array[];
  readonly references: readonly ListReference[];
}

export function listed(lines: readonly string[], limits = defaultLimits): WrittenList {
  const pieces: Uint8Array[] = [];
  const writer = new ListWriter((bytes) => void pieces.push(bytes.slice()), limits);
  for (const line of lines) writer.add(line);
  writer.finish();
  return { pieces, references: writer.references };
}

export const entryList = (entries: readonly Entry[] = sampleEntries): WrittenList => listed(entries.map(encodeEntry));
export const blobList = (blobs: readonly CarriedBlob[]): WrittenList => listed(blobs.map(encodeCarriedBlob));

/** A statement about the sample. */
export function sampleStatement(changes: Partial<ArchiveStatement> = {}): ArchiveStatement {
  return {
    kind: "full",
    sequence: 3,
    contentId: textDigest("content"),
    created: known.at,
    entryLists: entryList().references,
    blobLists: blobList([{ digest: imageDigest, size: 12 }]).references,
    index: [{ digest: textDigest(""), size: 0 }],
    totals: { entries: sampleEntries.length, tombstones: 0, blobs: 1, bytes: 12 },
    ...changes,
  };
}
