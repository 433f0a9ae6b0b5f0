/**
 * What a verification is given besides the candidate: knowledge, time, cryptography, trust and bounds.
 * `createImageVerifier` puts it together.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import type { Limits } from "../limits.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { AgeBudget } from "../trust/age-budget.ts";
import type { Distrust } from "../trust/distrust.ts";
import type { TrustCache } from "../trust/trust-cache.ts";

export interface VerifyContext {
  readonly knowledge: Knowledge;
  /** The time of the decision. Judges a certificate only where no signed time exists. */
  readonly now: Date;
  readonly verifier: SignatureVerifier;
  /** Name of the trusted root in the `trusted-root` question. */
  readonly trustRootName: string;
  readonly trust: TrustCache;
  /**
   * The time at which TUF metadata is judged, and a callback for the period in which that result holds. Default: `now`,
   * no callback. It is later than `now` if the clock is behind signed times.
   */
  readonly trustTime?:
    | { readonly now: () => Date; readonly judged: (steady: ValidityPeriod | undefined) => void }
    | undefined;
  readonly limits: Limits;
  /** How old the newest checkpoint of a log may be, and the checkpoints that are known, as signed notes. */
  readonly checkpoints?: { readonly budget: AgeBudget; readonly notes: () => readonly string[] } | undefined;
  /** Receives each checkpoint that a log of the trusted root signed, whatever else comes of the signature. */
  readonly sawCheckpoint?: ((note: string) => void) | undefined;
  readonly distrust?: Distrust | undefined;
  /** Receives warnings, which decide nothing. The same one may come several times. */
  readonly warn?: ((text: string) => void) | undefined;
  /** Every candidate is verified, even after one that proves. For a sync. */
  readonly exhaustive?: boolean | undefined;
}
