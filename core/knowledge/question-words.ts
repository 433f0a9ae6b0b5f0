/**
 * A question as people read it, within a sentence. Canonical texts are for machines. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { ClusterQuestion, Question } from "./question.ts";

/** For instance `the tag 1.4 of ghcr.io/org/app`. It may hold any character; printing escapes it. */
export function questionWords(question: Question): string {
  switch (question.kind) {
    case "tag":
      return `the tag ${question.tag} of ${question.repository}`;
    case "manifest":
    case "blob":
      return `the ${question.kind} ${question.digest} of ${question.repository}`;
    case "referrers":
      return `the referrers of ${question.repository}@${question.digest}`;
    case "trusted-root":
      return `the trusted root ${question.name}`;
    case "key":
      return `the key ${question.reference}`;
    case "log-entry":
      return `the entries of the log ${question.log} for ${question.hash}`;
    case "cluster":
      return clusterWords(question);
  }
}

function clusterWords({ verb, resource, namespace, name, path }: ClusterQuestion): string {
  if (verb === "raw") return `the API server's ${path ?? "/"}`;
  const where = namespace === undefined ? "" : ` in the namespace ${namespace}`;
  return verb === "list" ? `all ${resource}${where}` : `${resource}/${name ?? ""}${where}`;
}
