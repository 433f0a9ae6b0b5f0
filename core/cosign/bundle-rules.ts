/**
 * Which fields a bundle of which version must have: the rules of @sigstore/bundle, the one place that knows that
 * package. Source: sigstore_bundle.proto. Its assertions are imported by file: they look at lengths and presence only,
 * while the package's door brings its JSON readers, which need Node's Buffer.
 */
import { assertBundleLatest, assertBundleV01, assertBundleV02 } from "@sigstore/bundle/dist/validate.js";
import { EngineError } from "../errors.ts";

/** Which set of rules: v0.1 asks for promises, v0.2 for proofs, v0.3 for proofs and forbids chains. */
export type BundleRules = "0.1" | "0.2" | "0.3";

/** `text` as the media type has it, for instance `0.3` or `0.3.1`. */
export interface BundleVersion {
  readonly text: string;
  readonly rules: BundleRules;
}

const older = /^application\/vnd\.dev\.sigstore\.bundle\+json;version=(0\.[123])$/;
const newer = /^application\/vnd\.dev\.sigstore\.bundle\.v(0\.[123](?:\.(?:0|[1-9][0-9]{0,8}))?)\+json$/;

/**
 * The version that a media type names: 0.1, 0.2, 0.3 in either spelling, with a patch number in the newer one. What
 * follows 0.1.0 obeys the rules of 0.2.
 * @throws EngineError `malformed` on any other media type.
 */
export function parseBundleMediaType(mediaType: string): BundleVersion {
  const text = (older.exec(mediaType) ?? newer.exec(mediaType))?.[1];
  if (text === undefined)
    throw new EngineError("malformed", `not a bundle media type: ${JSON.stringify(mediaType.slice(0, 128))}`, {
      subject: "/mediaType",
    });
  const [, minor, patch = "0"] = text.split(".");
  return { text, rules: minor === "3" ? "0.3" : minor === "2" || patch !== "0" ? "0.2" : "0.1" };
}

/** The parts of a bundle that the rules look at, in the shape of the protobuf message. */
export interface BundleParts {
  readonly content:
    | {
        readonly $case: "messageSignature";
        readonly messageSignature: {
          readonly messageDigest: { readonly digest: Uint8Array } | undefined;
          readonly signature: Uint8Array;
        };
      }
    | {
        readonly $case: "dsseEnvelope";
        readonly dsseEnvelope: {
          readonly payload: Uint8Array;
          readonly signatures: readonly { readonly sig: Uint8Array }[];
        };
      }
    | undefined;
  readonly verificationMaterial: {
    readonly content:
      | { readonly $case: "publicKey"; readonly publicKey: { readonly hint: string } }
      | {
          readonly $case: "x509CertificateChain";
          readonly x509CertificateChain: { readonly certificates: readonly { readonly rawBytes: Uint8Array }[] };
        }
      | { readonly $case: "certificate"; readonly certificate: { readonly rawBytes: Uint8Array } }
      | undefined;
    readonly tlogEntries: readonly {
      readonly logId: string;
      readonly kindVersion?: unknown;
      readonly inclusionPromise?: Uint8Array;
      readonly inclusionProof?: { readonly checkpoint: string };
    }[];
  };
}

const rulesOf = {
  "0.1": { mediaType: "application/vnd.dev.sigstore.bundle.v0.1+json", assert: assertBundleV01 },
  "0.2": { mediaType: "application/vnd.dev.sigstore.bundle.v0.2+json", assert: assertBundleV02 },
  "0.3": { mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", assert: assertBundleLatest },
} as const;

/**
 * Refuses a bundle that lacks what its version asks for.
 * @throws EngineError `malformed` naming every field.
 */
export function requireBundleRules(rules: BundleRules, parts: BundleParts): void {
  const { mediaType, assert } = rulesOf[rules];
  // The package's types speak of Buffer; its assertions read nothing but `length` of bytes.
  const check: (bundle: never) => void = assert;
  try {
    check({ mediaType, ...parts } as never);
  } catch (error) {
    const fields =
      error instanceof Error && "fields" in error && Array.isArray(error.fields) ? error.fields.join(", ") : undefined;
    if (fields === undefined) throw error;
    throw new EngineError("malformed", `not a bundle of version ${rules}: ${fields}`, { subject: "/", cause: error });
  }
}
