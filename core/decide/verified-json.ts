/**
 * What came of verifying one image without a policy, as JSON: a record and the component have it in this form. Source:
 * docs/spec/record.md#verification, docs/spec/bundles.md#component.
 */
import type { Digest } from "../crypto/digest.ts";
import type { JsonObject } from "../encoding/json.ts";
import type { Verification } from "../verdict.ts";
import type { Candidate } from "../verify/verify-image.ts";
import { toCandidateJson, toFailureJson, toOpenJson, verdicts } from "./result-json.ts";

export interface VerifiedOutcome {
  /** As it was named. */
  readonly image: string;
  /** The name by which it is judged, where an alias gives one. */
  readonly logical: string | undefined;
  readonly now: Date;
  /** Absent where it is not known: `verification` then says why. */
  readonly digest?: Digest;
  readonly verification: Verification<unknown>;
  readonly candidates: readonly Candidate[];
  readonly warnings: readonly string[];
}

/** As JSON has it: members without a value are not there. */
export function toVerifiedJson(outcome: VerifiedOutcome): JsonObject {
  const { image, logical, now, digest, verification, candidates, warnings } = outcome;
  const json = {
    image,
    logical,
    at: now.toISOString(),
    digest,
    verdict: verdicts[verification.truth],
    failures: verification.truth === "proven" ? [] : verification.failures.map(toFailureJson),
    open: verification.truth === "unknown" ? toOpenJson(verification.open) : [],
    signatures: candidates.map(toCandidateJson),
    warnings,
  };
  return JSON.parse(JSON.stringify(json)) as JsonObject;
}
