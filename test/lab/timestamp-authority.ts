/**
 * Timestamp authorities: RFC 3161 responses, right or wrong in any field. Source: RFC 3161 §2.4.2, RFC 5652 §5, RFC
 * 5035 §4.
 */
import { createHash } from "node:crypto";
import { digest, type HashName } from "../../core/crypto/digest.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { CertificateAuthority } from "./authority.ts";
import { type CertificateSpec, encodeName, type LabCertificate, spkiOf } from "./certificate.ts";
import {
  boolean,
  certificateTime,
  constructed,
  generalizedTime,
  integer,
  octets,
  oid,
  primitive,
  sequence,
  setOf,
} from "./der.ts";
import { extendedKeyUsage, keyUsage, purposes, subjectKeyIdentifier, authorityKeyIdentifier } from "./extensions.ts";
import { encodeAlgorithm, encodeHash, type LabKey, makeKey } from "./keys.ts";
import type { Seed } from "./seed.ts";

const id = {
  signedData: "1.2.840.113549.1.7.2",
  data: "1.2.840.113549.1.7.1",
  tstInfo: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  policy: "1.3.6.1.4.1.57264.2",
} as const;
export const timestampId = id;

/** An attribute among the signed ones: its only value. */
export const attribute = (type: string, value: Uint8Array): Uint8Array => sequence(oid(type), setOf(value));

export interface TokenSpec {
  readonly at: Date;
  /** 0 granted, 1 granted with changes, 2 rejection. */
  readonly status: number;
  /** What is stamped, and under which hash; or the imprint itself. */
  readonly hash: HashName | "sha1";
  readonly imprint?: Uint8Array;
  readonly infoVersion: number;
  readonly policy: string;
  readonly serial: number;
  readonly nonce?: Uint8Array;
  /** Elements behind the time: accuracy, ordering, and so on. */
  readonly infoRest: readonly Uint8Array[];
  /** A critical extension of the statement. */
  readonly criticalExtension?: boolean;
  /** In place of the encoded statement. */
  readonly info?: (info: Uint8Array) => Uint8Array;
  /** Content type outside, and among the signed attributes. */
  readonly contentType: string;
  readonly signedContentType: string;
  readonly signedDataVersion: number;
  readonly digest: HashName;
  /** Digests that the signed data announces. */
  readonly announced: readonly (HashName | "sha1")[];
  /** In place of the digest of the content. */
  readonly messageDigest?: Uint8Array;
  readonly signingTime: Date | undefined;
  /** ESS: which certificate the signature names; by which version. */
  readonly names: LabCertificate | undefined;
  readonly namedBy: "v1" | "v2" | "both";
  /** The whole list of signed attributes. */
  readonly attributes?: (attributes: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Who signs, and whom issuer and serial number name. */
  readonly key: LabKey;
  readonly signer: LabCertificate;
  readonly signerVersion: number;
  /** Subject key identifier in place of issuer and serial number. */
  readonly byKeyIdentifier?: boolean;
  readonly algorithm?: SignatureAlgorithm;
  /** Embedded certificates. */
  readonly certificates: readonly LabCertificate[];
  readonly signature?: (signature: Uint8Array) => Uint8Array;
  /** How often the signer stands there. */
  readonly signers: number;
}

export interface TimestampAuthorityOptions {
  readonly seed: Seed;
  readonly name: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly type?: Parameters<typeof makeKey>[2];
  readonly intermediates?: number;
  /** Of the authority's own certificate. */
  readonly leaf?: (spec: CertificateSpec) => CertificateSpec;
}

export class LabTimestampAuthority {
  readonly url: string;
  readonly authority: CertificateAuthority;
  readonly key: LabKey;
  readonly certificate: LabCertificate;

  constructor({
    seed,
    name,
    notBefore,
    notAfter,
    type = "p256",
    intermediates = 1,
    leaf = (spec) => spec,
  }: TimestampAuthorityOptions) {
    const own = seed.below(`timestamps ${name}`);
    this.url = `https://${name}.lab.example/api/v1/timestamp`;
    this.authority = new CertificateAuthority({
      seed: own,
      name,
      notBefore,
      notAfter,
      type,
      intermediates,
      purposes: [purposes.timeStamping],
    });
    this.key = makeKey(own, "signer", type);
    const spec = this.authority.leaf(this.key, notBefore, notAfter, []);
    const extensions = [
      keyUsage("digitalSignature"),
      extendedKeyUsage([purposes.timeStamping], true),
      subjectKeyIdentifier(this.key.publicKey.spki),
      authorityKeyIdentifier(this.authority.issuer.key.publicKey.spki),
    ];
    this.certificate = this.authority.issue(leaf({ ...spec, subject: `${name} signer`, extensions }));
  }

