/**
 * A certificate transparency log: timestamps embedded in certificates or beside them, right or wrong in any field.
 * Source: RFC 6962 §3.2 and §3.3.
 */
import { openDer } from "../../core/asn1/der.ts";
import { contextConstructed, Tag } from "../../core/asn1/tag.ts";
import { concat } from "../../core/encoding/bytes.ts";
import { decodeHex } from "../../core/encoding/hex.ts";
import { sha256 } from "../../core/crypto/digest.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { defaultLimits } from "../../core/limits.ts";
import type { Certificate } from "../../core/x509/certificate.ts";
import type { CertificateLogKey } from "../../core/x509/sct.ts";
import type { ExtensionSpec } from "./certificate.ts";
import { constructed, octets, sequence } from "./der.ts";
import { extensionId } from "./extensions.ts";
import type { LabKey } from "./keys.ts";

const number = (value: bigint | number, size: number): Uint8Array =>
  new Uint8Array(Buffer.from(value.toString(16).padStart(size * 2, "0"), "hex"));

/** What stands in a timestamp and what is signed. The signed parts can be others than the written ones. */
export interface TimestampSpec {
  readonly at: Date;
  readonly version: number;
  readonly logId: Uint8Array;
  readonly extensions: Uint8Array;
  /** As they are signed, where others are written. */
  readonly signedExtensions?: Uint8Array;
  readonly hashAlgorithm: number;
  readonly signatureAlgorithm: number;
  /** 0 certificate, 1 precertificate. */
  readonly entryType: number;
  /** Of a precertificate: SHA-256 of the issuer's key, and the signed part without timestamps. */
  readonly issuerKeyHash: Uint8Array;
  readonly tbs: Uint8Array;
  /** Of a certificate: the whole of it. */
  readonly certificate: Uint8Array;
  /** The signed time, where it shall differ from the written one. */
  readonly signedAt?: Date;
  readonly key: LabKey;
  readonly algorithm?: SignatureAlgorithm;
  readonly signature?: (signature: Uint8Array) => Uint8Array;
}

const nothing = new Uint8Array(0);

export class CertificateLog {
  readonly key: LabKey;
  readonly url: string;

  constructor(key: LabKey, url = "https://ct.lab.example/2026") {
    this.key = key;
    this.url = url;
  }

  get id(): Uint8Array {
    return decodeHex(this.key.publicKey.fingerprint);
  }

  /** The log as a trusted root has it, without a period. */
  get trusted(): CertificateLogKey {
    return { logId: this.key.publicKey.fingerprint, publicKey: this.key.publicKey, validFor: {} };
  }

  #spec(changes: Partial<TimestampSpec>, at: Date): TimestampSpec {
    const rsa = this.key.publicKey.type === "rsa";
    return {
      at,
      version: 0,
      logId: this.id,
      extensions: nothing,
      hashAlgorithm: 4,
      signatureAlgorithm: rsa ? 1 : 3,
      entryType: 1,
      issuerKeyHash: nothing,
      tbs: nothing,
      certificate: nothing,
      key: this.key,
      algorithm: rsa ? { scheme: "rsa-pkcs1v15", hash: "sha256" } : { scheme: "ecdsa", hash: "sha256" },
      ...changes,
    };
  }

  /** A SignedCertificateTimestamp over the signed part of a certificate, which has no timestamps yet. */
  embedded(
    tbs: Uint8Array,
    issuer: Pick<LabKey, "publicKey">,
    at: Date,
    changes: Partial<TimestampSpec> = {},
  ): Uint8Array {
    return encodeTimestamp(this.#spec({ tbs, issuerKeyHash: sha256(issuer.publicKey.spki), ...changes }, at));
  }
}

/** digitally-signed: algorithm, length, signature. */
function signedPart(spec: TimestampSpec): Uint8Array {
  const entry =
    spec.entryType === 1
      ? concat(spec.issuerKeyHash, number(spec.tbs.length, 3), spec.tbs)
      : concat(number(spec.certificate.length, 3), spec.certificate);
  const time = number(BigInt((spec.signedAt ?? spec.at).getTime()), 8);
  const extensions = spec.signedExtensions ?? spec.extensions;
  const message = concat(
    Uint8Array.of(0, 0),
    time,
    number(spec.entryType, 2),
    entry,
    number(extensions.length, 2),
    extensions,
  );
  const made = spec.key.sign(message, spec.algorithm);
  const signature = spec.signature?.(made) ?? made;
  return concat(Uint8Array.of(spec.hashAlgorithm, spec.signatureAlgorithm), number(signature.length, 2), signature);
}

const encodeTimestamp = (spec: TimestampSpec): Uint8Array =>
  concat(
    Uint8Array.of(spec.version),
    spec.logId,
    number(BigInt(spec.at.getTime()), 8),
    number(spec.extensions.length, 2),
    spec.extensions,
    signedPart(spec),
  );

/** The signed part of a certificate without one of its extensions: what a log signs of a precertificate. */
export function tbsWithout(certificate: Certificate, id: string): Uint8Array {
  const fields = openDer(certificate.tbs, Tag.sequence, "certificate", defaultLimits);
  const start = fields.offset;
  while (fields.peek() !== contextConstructed(3)) fields.skip();
  const kept = certificate.extensions.filter((extension) => extension.oid !== id).map(({ der }) => der);
  return sequence(certificate.tbs.subarray(start, fields.offset), constructed(3, sequence(...kept)));
}

/** The certificate extension of these timestamps. */
export function timestampList(timestamps: readonly Uint8Array[]): ExtensionSpec {
  const list = concat(...timestamps.map((timestamp) => concat(number(timestamp.length, 2), timestamp)));
  return { id: extensionId.timestampList, value: octets(concat(number(list.length, 2), list)) };
}
