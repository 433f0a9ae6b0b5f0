/**
 * From what is known of a trusted root to the bytes of a `trusted_root.json` that may be believed. Source:
 * docs/architecture.md#decide-then-ask, docs/spec/offline.md#time-and-freshness.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import { EngineError } from "../errors.ts";
import type { TrustedRootSource } from "../knowledge/answer.ts";
import type { TufSource } from "../tuf/verify-source.ts";
import type { TufEvidence, TufVerifier } from "./tuf-verifier.ts";

export type { TufSource } from "../tuf/verify-source.ts";

export interface ResolvedTrust {
  readonly bytes: Uint8Array;
  /** Of TUF metadata only. */
  readonly tuf?: TufEvidence;
  /** In which the trusted root is judged alike; absent: only at this instant. */
  readonly steady?: ValidityPeriod;
}

/** What a trusted root is resolved with. The time is read only where something may expire. */
export interface TrustResolution {
  readonly name: string;
  readonly now: () => Date;
  readonly verifier: SignatureVerifier;
  readonly tuf: TufVerifier | undefined;
}

/**
 * The verified bytes. A pinned root is the operator's word; metadata needs a {@link TufVerifier}.
 * @throws EngineError `no-trust` when there is none, and as the verifier.
 */
export function resolveTrust(source: TrustedRootSource, { name, now, verifier, tuf }: TrustResolution): ResolvedTrust {
  if (source.form === "pinned") {
    tuf?.requirePin(name, source.bytes);
    return { bytes: source.bytes, steady: {} };
  }
  if (tuf === undefined)
    throw new EngineError(
      "no-trust",
      "the trusted root is known as TUF metadata, and no initial root to verify it from is configured",
      { subject: name },
    );
  return tuf.verify(name, source satisfies TufSource, now, verifier);
}
