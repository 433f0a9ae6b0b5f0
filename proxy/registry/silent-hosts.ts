/**
 * Registries that do not answer, as all askers of one proxy see them: when one answers again, what is remembered of its
 * outage is forgotten, and whoever waits for it hears of it. One that answers some questions and not others comes back
 * over and over: that counts once in some seconds.
 */
import type { Answer } from "../../core/knowledge/answer.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { hostOf } from "../../core/oci/completeness.ts";
import { BoundedMap } from "../bounded-map.ts";
import { isOutageCode } from "./outage-code.ts";

export interface SilentHostsOptions {
  readonly now: () => Date;
  readonly returned?: (host: string) => void;
}

const mostHosts = 1000;
const leastMs = 5_000;

export class SilentHosts {
  readonly #options: SilentHostsOptions;
  readonly #silent = new BoundedMap<string, true>(mostHosts);
  readonly #returns = new BoundedMap<string, { readonly count: number; readonly at: number }>(mostHosts);

  constructor(options: SilentHostsOptions) {
    this.#options = options;
  }

  heard(question: Question, answer: Answer): void {
    const host = registryOf(question);
    if (host === undefined) return;
    if (answer.state === "unavailable") {
      // A registry that says that there are too many requests is there, and wants fewer.
      if (isOutageCode(answer.code) && answer.code !== "rate-limited") this.#silent.set(host, true);
      return;
    }
    if (!this.#silent.has(host)) return;
    const at = this.#options.now().getTime();
    const before = this.#returns.get(host);
    if (before !== undefined && Math.abs(at - before.at) < leastMs) return;
    this.#silent.delete(host);
    this.#returns.set(host, { count: (before?.count ?? 0) + 1, at });
    this.#options.returned?.(host);
  }

  /** How often the registry of this question came back: an outage before that is over. */
  returns(question: Question): number {
    return this.#returns.get(registryOf(question) ?? "")?.count ?? 0;
  }
}

const registryOf = (question: Question): string | undefined =>
  "repository" in question ? hostOf(question.repository) : undefined;
