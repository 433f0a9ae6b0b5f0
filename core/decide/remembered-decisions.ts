/**
 * Decisions that are remembered: what admits a plain request as it is decides the next one like it, while the source
 * has the same version and time changes nothing. Decisions are the same without. Source: docs/architecture.md#the-memo.
 */
import { isWithin, type ValidityPeriod } from "../encoding/instant.ts";
import { sizeOf } from "../encoding/size-of.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Limits } from "../limits.ts";
import { Bounded } from "../verify/memo.ts";
import type { Decision } from "./decision.ts";

/** What of a decision does not depend on its time. */
export type Lasting = Pick<Decision, "results" | "patches" | "read" | "newestSignedTime">;

interface Kept {
  readonly lasting: Lasting;
  readonly steady: ValidityPeriod;
}

interface Version {
  readonly text: string;
  readonly decisions: Bounded<string, Kept>;
}

export class RememberedDecisions {
  readonly #capacity: number;
  readonly #mostBytes: number;
  readonly #versions = new WeakMap<Knowledge, Version>();

  /** How many are kept for a source, and how much they take; 0 keeps none. */
  constructor({ memoDecisions, memoEntries, memoBytes }: Limits) {
    this.#capacity = Math.min(memoDecisions, memoEntries);
    this.#mostBytes = memoBytes;
  }

  /** `version` is called only for what was decided before: most requests are spared reading it. */
  find(source: Knowledge, version: () => string | undefined, key: string, now: Date): Lasting | undefined {
    const held = this.#versions.get(source);
    const kept = held?.decisions.get(key);
    return kept !== undefined && held?.text === version() && isWithin(kept.steady, now) ? kept.lasting : undefined;
  }

  /** Keeps it where nothing was unknown, refused or worth a warning: all of those say more than one request shares. */
  keep(source: Knowledge, version: string | undefined, key: string, decision: Decision, steady: ValidityPeriod): void {
    if (version === undefined || this.#capacity < 1 || !isPlainSuccess(decision)) return;
    let held = this.#versions.get(source);
    if (held?.text !== version) {
      held = { text: version, decisions: new Bounded(this.#capacity, this.#mostBytes) };
      this.#versions.set(source, held);
    }
    const { results, patches, read, newestSignedTime } = decision;
    const newest = newestSignedTime === undefined ? {} : { newestSignedTime };
    const lasting = { results, patches, read, ...newest };
    held.decisions.set(key, { lasting, steady }, sizeOf(lasting));
  }
}

const isPlainSuccess = ({ allowed, results, warnings, open }: Decision): boolean =>
  allowed &&
  warnings.length === 0 &&
  open.length === 0 &&
  results.every(({ status }) => status === "pass" || status === "skip");
