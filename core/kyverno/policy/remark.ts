/** What advice is made of. Source: docs/spec/kyverno.md#checks-at-load. */
import type { Position } from "./policy.ts";

export type AdviceCode =
  | "unanchored-pattern"
  | "wildcard-crosses-slash"
  | "half-identity"
  | "both-forms"
  | "several-keys"
  | "never-passes"
  | "never-matches"
  | "no-registry"
  | "skips-all"
  | "no-autogen"
  | "deny-without-attestations"
  | "signatures-and-attestations";

export interface Advice extends Position {
  readonly code: AdviceCode;
  /** One sentence: what it does, and what was probably meant. */
  readonly message: string;
  readonly pointer: string;
}

/** Advice without its position. */
export type Remark = Pick<Advice, "code" | "message" | "pointer">;
