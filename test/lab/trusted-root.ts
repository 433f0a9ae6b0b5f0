/** `trusted_root.json` of the lab's instances. Source: sigstore_trustroot.proto. */
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { prehashedAlgorithm } from "../../core/tlog/key-details.ts";
import type { CertificateAuthority } from "./authority.ts";
import type { LabCertificate } from "./certificate.ts";
import type { CertificateLog } from "./certificate-log.ts";
import type { RekorV1, RekorV2 } from "./entry-log.ts";
import type { LabKey } from "./keys.ts";
import type { LabTimestampAuthority } from "./timestamp-authority.ts";

export interface Period {
  readonly start?: Date;
  readonly end?: Date;
}

// biome-ignore lint/suspicious/noExplicitAny: tests change any place of it
export type Json = any;

const period = ({ start, end }: Period): Json => ({
  ...(start === undefined ? {} : { start: start.toISOString() }),
  ...(end === undefined ? {} : { end: end.toISOString() }),
});

const details = (key: LabKey): string =>
  key.type === "ed25519" ? "PKIX_ED25519" : (prehashedAlgorithm(key.publicKey)?.keyDetails ?? "");

/** Of a certificate log, or of a log of either Rekor. */
export const logInstance = (log: CertificateLog | RekorV1 | RekorV2, validFor: Period): Json => ({
  baseUrl: log.url,
  hashAlgorithm: "SHA2_256",
  publicKey: {
    rawBytes: encodeBase64(log.key.publicKey.spki),
    keyDetails: details(log.key),
    validFor: period(validFor),
  },
  logId: { keyId: encodeBase64(log.id) },
});

const authorityInstance = (uri: string, chain: readonly LabCertificate[], validFor: Period): Json => ({
  subject: { organization: "lab.example", commonName: "lab" },
  uri,
  certChain: { certificates: chain.map(({ der }) => ({ rawBytes: encodeBase64(der) })) },
  validFor: period(validFor),
});

export const certificateAuthorityInstance = (authority: CertificateAuthority, validFor: Period): Json =>
  authorityInstance("https://fulcio.lab.example", authority.chain, validFor);

export const timestampAuthorityInstance = (authority: LabTimestampAuthority, validFor: Period): Json =>
  authorityInstance(authority.url, authority.chain, validFor);

export const trustedRootJson = (parts: {
  readonly tlogs: readonly Json[];
  readonly certificateAuthorities: readonly Json[];
  readonly ctlogs: readonly Json[];
  readonly timestampAuthorities: readonly Json[];
}): Json => ({ mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1", ...parts });
