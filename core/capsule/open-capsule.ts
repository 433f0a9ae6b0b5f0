/**
 * Opening a capsule: policies, settings, trust and answers for a list of images in one signed file. Its signature is
 * verified before anything of it is believed. Synchronous, and of no host: an edge, a browser and a WASM component open
 * it as Node does. Source: docs/spec/capsule.md.
 */
import { contentRow, namedBlobs } from "../archive/archive-entry.ts";
import { type ArchiveStatement, type NamedDocument, parseArchiveStatement } from "../archive/archive-statement.ts";
import { corruptArchive, readingArchive } from "../archive/corrupt.ts";
import { archiveManifest, indexEnd, indexStart, layoutMarker } from "../archive/frame.ts";
import { BlobListReader, EntryReader, type ListReference } from "../archive/list.ts";
import { contentLine } from "../archive/order.ts";
import { memberBytes } from "../archive/plain-tar.ts";
import { findUnsignedStatement, readSignedEnvelope, verifySignedStatement } from "../archive/verify-envelope.ts";
import { type Digest, digestOf } from "../crypto/digest.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { EngineInput } from "../decide/engine-document.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { type JsonObject, parseJson } from "../encoding/json.ts";
import { readObject } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError, requireOptions } from "../errors.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Limits } from "../limits.ts";
import { parseCapsuleDocument } from "./capsule-document.ts";
import { CapsuleFile, CarriedBlobs } from "./capsule-file.ts";
import { CapsuleKnowledge } from "./capsule-knowledge.ts";

/** A component's host says its floor in 32 bits. One that it cannot say would protect from nothing. */
export const mostCapsuleSequence = 2 ** 32 - 1;

export interface CapsuleOptions {
  /** Whose signatures count. */
  readonly keys: readonly PublicKey[];
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
  /** The highest sequence that was seen before, which the caller keeps: an older capsule is `rollback`. */
  readonly floor?: number | undefined;
  /** Accepts a capsule that nobody signed, and without `keys` one that anybody signed. */
  readonly allowUnsigned?: boolean | undefined;
  /** The capsule that this one changes, where it is a delta. */
  readonly base?: Capsule | undefined;
  /** Names the file in errors. Default `capsule`. */
  readonly subject?: string | undefined;
}

export interface Capsule {
  readonly statement: ArchiveStatement;
  /** Of the statement: it names the capsule. */
  readonly digest: Digest;
  readonly sequence: number;
  /** RFC 3339. */
  readonly created: string;
  /** The accepted key that signed it; absent where nobody was asked for. */
  readonly signedBy: PublicKey | undefined;
  /** The images that it was made for, as they were named. */
  readonly images: readonly string[];
  /** What `createEngine` needs, but for `crypto`. */
  readonly engine: EngineInput;
  readonly policies: EngineInput["policies"];
  readonly settings: NonNullable<EngineInput["settings"]>;
  /** The answers, and nothing else. */
  readonly knowledge: Knowledge;
  /** What it was found to decide for each image when it was made. */
  coverage(): JsonObject | undefined;
  /** Bytes that it carries, or the capsule that it changes. */
  find(digest: Digest): Uint8Array | undefined;
  /** Reads every byte. @throws EngineError `archive-corrupt`, `archive-incomplete`. */
  check(): void;
}

/**
 * @throws EngineError `archive-signature`, `archive-corrupt`, `over-limit`, `unsupported`; `archive-sequence` for a
 * delta without the capsule that it changes; `rollback` below the floor; `invalid-usage` for an option that is missing
 * or a floor that is no number.
 */
export function openCapsule(bytes: Uint8Array, options: CapsuleOptions): Capsule {
  requireOptions(options, "keys", "verifier", "limits");
  const { limits, floor, base, subject = "capsule" } = options;
  // No sequence is below what is no number: it would be as if there were no floor.
  if (floor !== undefined && (!Number.isSafeInteger(floor) || floor < 0))
    throw new EngineError("invalid-usage", "a floor is a whole number, 0 or more", { subject: "floor" });
  if (bytes.length > limits.capsuleBytes)
    throw new EngineError("over-limit", `a capsule of more than ${limits.capsuleBytes} bytes`, { subject });
  const file = new CapsuleFile(bytes, subject);
  const wrong = (why: string): EngineError => corruptArchive(why, subject);
  if (!equalBytes(file.named("oci-layout"), layoutMarker)) throw wrong("oci-layout is not the one that archives have");
  const index = file.named("index.json");
  const manifest = file.blob();
  const envelope = file.blob();
  const { payload, key } = accept(envelope.bytes, options, subject);
  const statement = parseArchiveStatement(payload, limits);
  const { kind, sequence, capsule: document } = statement;
  if (kind !== "capsule" || document === undefined)
    throw new EngineError("unsupported", `an archive of kind ${kind} is imported into a mirror: it is no capsule`, {
      subject,
    });
  if (sequence > mostCapsuleSequence)
    throw new EngineError("unsupported", `capsule ${sequence}: the highest number is ${mostCapsuleSequence}`, {
      subject,
    });
  if (floor !== undefined && sequence < floor)
    throw new EngineError("rollback", `capsule ${sequence}, and number ${floor} was seen before`, {
      subject,
      remedy: "capsule-floor",
    });
  if (!equalBytes(archiveManifest(statement, envelope.named), manifest.bytes))
    throw wrong("the manifest is not the one that was signed");
  const start = indexStart(manifest.named);
  if (!equalBytes(index.subarray(0, start.length), start)) throw wrong("index.json is not the one of this capsule");
  requireBase(statement, base, subject);
  const places = placesOf(statement, file.position);
  const { engine, state, images } = readingArchive(subject, () =>
    parseCapsuleDocument(file.document(document, places.document), limits),
  );
  const digest = digestOf(payload);
  const carried = new CarriedBlobs(file, places.blobs, statement.totals);
  const find = (wanted: Digest): Uint8Array | undefined => carried.find(wanted) ?? base?.find(wanted);
  const list = (at: number): Uint8Array =>
    file.piece(statement.entryLists[at] as ListReference, places.entries[at] as number);
  const coverage = (): Uint8Array | undefined =>
    statement.coverage === undefined ? undefined : file.document(statement.coverage, places.coverage);
  return {
    statement,
    digest,
    sequence,
    created: statement.created,
    signedBy: key,
    images,
    engine,
    policies: engine.policies,
    settings: engine.settings ?? {},
    knowledge: new CapsuleKnowledge({
      lists: statement.entryLists,
      list,
      find,
      state: { ...state, version: digest },
      limits,
      subject,
    }),
    coverage: () => {
      const report = coverage();
      return report === undefined
        ? undefined
        : readObject(parseJson(report, { limits, maxBytes: limits.capsuleBytes }), "");
    },
    find,
    check: () => {
      coverage();
      const rest = index.subarray(start.length, Math.max(start.length, index.length - indexEnd.length));
      const [signed] = statement.index;
      if (!equalBytes(index.subarray(start.length + rest.length), indexEnd) || digestOf(rest) !== signed?.digest)
        throw wrong("index.json is not as it was signed");
      const blobs = new BlobListReader(limits);
      const listed = new Map<string, number>();
      for (const [at, reference] of statement.blobLists.entries())
        for (const blob of blobs.read(file.piece(reference, places.lists[at] as number), reference))
          listed.set(blob.digest, blob.size);
      checkWhole({ statement, list, carried, listed, find, limits, subject });
    },
  };
}

