/** The result tree of a decision below the policy: attestor, image, rule. Plain JSON. Statuses are Kyverno's. */
import type { Operation } from "../rule/request.ts";
import type { FailureAction, FailurePolicy, Position } from "../policy/policy.ts";
import type { Digest } from "../../crypto/digest.ts";
import type { CompletenessClaim } from "../../knowledge/completeness-claim.ts";
import type { Question } from "../../knowledge/question.ts";
import type { Failure, Truth } from "../../verdict.ts";
import type { Candidate } from "../../verify/verify-image.ts";

export type RuleStatus = "pass" | "fail" | "warn" | "error" | "skip";

/**
 * Which of Kyverno's two passes a result belongs to: `mutate` verifies signatures and pins digests, `validate` checks
 * `verifyDigest` and `required`.
 */
export type Pass = "mutate" | "validate";

/** One attestor entry, or a set of them: the tree mirrors the attestor sets of the policy. */
export interface AttestorResult {
  /** Kyverno's path after key expansion, for instance `.attestors[0].entries[1].keys`. */
  readonly path: string;
  readonly position: Position;
  readonly truth: Truth;
  /** Of a set: how many entries must be proven. */
  readonly required?: number;
  readonly entries?: readonly AttestorResult[];
  /** Of an entry: every signature that was checked. */
  readonly candidates?: readonly Candidate[];
  /** Of an entry: the claims of completeness by which it is known that there are no others. */
  readonly claims?: readonly CompletenessClaim[];
  /** Of an entry: who said, when asked, that a layout holds nothing. */
  readonly saidNone?: readonly string[];
  readonly failures: readonly Failure[];
  readonly open: readonly Question[];
}

export interface AttestationResult {
  readonly path: string;
  readonly position: Position;
  readonly type: string | undefined;
  readonly truth: Truth;
  readonly sets: readonly AttestorResult[];
  readonly failures: readonly Failure[];
  readonly open: readonly Question[];
}

/** The result of one `verifyImages` entry for one image. */
export interface ImageResult {
  /** The resource's reference in canonical form: with its digest if it had one, else with its tag. */
  readonly image: string;
  /** The name by which it is judged, in the same form, where an alias gives one: that of what is mirrored there. */
  readonly logical?: string;
  /** JSON pointer of the image in the resource. */
  readonly pointer: string;
  readonly digest?: Digest;
  /** Who said which digest the tag has; absent where the reference has the digest. */
  readonly tagFrom?: string;
  readonly entry: number;
  readonly position: Position;
  readonly truth: Truth;
  readonly attestors: readonly AttestorResult[];
  readonly attestations: readonly AttestationResult[];
  readonly failures: readonly Failure[];
  readonly open: readonly Question[];
}

export interface RuleResult {
  readonly policy: string;
  readonly policyNamespace?: string;
  readonly rule: string;
  readonly pass: Pass;
  readonly status: RuleStatus;
  readonly message: string;
  readonly action: FailureAction;
  readonly failurePolicy: FailurePolicy;
  readonly position: Position;
  readonly operation: Operation;
  /** In the `mutate` pass: the image of the result. */
  readonly image?: ImageResult;
  readonly failures: readonly Failure[];
  readonly open: readonly Question[];
  readonly properties?: Readonly<Record<string, string>>;
}
