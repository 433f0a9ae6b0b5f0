/**
 * Signed certificate timestamps as bytes. Source: RFC 6962 §3.2, §3.3 and §4.1, RFC 5246 §4 (TLS presentation
 * language).
 *
 * A list, in an OCTET STRING within the extension:
 *
 *     length of the list, 2 bytes; for each timestamp its length, 2 bytes, and
 *     0 (version)  log id, 32 bytes  timestamp, 8 bytes  length, 2 bytes, and extensions
 *     4 (SHA-256)  3 (ECDSA) or 1 (RSA)  length, 2 bytes, and signature
 */
import { DerReader } from "../asn1/der.ts";
import { Tag } from "../asn1/tag.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";

/** One timestamp of version 1. */
export interface SignedCertificateTimestamp {
  /** 32 bytes: SHA-256 of the log's key. */
  readonly logId: Uint8Array;
  /** Milliseconds since 1970, as signed. */
  readonly timestamp: bigint;
  /** Signed, but not read. Static CT logs keep the leaf's index here. */
  readonly extensions: Uint8Array;
  /** TLS numbers (RFC 5246 §7.4.1.4.1): hash 4 is SHA-256; signature 1 is RSA, 3 is ECDSA. */
  readonly hashAlgorithm: number;
  readonly signatureAlgorithm: number;
  readonly signature: Uint8Array;
}

const subject = "signed certificate timestamp";

/** Reads fields one after another; every length is checked against what is there. */
class TlsReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw malformed("cut");
    const slice = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return slice;
  }

  /** An unsigned integer of up to six bytes. */
  integer(size: number): number {
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    return value;
  }

  /** opaque<0..2^16-1> */
  opaque16(): Uint8Array {
    return this.take(this.integer(2));
  }

  end(): void {
    if (!this.atEnd) throw malformed("followed by other bytes");
  }
}

const malformed = (why: string): EngineError => new EngineError("malformed", `${subject}: ${why}`, { subject });

/** digitally-signed struct: hash, signature algorithm, opaque signature. */
function readSignature(reader: TlsReader) {
  const hashAlgorithm = reader.integer(1);
  const signatureAlgorithm = reader.integer(1);
  const signature = reader.opaque16();
  reader.end();
  return { hashAlgorithm, signatureAlgorithm, signature };
}

function parseTimestamp(bytes: Uint8Array): SignedCertificateTimestamp {
  const reader = new TlsReader(bytes);
  if (reader.integer(1) !== 0) throw malformed("of a version other than 1");
  const logId = reader.take(32);
  const timestamp = (BigInt(reader.integer(4)) << 32n) | BigInt(reader.integer(4));
  const extensions = reader.opaque16();
  return { logId, timestamp, extensions, ...readSignature(reader) };
}

/**
 * The timestamps of the certificate extension's value: an OCTET STRING with a SignedCertificateTimestampList.
 * @throws EngineError `malformed`; `over-limit` above `limits.signedCertificateTimestamps`
 */
export function parseTimestampList(extensionValue: Uint8Array, limits: Limits): readonly SignedCertificateTimestamp[] {
  const wrapper = new DerReader(extensionValue, subject, limits);
  const outer = new TlsReader(wrapper.content(Tag.octetString));
  wrapper.end();
  const list = new TlsReader(outer.opaque16());
  outer.end();
  if (list.atEnd) throw malformed("in an empty list");
  const timestamps: SignedCertificateTimestamp[] = [];
  while (!list.atEnd) {
    if (timestamps.length >= limits.signedCertificateTimestamps)
      throw new EngineError(
        "over-limit",
        `more than ${limits.signedCertificateTimestamps} signed certificate timestamps`,
        { subject },
      );
    timestamps.push(parseTimestamp(list.opaque16()));
  }
  return timestamps;
}
