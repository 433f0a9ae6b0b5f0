/** From what is known of a trusted root to the bytes of a `trusted_root.json` that may be believed. Source: design.md section 1, TUF 1.0. */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";
import type { TrustedRootSource } from "../question.ts";

export type TufSource = Extract<TrustedRootSource, { form: "tuf" }>;

/**
 * Verifies TUF metadata from the initial root that its maker was configured with, and gives the verified target's bytes.
 * @throws EngineError `no-trust`, `stale`, and the trust codes of the metadata.
 */
export type TufVerifier = (source: TufSource, now: Date, verifier: SignatureVerifier) => Uint8Array;

/**
 * The verified bytes. A pinned root is the operator's word; metadata needs a {@link TufVerifier}.
 * @throws EngineError `no-trust` when there is none, and as the verifier.
 */
export function resolveTrust(source: TrustedRootSource, now: Date, verifier: SignatureVerifier, tuf: TufVerifier | undefined): Uint8Array {
  if (source.form === "pinned") return source.bytes;
  if (tuf === undefined)
    throw new EngineError("no-trust", "the trusted root is known as TUF metadata, and no initial root to verify it from is configured", {
      subject: "trusted-root",
    });
  return tuf(source, now, verifier);
}
