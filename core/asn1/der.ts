/**
 * A strict reader of DER that copies nothing. Source: X.690 §8 (BER) as §10 and §11 (DER) restrict it.
 *
 * One encoding for one value: definite lengths in their shortest form, canonical booleans and integers, primitive
 * strings, no trailing bytes (callers end with {@link DerReader.end}). Identifiers above 30 do not occur in the formats
 * read here and are refused.
 */
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { formatOid } from "./oid.ts";
import { Tag } from "./tag.ts";
import { parseGeneralizedTime, parseTime, parseUtcTime } from "./time.ts";

/** The bounds of a reader. */
export type DerLimits = Pick<Limits, "asn1Depth">;

/** A BIT STRING: `unused` bits (0 to 7) at the end of the last byte, which are zero. */
export interface BitString {
  readonly bytes: Uint8Array;
  readonly unused: number;
}

/**
 * Reads the elements of `bytes` one after another. `subject` names in errors what is read, for instance `certificate`.
 */
export class DerReader {
  readonly bytes: Uint8Array;
  /** Offset of the next element in `bytes`. */
  offset: number;
  /** Offset after the last byte that belongs to this reader. */
  readonly limit: number;
  readonly subject: string;
  readonly limits: DerLimits;
  readonly #depth: number;

  constructor(bytes: Uint8Array, subject: string, limits: DerLimits, offset = 0, limit = bytes.length, depth = 0) {
    this.bytes = bytes;
    this.limits = limits;
    this.subject = subject;
    this.offset = offset;
    this.limit = limit;
    this.#depth = depth;
  }

  /** An error about the bytes near the current offset. */
  malformed(message: string): EngineError {
    return new EngineError("malformed", `${this.subject}: ${message} at byte ${this.offset}`, {
      subject: this.subject,
    });
  }

  get atEnd(): boolean {
    return this.offset === this.limit;
  }

  /** The next element's identifier octet, or -1 at the end. */
  peek(): number {
    return this.offset < this.limit ? (this.bytes[this.offset] as number) : -1;
  }

  /** @throws EngineError `malformed` when bytes are left. */
  end(): void {
    if (this.offset !== this.limit) throw this.malformed("trailing bytes");
  }