function accept(
  envelope: Uint8Array,
  { keys, verifier, limits, allowUnsigned = false }: CapsuleOptions,
  subject: string,
): { readonly payload: Uint8Array; readonly key: PublicKey | undefined } {
  const unsigned = findUnsignedStatement(envelope, limits);
  if (unsigned !== undefined) {
    if (allowUnsigned) return { payload: unsigned, key: undefined };
    throw new EngineError("archive-signature", "nobody signed it", { subject, remedy: "capsule-unsigned" });
  }
  const signed = readSignedEnvelope(envelope, subject, limits);
  if (allowUnsigned && keys.length === 0) return { payload: signed.payload, key: undefined };
  return verifySignedStatement(signed, keys, verifier, subject);
}

function requireBase({ base: wanted }: ArchiveStatement, base: Capsule | undefined, subject: string): void {
  if (wanted === undefined || base?.digest === wanted.statement) return;
  const here = base === undefined ? "which is not here" : `and here is capsule ${base.sequence}`;
  throw new EngineError("archive-sequence", `it has what changed since capsule ${wanted.sequence}, ${here}`, {
    subject,
    remedy: "capsule-base",
  });
}

/** Where each document begins; all sizes are signed. */
function placesOf({ entryLists, blobLists, coverage, capsule }: ArchiveStatement, start: number) {
  let at = start;
  const place = ({ size }: NamedDocument): number => {
    const here = at;
    at += memberBytes(size);
    return here;
  };
  return {
    entries: entryLists.map(place),
    lists: blobLists.map(place),
    coverage: coverage === undefined ? at : place(coverage),
    document: capsule === undefined ? at : place(capsule),
    blobs: at,
  };
}

interface Whole {
  readonly statement: ArchiveStatement;
  readonly list: (index: number) => Uint8Array;
  readonly carried: CarriedBlobs;
  readonly listed: ReadonlyMap<string, number>;
  readonly find: (digest: Digest) => Uint8Array | undefined;
  readonly limits: Limits;
  readonly subject: string;
}

/** Every entry in order, every blob with its digest, nothing that is named and missing or carried for nothing. */
function checkWhole({ statement, list, carried, listed, find, limits, subject }: Whole): void {
  const { entryLists, contentId, totals, base } = statement;
  const reader = new EntryReader("capsule", limits);
  const named = new Set<string>();
  let lines = "";
  for (const [index, reference] of entryLists.entries())
    for (const entry of reader.read(list(index), reference)) {
      lines += contentLine(contentRow(entry));
      for (const { digest, size } of namedBlobs(entry)) {
        named.add(digest);
        const bytes = find(digest);
        if (bytes === undefined)
          throw new EngineError("archive-incomplete", `an entry names ${digest}, which is not carried`, { subject });
        if (size !== undefined && bytes.length !== size)
          throw corruptArchive(`${digest} has ${bytes.length} bytes, an entry says ${size}`, subject);
      }
    }
  if (digestOf(encodeUtf8(lines)) !== contentId || reader.entries !== totals.entries)
    throw corruptArchive("the entries are not those that the statement is about", subject);
  for (const digest of carried.digests()) {
    const bytes = find(digest as Digest);
    if (listed.get(digest) !== bytes?.length) throw corruptArchive(`${digest} is not as the list has it`, subject);
    if (!named.has(digest)) throw corruptArchive(`${digest} is carried, and no entry names it`, subject);
  }
  if (listed.size !== totals.blobs) throw corruptArchive("a list of blobs is not what is carried", subject);
  if (base === undefined && [...named].some((digest) => !listed.has(digest)))
    throw corruptArchive("a blob is named that no list has", subject);
}
