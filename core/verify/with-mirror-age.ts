/** What the age of a mirror does to what was found in it. Source: docs/spec/offline.md#age-budgets. */
import { type Failure, unknown } from "../verdict.ts";
import type { ImageOutcome } from "./verify-image.ts";

/** Everything that a mirror says is unknown once the mirror is too old; what it refutes stays refuted. */
export const withMirrorAge = (outcome: ImageOutcome, old: Failure | undefined): ImageOutcome =>
  old === undefined || outcome.verification.truth === "refuted"
    ? outcome
    : {
        ...outcome,
        verification: unknown(
          [old, ...(outcome.verification.truth === "unknown" ? outcome.verification.failures : [])],
          outcome.verification.truth === "unknown" ? outcome.verification.open : [],
        ),
      };
