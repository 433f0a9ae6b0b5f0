/**
 * What one instance remembers: `state.db` beside the mirror, outside its content id. Nothing in it decides anything, so
 * that a damaged file is set aside and a new one is begun. Made by `openState`. Source:
 * docs/spec/offline.md#what-an-instance-remembers.
 */
import { open } from "node:fs/promises";
import type { Database } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { isSqliteError } from "../mirror/sqlite.ts";
import { leaveWal } from "../mirror/sqlite.ts";
import { guarded } from "../mirror/store-error.ts";
import { systemCode } from "../system-words.ts";
import { DecisionLog } from "./decision-log.ts";
import { RecheckList } from "./recheck-list.ts";

export interface StateParts {
  readonly path: string;
  readonly database: Database;
  readonly limits: Limits;
  /** Sets the file aside and begins a new one; absent: open for reading. */
  readonly renew?: (why: string) => Database;
}

interface Tables {
  readonly recheck: RecheckList;
  readonly decisions: DecisionLog;
}

const tablesOf = (database: Database, limits: Limits): Tables => ({
  recheck: new RecheckList(database, limits),
  decisions: new DecisionLog(database, limits),
});

/** Whether SQLite found that the file is not what it wrote: not that the disk does not answer. */
function isDamaged(error: unknown): boolean {
  const cause = error instanceof EngineError ? error.cause : undefined;
  return isSqliteError(cause) && /^SQLITE_(?:CORRUPT|NOTADB)/.test(cause.code);
}

export class State {
  readonly path: string;
  readonly #limits: Limits;
  readonly #renew: StateParts["renew"];
  #database: Database;
  #tables: Tables;
  #syncing: Promise<void> | undefined;
  /** Begins when the one before has ended: that one may have begun before the last commit. */
  #next: Promise<void> | undefined;

  constructor({ path, database, limits, renew }: StateParts) {
    this.path = path;
    this.#limits = limits;
    this.#renew = renew;
    this.#database = database;
    this.#tables = tablesOf(database, limits);
  }

  /** @throws EngineError as {@link use}. */
  recheck<T>(act: (list: RecheckList) => T): T {
    return this.use(({ recheck }) => act(recheck));
  }

  /** @throws EngineError as {@link use}. */
  decisions<T>(act: (log: DecisionLog) => T): T {
    return this.use(({ decisions }) => act(decisions));
  }

  /**
   * Reads or writes. Where the file proves to be damaged, a writer sets it aside and does it again in a new one.
   * @throws EngineError `mirror-corrupt` to a reader of a damaged file, and what a full or failing disk causes.
   */
  use<T>(act: (tables: Tables) => T): T {
    try {
      return guarded(this.path, () => act(this.#tables));
    } catch (error) {
      if (this.#renew === undefined || !isDamaged(error)) throw error;
      this.#database.close();
      this.#database = this.#renew((error as EngineError).message);
      this.#tables = tablesOf(this.#database, this.#limits);
      return guarded(this.path, () => act(this.#tables));
    }
  }

  /**
   * As {@link use}, without waiting for the disk, which may take longer than a hundred answers: {@link sync} waits.
   * A machine that loses its power before that loses what was written, and nothing else.
   */
  useUnsynced<T>(act: (tables: Tables) => T): T {
    const wait = (level: "NORMAL" | "FULL"): void => {
      // A damaged file was closed, and the new one waits.
      if (this.#database.open) guarded(this.path, () => this.#database.pragma(`synchronous = ${level}`));
    };
    wait("NORMAL");
    try {
      return this.use(act);
    } finally {
      wait("FULL");
    }
  }

  /**
   * Resolves once what {@link useUnsynced} wrote is on the disk. However often it is called, only one call at a time
   * waits for the disk.
   * @throws EngineError when the disk does not take it.
   */
  sync(): Promise<void> {
    if (this.#syncing === undefined) {
      this.#syncing = syncFile(`${this.path}-wal`).finally(() => {
        this.#syncing = undefined;
      });
      return this.#syncing;
    }
    const again = (): Promise<void> => {
      this.#next = undefined;
      return this.sync();
    };
    this.#next ??= this.#syncing.then(again, again);
    return this.#next;
  }

  close(): void {
    if (!this.#database.open) return;
    try {
      if (this.#renew !== undefined) guarded(this.path, () => leaveWal(this.#database));
    } finally {
      this.#database.close();
    }
  }
}

/** Without a log everything is in the file itself: who brought it there has waited for the disk. */
async function syncFile(path: string): Promise<void> {
  try {
    const file = await open(path, "r+");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const system = systemCode(error);
    if (system === "ENOENT") return;
    if (system === undefined) throw error;
    throw new EngineError("mirror-busy", `the disk does not take what was written (${system})`, {
      subject: path,
      cause: error,
      remedy: "disk",
    });
  }
}
