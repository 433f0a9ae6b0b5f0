/**
 * Questions: what the engine may need to know about the world. Each has one canonical text, used as the mirror's key
 * and in coverage reports. Source: docs/architecture.md#decide-then-ask. One form for each kind:
 *
 *     tag ghcr.io/org/app 1.4
 *     manifest ghcr.io/org/app sha256:9f86…          also `blob` and `referrers`
 *     trusted-root public-good
 *     key k8s://ns/name
 *     log-entry https://rekor.sigstore.dev sha256:9f86…
 *     cluster get v1 configmaps ns=apps name=keys path=
 *
 * A character outside `A-Za-z0-9._:/@+-` is written as `%` and four hexadecimal digits: `k8s://ns/a b` is
 * `k8s://ns/a%0020b`.
 */
import { type Digest, isDigest } from "../crypto/digest.ts";
import { EngineError } from "../errors.ts";

/** `repository` is `host[:port]/path` without tag or digest, as `core/oci/reference.ts` normalises it. */
export type Question =
  | { readonly kind: "tag"; readonly repository: string; readonly tag: string }
  | {
      readonly kind: "manifest" | "blob";
      readonly repository: string;
      readonly digest: Digest;
      /** Bytes that are worth fetching, by the size that is stated where it is named. Not part of the text. */
      readonly atMost?: number;
    }
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
 * A part of a canonical text: everything outside `A-Za-z0-9._:/@+-` is percent-encoded as UTF-16 code units, so no part
 * can contain the separator.
 */
const part = (text: string): string => (unusual.test(text) ? text.replace(everyUnusual, encodedUnit) : text);

const unusual = /[^A-Za-z0-9._:/@+-]/;
const everyUnusual = new RegExp(unusual, "g");
const encodedUnit = (unit: string): string => `%${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

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
      return (
        `cluster ${question.verb} ${part(question.apiVersion)} ${part(question.resource)} ` +
        `ns=${part(question.namespace ?? "")} name=${part(question.name ?? "")} path=${part(question.path ?? "")}`
      );
  }
}

const unpart = (text: string): string =>
  text.includes("%")
    ? text.replace(/%([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;

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
