/** Remarks about a policy that loads: load warnings and advice. Source: docs/spec/kyverno.md#checks-at-load. */
import { toFieldPath } from "./field-path.ts";
import type { Policy, PolicyWarning } from "./policy.ts";

export type AdviceCode =
  | "unanchored-pattern"
  | "wildcard-crosses-slash"
  | "half-identity"
  | "both-forms"
  | "several-keys"
  | "never-passes"
  | "never-matches"
  | "no-registry"
  | "overlapping-labels"
  | "wildcard-in-expression"
  | "skips-all"
  | "no-autogen"
  | "deny-without-attestations"
  | "signatures-and-attestations"
  | "not-asked";

export interface Remark {
  /** One sentence that continues the name of the field: what it does, and what was probably meant. */
  readonly message: string;
  readonly pointer: string;
}

/** A remark with the name of its kind. Load warnings have none. */
export interface Advice extends Remark {
  readonly code: AdviceCode;
}

/** The remark with its place in the file. */
export const locate = <T extends Remark>(
  { name, position }: Pick<Policy, "name" | "position">,
  remark: T,
): T & PolicyWarning => ({
  ...remark,
  message: `${toFieldPath(remark.pointer)}: ${remark.message}`,
  policy: name,
  ...position(remark.pointer),
});
