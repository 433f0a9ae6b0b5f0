/**
 * From an answer about a trusted root to the verified bytes of its `trusted_root.json`. Source:
 * docs/architecture.md#decide-then-ask, docs/spec/offline.md#time-and-freshness.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import type { TrustedRootSource } from "../knowledge/answer.ts";
import type { TufSource } from "../tuf/verify-source.ts";
import { type TufEvidence, type TufVerifier, withoutInitialRoot } from "./tuf-verifier.ts";

export type { TufSource } from "../tuf/verify-source.ts";

export interface ResolvedTrust {
  readonly bytes: Uint8Array;
  /** Of TUF metadata only. */
  readonly tuf?: TufEvidence;
  /** The period in which this result holds; absent: only this instant. */
  readonly steady?: ValidityPeriod;
}

/** The tools that resolve a trusted root. The time is read only if something may expire. */
export interface TrustResolution {
  readonly name: string;
  readonly now: () => Date;
  readonly verifier: SignatureVerifier;
  readonly tuf: TufVerifier | undefined;
}

/**
 * The verified bytes. The operator vouches for a pinned root; metadata needs a {@link TufVerifier}.
 * @throws EngineError `no-trust` when there is none, and as the verifier.
 */
export function resolveTrust(source: TrustedRootSource, { name, now, verifier, tuf }: TrustResolution): ResolvedTrust {
  if (source.form === "pinned") {
    tuf?.requirePin(name, source.bytes);
    return { bytes: source.bytes, steady: {} };
  }
  if (tuf === undefined) throw withoutInitialRoot(name);
  return tuf.verify(name, source satisfies TufSource, now, verifier);
}
