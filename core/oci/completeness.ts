/**
 * Completeness: a host or repository of which everything is held, so that what is not there is known to be absent.
 * Source: docs/spec/offline.md#completeness.
 */
import { EngineError } from "../errors.ts";
import type { Question } from "../knowledge/question.ts";
import { parseReference, plainHost, repositoryForFetching } from "./reference.ts";
import type { Limits } from "../limits.ts";

/** The host of a repository as {@link repositoryForFetching} writes it. */
const hostOf = (repository: string): string => repository.slice(0, repository.indexOf("/"));

const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?$/;

/**
 * The one spelling of a scope: a host (`ghcr.io`, `localhost:5000`; it has a dot, a port, brackets or is `localhost`)
 * or a repository (`ghcr.io/org/app`, `nginx`).
 * @throws EngineError `invalid-usage` when it is neither.
 */
export function parseScope(text: string, limits: Limits): string {
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
 * The scopes whose completeness makes a question without an answer absent, the narrower first. None for blobs: image
 * layers are left out of mirrors and layouts on purpose, so that a blob that is not there was merely never asked for;
 * and none for what is not in a repository.
 */
export function completenessScopes(question: Question): readonly string[] {
  if (question.kind !== "tag" && question.kind !== "manifest" && question.kind !== "referrers") return [];
  const repository = repositoryForFetching(question.repository);
  return [repository, hostOf(repository)];
}

/**
 * A question in the spelling under which its answer is kept: its repository as {@link repositoryForFetching} has it.
 */
export const canonicalQuestion = <Q extends Question>(question: Q): Q =>
  "repository" in question ? { ...question, repository: repositoryForFetching(question.repository) } : question;
