/**
 * Reading artifacts through knowledge: present, absent, or open with the question that nobody answered.
 * Content is compared with its digest on every read, whoever vouched for it. Source: sigstore.md sections 1.1 and 1.6.
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import { EngineError, type ErrorCode } from "../errors.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import type { Answer } from "../knowledge/answer.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Question } from "../knowledge/question.ts";
import type { Descriptor } from "./descriptor.ts";
import { questionText } from "../knowledge/question.ts";
import { type Manifest, parseManifest } from "./manifest.ts";

/** `open`: never asked (`not-in-mirror`), or asked in vain (the outage's code). */
export type Lookup<T> =
  | { readonly state: "present"; readonly value: T; readonly at: string; readonly from: string }
  | { readonly state: "absent"; readonly at: string; readonly from: string }
  | { readonly state: "open"; readonly code: ErrorCode; readonly question: Question };

export interface KnownManifest {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** The descriptor behind a tag. */
export function readTag(knowledge: Knowledge, repository: string, tag: string): Lookup<Descriptor> {
  const question = { kind: "tag", repository, tag } as const;
  return look(knowledge.answer(question), question, (descriptor) => descriptor);
}

/**
 * A manifest or index by digest.
 * @throws EngineError `malformed` when the bytes have another digest or are no manifest, `over-limit`, and whatever a
 * damaged source throws.
 */
export function readManifest(
  knowledge: Knowledge,
  repository: string,
  digest: Digest,
  limits: Limits = defaultLimits,
): Lookup<KnownManifest> {
  const question = { kind: "manifest", repository, digest } as const;
  return look(knowledge.answer(question), question, (bytes) => {
    checkContent(question, bytes, limits.manifestBytes);
    return { digest, bytes, manifest: parseManifest(bytes, limits) };
  });
}

/**
 * A blob by digest.
 * @throws EngineError `malformed` when the bytes have another digest, `over-limit` past `maxBytes`, and whatever a
 * damaged source throws.
 */
export function readBlob(
  knowledge: Knowledge,
  repository: string,
  digest: Digest,
  maxBytes: number = defaultLimits.blobBytes,
): Lookup<Uint8Array> {
  const question = { kind: "blob", repository, digest } as const;
  return look(knowledge.answer(question), question, (bytes) => {
    checkContent(question, bytes, maxBytes);
    return bytes;
  });
}

/**
 * What refers to a digest, of every artifact type. The source's empty list is absent.
 * @throws EngineError `over-limit` past `referrers` descriptors.
 */
export function readReferrers(
  knowledge: Knowledge,
  repository: string,
  digest: Digest,
  limits: Limits = defaultLimits,
): Lookup<readonly Descriptor[]> {
  const question = { kind: "referrers", repository, digest } as const;
  const answer = knowledge.answer(question);
  if (answer?.state === "present" && answer.value.length === 0)
    return { state: "absent", at: answer.at, from: answer.from };
  return look(answer, question, (list) => {
    if (list.length > limits.referrers)
      throw new EngineError("over-limit", `${list.length} referrers, at most ${limits.referrers} are read`, {
        subject: questionText(question),
      });
    return list;
  });
}

function look<T, R>(answer: Answer<T> | undefined, question: Question, read: (value: T) => R): Lookup<R> {
  if (answer === undefined) return { state: "open", code: "not-in-mirror", question };
  if (answer.state === "unavailable") return { state: "open", code: answer.code, question };
  return answer.state === "absent"
    ? answer
    : { state: "present", value: read(answer.value), at: answer.at, from: answer.from };
}

function checkContent(question: Question & { readonly digest: Digest }, bytes: Uint8Array, maxBytes: number): void {
  const subject = questionText(question);
  if (bytes.length > maxBytes)
    throw new EngineError("over-limit", `${bytes.length} bytes, at most ${maxBytes} are read`, { subject });
  if (digestOf(bytes) !== question.digest)
    throw new EngineError("malformed", "the bytes do not have this digest", { subject });
}
