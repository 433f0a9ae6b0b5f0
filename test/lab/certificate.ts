/** X.509 certificates, right or wrong in any field. Source: RFC 5280 §4. */
import { parseCertificate, type Certificate } from "../../core/x509/certificate.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { bits, boolean, certificateTime, constructed, integer, octets, oid, sequence, setOf, utf8 } from "./der.ts";
import { encodeAlgorithm, type LabKey, pemOf } from "./keys.ts";
import { defaultLimits } from "../../core/limits.ts";

/** `value` is what the OCTET STRING holds. */
export interface ExtensionSpec {
  readonly id: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

export interface CertificateSpec {
  /** A common name, or the DER of a Name. `""`: the empty name. */
  readonly subject: string | Uint8Array;
  readonly issuer: string | Uint8Array;
  readonly serial: number | bigint | Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whose certificate it is: a key, or the DER of a SubjectPublicKeyInfo. */
  readonly key: LabKey | Uint8Array;
  readonly extensions: readonly ExtensionSpec[];
  /** 3, encoded as 2. */
  readonly version?: number;
  /** What the issuer's key signs with. */
  readonly algorithm?: SignatureAlgorithm;
  /** AlgorithmIdentifier inside the signed part, where it shall differ from the outer one. */
  readonly innerAlgorithm?: Uint8Array;
  /** AlgorithmIdentifier outside. */
  readonly outerAlgorithm?: Uint8Array;
}

export interface LabCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly spec: CertificateSpec;
  /** As the verifier reads it. Read when asked for: a wrong one may not be readable. */
  readonly parsed: Certificate;
}

export const encodeName = (name: string | Uint8Array): Uint8Array =>
  name instanceof Uint8Array
    ? name
    : name === ""
      ? sequence()
      : sequence(setOf(sequence(oid("2.5.4.10"), utf8("lab.example"))), setOf(sequence(oid("2.5.4.3"), utf8(name))));

const encodeExtension = ({ id, critical, value }: ExtensionSpec): Uint8Array =>
  critical === true ? sequence(oid(id), boolean(true), octets(value)) : sequence(oid(id), octets(value));

export const spkiOf = (key: LabKey | Uint8Array): Uint8Array => (key instanceof Uint8Array ? key : key.publicKey.spki);

/** The signed part. */
export function encodeTbs(spec: CertificateSpec, issuerKey: LabKey): Uint8Array {
  const version = spec.version ?? 3;
  return sequence(
    ...(version === 1 ? [] : [constructed(0, integer(version - 1))]),
    integer(spec.serial),
    spec.innerAlgorithm ?? encodeAlgorithm(spec.algorithm ?? issuerKey.algorithm),
    encodeName(spec.issuer),
    sequence(certificateTime(spec.notBefore), certificateTime(spec.notAfter)),
    encodeName(spec.subject),
    spkiOf(spec.key),
    ...(spec.extensions.length === 0 ? [] : [constructed(3, sequence(...spec.extensions.map(encodeExtension)))]),
  );
}

export function makeCertificate(spec: CertificateSpec, issuerKey: LabKey): LabCertificate {
  const tbs = encodeTbs(spec, issuerKey);
  const algorithm = spec.outerAlgorithm ?? encodeAlgorithm(spec.algorithm ?? issuerKey.algorithm);
  return toLabCertificate(sequence(tbs, algorithm, bits(issuerKey.sign(tbs, spec.algorithm))), spec);
}

/** A certificate of other bytes under the same description: damaged, or with another signature. */
export const toLabCertificate = (der: Uint8Array, spec: CertificateSpec): LabCertificate => ({
  der,
  pem: pemOf("CERTIFICATE", der),
  spec,
  get parsed() {
    return parseCertificate(der, defaultLimits);
  },
});
