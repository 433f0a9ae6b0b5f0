/**
 * The file of a capsule in memory. Nothing is copied; what is read is compared with its digest first, and what nobody
 * reads costs nothing, so that a capsule of many images opens as quickly as one of a single image. Source:
 * docs/spec/capsule.md#reading.
 */
import type { NamedDocument } from "../archive/archive-statement.ts";
import { corruptArchive } from "../archive/corrupt.ts";
import { blobPath, findBlobDigest } from "../archive/names.ts";
import { compareText } from "../archive/order.ts";
import { blockBytes, decodeTarHeader, endBytes, memberBytes, paddingOf, type TarMember } from "../archive/plain-tar.ts";
import { type Digest, digestOf } from "../crypto/digest.ts";
import { equalBytes } from "../encoding/bytes.ts";

/** A member, and where its content begins. */
interface Placed extends TarMember {
  readonly at: number;
}

export class CapsuleFile {
  readonly subject: string;
  readonly #bytes: Uint8Array;
  /** Where the next member begins. */
  position = 0;

  /** @throws EngineError `archive-corrupt` for a file that does not end as one. */
  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.subject = subject;
    if (bytes.length % blockBytes !== 0 || bytes.length < endBytes || !isZero(bytes.subarray(-endBytes)))
      throw corruptArchive("the file is cut short, or not a capsule", subject);
  }

  get end(): number {
    return this.#bytes.length - endBytes;
  }

  /** The next member. @throws EngineError `archive-corrupt` */
  next(): Placed {
    const at = this.position + blockBytes;
    if (at > this.end) throw corruptArchive("the file is cut short", this.subject);
    const { name, size } = decodeTarHeader(this.#bytes.subarray(this.position, at), this.subject);
    const end = this.position + memberBytes(size);
    if (end > this.end || !isZero(this.#bytes.subarray(at + size, at + size + paddingOf(size))))
      throw corruptArchive(`${name} is cut short, or followed by what is not zeros`, this.subject);
    this.position = end;
    return { name, size, at };
  }

  content({ at, size }: Pick<Placed, "at" | "size">): Uint8Array {
    return this.#bytes.subarray(at, at + size);
  }

  /** The next member, which is a document of this name. */
  named(name: string): Uint8Array {
    const member = this.next();
    if (member.name !== name) throw corruptArchive(`${member.name} where ${name} belongs`, this.subject);
    return this.content(member);
  }

  /** The next member, which is a blob. */
  blob(): { readonly bytes: Uint8Array; readonly named: NamedDocument } {
    const member = this.next();
    const bytes = this.content(member);
    const digest = digestOf(bytes);
    if (findBlobDigest(member.name) !== digest)
      throw corruptArchive(`${member.name} does not have its digest`, this.subject);
    return { bytes, named: { digest, size: bytes.length } };
  }

  /** The document of this digest and size whose member begins at `at`. */
  document(named: NamedDocument, at: number): Uint8Array {
    const bytes = this.piece(named, at);
    const { digest } = named;
    if (digestOf(bytes) !== digest) throw corruptArchive(`${digest} does not have its digest`, this.subject);
    return bytes;
  }

  /** As {@link document}, for who compares the digest when it is read. */
  piece({ digest, size }: NamedDocument, at: number): Uint8Array {
    this.position = at;
    const member = this.next();
    if (member.name !== blobPath(digest) || member.size !== size)
      throw corruptArchive(
        `${member.name} (${member.size} bytes) where ${blobPath(digest)} (${size} bytes) belongs`,
        this.subject,
      );
    return this.content(member);
  }
}

const zeros = new Uint8Array(endBytes);

/** Of what fills a block, or ends the file. */
const isZero = (bytes: Uint8Array): boolean => equalBytes(bytes, zeros.subarray(0, bytes.length));

/** What a capsule carries, from a place of its file to the end. Its members are walked when a first one is wanted. */
export class CarriedBlobs {
  readonly #file: CapsuleFile;
  readonly #at: number;
  readonly #totals: { readonly blobs: number; readonly bytes: number };
  #placed: Map<string, Placed> | undefined;
  readonly #checked = new Set<string>();

  constructor(file: CapsuleFile, at: number, totals: { readonly blobs: number; readonly bytes: number }) {
    this.#file = file;
    this.#at = at;
    this.#totals = totals;
  }

  /** @throws EngineError `archive-corrupt` for bytes without their digest, and for a file that is not whole. */
  find(digest: Digest): Uint8Array | undefined {
    const placed = this.#members().get(digest);
    if (placed === undefined) return undefined;
    const bytes = this.#file.content(placed);
    if (!this.#checked.has(digest)) {
      if (digestOf(bytes) !== digest)
        throw corruptArchive(`the bytes of ${digest} do not have their digest`, this.#file.subject);
      this.#checked.add(digest);
    }
    return bytes;
  }

  digests(): Iterable<string> {
    return this.#members().keys();
  }

  /** All members are blobs in the order of their digests, as many as were signed. */
  #members(): ReadonlyMap<string, Placed> {
    if (this.#placed !== undefined) return this.#placed;
    const file = this.#file;
    const placed = new Map<string, Placed>();
    let [last, bytes] = ["", 0];
    for (file.position = this.#at; file.position < file.end; ) {
      const member = file.next();
      const digest = findBlobDigest(member.name);
      if (digest === undefined || compareText(last, digest) >= 0)
        throw corruptArchive(`${member.name} is not a blob in the order of digests`, file.subject);
      last = digest;
      bytes += member.size;
      placed.set(digest, member);
    }
    const { blobs: signed, bytes: signedBytes } = this.#totals;
    if (placed.size !== signed || bytes !== signedBytes)
      throw corruptArchive(
        `${placed.size} blobs of ${bytes} bytes, the statement says ${signed} of ${signedBytes}`,
        file.subject,
      );
    this.#placed = placed;
    return placed;
  }
}
