/**
 * Sizes and bytes of many blobs, some at a time: to ask for each by itself takes half as long again.
 *
 * Almost every blob is text. As text it is read no slower, and its memory is free again as soon as nobody holds it:
 * that of a `Buffer` waits until there are 32 MiB of them.
 */
import type { Database, Statement } from "better-sqlite3";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { checkBytes } from "./mirror-knowledge.ts";
import { sqlText } from "./statements.ts";
import { corrupt } from "./store-error.ts";

const atOnce = 64;
/** In bytes, as the statement has it; what is none may become three times as long when it is read as text. */
const mostText = 65_536;

export class ManyBlobs {
  readonly #sizes: Statement<[string], readonly [string, number]>;
  readonly #bytes: Statement<[string], readonly [string, Buffer | string]>;
  readonly #one: Statement<[string], Uint8Array>;
  readonly #text = Buffer.allocUnsafe(3 * mostText);

  constructor(database: Database) {
    this.#sizes = database.prepare<[string], readonly [string, number]>(sqlText("list-blob-sizes")).raw();
    this.#bytes = database.prepare<[string], readonly [string, Buffer | string]>(sqlText("list-blob-bytes")).raw();
    this.#one = database.prepare<[string], Uint8Array>(sqlText("find-blob")).pluck();
  }

  /** Of those that are here. */
  sizes(digests: readonly Digest[]): ReadonlyMap<string, number> {
    return new Map(digests.length === 0 ? [] : this.#sizes.all(JSON.stringify(digests)));
  }

  /**
   * The bytes of digests that are in their order and come once; each is valid until the next.
   * @throws EngineError `mirror-corrupt` when one is missing or does not have its digest.
   */
  *bytes(digests: Iterable<Digest>): Iterable<Uint8Array> {
    let some: Digest[] = [];
    for (const digest of digests) {
      some.push(digest);
      if (some.length < atOnce) continue;
      yield* this.#some(some);
      some = [];
    }
    if (some.length > 0) yield* this.#some(some);
  }

  *#some(digests: readonly Digest[]): Iterable<Uint8Array> {
    let next = 0;
    for (const [found, content] of this.#bytes.iterate(JSON.stringify(digests))) {
      const digest = digests[next] as Digest;
      if (found !== digest) throw missing(digest);
      next += 1;
      yield this.#checked(content, digest);
    }
    const digest = digests[next];
    if (digest !== undefined) throw missing(digest);
  }

  #checked(content: Buffer | string, digest: Digest): Uint8Array {
    if (typeof content === "string") {
      const text = this.#text.subarray(0, this.#text.write(content, 0));
      if (digestOf(text) === digest) return text;
    }
    // Not every blob is text, and damage is no text either.
    const bytes = typeof content === "string" ? this.#one.get(digest) : content;
    if (bytes === undefined) throw missing(digest);
    checkBytes(bytes, digest);
    return bytes;
  }
}

const missing = (digest: Digest) => corrupt(digest, "the bytes of this digest are missing from the mirror");
