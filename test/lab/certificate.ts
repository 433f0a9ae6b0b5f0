/** X.509 certificates, right or wrong in any field. Source: RFC 5280 §4. */
import { parseCertificate, type Certificate } from "../../core/x509/certificate.ts";
import { parseSpki, type PublicKey } from "../../core/crypto/public-key.ts";
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
  /** Replaces elements of the signed part before it is signed. */
  readonly tamper?: (parts: TbsParts) => Partial<TbsParts>;
}

/** The elements of the signed part, in their order; empty where there is none. */
export interface TbsParts {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly validity: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly extensions: Uint8Array;
}

export interface LabCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly spec: CertificateSpec;
  readonly publicKey: PublicKey;
  /** As the verifier reads it. Read when asked for: a wrong one may not be readable. */
  readonly parsed: Certificate;
}

const relativeName = (type: string, text: string): Uint8Array => setOf(sequence(oid(type), utf8(text)));

/** A Name of a common name alone; the empty Name for an empty text. */
export const commonName = (text: string): Uint8Array =>
  text === "" ? sequence() : sequence(relativeName("2.5.4.3", text));

export const encodeName = (name: string | Uint8Array): Uint8Array =>
  name instanceof Uint8Array
    ? name
    : name === ""
      ? sequence()
      : sequence(relativeName("2.5.4.10", "lab.example"), relativeName("2.5.4.3", name));

export const encodeExtension = ({ id, critical, value }: ExtensionSpec): Uint8Array =>
  critical === true ? sequence(oid(id), boolean(true), octets(value)) : sequence(oid(id), octets(value));

export const spkiOf = (key: LabKey | Uint8Array): Uint8Array => (key instanceof Uint8Array ? key : key.publicKey.spki);

/** The signed part. */
export function encodeTbs(spec: CertificateSpec, issuerKey: LabKey): Uint8Array {
  const { version = 3, extensions } = spec;
  const none = new Uint8Array(0);
  const parts: TbsParts = {
    version: version === 1 ? none : constructed(0, integer(version - 1)),
    serialNumber: integer(spec.serial),
    algorithm: spec.innerAlgorithm ?? encodeAlgorithm(spec.algorithm ?? issuerKey.algorithm),
    issuer: encodeName(spec.issuer),
    validity: sequence(certificateTime(spec.notBefore), certificateTime(spec.notAfter)),
    subject: encodeName(spec.subject),
    spki: spkiOf(spec.key),
    extensions: extensions.length === 0 ? none : constructed(3, sequence(...extensions.map(encodeExtension))),
  };
  return sequence(...Object.values({ ...parts, ...spec.tamper?.(parts) }));
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
  get publicKey() {
    return spec.key instanceof Uint8Array ? parseSpki(spec.key, defaultLimits) : spec.key.publicKey;
  },
  get parsed() {
    return parseCertificate(der, defaultLimits);
  },
});
