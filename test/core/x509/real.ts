/** Real certificates and trusted roots for tests: read from the vectors, never copied. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePkcs1, parseSpki } from "../../../core/crypto/public-key.ts";
import { decodeBase64 } from "../../../core/encoding/base64.ts";
import { EngineError } from "../../../core/errors.ts";
import { type Certificate, parseCertificate } from "../../../core/x509/certificate.ts";
import type { CertificateLogKey } from "../../../core/x509/sct.ts";
import { vectorsDir } from "../../support/vectors.ts";
import { defaultLimits } from "../../../core/limits.ts";

interface RawBytes {
  readonly rawBytes: string;
}
interface Period {
  readonly start?: string;
  readonly end?: string;
}
interface RootDocument {
  readonly certificateAuthorities: readonly { readonly certChain: { readonly certificates: readonly RawBytes[] } }[];
  readonly timestampAuthorities?: readonly { readonly certChain: { readonly certificates: readonly RawBytes[] } }[];
  readonly ctlogs?: readonly {
    readonly logId: { readonly keyId: string };
    readonly publicKey: RawBytes & { readonly validFor?: Period };
  }[];
}
interface BundleDocument {
  readonly verificationMaterial?: {
    readonly certificate?: RawBytes;
    readonly x509CertificateChain?: { readonly certificates?: readonly RawBytes[] };
  };
}

export interface RealRoot {
  /** Chains of authorities, the root last. */
  readonly authorities: readonly (readonly Certificate[])[];
  readonly timestampAuthorities: readonly (readonly Certificate[])[];
  readonly logs: readonly CertificateLogKey[];
}

const chain = (certificates: readonly RawBytes[]): readonly Certificate[] =>
  certificates.map(({ rawBytes }) => parseCertificate(decodeBase64(rawBytes), defaultLimits));

function logKey(der: Uint8Array) {
  try {
    return parseSpki(der, defaultLimits);
  } catch (error) {
    // Old staging logs have an RSA key in PKCS#1.
    if (error instanceof EngineError) return parsePkcs1(der, defaultLimits);
    throw error;
  }
}

export function readRoot(path: string): RealRoot {
  const document = JSON.parse(readFileSync(path, "utf8")) as RootDocument;
  return {
    authorities: document.certificateAuthorities.map(({ certChain }) => chain(certChain.certificates)),
    timestampAuthorities: (document.timestampAuthorities ?? []).map(({ certChain }) => chain(certChain.certificates)),
    logs: (document.ctlogs ?? []).map(({ logId, publicKey: { rawBytes, validFor = {} } }) => ({
      logId: Buffer.from(logId.keyId, "base64").toString("hex"),
      publicKey: logKey(decodeBase64(rawBytes)),
      validFor: {
        ...(validFor.start === undefined ? {} : { start: new Date(validFor.start) }),
        ...(validFor.end === undefined ? {} : { end: new Date(validFor.end) }),
      },
    })),
  };
}

export interface RealLeaf {
  /** Directory of the conformance case. */
  readonly name: string;
  readonly der: Uint8Array;
  readonly root: RealRoot;
}

/** The public-good trusted root; `undefined` without vectors. */
export function publicGood(): RealRoot | undefined {
  const folder = vectorsDir();
  return folder === undefined ? undefined : readRoot(join(folder, "root-signing/targets/trusted_root.json"));
}

/**
 * The leaf of every conformance bundle that has one and can be read as JSON, with the root it belongs to. Empty without
 * vectors.
 */
export function realLeaves(): readonly RealLeaf[] {
  const folder = vectorsDir();
  const shared = publicGood();
  if (folder === undefined || shared === undefined) return [];
  const cases = join(folder, "sigstore-conformance/bundle-verify");
  return readdirSync(cases).flatMap((name): RealLeaf[] => {
    const path = join(cases, name, "bundle.sigstore.json");
    if (!existsSync(path) || name === "bundle-malformed-json_fail") return [];
    const { verificationMaterial: material } = JSON.parse(readFileSync(path, "utf8")) as BundleDocument;
    const raw = (material?.certificate ?? material?.x509CertificateChain?.certificates?.[0])?.rawBytes;
    const own = join(cases, name, "trusted_root.json");
    return raw === undefined ? [] : [{ name, der: decodeBase64(raw), root: existsSync(own) ? readRoot(own) : shared }];
  });
}
