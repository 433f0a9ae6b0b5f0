/**
 * What an export has found so far, in files beside the mirror: memory does not grow with the archive. Blobs are in a
 * database of their own, which sorts them; lists are written as they fill. Nothing here outlives the export.
 */
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Database, Statement } from "better-sqlite3";
import type { BlobUse } from "../../core/archive/carried-blob.ts";
import { type ListReference, ListWriter } from "../../core/archive/list.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import { openDatabase } from "../mirror/sqlite.ts";
import { guarded, guardedFiles } from "../mirror/store-error.ts";

/** A blob to carry: its bytes are here, in a file, or else in the mirror. */
export interface SpooledBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly use: BlobUse | null;
  readonly bytes: Uint8Array | null;
  readonly path: string | null;
}

/** Rows are appended; SQLite sorts them when they are all there, which is faster than to look up the place of each. */
const tables = `
  CREATE TABLE found (digest TEXT NOT NULL, size INTEGER NOT NULL, use TEXT, bytes BLOB, path TEXT);
  CREATE TABLE line (digest TEXT NOT NULL, line TEXT NOT NULL);
  CREATE TABLE carried (
    digest TEXT PRIMARY KEY, size INTEGER NOT NULL, use TEXT, bytes BLOB, path TEXT
  ) WITHOUT ROWID;
  CREATE TABLE listed (digest TEXT NOT NULL, line TEXT NOT NULL, PRIMARY KEY (digest, line)) WITHOUT ROWID;
`;

/** The first of a digest counts: where a layer is also evidence, the mirror of the far side keeps it as that. */
const sortFound = "INSERT OR IGNORE INTO carried SELECT * FROM found ORDER BY digest, rowid; DELETE FROM found;";
const sortLines = "INSERT OR IGNORE INTO listed SELECT * FROM line ORDER BY digest, line; DELETE FROM line;";

export class Spool {
  readonly #folder: string;
  readonly #database: Database;
  readonly #add: Statement<[Digest, number, BlobUse | null, Uint8Array | null, string | null]>;
  readonly #drop: Statement<[string]>;
  readonly #list: Statement<[string, string]>;
  readonly #limits: Limits;
  #indexBytes = 0;
  #unsorted = false;

  /** @throws EngineError when the folder cannot be written. */
  constructor(folder: string, limits: Limits) {
    this.#folder = folder;
    this.#limits = limits;
    guardedFiles(folder, () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
    });
    this.#database = guarded(folder, () => openDatabase(join(folder, "spool.db")));
    try {
      guarded(folder, () => {
        // A crash leaves nothing of use here, so that nothing has to be safe.
        this.#database.pragma("journal_mode = OFF");
        this.#database.pragma("synchronous = OFF");
        // Rows are written once and read in order, so that keeping pages helps nobody.
        this.#database.pragma("cache_size = -1024");
        this.#database.exec(tables);
        this.#database.exec("BEGIN");
      });
      this.#add = this.#database.prepare("INSERT INTO found VALUES (?, ?, ?, ?, ?)");
      this.#drop = this.#database.prepare("DELETE FROM carried WHERE digest = ?");
      this.#list = this.#database.prepare("INSERT INTO line VALUES (?, ?)");
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  #guarded<T>(run: () => T): T {
    return guarded(this.#folder, run);
  }

  /** The first of a digest counts. */
  add({ digest, size, use, bytes, path }: Pick<SpooledBlob, "digest" | "size"> & Partial<SpooledBlob>): void {
    this.#unsorted = true;
    this.#guarded(() => void this.#add.run(digest, size, use ?? null, bytes ?? null, path ?? null));
  }

  #sort(): void {
    if (!this.#unsorted) return;
    this.#unsorted = false;
    this.#guarded(() => void this.#database.exec(sortFound + sortLines));
  }

  /** Takes a blob out that the base has. */
  drop(digest: string): void {
    this.#sort();
    this.#guarded(() => void this.#drop.run(digest));
  }

  /** A line of `index.json` that names this manifest; past the bound of an index none is added. */
  list(digest: Digest, line: string): void {
    if (this.#indexBytes + line.length > this.#limits.layoutIndexBytes - 64 * 1024) return;
    this.#indexBytes += line.length + 1;
    this.#guarded(() => void this.#list.run(digest, line));
  }

  /** All blobs, in the order of their digests. */
  *blobs(): Iterable<SpooledBlob> {
    this.#sort();
    // As arrays: to name every column of every row takes longer than to read it.
    const rows = this.#database
      .prepare<[], readonly [Digest, number, BlobUse | null, Uint8Array | null, string | null]>(
        "SELECT digest, size, use, bytes, path FROM carried ORDER BY digest",
      )
      .raw();
    for (const columns of rows.iterate())
      yield { digest: columns[0], size: columns[1], use: columns[2], bytes: columns[3], path: columns[4] };
  }

  /** What each blob takes, in the order of their digests: its size, and the length of what the index says of it. */
  *costs(): Iterable<{ readonly digest: Digest; readonly size: number; readonly listed: number }> {
    this.#sort();
    const rows = this.#database.prepare<
      [],
      { readonly digest: Digest; readonly size: number; readonly listed: number }
    >(
      "SELECT digest, size, coalesce((SELECT sum(length(CAST(line AS BLOB)) + 1) FROM listed " +
        "WHERE listed.digest = carried.digest), 0) AS listed FROM carried ORDER BY digest",
    );
    yield* rows.iterate();
  }

  /** What `index.json` says of blobs that are carried, in the order of their digests. */
  *indexLines(): Iterable<{ readonly digest: Digest; readonly line: string }> {
    this.#sort();
    const rows = this.#database.prepare<[], { readonly digest: Digest; readonly line: string }>(
      "SELECT listed.digest, listed.line FROM carried JOIN listed ON listed.digest = carried.digest " +
        "ORDER BY carried.digest, listed.line",
    );
    yield* rows.iterate();
  }

  /** A list that is kept in a file until the statement is signed. */
  spoolList(name: string): SpooledList {
    return new SpooledList(join(this.#folder, name), this.#limits);
  }

  close(): void {
    this.#database.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export class SpooledList {
  readonly #path: string;
  readonly #handle: number;
  readonly #writer: ListWriter;

  constructor(path: string, limits: Limits) {
    this.#path = path;
    this.#handle = guardedFiles(path, () => openSync(path, "w+"));
    this.#writer = new ListWriter((bytes) => this.#write(bytes), limits);
  }

  #write(bytes: Uint8Array): void {
    guardedFiles(this.#path, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#handle, bytes, done);
    });
  }

  add(line: string): void {
    this.#writer.add(line);
  }

  /** No line comes any more. */
  finish(): readonly ListReference[] {
    this.#writer.finish();
    return this.#writer.references;
  }

  /** Each piece, in order. */
  *pieces(): Iterable<{ readonly reference: ListReference; readonly bytes: Uint8Array }> {
    let at = 0;
    for (const reference of this.#writer.references) {
      const bytes = Buffer.allocUnsafe(reference.size);
      guardedFiles(this.#path, () => {
        for (let done = 0; done < bytes.length; )
          done += readSync(this.#handle, bytes, done, bytes.length - done, at + done);
      });
      at += bytes.length;
      yield { reference, bytes };
    }
  }

  close(): void {
    closeSync(this.#handle);
  }
}
