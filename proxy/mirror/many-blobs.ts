/**
 * Sizes and bytes of many blobs, some at a time: to ask for each by itself takes twice as long. SQLite joins what was
 * asked for in one go, so that there is one value to hand over, and few objects for the collector of garbage. It goes
 * through them in the order in which they were asked for: in another, bytes would not have their size and digest, and
 * nothing would be exported.
 */
import type { Database, Statement } from "better-sqlite3";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { checkBytes } from "./stored-bytes.ts";
import { sqlText } from "./statements.ts";
import { corrupt } from "./store-error.ts";

/** A blob of the mirror, and how many bytes it has to have. */
export interface SizedBlob {
  readonly digest: Digest;
  readonly size: number;
}

/** Of blobs that are read in one go, but for the last of them; a larger one is read by itself. */
const bytesAtOnce = 256 * 1024;
const blobsAtOnce = 256;

export class ManyBlobs {
  readonly #sizes: Statement<[string], string | null>;
  readonly #joined: Statement<[string], Uint8Array | null>;
  readonly #one: Statement<[string], Uint8Array>;

  constructor(database: Database) {
    this.#sizes = database.prepare<[string], string | null>(sqlText("list-blob-sizes")).pluck();
    this.#joined = database.prepare<[string], Uint8Array | null>(sqlText("list-blob-bytes")).pluck();
    this.#one = database.prepare<[string], Uint8Array>(sqlText("find-blob")).pluck();
  }

  /** In the order of the digests; undefined for one that is not here. */
  sizes(digests: readonly Digest[]): readonly (number | undefined)[] {
    if (digests.length === 0) return [];
    const sizes = this.#sizes.get(JSON.stringify(digests)) ?? "";
    return sizes.split(",").map((size) => (size === "" ? undefined : Number(size)));
  }

  /**
   * Each with its bytes, in their order; these are valid until the next. Those that are `elsewhere` come in their order
   * too, without bytes.
   * @throws EngineError `mirror-corrupt` when one is missing, or has not its size or its digest.
   */
  *bytes<B extends SizedBlob>(
    blobs: Iterable<B>,
    elsewhere: (blob: B) => boolean = () => false,
  ): Iterable<readonly [B, Uint8Array | undefined]> {
    let some: B[] = [];
    let bytes = 0;
    for (const blob of blobs) {
      const isElsewhere = elsewhere(blob);
      if (isElsewhere || blob.size > bytesAtOnce) {
        yield* this.#some(some);
        some = [];
        bytes = 0;
        yield [blob, isElsewhere ? undefined : this.#alone(blob)];
        continue;
      }
      some.push(blob);
      bytes += blob.size;
      if (bytes < bytesAtOnce && some.length < blobsAtOnce) continue;
      yield* this.#some(some);
      some = [];
      bytes = 0;
    }
    yield* this.#some(some);
  }

  *#some<B extends SizedBlob>(blobs: readonly B[]): Iterable<readonly [B, Uint8Array]> {
    const found = blobs.length < 2 ? undefined : this.#joined.get(JSON.stringify(blobs.map(({ digest }) => digest)));
    const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
    // Where bytes are missing or damaged, nobody knows whose are whose: each is read by itself.
    const joined = found?.length === size ? found : undefined;
    let at = 0;
    for (const blob of blobs) {
      const bytes = joined?.subarray(at, at + blob.size);
      at += blob.size;
      yield [blob, bytes !== undefined && digestOf(bytes) === blob.digest ? bytes : this.#alone(blob)];
    }
  }

  #alone({ digest, size }: SizedBlob): Uint8Array {
    const bytes = this.#one.get(digest);
    if (bytes === undefined) throw corrupt(digest, "the bytes of this digest are missing from the mirror");
    checkBytes(bytes, digest);
    if (bytes.length !== size) throw corrupt(digest, "the mirror's bytes have another size");
    return bytes;
  }
}
