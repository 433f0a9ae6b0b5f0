/** The cause of a golden difference, as the evidence of our decision shows it. */
import type { Decision } from "../../core/index.ts";
import type { EntityLayout } from "../../core/cosign/signed-entity.ts";
import type { Evidence, SignerEvidence } from "../../core/verify/evidence.ts";
/** Where every signature that proved something was found, and how it was made; and what refused the others. */
export interface Cause {
  readonly layout?: readonly EntityLayout[];
  readonly signer?: SignerEvidence["kind"];
  /** A regular expression over names of algorithms. */
  readonly algorithm?: string;
  /** No signed time was established. */
  readonly times?: "none";
  /** A log that proved something is by a key that is not the first of its field in the policy. */
  readonly laterLogKey?: true;
  /**
   * A regular expression over names of checks: one of every candidate that proved nothing, or of the results where
   * there is no such candidate. `load` where the policy does not load.
   */
  readonly check?: string;
  /**
   * What OpenSSL says of every candidate that its signature refused: under a key of the policy it holds with a hash
   * that the policy does not name, or it holds under none of its keys.
   */
  readonly refused?: "by another hash" | "by no key";
  /** No signature was looked at. */
  readonly candidates?: "none";
}
/** What the decision says of the signatures that it looked at. */
export interface Examined {
  readonly proven: readonly Evidence[];
  /** Names of the checks that each of the other candidates failed. */
  readonly failed: readonly (readonly string[])[];
  /** By which algorithms OpenSSL accepts each candidate that its signature refused. */
  readonly refused: () => readonly (readonly string[])[];
  /** Names of the checks that failed anywhere. */
  readonly checks: readonly string[];
}
export declare function examine(decision: Decision | undefined, layouts: readonly string[], policy: string): Examined;
/** Whether the evidence shows the cause. What is asked of signatures is shown by one at least. */
export declare function showsCause(
  cause: Cause,
  { proven, failed, refused, checks }: Examined,
  policy: string,
): boolean;
