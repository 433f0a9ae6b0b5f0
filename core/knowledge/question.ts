/**
 * Questions, answers and the two roles that give them: what the engine needs to know about the world.
 * A question has one canonical text: the mirror's key, the word in messages, the line of a coverage report.
 */
import type { JsonValue } from "../encoding/json.ts";
import { EngineError, type ErrorCode } from "../errors.ts";

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

/** Whether `text` is a digest in its only accepted spelling: `sha256:` and 64 lower-case hexadecimal digits. */
export const isDigest = (text: string): text is Digest => /^sha256:[0-9a-f]{64}$/.test(text);

/** An OCI descriptor (OCI image 1.1, descriptor). `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** `repository` is `host[:port]/path` without tag or digest, as `core/oci/reference.ts` normalises it. */
export type Question =
  | { readonly kind: "tag"; readonly repository: string; readonly tag: string }
  | { readonly kind: "manifest" | "blob"; readonly repository: string; readonly digest: Digest }
  | { readonly kind: "referrers"; readonly repository: string; readonly digest: Digest }
  | { readonly kind: "trusted-root"; readonly name: string }
  | { readonly kind: "key"; readonly reference: string }
  | { readonly kind: "log-entry"; readonly log: string; readonly hash: string }
  | ClusterQuestion;

/** A read of the cluster. `raw` is a GET of `path`; `resource` is the plural, lower case. */
export interface ClusterQuestion {
  readonly kind: "cluster";
  readonly verb: "get" | "list" | "raw";
  readonly apiVersion: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
}

export type QuestionKind = Question["kind"];

/**
 * A trusted root as it is known: an operator's pinned file, or raw TUF metadata with the target, still to be verified.
 */
export type TrustedRootSource =
  | { readonly form: "pinned"; readonly bytes: Uint8Array }
  | {
      readonly form: "tuf";
      readonly roots: readonly Uint8Array[];
      readonly timestamp: Uint8Array;
      readonly snapshot: Uint8Array;
      readonly targets: readonly { readonly role: string; readonly bytes: Uint8Array }[];
      readonly target: Uint8Array;
      /** Versions seen before, by role and in decimal: what is older is a rollback. */
      readonly floors?: Readonly<Record<string, string>>;
    };

/** A Rekor v1 log entry as the log's API returns it, still to be verified. */
export interface LogEntryAnswer {
  readonly json: string;
}

/**
 * What the present answer to each kind of question carries. `key` is PEM text, `cluster` the JSON that the API server
 * returned.
 */
export interface AnswerValues {
  readonly tag: Descriptor;
  readonly manifest: Uint8Array;
  readonly blob: Uint8Array;
  readonly referrers: readonly Descriptor[];
  readonly "trusted-root": TrustedRootSource;
  readonly key: string;
  readonly "log-entry": LogEntryAnswer;
  readonly cluster: JsonValue;
}

/** `at` is RFC 3339; `from` names the source. `absent`: the source said so. `unavailable`: asked, could not know. */
export type Answer<T = unknown> =
  | { readonly state: "present"; readonly value: T; readonly at: string; readonly from: string }
  | { readonly state: "absent"; readonly at: string; readonly from: string }
  | { readonly state: "unavailable"; readonly code: ErrorCode; readonly at: string; readonly from: string };

export type AnswerTo<Q extends Question> = Answer<AnswerValues[Q["kind"]]>;

/** Synchronous look-up of what is known. `undefined`: never asked. A damaged source throws an `EngineError`. */
export interface Knowledge {
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined;
  /** A text that is another one whenever any answer may be; absent or undefined where the source cannot tell. */
  version?(): string | undefined;
}

/** The only asynchronous role; it lives outside the engine and answers `timed-out` past its own deadline. */
export interface Asker {
  ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>>;
}

/**
 * A part of a canonical text: everything outside `A-Za-z0-9._:/@+-` is percent-encoded as UTF-16 code units, so no part
 * can contain the separator.
 */
const part = (text: string): string =>
  text.replace(/[^A-Za-z0-9._:/@+-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * The canonical text of a question, for instance `tag ghcr.io/org/app 1.4`. Two questions are the same exactly when
 * their texts are.
 */
export function questionText(question: Question): string {
  switch (question.kind) {
    case "tag":
      return `tag ${part(question.repository)} ${part(question.tag)}`;
    case "manifest":
    case "blob":
    case "referrers":
      return `${question.kind} ${part(question.repository)} ${part(question.digest)}`;
    case "trusted-root":
      return `trusted-root ${part(question.name)}`;
    case "key":
      return `key ${part(question.reference)}`;
    case "log-entry":
      return `log-entry ${part(question.log)} ${part(question.hash)}`;
    case "cluster":
      return `cluster ${question.verb} ${part(question.apiVersion)} ${part(question.resource)} ns=${part(question.namespace ?? "")} name=${part(question.name ?? "")} path=${part(question.path ?? "")}`;
  }
}

const unpart = (text: string): string =>
  text.replace(/%([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/**
 * The inverse of {@link questionText}.
 * @throws EngineError `malformed` when the text is not one that `questionText` writes.
 */
export function parseQuestion(text: string): Question {
  const [kind, ...rest] = text.split(" ");
  const words = rest.map(unpart);
  const question = readQuestion(kind ?? "", words);
  if (question === undefined || questionText(question) !== text)
    throw new EngineError("malformed", "not the canonical text of a question", { subject: text });
  return question;
}

function readQuestion(kind: string, words: readonly string[]): Question | undefined {
  const [first, second] = words;
  if (first === undefined) return undefined;
  switch (kind) {
    case "tag":
      return second === undefined ? undefined : { kind, repository: first, tag: second };
    case "manifest":
    case "blob":
    case "referrers":
      return second === undefined || !isDigest(second) ? undefined : { kind, repository: first, digest: second };
    case "trusted-root":
      return { kind, name: first };
    case "key":
      return { kind, reference: first };
    case "log-entry":
      return second === undefined ? undefined : { kind, log: first, hash: second };
    case "cluster":
      return readClusterQuestion(words);
    default:
      return undefined;
  }
}

function readClusterQuestion(words: readonly string[]): ClusterQuestion | undefined {
  const [verb, apiVersion, resource, namespace, name, path] = words;
  if (verb !== "get" && verb !== "list" && verb !== "raw") return undefined;
  if (apiVersion === undefined || resource === undefined) return undefined;
  const value = (word: string | undefined, key: string): string | undefined =>
    word?.startsWith(`${key}=`) ? word.slice(key.length + 1) || undefined : undefined;
  const ns = value(namespace, "ns");
  const nm = value(name, "name");
  const pt = value(path, "path");
  return {
    kind: "cluster",
    verb,
    apiVersion,
    resource,
    ...(ns === undefined ? {} : { namespace: ns }),
    ...(nm === undefined ? {} : { name: nm }),
    ...(pt === undefined ? {} : { path: pt }),
  };
}

/**
 * Whether `failurePolicy: Ignore` may overlook an outage of this question: artifacts and the cluster, but not log
 * entries, trust and keys.
 */
export const isArtifactQuestion = (question: Question): boolean =>
  question.kind !== "trusted-root" && question.kind !== "key" && question.kind !== "log-entry";
