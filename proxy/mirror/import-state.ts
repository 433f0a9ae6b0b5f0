/**
 * What a mirror knows of archives: the last one, the one that a delta may be based on, and the keys whose archives are
 * accepted. Source: docs/spec/archive.md#keys, docs/spec/offline.md#crossing-the-gap.
 */
import type { Database } from "better-sqlite3";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { Origin } from "./row-writer.ts";
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
  /** Of any kind, of those whose keys are accepted. */
  readonly last?: SeenArchive;
  /** The last that was not about trust alone. */
  readonly base?: SeenArchive;
  /** The last one of a key that was rejected since: what it brought is here until a full archive comes. */
  readonly rejected?: SeenArchive;
}

/** The row of the last archive that a key signed. */
const signerRole = (fingerprint: string): string => `signer ${fingerprint}`;

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

/** What it means that a key is rejected; `takenBack` is there where it signed the last archive. */
export interface RejectedKey {
  readonly takenBack?: SeenArchive;
  /** The last one of a key that is still accepted. */
  readonly last?: SeenArchive;
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
      const { last, base, rejected } = Object.fromEntries(this.#roles());
      return {
        ...(last === undefined ? {} : { last }),
        ...(base === undefined ? {} : { base }),
        ...(rejected === undefined ? {} : { rejected }),
      };
    });
  }

  #roles(): ReadonlyMap<string, SeenArchive> {
    const rows = this.#database.prepare<[], SeenRow>(sqlText("list-import-seen")).all();
    return new Map(rows.map((row) => [row.role, readSeen(row)]));
  }

  /** An archive that a key signed: the last of all, and of this key. */
  noteLast(fingerprint: string, archive: SeenArchive): void {
    for (const role of ["last", signerRole(fingerprint)]) this.#note(role, archive);
  }

  /** The one that a delta may be based on. */
  noteBase(archive: SeenArchive): void {
    this.#note("base", archive);
  }

  /** A full archive took the place of what keys brought that were rejected. */
  forgetRejected(): void {
    this.#forget("rejected");
  }

  #forget(role: string): void {
    guarded(this.#folder, () => this.#database.prepare(sqlText("delete-import-seen")).run(role));
  }

  #note(role: string, { sequence, statement, contentId, created, at, from }: SeenArchive): void {
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

  /**
   * Accepts archives of a key no longer. Its archives are no measure of later ones: whoever stole it may have given one
   * the highest number that there is.
   * @returns undefined where it was not accepted; else what changed about the last archive.
   */
  rejectKey(fingerprint: string): RejectedKey | undefined {
    return guarded(this.#folder, () => this.#database.transaction(() => this.#reject(fingerprint)).immediate());
  }

  #reject(fingerprint: string): RejectedKey | undefined {
    if (this.#database.prepare(sqlText("delete-import-key")).run(fingerprint).changes === 0) return undefined;
    const roles = this.#roles();
    const [last, own] = [roles.get("last"), roles.get(signerRole(fingerprint))];
    this.#forget(signerRole(fingerprint));
    if (last === undefined || own === undefined || last.statement !== own.statement) return {};
    const [before] = this.keys()
      .flatMap((key) => roles.get(signerRole(key.fingerprint)) ?? [])
      .toSorted((one, other) => other.sequence - one.sequence);
    // Another rejected key may have brought a later one.
    const rejected = roles.get("rejected");
    if (rejected === undefined || rejected.at < last.at) this.#note("rejected", last);
    if (before === undefined) this.#forget("last");
    else this.#note("last", before);
    return { takenBack: last, ...(before === undefined ? {} : { last: before }) };
  }
}
