/**
 * Questions as people read them. Canonical texts are for machines, and no message has one. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Unavailable } from "./answer.ts";
import type { ClusterQuestion, Question } from "./question.ts";

/** What is asked for, within a sentence. It may hold any character; printing escapes it. */
export function questionWords(question: Question): string {
  switch (question.kind) {
    case "tag":
      // cosign's tags hold what belongs to an image; any other is the image itself.
      return /^sha256-[0-9a-f]{64}/.test(question.tag)
        ? `the signature tag ${questionSubject(question)}`
        : questionSubject(question);
    case "manifest":
    case "blob":
      return `the ${question.kind} ${questionSubject(question)}`;
    case "referrers":
      return `the list of what refers to ${questionSubject(question)}`;
    case "trusted-root":
      return `the trusted root ${question.name}`;
    case "key":
      return `the key ${question.reference}`;
    case "log-entry":
      return `the log entries of ${question.hash}`;
    case "cluster":
      return clusterWords(question);
  }
}

/** That nobody has answered yet, as a sentence. */
export function unaskedWords(question: Question): string {
  switch (question.kind) {
    case "trusted-root":
      return `no trusted root named ${question.name} is in the mirror`;
    case "key":
      return `the key ${question.reference} is not pinned`;
    case "log-entry":
      return "the signature carries no log entry, and no log was asked";
    case "cluster":
      return `${clusterWords(question)} was not given`;
    default:
      return `${questionWords(question)} is not in the mirror`;
  }
}

/** That there may be more than what is known, as a sentence. */
export const unaskedRestWords = (question: Question): string =>
  `whether anything else refers to ${questionSubject(question)} is unknown`;

/** That `from` was asked and could not say. It is empty where nobody has answered yet. */
export function unansweredWords(
  question: Question,
  { from, code, why = code }: Pick<Unavailable, "from" | "code" | "why">,
): string {
  const asked = `${questionWords(question)} cannot be read${from && ` from ${from}`}: ${why}`;
  return question.kind === "log-entry" ? `the signature carries no log entry; ${asked}` : asked;
}

/** The thing alone, as one names it on a command line. */
export function questionSubject(question: Question): string {
  switch (question.kind) {
    case "tag":
      return `${question.repository}:${question.tag}`;
    case "manifest":
    case "blob":
    case "referrers":
      return `${question.repository}@${question.digest}`;
    case "trusted-root":
      return question.name;
    case "key":
      return question.reference;
    case "log-entry":
      return question.hash;
    case "cluster":
      return clusterSubject(question);
  }
}

/** Kinds that policies ask the cluster for, by their plural. */
const kinds: Readonly<Record<string, string>> = {
  configmaps: "ConfigMap",
  namespaces: "Namespace",
  secrets: "Secret",
  pods: "Pod",
  globalcontextentries: "GlobalContextEntry",
};

function clusterSubject({ verb, resource, namespace, name, path }: ClusterQuestion): string {
  if (verb === "raw") return path ?? "/";
  if (verb === "list") return namespace === undefined ? resource : `${resource} of ${namespace}`;
  const kind = Object.hasOwn(kinds, resource) ? kinds[resource] : resource;
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name ?? ""}`;
}

function clusterWords(question: ClusterQuestion): string {
  if (question.verb === "raw") return `the API server's answer to GET ${clusterSubject(question)}`;
  return question.verb === "list" ? `the list of ${clusterSubject(question)}` : clusterSubject(question);
}
