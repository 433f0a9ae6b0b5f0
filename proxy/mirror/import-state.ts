/**
 * What a mirror knows of archives: the last one, the one that a delta may be based on, and the keys whose archives are
 * accepted. Source: docs/spec/archive.md#keys, docs/spec/offline.md#crossing-the-gap.
 */
import type { Database } from "better-sqlite3";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { Origin } from "./mirror-writer.ts";
import { hasChecksum, rowChecksum } from "./row-checksum.ts";
import { sqlText } from "./statements.ts";
import { corrupt, guarded } from "./store-error.ts";

/** An archive that was imported. `created` is its signed time, `at` when it was imported, from the files `from`. */
export interface SeenArchive extends Origin {
  readonly sequence: number;
  readonly statement: Digest;
  readonly contentId: Digest;
  readonly created: string;
}

export interface SeenArchives {
  /** Of any kind. */
  readonly last?: SeenArchive;
  /** The last that was not about trust alone. */
  readonly base?: SeenArchive;
}

export interface AcceptedKey extends Origin {
  readonly fingerprint: string;
  readonly pem: string;
}

export interface SeenRow {
  readonly role: string;
  readonly sequence: string;
  readonly statement: string;
  readonly content_id: string;
  readonly created: string;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

export interface KeyRow {
  readonly fingerprint: string;
  readonly pem: string;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function readSeen({
  role,
  sequence,
  statement,
  content_id,
  created,
  at,
  source,
  checksum,
}: SeenRow): SeenArchive {
  const isWhole = hasChecksum(checksum, role, sequence, statement, content_id, created, at, source);
  if (!isWhole || !isDigest(statement) || !isDigest(content_id))
    throw corrupt(`${role} import`, "the record of an import was changed since it was written");
  return { sequence: Number(sequence), statement, contentId: content_id, created, at, from: source };
}

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function readKey({ fingerprint, pem, at, source, checksum }: KeyRow): AcceptedKey {
  if (!hasChecksum(checksum, fingerprint, pem, at, source))
    throw corrupt(String(fingerprint), "an accepted key was changed since it was written");
  return { fingerprint, pem, at, from: source };
}

export class ImportState {
  readonly #database: Database;
  readonly #folder: string;

  constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  /** @throws EngineError `mirror-corrupt` */
  seen(): SeenArchives {
    return guarded(this.#folder, () => {
      const rows = this.#database.prepare<[], SeenRow>(sqlText("list-import-seen")).all();
      return Object.fromEntries(rows.map((row) => [row.role, readSeen(row)]));
    });
  }

  note(role: keyof SeenArchives, { sequence, statement, contentId, created, at, from }: SeenArchive): void {
    const columns = [role, String(sequence), statement, contentId, created, at, from] as const;
    guarded(this.#folder, () =>
      this.#database.prepare(sqlText("put-import-seen")).run(...columns, rowChecksum(...columns)),
    );
  }

  /** The oldest first. @throws EngineError `mirror-corrupt` */
  keys(): readonly AcceptedKey[] {
    return guarded(this.#folder, () =>
      this.#database.prepare<[], KeyRow>(sqlText("list-import-keys")).all().map(readKey),
    );
  }

  /** Whether it is new. */
  acceptKey({ fingerprint, pem, at, from }: AcceptedKey): boolean {
    const columns = [fingerprint, pem, at, from] as const;
    const { changes } = guarded(this.#folder, () =>
      this.#database.prepare(sqlText("put-import-key")).run(...columns, rowChecksum(...columns)),
    );
    return changes > 0;
  }

  /** Whether it was accepted until now. */
  rejectKey(fingerprint: string): boolean {
    return guarded(
      this.#folder,
      () => this.#database.prepare(sqlText("delete-import-key")).run(fingerprint).changes > 0,
    );
  }
}
