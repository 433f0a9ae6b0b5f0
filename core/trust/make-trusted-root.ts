/**
 * Writing a `trusted_root.json` from certificates and keys, as `cosign trusted-root create` does. Source:
 * sigstore_trustroot.proto.
 */
import { sha256 } from "../crypto/digest.ts";
import { parsePublicKeyPem, type PublicKey } from "../crypto/public-key.ts";
import { encodeBase64 } from "../encoding/base64.ts";
import { concat } from "../encoding/bytes.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import type { JsonObject } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { isAuthorityCertificate } from "../timestamp/timestamp-authority.ts";
import { logKeyDetails } from "../tlog/key-details.ts";
import { type Certificate, parseCertificatesPem } from "../x509/certificate.ts";
import { parseName } from "../x509/name.ts";
import type { Limits } from "../limits.ts";

/** An issuer of certificates or timestamps. `chain` is PEM, the root last. Without a start, the root's own counts. */
export interface AuthorityService {
  readonly url: string;
  readonly chain: string;
  readonly validFor: ValidityPeriod;
}

/** A log. `key` is PEM; `origin` is the name in its checkpoints, which goes into the id of a log of Rekor v2. */
export interface LogService {
  readonly url: string;
  readonly key: string;
  readonly origin?: string;
  readonly validFor: ValidityPeriod & { readonly start: Date };
}

export interface TrustedServices {
  readonly fulcio: readonly AuthorityService[];
  readonly rekor: readonly LogService[];
  readonly ctfe: readonly LogService[];
  readonly tsa: readonly AuthorityService[];
}

/** As protobuf writes times: a fraction only if it is not zero. */
const timeText = (at: Date): string => at.toISOString().replace(".000Z", "Z");

const periodJson = ({ start, end }: ValidityPeriod): JsonObject => ({
  ...(start === undefined ? {} : { start: timeText(start) }),
  ...(end === undefined ? {} : { end: timeText(end) }),
});

/**
 * A log id is the digest of the key. For a named Ed25519 log it is the full-length key id of its signed notes. Source:
 * c2sp.org/signed-note.
 */
const logId = (key: PublicKey, origin: string | undefined): Uint8Array =>
  key.type === "ed25519" && origin !== undefined
    ? sha256(concat(encodeUtf8(`${origin}\n`), Uint8Array.of(1), key.point))
    : sha256(key.spki);

function logJson({ url, key: pem, origin, validFor }: LogService, limits: Limits): JsonObject {
  const key = parsePublicKeyPem(pem, limits);
  return {
    baseUrl: url,
    hashAlgorithm: "SHA2_256",
    publicKey: { rawBytes: encodeBase64(key.spki), keyDetails: logKeyDetails(key), validFor: periodJson(validFor) },
    logId: { keyId: encodeBase64(logId(key, origin)) },
  };
}

const attributeOf = (certificate: Certificate, type: string): string =>
  parseName(certificate.subject, certificate.limits)
    .flat()
    .find((attribute) => attribute.type === type)?.value ?? "";

function authorityJson({ url, chain: pem, validFor }: AuthorityService, chain: readonly Certificate[]): JsonObject {
  const root = chain.at(-1);
  if (root === undefined) throw new EngineError("malformed", "no certificate", { subject: pem.slice(0, 80) });
  return {
    subject: { organization: attributeOf(root, "2.5.4.10"), commonName: attributeOf(root, "2.5.4.3") },
    uri: url,
    certChain: { certificates: chain.map(({ der }) => ({ rawBytes: encodeBase64(der) })) },
    validFor: periodJson({ start: root.notBefore, ...validFor }),
  };
}

function fulcioJson(service: AuthorityService, limits: Limits): JsonObject {
  const chain = parseCertificatesPem(service.chain, limits);
  if (!chain.every(isAuthorityCertificate))
    throw new EngineError("malformed", "a certificate of the chain may not issue others", { subject: service.url });
  return authorityJson(service, chain);
}

/**
 * A chain without the leaf would let any certificate of the authority state times; without the root it would verify
 * nothing.
 */
function tsaJson(service: AuthorityService, limits: Limits): JsonObject {
  const chain = parseCertificatesPem(service.chain, limits);
  const [leaf, ...authorities] = chain;
  if (
    leaf === undefined ||
    isAuthorityCertificate(leaf) ||
    authorities.length === 0 ||
    !authorities.every(isAuthorityCertificate)
  )
    throw new EngineError("malformed", "a timestamp authority's chain is its own certificate, then its issuers", {
      subject: service.url,
    });
  return authorityJson(service, chain);
}

/** @throws EngineError `malformed`, `over-limit` when a key or chain cannot be read. */
export const makeTrustedRoot = ({ fulcio, rekor, ctfe, tsa }: TrustedServices, limits: Limits): JsonObject => ({
  mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  tlogs: rekor.map((service) => logJson(service, limits)),
  certificateAuthorities: fulcio.map((service) => fulcioJson(service, limits)),
  ctlogs: ctfe.map((service) => logJson(service, limits)),
  timestampAuthorities: tsa.map((service) => tsaJson(service, limits)),
});
