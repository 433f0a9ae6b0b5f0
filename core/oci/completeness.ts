/**
 * Completeness and its grain: a host, a repository or an image of which everything is held, so that what is not there
 * is known to be absent. Source: docs/spec/offline.md#completeness.
 *
 *     ghcr.io                              the host
 *     ghcr.io/org/app                      the repository
 *     ghcr.io/org/app@sha256:91c2…         the image: its tags of cosign and the list of what refers to it
 */
import { type Digest, isDigest } from "../crypto/digest.ts";
import { EngineError } from "../errors.ts";
import type { Question } from "../knowledge/question.ts";
import { associatedTag, parseAssociatedTag } from "./associated-tag.ts";
import { parseReference, plainHost, repositoryForFetching } from "./reference.ts";
import type { Limits } from "../limits.ts";

/** The host of a repository as {@link repositoryForFetching} writes it. */
export const hostOf = (repository: string): string => repository.slice(0, repository.indexOf("/"));

const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?$/;

export const grains = ["image", "repository", "host"] as const;
export type Grain = (typeof grains)[number];

/** The grain of a scope in its one spelling. */
export const grainOf = (scope: string): Grain =>
  scope.includes("@") ? "image" : scope.includes("/") ? "repository" : "host";

/** The scope of an image. */
export const imageScope = (repository: string, digest: Digest): string =>
  `${repositoryForFetching(repository)}@${digest}`;

/** All questions that the scope of an image covers; `undefined` for a wider scope, which covers any number. */
export function questionsOfImage(scope: string): readonly ScopedQuestion[] | undefined {
  const [repository = "", digest = ""] = scope.split("@");
  if (!isDigest(digest)) return undefined;
  const kinds = ["signature", "attestation", "sbom", "referrers"] as const;
  return [
    ...kinds.map((kind) => ({ kind: "tag", repository, tag: associatedTag(digest, kind) }) as const),
    { kind: "referrers", repository, digest },
  ];
}

/**
 * The one spelling of a scope: a host (`ghcr.io`, `localhost:5000`; it has a dot, a port, brackets or is `localhost`),
 * a repository (`ghcr.io/org/app`, `nginx`) or an image (`ghcr.io/org/app@sha256:…`).
 * @throws EngineError `invalid-usage` when it is none of them.
 */
export function parseScope(text: string, limits: Limits): string {
  const at = text.indexOf("@");
  if (at === -1) return parseWide(text, limits);
  const [repository, digest] = [parseWide(text.slice(0, at), limits), text.slice(at + 1)];
  if (!repository.includes("/") || !isDigest(digest))
    throw new EngineError("invalid-usage", "an image is a scope as repository@sha256:DIGEST", { subject: text });
  return imageScope(repository, digest);
}

function parseWide(text: string, limits: Limits): string {
  if (!text.includes("/") && (/[.:[]/.test(text) || text === "localhost") && hostPattern.test(text)) {
    const host = plainHost(text);
    return host === "index.docker.io" ? "docker.io" : host;
  }
  const image = readScope(text, limits);
  if (image.repository !== text && image.withTag !== `docker.io/${text}:latest`)
    throw new EngineError("invalid-usage", "a scope is a host or a repository, without tag or digest", {
      subject: text,
    });
  return image.fetchRepository;
}

function readScope(text: string, limits: Limits) {
  try {
    return parseReference(text, limits);
  } catch (error) {
    throw new EngineError("invalid-usage", "a scope is a host or a repository", { subject: text, cause: error });
  }
}

/**
 * The scopes whose completeness makes a question without an answer absent, the narrowest first. None for blobs: image
 * layers are left out of mirrors and layouts on purpose, so that a blob that is not there was merely never asked for;
 * and none for what is not in a repository.
 */
export function completenessScopes(question: Question): readonly string[] {
  if (question.kind !== "tag" && question.kind !== "manifest" && question.kind !== "referrers") return [];
  const repository = repositoryForFetching(question.repository);
  const image = subjectOf(question);
  return [...(image === undefined ? [] : [`${repository}@${image}`]), repository, hostOf(repository)];
}

/** The image that an answer would hang on. */
const subjectOf = (question: Question): Digest | undefined =>
  question.kind === "referrers"
    ? question.digest
    : question.kind === "tag"
      ? parseAssociatedTag(question.tag)?.image
      : undefined;

/** A question that a claim of completeness may cover. */
export type ScopedQuestion = Extract<Question, { kind: "tag" | "manifest" | "referrers" }>;

/**
 * A question in the spelling under which its answer is kept: its repository as {@link repositoryForFetching} has it.
 */
export function canonicalQuestion<Q extends Question>(question: Q): Q {
  if (!("repository" in question)) return question;
  const repository = repositoryForFetching(question.repository);
  return repository === question.repository ? question : { ...question, repository };
}
