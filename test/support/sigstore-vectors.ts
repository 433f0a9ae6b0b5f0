/** Real Sigstore bundles among the third-party vectors, each with the trusted root and the key that belong to it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SigstoreBundle } from "../../core/cosign/bundle.ts";
import { type PublicKey, parsePublicKeyPem } from "../../core/crypto/public-key.ts";
import type { LoggedSignature } from "../../core/tlog/log-entry.ts";
import { parseTrustedRoot, type TrustedRoot } from "../../core/trust/trusted-root.ts";
import { defaultLimits } from "../../core/limits.ts";

export interface BundleVector {
  /** Path below the vectors' folder; for a case of the conformance suite its name. */
  readonly name: string;
  readonly text: string;
  root(): TrustedRoot;
  key(): PublicKey | undefined;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile());

/** Trusted roots of bundles outside the conformance suite that are not of the public-good instance. */
const rootsByName: readonly (readonly [RegExp, string])[] = [
  [/othername/, "bundles/sigstore-go/trusted-roots/scaffolding.json"],
  [/public-key-validity/, "bundles/sigstore-go/trusted-roots/public-key-validity.json"],
];

/** Every file below `bundles` and `sigstore-conformance` that is a bundle, malformed ones of the suite included. */
export function bundleVectors(vectors: string): BundleVector[] {
  const suite = join(vectors, "sigstore-conformance/bundle-verify");
  const paths = [...filesBelow(join(vectors, "bundles")), ...filesBelow(suite)].sort();
  const found: BundleVector[] = [];
  for (const path of paths) {
    const text = readFileSync(path, "utf8");
    if (!text.includes('"verificationMaterial"')) continue;
    const beside = (file: string): string => join(path, "..", file);
    const name = path.startsWith(suite)
      ? path.slice(suite.length + 1).replace("/bundle.sigstore.json", "")
      : path.slice(vectors.length + 1);
    const other = rootsByName.find(([pattern]) => pattern.test(name))?.[1] ?? "root-signing/targets/trusted_root.json";
    found.push({
      name,
      text,
      root: () =>
        parseTrustedRoot(
          readFileSync(existsSync(beside("trusted_root.json")) ? beside("trusted_root.json") : join(vectors, other)),
          defaultLimits,
        ),
      key: () =>
        existsSync(beside("key.pub"))
          ? parsePublicKeyPem(readFileSync(beside("key.pub"), "utf8"), defaultLimits)
          : undefined,
    });
  }
  return found;
}

/** What a bundle's log entries must be about; `undefined` for a bare key that is not at hand. */
export function loggedSignatureOf(
  { content, verifier }: SigstoreBundle,
  key: PublicKey | undefined,
): LoggedSignature | undefined {
  const signer =
    verifier.kind === "certificate" ? { certificate: verifier.certificate } : key === undefined ? undefined : { key };
  if (signer === undefined) return undefined;
  if (content.kind === "message")
    return {
      signature: content.signature,
      verifier: signer,
      content: { kind: "message", digests: { [content.digest.algorithm]: content.digest.digest } },
    };
  const { payload, payloadType } = content.envelope;
  return { signature: signatureOf({ content }), verifier: signer, content: { kind: "dsse", payload, payloadType } };
}

/** The bytes that timestamps are about. */
export const signatureOf = ({ content }: Pick<SigstoreBundle, "content">): Uint8Array =>
  content.kind === "message" ? content.signature : (content.envelope.signatures[0] as { sig: Uint8Array }).sig;
