/**
 * The tables `run` and `decision`: what syncs and imports did, evidence records, and the re-check list. Source:
 * docs/spec/offline.md#outcomes-under-a-failure-policy, #mirror.
 */
import type { Database } from "better-sqlite3";
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { sqlText } from "./statements.ts";
import { corrupt, guarded } from "./store-error.ts";
import type { Limits } from "../../core/limits.ts";

/** A finished sync, import or addition. Times are RFC 3339; `summary` is its report. */
export interface Run {
  readonly kind: string;
  readonly started: string;
  readonly ended: string;
  readonly from: string;
  readonly summary: JsonValue;
}

/** One decision: `record` is its evidence record; `recheck` when it was admitted on unknown. */
export interface RecordedDecision {
  readonly id: string;
  readonly at: string;
  readonly image: string;
  readonly allowed: boolean;
  readonly recheck: boolean;
  readonly record: Uint8Array;
}

interface RunRow {
  readonly kind: string;
  readonly started: string;
  readonly ended: string;
  readonly source: string;
  readonly summary: string;
}

interface DecisionRow {
  readonly id: string;
  readonly at: string;
  readonly image: string;
  readonly allowed: number;
  readonly recheck: number;
  readonly digest: Digest;
  readonly record: Uint8Array;
}

export class RunLog {
  readonly #database: Database;
  readonly #folder: string;
  readonly #limits: Limits;

  constructor(database: Database, folder: string, limits: Limits) {
    this.#limits = limits;
    this.#database = database;
    this.#folder = folder;
  }

  addRun({ kind, started, ended, from, summary }: Run): void {
    guarded(this.#folder, () =>
      this.#database.prepare(sqlText("put-run")).run(kind, started, ended, from, JSON.stringify(summary)),
    );
  }

  /** The last runs, newest first. */
  runs(limit: number): readonly Run[] {
    return guarded(this.#folder, () => this.#database.prepare<[number], RunRow>(sqlText("list-runs")).all(limit)).map(
      ({ kind, started, ended, source, summary }) => ({
        kind,
        started,
        ended,
        from: source,
        summary: parseJson(summary, { limits: this.#limits }),
      }),
    );
  }

  addDecision({ id, at, image, allowed, recheck, record }: RecordedDecision): void {
    guarded(this.#folder, () =>
      this.#database
        .prepare(sqlText("put-decision"))
        .run(id, at, image, allowed ? 1 : 0, recheck ? 1 : 0, digestOf(record), record),
    );
  }

  /** @throws EngineError `mirror-corrupt` when the record was changed since it was written. */
  decision(id: string): RecordedDecision | undefined {
    const row = guarded(this.#folder, () =>
      this.#database.prepare<[string], DecisionRow>(sqlText("find-decision")).get(id),
    );
    return row === undefined ? undefined : readDecision(row);
  }

  /** Images that were admitted on an unknown and not decided again since, oldest first. */
  rechecks(): readonly RecordedDecision[] {
    return guarded(this.#folder, () => this.#database.prepare<[], DecisionRow>(sqlText("list-rechecks")).all()).map(
      readDecision,
    );
  }

  clearRecheck(id: string): void {
    guarded(this.#folder, () => this.#database.prepare(sqlText("clear-recheck")).run(id));
  }
}

function readDecision(row: DecisionRow): RecordedDecision {
  if (digestOf(row.record) !== row.digest) throw corrupt(row.id, "an evidence record was changed since it was written");
  return {
    id: row.id,
    at: row.at,
    image: row.image,
    allowed: row.allowed === 1,
    recheck: row.recheck === 1,
    record: new Uint8Array(row.record),
  };
}
