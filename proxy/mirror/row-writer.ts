/** Rows of the mirror as statements write them: transactions, and what this side has by itself. */
import type { Database, Statement } from "better-sqlite3";
import type { MirrorKnowledge } from "./mirror-knowledge.ts";
import { type StatementName, sqlText } from "./statements.ts";
import { guarded } from "./store-error.ts";

/** Time and source of what is written. `at` is RFC 3339. */
export interface Origin {
  readonly at: string;
  readonly from: string;
}

export class RowWriter {
  readonly database: Database;
  readonly folder: string;
  readonly #knowledge: MirrorKnowledge;
  readonly #prepared = new Map<string, Statement<unknown[]>>();
  /** Whether archives brought anything; an import begins with {@link begin}. */
  #hasImported: boolean | undefined;

  constructor(database: Database, folder: string, knowledge: MirrorKnowledge) {
    this.database = database;
    this.folder = folder;
    this.#knowledge = knowledge;
  }

  /**
   * Stores all of `body` or nothing. Transactions may be nested.
   * @throws what `body` throws; then nothing is stored.
   */
  transaction<T>(body: () => T): T {
    return guarded(this.folder, () => this.database.transaction(body).immediate());
  }

  /** Begins what {@link commit} ends: transactions within are parts of it. Until then other processes see nothing. */
  begin(): void {
    this.#hasImported = undefined;
    guarded(this.folder, () => this.database.exec("BEGIN IMMEDIATE"));
  }

  /** @throws EngineError when it cannot be written; then nothing since {@link begin} is stored. */
  commit(): void {
    try {
      guarded(this.folder, () => this.database.exec("COMMIT"));
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Also where a failure, such as a full disk, rolled back already. */
  rollback(): void {
    if (this.database.inTransaction) guarded(this.folder, () => this.database.exec("ROLLBACK"));
    this.#knowledge.noteTakenBack();
  }

  /** Returns how many rows it changed. */
  run(statement: StatementName, ...values: readonly unknown[]): number {
    return guarded(this.folder, () => {
      const prepared = this.#prepared.get(statement) ?? this.database.prepare(sqlText(statement));
      this.#prepared.set(statement, prepared);
      return prepared.run(...values).changes;
    });
  }

  /**
   * What an archive brought already stays when archives no longer have it: this side has it by itself too. What was
   * taken away before is here again.
   */
  noteOwn(kind: string, key: string, digest: string): void {
    this.#hasImported ??= this.database.prepare<[], number>(sqlText("has-any-imported")).pluck().get() !== 0;
    if (!this.#hasImported) return;
    this.run("put-own", kind, key, digest);
    this.run("forget-taken", kind, key);
  }
}
