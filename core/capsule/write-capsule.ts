/**
 * Writing a capsule: the same content, key and time give the same bytes. Source: docs/spec/capsule.md#layout.
 */
import { contentRow, encodeEntry, namedBlobs, type RowEntry } from "../archive/archive-entry.ts";
import { type ArchiveBase, type ArchiveStatement, encodeArchiveStatement } from "../archive/archive-statement.ts";
import { encodeCarriedBlob } from "../archive/carried-blob.ts";
import { archiveManifest, indexEnd, indexStart, layoutMarker } from "../archive/frame.ts";
import { indexLinesOf } from "../archive/index-lines.ts";
import { ListWriter } from "../archive/list.ts";
import { blobPath } from "../archive/names.ts";
import { compareRows, compareText, contentLine } from "../archive/order.ts";
import { encodeTarHeader, endBytes, paddingOf } from "../archive/plain-tar.ts";
import { type Digest, digestOf } from "../crypto/digest.ts";
import { concat } from "../encoding/bytes.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Answer } from "../knowledge/answer.ts";
import { encodeAnswerValue } from "../knowledge/answer-json.ts";
import { type Question, questionText } from "../knowledge/question.ts";
import type { Limits } from "../limits.ts";
import { canonicalQuestion } from "../oci/completeness.ts";
import { type CapsuleDocument, encodeCapsuleDocument } from "./capsule-document.ts";

/** One entry, with the bytes that it names, if any. */
export interface CapsuleAnswer {
  readonly entry: RowEntry;
  readonly bytes?: Uint8Array;
}

export interface CapsuleToWrite {
  readonly sequence: number;
  /** RFC 3339. */
  readonly created: string;
  readonly previous?: Digest | undefined;
  /** Of a delta: the capsule that it changes, whose blobs it leaves out. */
  readonly base?: (ArchiveBase & { readonly has: (digest: Digest) => boolean }) | undefined;
  readonly document: CapsuleDocument;
  /** The coverage report. */
  readonly coverage?: Uint8Array | undefined;
  readonly answers: readonly CapsuleAnswer[];
  /** The envelope of a statement. */
  readonly sign: (payload: Uint8Array) => Uint8Array;
  readonly limits: Limits;
}

/** A longer value is a blob. */
const mostInline = 16 * 1024;
/** So that a reader who wants one answer reads little more. */
const listBytes = 64 * 1024;

/** The entry of an answer. @throws EngineError `unsupported` for an outage: nobody can be told that nobody knew. */
export function toCapsuleAnswer(question: Question, answer: Answer): CapsuleAnswer {
  const asked = canonicalQuestion(question);
  const { kind } = asked;
  const { at, from } = answer;
  const key = questionText(asked);
  if (answer.state === "unavailable")
    throw new EngineError("unsupported", "an outage is no answer that a capsule has", { subject: key });
  if (answer.state === "absent") {
    const { claim } = answer;
    return { entry: { kind, key, state: "absent", at, from, ...(claim === undefined ? {} : { claim }) } };
  }
  const partial = answer.partial === undefined ? {} : ({ partial: true } as const);
  const present = { kind, key, state: "present", at, from, ...partial } as const;
  if (answer.value instanceof Uint8Array) {
    const bytes = answer.value;
    return { entry: { ...present, digest: digestOf(bytes), size: bytes.length }, bytes };
  }
  const text = encodeCanonicalJson(encodeAnswerValue(kind, answer.value as never));
  const bytes = encodeUtf8(text);
  const digest = digestOf(bytes);
  return bytes.length > mostInline
    ? { entry: { ...present, digest, size: bytes.length }, bytes }
    : { entry: { ...present, digest, value: text } };
}

export interface WrittenCapsule {
  readonly bytes: Uint8Array;
  readonly statement: ArchiveStatement;
  readonly digest: Digest;
}

