/** The table `run`: what additions, syncs and imports did, the last ones. Source: docs/spec/offline.md#mirror. */
import type { Database } from "better-sqlite3";
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { hasChecksum, rowChecksum } from "./row-checksum.ts";
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

export interface RunRow {
  readonly id: number;
  readonly kind: string;
  readonly started: string;
  readonly ended: string | null;
  readonly source: string;
  readonly summary: string;
  readonly checksum: Buffer;
}

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function checkRun({ id, kind, started, ended, source, summary, checksum }: RunRow): void {
  if (!hasChecksum(checksum, kind, started, ended, source, summary))
    throw corrupt(`run ${id}`, "the record of a run was changed since it was written");
}

/** Syncs and imports among which the last complete one is looked for. */
const mostDated = 100;

export class RunLog {
  readonly #database: Database;
  readonly #folder: string;
  readonly #limits: Limits;

  constructor(database: Database, folder: string, limits: Limits) {
    this.#limits = limits;
    this.#database = database;
    this.#folder = folder;
  }

  /** Adds a run. Of more than `mirrorRuns` the oldest go. */
  addRun({ kind, started, ended, from, summary }: Run): void {
    const columns = [kind, started, ended, from, JSON.stringify(summary)] as const;
    guarded(this.#folder, () =>
      this.#database.transaction(() => {
        this.#database.prepare(sqlText("put-run")).run(...columns, rowChecksum(...columns));
        this.#database.prepare(sqlText("trim-runs")).run(this.#limits.mirrorRuns);
      })(),
    );
  }

  /** The last runs, newest first. @throws EngineError `mirror-corrupt` */
  runs(limit: number): readonly Run[] {
    return this.#runs("list-runs", limit);
  }

  /** The last syncs and imports, newest first: as of when the mirror is. @throws EngineError as {@link runs} */
  datedRuns(): readonly Run[] {
    return this.#runs("list-dated-runs", mostDated);
  }

  #runs(statement: "list-runs" | "list-dated-runs", limit: number): readonly Run[] {
    const rows = guarded(this.#folder, () => this.#database.prepare<[number], RunRow>(sqlText(statement)).all(limit));
    return rows.map((row) => {
      checkRun(row);
      const { kind, started, ended, source, summary } = row;
      return {
        kind,
        started,
        ended: ended ?? started,
        from: source,
        summary: parseJson(summary, { limits: this.#limits }),
      };
    });
  }
}
