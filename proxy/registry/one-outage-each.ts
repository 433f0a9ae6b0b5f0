/**
 * An asker for many decisions one after the other, when nobody waits: a registry that does not answer costs its time
 * once, and not once for each of them.
 */
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Unavailable } from "../../core/knowledge/answer.ts";
import { hostOf } from "../../core/oci/completeness.ts";
import { isOutageCode } from "./outage-code.ts";

/** `silent`: what registries that do not answer said last; empty at first. */
export const oneOutageEach = (asker: Asker, silent: Map<string, Unavailable>): Asker => ({
  async ask(question) {
    const host = "repository" in question ? hostOf(question.repository) : undefined;
    const outage = host === undefined ? undefined : silent.get(host);
    if (outage !== undefined) return outage;
    const answer = await asker.ask(question);
    if (host !== undefined && answer?.state === "unavailable" && isOutageCode(answer.code)) silent.set(host, answer);
    return answer;
  },
});
