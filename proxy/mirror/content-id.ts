/**
 * The content id: what a mirror knows, in one digest. Source: docs/spec/offline.md#content-id: SHA-256 over the sorted
 * list of (kind, key, digest).
 */
import { createHash } from "node:crypto";
import type { Database, Statement } from "better-sqlite3";
import { type ContentRow, contentLine } from "../../core/archive/order.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { sqlText } from "./statements.ts";
import { guarded } from "./store-error.ts";

/**
 * Computes the content id and keeps it until something is written. Times and sources do not enter it: mirrors with the
 * same content have the same id, and asking again changes it only if an answer changed.
 */
export class ContentId {
  readonly #database: Database;
  readonly #folder: string;
  readonly #list: Statement<[], ContentRow>;
  #state = "";
  #value: Digest | undefined;

  constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
    this.#list = database.prepare(sqlText("list-content"));
  }

  get(): Digest {
    return guarded(this.#folder, () => this.#database.transaction(() => this.#get())());
  }

  #get(): Digest {
    const state = `${this.#pragma("data_version")} ${this.#changes()}`;
    if (this.#value !== undefined && this.#state === state) return this.#value;
    const hash = createHash("sha256");
    for (const row of this.#list.iterate()) hash.update(contentLine(row));
    this.#state = state;
    this.#value = `sha256:${hash.digest("hex")}`;
    return this.#value;
  }

  #pragma(name: string): number {
    return Number(this.#database.pragma(name, { simple: true }));
  }

  #changes(): number {
    return this.#database.prepare<[], { readonly changes: number }>(sqlText("count-changes")).get()?.changes ?? 0;
  }
}
