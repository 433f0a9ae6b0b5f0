/** A CT log for tests: signs what it is given, as told. */
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { toBytes } from "../../../core/crypto/big-integer.ts";
import { sha256 } from "../../../core/crypto/digest.ts";
import { parseSpki } from "../../../core/crypto/public-key.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { type Certificate, parseCertificate } from "../../../core/x509/certificate.ts";
import type { CertificateLogKey } from "../../../core/x509/sct.ts";
import {
  type CertificateOptions,
  encodeCertificate,
  type Issuer,
  leafExtensions,
  newKey,
  type TestExtension,
  type TestKey,
} from "./pki.ts";
import { defaultLimits } from "../../../core/limits.ts";

export interface TestLog {
  readonly key: TestKey;
  readonly id: Uint8Array;
  readonly trusted: CertificateLogKey;
}

export function newLog(kind: "P-256" | "rsa" = "P-256"): TestLog {
  const key = newKey(kind);
  const id = sha256(key.spki);
  return { key, id, trusted: { logId: encodeHex(id), publicKey: parseSpki(key.spki, defaultLimits), validFor: {} } };
}

export interface TimestampOptions {
  readonly at?: Date;
  readonly extensions?: Uint8Array;
  readonly hashAlgorithm?: number;
  readonly signatureAlgorithm?: number;
  readonly version?: number;
  /** The key's log id is written unless another is given. */
  readonly id?: Uint8Array;
  /** Extensions as they are signed, where others are written. */
  readonly signedExtensions?: Uint8Array;
  readonly entryType?: 0 | 1;
}

const opaque = (size: number, bytes: Uint8Array): Uint8Array => concat(toBytes(BigInt(bytes.length), size), bytes);

/** The TLS bytes of a timestamp over an entry (without its type). */
export function encodeTimestamp(log: TestLog, entry: Uint8Array, options: TimestampOptions = {}): Uint8Array {
  const {
    at = new Date("2026-01-01T00:00:01Z"),
    extensions = new Uint8Array(0),
    hashAlgorithm = 4,
    signatureAlgorithm = log.trusted.publicKey.type === "rsa" ? 1 : 3,
    version = 0,
    id = log.id,
    signedExtensions = extensions,
    entryType = 1,
  } = options;
  const time = toBytes(BigInt(at.getTime()), 8);
  const signature = log.key.sign(
    concat(Uint8Array.of(0, 0), time, Uint8Array.of(0, entryType), entry, opaque(2, signedExtensions)),
  );
  return concat(
    Uint8Array.of(version),
    id,
    time,
    opaque(2, extensions),
    Uint8Array.of(hashAlgorithm, signatureAlgorithm),
    opaque(2, signature),
  );
}

/** The extension with these timestamps. */
export const timestampList = (...timestamps: readonly Uint8Array[]): TestExtension => ({
  oid: "1.3.6.1.4.1.11129.2.4.2",
  value: encodeElement(Tag.octetString, opaque(2, concat(...timestamps.map((timestamp) => opaque(2, timestamp))))),
});

/** What a log signs of a precertificate. */
export const precertificateEntry = (issuer: Issuer, precertificate: Certificate): Uint8Array =>
  concat(sha256(issuer.key.spki), opaque(3, precertificate.tbs));

/** A leaf whose timestamps `make` makes of the entry that the logs sign. `before` and `after` stand around the list. */
export function leafWithTimestamps(
  issuer: Issuer,
  make: (entry: Uint8Array) => readonly Uint8Array[],
  options: CertificateOptions = {},
  before: readonly TestExtension[] = leafExtensions,
  after: readonly TestExtension[] = [],
): Certificate {
  const key = newKey();
  const shared = { subject: "", key, issuer, ...options };
  const precertificate = parseCertificate(
    encodeCertificate({ ...shared, extensions: [...before, ...after] }),
    defaultLimits,
  );
  return parseCertificate(
    encodeCertificate({
      ...shared,
      extensions: [...before, timestampList(...make(precertificateEntry(issuer, precertificate))), ...after],
    }),
    defaultLimits,
  );
}
