/**
 * Reading artifacts through knowledge: what the source has, or that it has none; an open question throws as `ask` does.
 * Content is compared with its digest on every read, whatever its source. Source: docs/spec/sigstore.md#tag-layout,
 * #the-digest-that-is-verified.
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import { EngineError, type ErrorCode } from "../errors.ts";
import { ask } from "../knowledge/ask.ts";
import type { Limits } from "../limits.ts";
import type { Known } from "../knowledge/answer.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Question } from "../knowledge/question.ts";
import { questionSubject } from "../knowledge/question-words.ts";
import { type Manifest, parseManifest } from "./manifest.ts";

export interface KnownManifest {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/**
 * The descriptor behind a tag.
 * @throws EngineError as `ask`.
 */
export function readTag(knowledge: Knowledge, repository: string, tag: string): Known<Descriptor> {
  const question = { kind: "tag", repository, tag } as const;
  return ask(knowledge, question);
}

/** Beyond the size that is stated: enough to tell that it is wrong. */
export const beyondStated = 64 * 1024;

/** What is worth fetching of content that states its size. Whoever lies about it must not fill memory and disks. */
const atMost = (stated: number | undefined): { readonly atMost?: number } =>
  stated === undefined ? {} : { atMost: stated + beyondStated };

/** The question about a content; `stated` is its size by what names it. */
export const contentQuestion = <Kind extends "manifest" | "blob">(
  kind: Kind,
  repository: string,
  digest: Digest,
  stated: number | undefined,
) => ({ kind, repository, digest, ...atMost(stated) }) satisfies Question;

/**
 * A manifest or index by digest; `stated` is its size by what names it.
 * @throws EngineError `malformed` when the bytes have another digest or are no manifest, `over-limit`, as `ask`,
 * and whatever a damaged source throws.
 */
export function readManifest(
  knowledge: Knowledge,
  repository: string,
  digest: Digest,
  limits: Limits,
  stated?: number,
): Known<KnownManifest> {
  const question = contentQuestion("manifest", repository, digest, stated);
  return read(ask(knowledge, question), (bytes) => {
    checkContent(question, bytes, limits.manifestBytes);
    return { digest, bytes, manifest: parseManifest(bytes, limits) };
  });
}

/**
 * A blob by digest; `stated` is its size by what names it.
 * @throws EngineError `malformed` when the bytes have another digest, `over-limit` past `maxBytes`, as `ask`,
 * and whatever a damaged source throws.
 */
export function readBlob(
  knowledge: Knowledge,
  repository: string,
  digest: Digest,
  maxBytes: number,
  stated?: number,
): Known<Uint8Array> {
  const question = contentQuestion("blob", repository, digest, stated);
  return read(ask(knowledge, question), (bytes) => {
    checkContent(question, bytes, maxBytes);
    return bytes;
  });
}

/**
 * The referrers of a digest, of every artifact type. An empty list counts as absent.
 * @throws EngineError `over-limit` past `referrers` descriptors, and as `ask`.
 */
export function readReferrers(
  knowledge: Knowledge,
  repository: string,
  digest: Digest,
  limits: Limits,
): Known<readonly Descriptor[]> {
  const question = { kind: "referrers", repository, digest } as const;
  const answer = ask(knowledge, question);
  if (answer.state === "present" && answer.value.length === 0)
    return { state: "absent", at: answer.at, from: answer.from };
  return read(answer, (list) => {
    if (list.length > limits.referrers)
      throw new EngineError("over-limit", `${list.length} referrers, at most ${limits.referrers} are read`, {
        subject: questionSubject(question),
      });
    return list;
  });
}

const read = <T, R>(known: Known<T>, parse: (value: T) => R): Known<R> =>
  known.state === "absent"
    ? known
    : known.partial === undefined && known.outage === undefined
      ? { state: known.state, value: parse(known.value), at: known.at, from: known.from }
      : { ...known, value: parse(known.value) };

function checkContent(question: Question & { readonly digest: Digest }, bytes: Uint8Array, maxBytes: number): void {
  const subject = questionSubject(question);
  if (bytes.length > maxBytes)
    throw new EngineError("over-limit", `${bytes.length} bytes, at most ${maxBytes} are read`, { subject });
  if (digestOf(bytes) !== question.digest)
    throw new EngineError("malformed", "the bytes do not have this digest", { subject });
}

/**
 * Content that something names: a listing, a manifest, the image itself.
 * @throws EngineError `code` when the source does not have it.
 */
export function requireContent<T>(known: Known<T>, code: ErrorCode, subject: string): T {
  if (known.state === "absent") throw new EngineError(code, "listed, and the source does not have it", { subject });
  return known.value;
}

/**
 * @throws EngineError `malformed` when the descriptor states another size than its content has. Its digest was compared
 * where it was read.
 */
export function requireSize(bytes: Uint8Array, { digest, size }: Descriptor): void {
  if (bytes.length !== size)
    throw new EngineError("malformed", `${bytes.length} bytes, where the manifest states ${size}`, { subject: digest });
}