  /** As a trusted root lists it: the authority's own certificate first, the root last. */
  get chain(): readonly LabCertificate[] {
    return [this.certificate, ...this.authority.chain];
  }

  /** A response with a token over `message`. */
  stamp(message: Uint8Array, at: Date, changes: Partial<TokenSpec> = {}): Uint8Array {
    const whole: TokenSpec = {
      at,
      status: 0,
      hash: "sha256",
      infoVersion: 1,
      policy: id.policy,
      serial: 1,
      infoRest: [],
      contentType: id.tstInfo,
      signedContentType: id.tstInfo,
      signedDataVersion: 3,
      digest: "sha256",
      announced: [changes.digest ?? "sha256"],
      signingTime: at,
      names: this.certificate,
      namedBy: "v2",
      key: this.key,
      signer: this.certificate,
      signerVersion: 1,
      certificates: [this.certificate, ...this.authority.chain.slice(0, -1)],
      signers: 1,
      ...changes,
    };
    return encodeResponse(whole, message);
  }
}

function encodeInfo(spec: TokenSpec, message: Uint8Array): Uint8Array {
  const imprint = spec.imprint ?? (spec.hash === "sha1" ? new Uint8Array(20) : digest(spec.hash, message));
  const critical = constructed(1, sequence(oid("1.3.6.1.4.1.57264.99.2"), boolean(true), octets(new Uint8Array(0))));
  const info = sequence(
    integer(spec.infoVersion),
    oid(spec.policy),
    sequence(encodeHash(spec.hash), octets(imprint)),
    integer(spec.serial),
    generalizedTime(spec.at),
    ...spec.infoRest,
    ...(spec.nonce === undefined ? [] : [integer(spec.nonce)]),
    ...(spec.criticalExtension === true ? [critical] : []),
  );
  return spec.info?.(info) ?? info;
}

function essAttributes({ names, namedBy }: TokenSpec): Uint8Array[] {
  if (names === undefined) return [];
  const v2 = attribute(id.signingCertificateV2, sequence(sequence(sequence(octets(digest("sha256", names.der))))));
  const v1 = attribute(
    id.signingCertificate,
    sequence(sequence(sequence(octets(createHash("sha1").update(names.der).digest())))),
  );
  return namedBy === "both" ? [v1, v2] : [namedBy === "v1" ? v1 : v2];
}

function encodeSigner(spec: TokenSpec, content: Uint8Array): Uint8Array {
  const standard = [
    attribute(id.contentType, oid(spec.signedContentType)),
    ...(spec.signingTime === undefined ? [] : [attribute(id.signingTime, certificateTime(spec.signingTime))]),
    attribute(id.messageDigest, octets(spec.messageDigest ?? digest(spec.digest, content))),
    ...essAttributes(spec),
  ];
  const attributes = spec.attributes?.(standard) ?? standard;
  const signed = setOf(...attributes);
  const algorithm = spec.algorithm ?? spec.key.algorithm;
  const made = attributes.length === 0 ? spec.key.sign(content, algorithm) : spec.key.sign(signed, algorithm);
  const { issuer, serial } = spec.signer.spec;
  const implicit = signed.slice();
  implicit[0] = 0xa0;
  return sequence(
    integer(spec.signerVersion),
    spec.byKeyIdentifier === true
      ? primitive(0, digest("sha256", spkiOf(spec.signer.spec.key)).subarray(0, 20))
      : sequence(encodeName(issuer), integer(serial)),
    encodeHash(spec.digest),
    ...(attributes.length === 0 ? [] : [implicit]),
    encodeAlgorithm(algorithm),
    octets(spec.signature?.(made) ?? made),
  );
}

function encodeResponse(spec: TokenSpec, message: Uint8Array): Uint8Array {
  const content = encodeInfo(spec, message);
  const signer = encodeSigner(spec, content);
  const certificates = spec.certificates.map(({ der }) => der);
  const signedData = sequence(
    integer(spec.signedDataVersion),
    setOf(...spec.announced.map(encodeHash)),
    sequence(oid(spec.contentType), constructed(0, octets(content))),
    ...(certificates.length === 0 ? [] : [constructed(0, ...certificates)]),
    setOf(...Array.from({ length: spec.signers }, () => signer)),
  );
  const status = sequence(integer(spec.status));
  return spec.status > 1
    ? sequence(status)
    : sequence(status, sequence(oid(id.signedData), constructed(0, signedData)));
}
