/** What the engine says of a request. Source: docs/architecture.md#one-request-hop-by-hop. */
import type { Question } from "../knowledge/question.ts";
import type { RuleResult } from "../kyverno/image/result.ts";
import type { PatchOperation } from "../kyverno/outcome/digest-patch.ts";
import type { Freshness } from "../trust/budgets.ts";

export interface Decision {
  readonly allowed: boolean;
  readonly results: readonly RuleResult[];
  /**
   * JSON Patch of the mutating pass: digests, then annotations. A denied request is not mutated, even if this is not
   * empty.
   */
  readonly patches: readonly PatchOperation[];
  readonly warnings: readonly string[];
  /** The warnings about trust and time: stale trusted roots, a clock that is behind. */
  readonly trustWarnings: readonly string[];
  /** Questions without an answer. */
  readonly open: readonly Question[];
  /** Canonical texts of all questions that the decision read. */
  readonly read: readonly string[];
  /** The reference time, RFC 3339. */
  readonly at: string;
  /** How fresh what it rests on is, and by which budgets that was judged. */
  readonly freshness: Freshness;
  /** The newest signed time of this decision and all before, for the next ones. */
  readonly newestSignedTime?: string;
}
