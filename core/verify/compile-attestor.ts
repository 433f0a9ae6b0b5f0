/**
 * Attestor entries, and their compilation into expectations; the compiler of regular expressions is given. Source:
 * Kyverno attestors (docs/spec/kyverno.md#attestors, #counting-attestors, #keys, #certificates, #identities,
 * #layout-expectations; docs/spec/outcomes.md#what-a-silent-policy-requires).
 */
import { once } from "../cosign/signed-entity.ts";
import { sha256 } from "../crypto/digest.ts";
import { registeredAlgorithms } from "../crypto/algorithms.ts";
import { isHashName } from "../crypto/digest.ts";
import { parsePublicKeysPem } from "../crypto/public-key.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { encodeHex } from "../encoding/hex.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { toLogKey, type TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import type { ExpectedCertificateTransparency, ExpectedLog, ExpectedSigner, Expectation } from "./expectation.ts";
import { compileIdentity, type CompilePattern, type IdentitySpec, type TextForm } from "./identity.ts";
import { publicLog, requireUrl } from "./log-url.ts";
import { readChain, readPolicyCertificate, readRoots, readTimestampChain } from "./policy-certificates.ts";

export type { Expectation } from "./expectation.ts";

/**
 * One attestor entry, with variables resolved. Exactly one of `keys`, `certificates`, `keyless`. Texts are as in the
 * policy: PEM, patterns, references.
 */
export interface AttestorSpec {
  readonly keys?: {
    /** Exactly one public key. */
    readonly pem?: string;
    /** `k8s://namespace/name`, a KMS reference or a path, read through a `key` question. */
    readonly reference?: string;
    readonly signatureAlgorithm?: string;
  };
  readonly certificates?: { readonly cert?: string; readonly certChain?: string };
  readonly keyless?: IdentitySpec & { readonly roots?: string };
  readonly rekor?: { readonly url?: string; readonly pubKey?: string; readonly ignoreTlog: boolean };
  readonly ctlog?: { readonly ignoreSCT: boolean; readonly pubKey?: string; readonly tsaCertChain?: string };
  readonly signatureAlgorithm?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface AttestorOptions extends Pick<Expectation, "minSignatureAge" | "maxTrustAge"> {
  /** How identity texts match: with Kyverno's wildcards (the default), or exactly. */
  readonly identityTexts?: TextForm;
  /** Only signatures with a valid timestamp count. */
  readonly timestampRequired?: boolean;
  /** `roots` belong to a private authority, as with cosign's flags: a leaf needs no extended key usage. */
  readonly privateRoots?: boolean;
  readonly limits: Limits;
}

export type CompileAttestor = (spec: AttestorSpec, options: AttestorOptions) => Expectation;

/** The `signatureAlgorithm` that a cluster writes into every policy, so it restricts nothing. */
const defaultAlgorithm = "sha256";

const isSet = (text: string | undefined): text is string => text !== undefined && text !== "";

/**
 * Parses keys, certificates, chains and patterns of one entry. Parts that the entry excludes from checking
 * (`ignoreTlog`, `ignoreSCT`) are not read.
 * @throws EngineError `malformed` for an unreadable entry or one that anyone could satisfy, `over-limit`.
 */
export function compileAttestorWith(
  compilePattern: CompilePattern,
  spec: AttestorSpec,
  options: AttestorOptions,
): Expectation {
  const { limits, identityTexts = "wildcard", timestampRequired = false, privateRoots = false } = options;
  const { minSignatureAge, maxTrustAge } = options;
  const ages = {
    ...(minSignatureAge === undefined ? {} : { minSignatureAge }),
    ...(maxTrustAge === undefined ? {} : { maxTrustAge }),
  };
  const kinds = [spec.keys, spec.certificates, spec.keyless].filter((part) => part !== undefined).length;
  if (kinds !== 1)
    throw new EngineError("malformed", "an attestor must have exactly one of keys, certificates and keyless", {
      subject: "attestor",
    });
  const signer = compileSigner(compilePattern, spec, identityTexts, privateRoots, limits);
  const ownChain = spec.certificates !== undefined;
  const chain = spec.ctlog?.tsaCertChain;
  // Of rules for several kinds of resource, few are asked.
  const digest = once(() =>
    specDigest({ form: identityTexts, timestampRequired, privateRoots, ...ages, spec: plain(spec) }),
  );
  return {
    get digest() {
      return digest();
    },
    signer,
    log: compileLog(spec.rekor, limits),
    certificateTransparency: compileCertificateTransparency(spec.ctlog, ownChain, limits),
    ...(isSet(chain) ? { timestampAuthority: readTimestampChain(chain, limits) } : {}),
    timestampRequired,
    annotations: Object.entries(spec.annotations ?? {}),
    ...ages,
  };
}

/** For a spec without regular expressions. @throws EngineError as {@link compileAttestorWith} */
export const compileAttestorWithoutPatterns: CompileAttestor = (spec, options) =>
  compileAttestorWith(
    (pattern) => {
      throw new EngineError("malformed", "a regular expression where none was expected", { subject: pattern });
    },
    spec,
    options,
  );

function compileSigner(
  compilePattern: CompilePattern,
  spec: AttestorSpec,
  form: TextForm,
  privateLeaf: boolean,
  limits: Limits,
): ExpectedSigner {
  if (spec.keys !== undefined)
    return compileKey(spec.keys, wantedAlgorithm(spec.keys.signatureAlgorithm, spec.signatureAlgorithm), limits);
  const wanted = wantedAlgorithm(undefined, spec.signatureAlgorithm);
  if (spec.certificates !== undefined) return compileCertificates(spec.certificates, wanted, limits);
  const keyless = spec.keyless ?? {};
  const identity = compileIdentity(compilePattern, keyless, form, limits);
  const anchors = isSet(keyless.roots) ? readRoots(keyless.roots, "roots", limits) : undefined;
  if (anchors === undefined && identity.subject.length + identity.issuer.length === 0)
    throw new EngineError("malformed", "neither subject nor issuer nor roots: anyone could sign", {
      subject: "keyless",
    });
  return { kind: "issued", identity, ...(anchors === undefined ? {} : { anchors, privateLeaf }), ...wanted };
}

/** The inner algorithm wins, unless it is absent or the default. */
function wantedAlgorithm(
  inner: string | undefined,
  outer: string | undefined,
): { readonly signatureAlgorithm?: string } {
  const wanted = isSet(inner) && inner !== defaultAlgorithm ? inner : isSet(outer) ? outer : inner;
  if (!isSet(wanted)) return {};
  if (!isHashName(wanted))
    throw new EngineError(
      "malformed",
      `signature algorithm ${JSON.stringify(wanted)} is not one of sha224, sha256, sha384, sha512`,
      {
        subject: "signatureAlgorithm",
      },
    );
  return { signatureAlgorithm: wanted };
}

function compileKey(
  keys: NonNullable<AttestorSpec["keys"]>,
  wanted: { readonly signatureAlgorithm?: string },
  limits: Limits,
): ExpectedSigner {
  if (isSet(keys.pem) === isSet(keys.reference))
    throw new EngineError("malformed", "a key must be either PEM text or a reference", { subject: "keys" });
  if (isSet(keys.reference)) return { kind: "key-reference", reference: keys.reference, ...wanted };
  const [key, ...more] = parsePublicKeysPem(keys.pem ?? "", limits);
  if (key === undefined || more.length > 0)
    throw new EngineError(
      "malformed",
      key === undefined ? "no public key in the text" : "several public keys where one is expected",
      { subject: "keys" },
    );
  return { kind: "key", key, algorithms: registeredAlgorithms(key, wanted.signatureAlgorithm) };
}

function compileCertificates(
  { cert, certChain }: NonNullable<AttestorSpec["certificates"]>,
  wanted: { readonly signatureAlgorithm?: string },
  limits: Limits,
): ExpectedSigner {
  const chain = isSet(certChain) ? readChain(certChain, limits) : undefined;
  if (!isSet(cert)) {
    if (chain === undefined)
      throw new EngineError("malformed", "neither cert nor certChain: anyone could sign", { subject: "certificates" });
    const identity = { subject: [], issuer: [], extensions: [] };
    return { kind: "issued", anchors: chain, privateLeaf: true, identity, ...wanted };
  }
  const certificate = readPolicyCertificate(cert, limits);
  const key = certificate.publicKey;
  if (key === undefined)
    throw new EngineError("malformed", "a certificate with a key of an unsupported type", { subject: "cert" });
  // The last certificate given is the anchor, self-signed or not.
  const anchor = chain?.at(-1);
  return {
    kind: "certificate",
    certificate,
    key,
    algorithms: registeredAlgorithms(key, wanted.signatureAlgorithm),
    ...(chain === undefined || anchor === undefined ? {} : { path: { anchor, intermediates: chain.slice(0, -1) } }),
  };
}

function compileLog(rekor: AttestorSpec["rekor"], limits: Limits): ExpectedLog {
  if (rekor?.ignoreTlog === true) return { required: false };
  const keys = isSet(rekor?.pubKey) ? readLogKeys(rekor.pubKey, "rekor.pubKey", limits) : undefined;
  if (isSet(rekor?.url)) requireUrl(rekor.url);
  // A policy's own log key without a URL belongs to a private log, so the public log is not asked.
  const url = isSet(rekor?.url) ? rekor.url : keys === undefined ? publicLog : undefined;
  return { required: true, ...(keys === undefined ? {} : { keys }), ...(url === undefined ? {} : { url }) };
}

/** A chain that the policy itself supplies needs no SCT unless the policy names a CT log too. */
function compileCertificateTransparency(
  ctlog: AttestorSpec["ctlog"],
  ownChain: boolean,
  limits: Limits,
): ExpectedCertificateTransparency {
  if (ctlog?.ignoreSCT === true) return { required: false };
  const keys = isSet(ctlog?.pubKey) ? readLogKeys(ctlog.pubKey, "ctlog.pubKey", limits) : undefined;
  return { required: keys !== undefined || !ownChain, ...(keys === undefined ? {} : { keys }) };
}

/** Any of the keys in the text counts. */
function readLogKeys(text: string, subject: string, limits: Limits): readonly TransparencyLogKey[] {
  const keys = parsePublicKeysPem(text, limits);
  if (keys.length === 0) throw new EngineError("malformed", "no public key in the text", { subject });
  return keys.map((key) => toLogKey(key));
}

const specDigest = (spec: JsonObject): string => encodeHex(sha256(encodeUtf8(encodeCanonicalJson(spec))));

/** The present members of a specification, as JSON. */
function plain(value: unknown): JsonValue {
  if (value === null || typeof value !== "object") return value as JsonValue;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => (entry === undefined ? [] : [[key, plain(entry)]])),
  );
}