  /**
   * Steps over the header of the next element, of any kind for -1, and returns where its content ends; `offset` then is
   * where it begins. For loops that must not allocate: the caller moves `offset` on and sees to it that it meets every
   * end.
   * @throws EngineError `malformed`
   */
  enter(tag: number): number {
    const { bytes, limit } = this;
    const start = this.offset;
    if (start + 2 > limit) throw this.malformed(start === limit ? "an element is missing" : "cut element");
    const identifier = bytes[start] as number;
    if (tag >= 0 && identifier !== tag)
      throw this.malformed(`identifier 0x${identifier.toString(16)} instead of 0x${tag.toString(16)}`);
    if ((identifier & 0x1f) === 0x1f) throw this.malformed("identifier above 30");
    // Of the universal types only SEQUENCE and SET are constructed in DER, and they always are.
    if (tag < 0 && identifier < 0x40 && ((identifier & 0x20) !== 0) !== ((identifier & 0x1e) === 0x10))
      throw this.malformed("constructed string or primitive sequence");
    let length = bytes[start + 1] as number;
    let content = start + 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0) throw this.malformed("indefinite length");
      if (size > 4) throw this.malformed("length of more than four bytes");
      if (content + size > limit) throw this.malformed("cut element");
      length = 0;
      for (let index = 0; index < size; index++) length = length * 256 + (bytes[content++] as number);
      if (length < 0x80 || length < 256 ** (size - 1)) throw this.malformed("length not in its shortest form");
    }
    const end = content + length;
    if (end > limit) throw this.malformed("element longer than what holds it");
    this.offset = content;
    return end;
  }

  /**
   * A reader over the content of the next element, which must be constructed under `tag`.
   * @throws EngineError `malformed`, `over-limit`
   */
  read(tag: number): DerReader {
    if (this.#depth >= this.limits.asn1Depth)
      throw new EngineError("over-limit", `${this.subject}: nested deeper than ${this.limits.asn1Depth}`, {
        subject: this.subject,
      });
    const end = this.enter(tag);
    const inner = new DerReader(this.bytes, this.subject, this.limits, this.offset, end, this.#depth + 1);
    this.offset = end;
    return inner;
  }

  /** As {@link read}, or `undefined` when the next element has another identifier. */
  readOptional(tag: number): DerReader | undefined {
    return this.peek() === tag ? this.read(tag) : undefined;
  }

  /** Content bytes of the next element, a slice. */
  content(tag: number): Uint8Array {
    const end = this.enter(tag);
    const slice = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return slice;
  }

  /** The next element whole: identifier, length, content; a slice. Without `tag` any element. */
  element(tag = -1): Uint8Array {
    const start = this.offset;
    const end = this.enter(tag);
    this.offset = end;
    return this.bytes.subarray(start, end);
  }

  /** Steps over the next element. */
  skip(tag = -1): void {
    this.offset = this.enter(tag);
  }

  /** BOOLEAN: 00 or FF. */
  boolean(tag: number = Tag.boolean): boolean {
    const content = this.content(tag);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw this.malformed("boolean that is neither 00 nor FF");
    return content[0] === 0xff;
  }

  /** INTEGER in two's complement, shortest form, as its content bytes. */
  integerBytes(tag: number = Tag.integer): Uint8Array {
    const content = this.content(tag);
    if (content.length === 0) throw this.malformed("empty integer");
    const first = content[0] as number;
    const second = content[1] ?? 0;
    if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)))
      throw this.malformed("integer not in its shortest form");
    return content;
  }

  /** A non-negative INTEGER as its magnitude, big-endian without leading zeros; zero is one zero byte. */
  unsignedBytes(tag: number = Tag.integer): Uint8Array {
    const content = this.integerBytes(tag);
    if ((content[0] as number) >= 0x80) throw this.malformed("negative integer");
    return content[0] === 0 && content.length > 1 ? content.subarray(1) : content;
  }

  /** A non-negative INTEGER up to `maximum`, itself at most 2^53 - 1. */
  smallInteger(maximum: number, tag: number = Tag.integer): number {
    const content = this.unsignedBytes(tag);
    let value = 0;
    for (const byte of content) {
      value = value * 256 + byte;
      if (value > maximum) throw this.malformed(`integer above ${maximum}`);
    }
    return value;
  }

  /** NULL. */
  null(): void {
    if (this.content(Tag.null).length !== 0) throw this.malformed("null with content");
  }

  /** OBJECT IDENTIFIER as dotted text. */
  oid(tag: number = Tag.oid): string {
    const end = this.enter(tag);
    const start = this.offset;
    this.offset = end;
    return formatOid(this.bytes, this.subject, start, end);
  }

  /** OCTET STRING, a slice. */
  octetString(tag: number = Tag.octetString): Uint8Array {
    return this.content(tag);
  }

  /** BIT STRING of any length. */
  bits(tag: number = Tag.bitString): BitString {
    const content = this.content(tag);
    const unused = content[0];
    if (unused === undefined || unused > 7 || (unused > 0 && content.length === 1))
      throw this.malformed("wrong count of unused bits");
    if (((content[content.length - 1] as number) & ((1 << unused) - 1)) !== 0 && content.length > 1)
      throw this.malformed("unused bits that are not zero");
    return { bytes: content.subarray(1), unused };
  }

  /** BIT STRING of whole bytes, a slice. */
  bitString(tag: number = Tag.bitString): Uint8Array {
    const { bytes, unused } = this.bits(tag);
    if (unused !== 0) throw this.malformed("bit string that is not of whole bytes");
    return bytes;
  }

  /** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 writes it: with seconds and `Z`, without fraction. */
  time(): Date {
    const tag = this.peek();
    if (tag !== Tag.utcTime && tag !== Tag.generalizedTime) throw this.malformed("neither UTCTime nor GeneralizedTime");
    return parseTime(tag, this.content(tag), this.subject);
  }

  /** UTCTime with seconds and `Z`. */
  utcTime(tag: number = Tag.utcTime): Date {
    return parseUtcTime(this.content(tag), this.subject);
  }

  /**
   * GeneralizedTime with seconds and `Z`; with `fraction` also parts of a second (RFC 3161 §2.4.2), of which
   * milliseconds are kept.
   */
  generalizedTime(options: { readonly fraction: boolean }, tag: number = Tag.generalizedTime): Date {
    return parseGeneralizedTime(this.content(tag), this.subject, options);
  }
}

/**
 * A reader over the content of the one element of `bytes`, which must fill them.
 * @throws EngineError `malformed`
 */
export function openDer(bytes: Uint8Array, tag: number, subject: string, limits: DerLimits): DerReader {
  const outer = new DerReader(bytes, subject, limits);
  const inner = outer.read(tag);
  outer.end();
  return inner;
}
