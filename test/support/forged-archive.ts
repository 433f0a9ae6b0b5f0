/** Archives that say what a test wants, signed as an exporter signs: right, or wrong in one place. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentRow, encodeEntry, type Entry, isTombstone } from "../../core/archive/archive-entry.ts";
import { type ArchiveStatement, encodeArchiveStatement } from "../../core/archive/archive-statement.ts";
import { type CarriedBlob, encodeCarriedBlob } from "../../core/archive/carried-blob.ts";
import { archiveManifest, indexEnd, indexStart, layoutMarker } from "../../core/archive/frame.ts";
import { blobPath } from "../../core/archive/names.ts";
import { compareRows, compareText, contentLine } from "../../core/archive/order.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { encodeTarHeader, paddingOf } from "../../core/archive/plain-tar.ts";
import { ourKey } from "./archive-store.ts";
import { temporaryFolder } from "./temporary-mirror.ts";

export interface Forgery {
  readonly entries: readonly Entry[];
  readonly blobs?: readonly Uint8Array[];
  /** In place of the lists of entries and blobs that follow from these. */
  readonly carried?: readonly CarriedBlob[];
  readonly statement?: Partial<ArchiveStatement>;
  readonly key?: typeof ourKey;
  /** Names of members in place of their own. */
  readonly rename?: (path: string) => string;
  readonly header?: (name: string, size: number) => Uint8Array;
}

/** Where it was written, its statement, and the digest of that. */
export interface Forged {
  readonly path: string;
  readonly statement: ArchiveStatement;
  readonly digest: `sha256:${string}`;
}

const listOf = (lines: readonly string[]): Uint8Array => encodeUtf8(lines.map((line) => `${line}\n`).join(""));
const reference = (bytes: Uint8Array, lines: number) => ({ digest: digestOf(bytes), size: bytes.length, lines });

export function forge(forgery: Forgery): Forged {
  const { key = ourKey, rename = (path) => path, header = encodeTarHeader } = forgery;
  const entries = [...forgery.entries].sort((one, other) => compareRows(contentRow(one), contentRow(other)));
  const blobs = [...(forgery.blobs ?? [])].sort((one, other) => compareText(digestOf(one), digestOf(other)));
  const carried = forgery.carried ?? blobs.map((bytes) => ({ digest: digestOf(bytes), size: bytes.length }));
  const entryList = listOf(entries.map(encodeEntry));
  const blobList = listOf(carried.map(encodeCarriedBlob));
  const hash = createHash("sha256");
  for (const entry of entries) if (!isTombstone(entry)) hash.update(contentLine(contentRow(entry)));
  const statement: ArchiveStatement = {
    kind: "full",
    sequence: 1,
    contentId: `sha256:${hash.digest("hex")}`,
    created: "2026-11-30T05:00:00Z",
    entryLists: entries.length === 0 ? [] : [reference(entryList, entries.length)],
    blobLists: carried.length === 0 ? [] : [reference(blobList, carried.length)],
    index: [{ digest: digestOf(new Uint8Array()), size: 0 }],
    totals: {
      entries: entries.filter((entry) => !isTombstone(entry)).length,
      tombstones: entries.filter(isTombstone).length,
      blobs: carried.length,
      bytes: carried.reduce((sum, { size }) => sum + size, 0),
    },
    ...forgery.statement,
  };
  const payload = encodeArchiveStatement(statement);
  const envelope = key.signing.sign(payload);
  const manifest = archiveManifest(statement, { digest: digestOf(envelope), size: envelope.length });
  const named = { digest: digestOf(manifest), size: manifest.length };
  const blob = (bytes: Uint8Array) => [blobPath(digestOf(bytes)), bytes] as const;
  const members: readonly (readonly [string, Uint8Array])[] = [
    ["oci-layout", layoutMarker],
    ["index.json", Buffer.concat([indexStart(named), indexEnd])],
    blob(manifest),
    blob(envelope),
    ...(entries.length === 0 ? [] : [blob(entryList)]),
    ...(carried.length === 0 ? [] : [blob(blobList)]),
    ...blobs.map((bytes, index) => [blobPath(carried[index]?.digest ?? digestOf(bytes)), bytes] as const),
  ];
  const path = join(temporaryFolder(), "forged.tar");
  const pieces = members.flatMap(([name, bytes]) => [
    header(rename(name), bytes.length),
    Buffer.from(bytes),
    Buffer.alloc(paddingOf(bytes.length)),
  ]);
  writeFileSync(path, Buffer.concat([...pieces, Buffer.alloc(1024)]));
  return { path, statement, digest: digestOf(payload) };
}