/** @throws EngineError `over-limit` for more than a capsule may have. */
export function writeCapsule(input: CapsuleToWrite): WrittenCapsule {
  const { sequence, created, previous, base, coverage, limits } = input;
  const answers = [...input.answers].sort((one, other) => compareRows(contentRow(one.entry), contentRow(other.entry)));
  const entries = new Pieces(limits);
  const blobLines = new Pieces(limits);
  const blobs = new Map<Digest, Uint8Array>();
  let ids = "";
  for (const { entry, bytes } of answers) {
    entries.add(encodeEntry(entry));
    ids += contentLine(contentRow(entry));
    for (const { digest } of namedBlobs(entry))
      if (bytes !== undefined && base?.has(digest) !== true) blobs.set(digest, bytes);
  }
  const carried = [...blobs].sort(([one], [other]) => compareText(one, other));
  for (const [digest, { length: size }] of carried) blobLines.add(encodeCarriedBlob({ digest, size }));
  const document = encodeCapsuleDocument(input.document);
  const rest = encodeUtf8(indexRest(answers, blobs));
  const named = (bytes: Uint8Array) => ({ digest: digestOf(bytes), size: bytes.length });
  const statement: ArchiveStatement = {
    kind: "capsule",
    sequence,
    contentId: digestOf(encodeUtf8(ids)),
    created,
    entryLists: entries.finish(),
    blobLists: blobLines.finish(),
    index: [named(rest)],
    totals: {
      entries: answers.length,
      tombstones: 0,
      blobs: carried.length,
      bytes: carried.reduce((sum, [, { length }]) => sum + length, 0),
    },
    capsule: named(document),
    ...(previous === undefined ? {} : { previous }),
    ...(base === undefined
      ? {}
      : { base: { sequence: base.sequence, statement: base.statement, contentId: base.contentId } }),
    ...(coverage === undefined ? {} : { coverage: named(coverage) }),
  };
  const payload = encodeArchiveStatement(statement);
  const envelope = input.sign(payload);
  const manifest = archiveManifest(statement, named(envelope));
  const index = concat(indexStart(named(manifest)), rest, indexEnd);
  const blob = (bytes: Uint8Array) => [blobPath(digestOf(bytes)), bytes] as const;
  const members: readonly (readonly [string, Uint8Array])[] = [
    ["oci-layout", layoutMarker],
    ["index.json", index],
    ...[manifest, envelope, ...entries.bytes, ...blobLines.bytes].map(blob),
    ...(coverage === undefined ? [] : [blob(coverage)]),
    blob(document),
    ...carried.map(([digest, bytes]) => [blobPath(digest), bytes] as const),
  ];
  const bytes = concat(
    ...members.flatMap(([name, content]) => [
      encodeTarHeader(name, content.length),
      content,
      new Uint8Array(paddingOf(content.length)),
    ]),
    new Uint8Array(endBytes),
  );
  if (bytes.length > limits.capsuleBytes)
    throw new EngineError("over-limit", `a capsule of ${bytes.length} bytes: put fewer images into it`, {
      subject: "capsule",
    });
  return { bytes, statement, digest: digestOf(payload) };
}

/** A list of lines in pieces. */
class Pieces {
  readonly bytes: Uint8Array[] = [];
  readonly #writer: ListWriter;

  constructor(limits: Limits) {
    this.#writer = new ListWriter((bytes) => this.bytes.push(bytes.slice()), limits, listBytes);
  }

  add(line: string): void {
    this.#writer.add(line);
  }

  finish(): ListWriter["references"] {
    this.#writer.finish();
    return this.#writer.references;
  }
}

/** What other tools may copy: manifests that are carried. Each once, under each of its names. */
function indexRest(answers: readonly CapsuleAnswer[], blobs: ReadonlyMap<Digest, Uint8Array>): string {
  const lines = new Set<string>();
  for (const { entry } of answers)
    for (const { digest, line } of indexLinesOf(entry)) if (blobs.has(digest)) lines.add(line);
  return [...lines]
    .sort(compareText)
    .map((line) => `,${line}`)
    .join("");
}
