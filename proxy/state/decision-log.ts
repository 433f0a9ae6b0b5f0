/**
 * Decisions with their evidence, by their ids, so that somebody who was denied can be told why. They are bounded in
 * count, bytes and age: the oldest go. Source: docs/spec/offline.md#what-an-instance-remembers.
 */
import type { Database } from "better-sqlite3";
import { digestOf } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { corrupt } from "../mirror/store-error.ts";
import { stateSql } from "./state-statements.ts";

/** `d-` and letters and digits that cannot be mistaken for each other. */
export type DecisionId = `d-${string}`;

/** A decision without its record. */
export interface DecisionHead {
  readonly id: DecisionId;
  /** RFC 3339. */
  readonly at: string;
  /** What was decided about: an image, or a resource as `Pod shop/web`. */
  readonly subject: string;
  readonly allowed: boolean;
}

export interface StoredDecision extends DecisionHead {
  /** JSON, as whoever stored it made it. */
  readonly record: Uint8Array;
}

interface Row extends Omit<DecisionHead, "allowed"> {
  readonly allowed: number;
}

/** After so many parts of what is kept, it is looked whether some have to go. */
const trimParts = 64;
/** After so many looks all records are counted again: another process may have written some. */
const looksPerCount = 64;
const dayMs = 86_400_000;

const sum = (lengths: readonly number[]): number => lengths.reduce((all, one) => all + one, 0);

const toHead = ({ id, at, subject, allowed }: Row): DecisionHead => ({ id, at, subject, allowed: allowed === 1 });

export class DecisionLog {
  readonly #database: Database;
  readonly #limits: Limits;
  /** Put since the last look. */
  #put = Number.POSITIVE_INFINITY;
  #putBytes = 0;
  /** Of all records, as far as this process knows; to count them takes as long as there are many. */
  #bytes = 0;
  #looks = 0;

  constructor(database: Database, limits: Limits) {
    this.#database = database;
    this.#limits = limits;
  }

  /**
   * Stores decisions, all or none: many at a time cost one write to the disk.
   * @throws EngineError `over-limit` for a record that is too large.
   */
  put(decisions: readonly StoredDecision[], now: Date): void {
    const { decisionRecordBytes: most, decisionRecords, decisionLogBytes } = this.#limits;
    for (const { id, record } of decisions)
      if (record.length > most)
        throw new EngineError("over-limit", `a record of more than ${most} bytes`, { subject: id });
    this.#database.transaction(() => {
      const put = this.#database.prepare(stateSql("put-decision"));
      for (const { id, at, subject, allowed, record } of decisions)
        put.run(id, at, subject, allowed ? 1 : 0, digestOf(record), record);
      this.#put += decisions.length;
      this.#putBytes += decisions.reduce((sum, { record }) => sum + record.length, 0);
      const isDue = this.#put >= decisionRecords / trimParts || this.#putBytes >= decisionLogBytes / trimParts;
      if (isDue) this.#trim(now);
    })();
  }

  /** @throws EngineError `mirror-corrupt` when the record is not what was stored. */
  find(id: string): StoredDecision | undefined {
    const row = this.#database
      .prepare<[string], Row & { readonly digest: string; readonly record: Buffer }>(stateSql("find-decision"))
      .get(id);
    if (row === undefined) return undefined;
    if (digestOf(row.record) !== row.digest) throw corrupt(id, "the record of this decision is damaged");
    return { ...toHead(row), record: new Uint8Array(row.record) };
  }

  /** The last ones, newest first. */
  list(most: number): readonly DecisionHead[] {
    return this.#database.prepare<[number], Row>(stateSql("list-decisions")).all(most).map(toHead);
  }

  count(): number {
    return this.#database.prepare<[], number>(stateSql("count-decisions")).pluck().get() ?? 0;
  }

  #trim(now: Date): void {
    const { decisionRecords: most, decisionLogBytes: bytes, decisionDays } = this.#limits;
    const oldest = new Date(now.getTime() - decisionDays * dayMs).toISOString();
    const gone = this.#database.prepare<[object], number>(stateSql("trim-decisions")).pluck().all({ oldest, most });
    this.#bytes += this.#putBytes - sum(gone);
    if (this.#looks++ % looksPerCount === 0)
      this.#bytes = this.#database.prepare<[], number>(stateSql("sum-decisions")).pluck().get() ?? 0;
    if (this.#bytes > bytes)
      this.#bytes -= sum(this.#database.prepare<[number], number>(stateSql("trim-decision-bytes")).pluck().all(bytes));
    this.#put = 0;
    this.#putBytes = 0;
  }
}
