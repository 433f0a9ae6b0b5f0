/**
 * The beginning of one file of an archive: everything before the lists, or in a later part before the blobs. All of it
 * follows from the envelope, and is compared with what it has to be. Source: docs/spec/archive.md#layout, #parts.
 */
import { createHash } from "node:crypto";
import { corruptArchive, readingArchive } from "../../core/archive/corrupt.ts";
import {
  archiveMagic,
  archiveManifest,
  indexEnd,
  indexStart,
  layoutMarker,
  partDocument,
} from "../../core/archive/frame.ts";
import { blobPath, findBlobDigest } from "../../core/archive/names.ts";
import {
  isOfMirror,
  type MirrorStatement,
  type NamedDocument,
  parseArchiveStatement,
} from "../../core/archive/archive-statement.ts";
import { readSignedEnvelope, verifySignedStatement } from "../../core/archive/verify-envelope.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { equalBytes } from "../../core/encoding/bytes.ts";
import { parseJson } from "../../core/encoding/json.ts";
import { readInteger, readObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { blockBytes, memberBytes } from "../../core/archive/plain-tar.ts";
import { TarCursor } from "./tar-cursor.ts";

/** Whose signatures count, and how they are verified. */
export interface Acceptance {
  /** `any`: whoever signed it, for people who only look. */
  readonly keys: readonly PublicKey[] | "any";
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/** One file of an archive whose beginning is what its envelope says. */
export interface ArchivePart {
  readonly cursor: TarCursor;
  readonly statement: MirrorStatement;
  /** Digest of the statement, which names the archive. */
  readonly digest: Digest;
  /** The accepted key that signed it; absent where nobody asked. */
  readonly key: PublicKey | undefined;
  /** Names of keys in the envelope, which nobody verified. */
  readonly claimedKeys: readonly string[];
  /** From 1. */
  readonly part: number;
  /** Where the lists begin, or the blobs. */
  readonly bodyAt: number;
}

/** The first bytes of a file, at most a MiB. @throws EngineError `invalid-usage` when it cannot be read. */
export function fileStart(path: string): Uint8Array {
  const cursor = new TarCursor(path);
  try {
    return cursor.size === 0 ? new Uint8Array() : Uint8Array.from(cursor.take(Math.min(cursor.size, 2 ** 20)));
  } finally {
    cursor.close();
  }
}

/** Whether a file begins as an archive of this program, however it goes on. */
export function isArchiveFile(path: string): boolean {
  const cursor = new TarCursor(path);
  try {
    const length = memberBytes(layoutMarker.length) + blockBytes + archiveMagic.length;
    if (cursor.size < length) return false;
    const start = cursor.take(length);
    return start.subarray(-archiveMagic.length).equals(archiveMagic);
  } finally {
    cursor.close();
  }
}

/**
 * Opens a file and verifies its envelope.
 * @throws EngineError `archive-corrupt`, `archive-signature`, `over-limit`; `invalid-usage` when it is something else.
 */
export function openPart(path: string, acceptance: Acceptance): ArchivePart {
  const cursor = new TarCursor(path);
  try {
    const part = readBeginning(cursor, acceptance);
    cursor.rest();
    return part;
  } catch (error) {
    cursor.close();
    throw error;
  }
}

function readBeginning(cursor: TarCursor, { keys, verifier, limits }: Acceptance): ArchivePart {
  const { name } = cursor;
  const wrong = (what: string) => corruptArchive(what, name);
  const member = (path: string, atMost: number): { readonly size: number } => {
    const header = cursor.header();
    if (header.name !== path) throw wrong(`${header.name} where ${path} belongs`);
    if (header.size > atMost)
      throw new EngineError("over-limit", `${path} has ${header.size} bytes`, { subject: name });
    return header;
  };
  const document = (size: number): Buffer => {
    const bytes = cursor.bytes(size);
    cursor.padding(size);
    return bytes;
  };
  if (!equalBytes(document(member("oci-layout", 1024).size), layoutMarker))
    throw wrong("oci-layout is not the one that archives have");

  const index = readIndex(cursor, member("index.json", limits.layoutIndexBytes + 4096).size);
  let header = cursor.header();
  let partBytes: Buffer | undefined;
  if (header.name === "part.json") {
    if (header.size > 1024) throw wrong("part.json is too long");
    partBytes = document(header.size);
    header = cursor.header();
  }
  const blob = (size: number, path: string): { readonly bytes: Buffer; readonly named: NamedDocument } => {
    if (size > 2 * limits.archiveStatementBytes)
      throw new EngineError("over-limit", `${path} has ${size} bytes`, { subject: name });
    const bytes = document(size);
    const digest = digestOf(bytes);
    if (findBlobDigest(path) !== digest) throw wrong(`${path} does not have its digest`);
    return { bytes, named: { digest, size } };
  };
  const manifest = blob(header.size, header.name);
  const envelopeHeader = cursor.header();
  const envelope = blob(envelopeHeader.size, envelopeHeader.name);

  const signed = readSignedEnvelope(envelope.bytes, name, limits);
  const { payload, key } =
    keys === "any" ? { payload: signed.payload, key: undefined } : verifySignedStatement(signed, keys, verifier, name);
  const claimedKeys = signed.signatures.flatMap(({ keyid }) => (keyid === undefined ? [] : [keyid.slice(0, 128)]));
  const statement = parseArchiveStatement(payload, limits);
  if (!isOfMirror(statement))
    throw new EngineError("unsupported", "it is a capsule, which is decided from and never imported", {
      subject: name,
      remedy: "capsule",
    });
  const digest = digestOf(payload);
  const part = partBytes === undefined ? 1 : readPart(partBytes, name, limits);
  const of = statement.parts?.length;
  const expected = of === undefined ? undefined : partDocument(digest, part, of);
  if (expected === undefined || partBytes === undefined ? expected !== partBytes : !equalBytes(expected, partBytes))
    throw wrong("part.json is that of another file");
  if (part < 1 || part > (of ?? 1)) throw wrong(`part ${part} of ${of ?? 1}`);
  if (!equalBytes(archiveManifest(statement, envelope.named, part), manifest.bytes))
    throw wrong("the archive's own manifest is not the one that was signed");
  checkIndex(index, manifest.named, statement.index[part - 1] as NamedDocument, name);
  return { cursor, statement, digest, key, claimedKeys, part, bodyAt: cursor.position };
}

interface ReadIndex {
  readonly start: Buffer;
  readonly rest: NamedDocument;
  readonly end: Buffer;
}

/** `index.json` in three: what is known of every archive at both ends has a length that is known. */
function readIndex(cursor: TarCursor, size: number): ReadIndex {
  const startLength = indexStart({ digest: `sha256:${"0".repeat(64)}`, size: 0 }).length;
  // The size of the manifest has one digit there; how many it has here is seen in what was read.
  const head = Buffer.from(cursor.take(Math.min(size, startLength + 20)));
  const close = head.indexOf("}", head.indexOf('"size":'));
  const start = head.subarray(0, close + 1);
  const hash = createHash("sha256");
  const restSize = size - start.length - indexEnd.length;
  if (close === -1 || restSize < 0) throw corruptArchive("index.json is not the one of this archive", cursor.name);
  const early = head.subarray(start.length);
  const before = Math.min(early.length, restSize);
  hash.update(early.subarray(0, before));
  for (const piece of cursor.pieces(restSize - before)) hash.update(piece);
  const end = Buffer.concat([early.subarray(before), cursor.take(size - head.length - (restSize - before))]);
  cursor.padding(size);
  return { start, rest: { digest: `sha256:${hash.digest("hex")}`, size: restSize }, end };
}

function checkIndex({ start, rest, end }: ReadIndex, manifest: NamedDocument, signed: NamedDocument, name: string) {
  if (!equalBytes(start, indexStart(manifest)) || !equalBytes(end, indexEnd))
    throw corruptArchive("index.json is not the one of this archive", name);
  if (rest.size !== signed.size || rest.digest !== signed.digest)
    throw corruptArchive("index.json is not as it was signed", name);
}

const readPart = (bytes: Uint8Array, name: string, limits: Limits): number =>
  readingArchive(name, () => readInteger(readObject(parseJson(bytes, { limits }), "").part, "/part"));

/** Skips to where a member of this digest and size begins its content. */
export function enterBlob(cursor: TarCursor, { digest, size }: NamedDocument): void {
  const path = blobPath(digest);
  if (cursor.skipHeader(path, size)) return;
  const header = cursor.header();
  throw corruptArchive(`${header.name} (${header.size} bytes) where ${path} (${size} bytes) belongs`, cursor.name);
}
