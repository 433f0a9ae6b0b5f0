import { type Decision, type Knowledge } from "../../core/index.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { type Cause } from "./golden-cause.ts";
import { runDamages } from "./golden-damage.ts";
export interface GoldenCase {
  readonly id: string;
  readonly stage: "V0" | "A1" | "V2";
  readonly what: string;
  readonly policy: string;
  readonly resource: string;
  readonly exception?: string;
  readonly layouts: readonly (
    | "registry"
    | {
        readonly path: string;
        readonly repository: string;
        readonly tag: string;
      }
  )[];
  readonly unreachable?: readonly string[];
  readonly trustedRoot?: string;
  readonly contested?: string;
  readonly kyverno: {
    readonly rules: readonly {
      readonly rule: string;
      readonly status: string;
      readonly message: string;
    }[];
    readonly patchedImages?: Readonly<Record<string, string>>;
    readonly rejected?: string;
    readonly loadError?: string;
  };
}
export interface Observed {
  /** `refused CODE` when the policy does not load, else the two passes. */
  readonly refused?: string;
  readonly mutate: readonly string[];
  readonly validate: readonly string[];
  readonly patched: Readonly<Record<string, string>>;
  readonly codes: readonly string[];
  readonly messages: readonly string[];
}
export declare const readGoldenCases: (folder: string) => readonly GoldenCase[];
/**
 * Kyverno prints both passes in one list: the messages of the validating pass are its own, and a rule's second result
 * without image is its second pass.
 */
export declare function kyvernoObserved(golden: GoldenCase): Observed;
export interface GoldenRun {
  readonly observed: Observed;
  readonly decision?: Decision;
  readonly knowledge?: Knowledge;
}
/** What a case has in place of its own. */
interface Changed {
  readonly instead?: Knowledge;
  readonly policy?: (text: string) => string;
}
/** Decides one case with our engine. */
export declare function runGoldenCase(
  folder: string,
  golden: GoldenCase,
  now: Date,
  crypto?: SignatureVerifier,
  { instead, policy }?: Changed,
): GoldenRun;
export type Outcome = "accepted" | "refused" | "unknown" | "skipped" | "not-loaded";
/**
 * A row of the reference that decides a difference: what the two sides say where it applies. The patterns are regular
 * expressions over single messages.
 */
export interface GoldenDifference {
  readonly row: string;
  /** What Sallyport says instead. */
  readonly outcome: Outcome;
  /** One of the codes it gives. */
  readonly code?: string;
  /** A message of Kyverno's; `nothing` where it has none, `rejected` and `loadError` where it refuses the policy. */
  readonly theirs: string;
  /** A message of ours, as `PASS RULE STATUS: MESSAGE`, or why the policy does not load. */
  readonly ours: string;
  /** What the text of the policy holds. */
  readonly policy?: string;
  /** Patched images: as Kyverno's unless ours are right, or there are none. */
  readonly patched?: "ours" | "none";
  /** What our evidence must show, so that what differs is caused by what the row says. */
  readonly cause: Cause;
  /** The cases that the row was found in. Another one falls under it where its evidence shows the cause. */
  readonly cases: readonly string[];
}
export interface GoldenReport {
  readonly total: number;
  readonly same: number;
  /** Damaged copies of accepted cases, and those that are accepted all the same. */
  readonly damaged: ReturnType<typeof runDamages>;
  /** Case → what we say. */
  readonly observed: ReadonlyMap<string, Observed>;
  /** Case → row. */
  readonly byRow: ReadonlyMap<string, string>;
  readonly without: readonly {
    readonly id: string;
    readonly what: string;
    readonly theirs: Observed;
    readonly ours: Observed;
  }[];
  /**
   * Cases that a row names and that it does not decide: they agree with Kyverno after all, or another row has them, or
   * none.
   */
  readonly idle: readonly string[];
}
/** What a side says of the resource as a whole. */
export declare function outcomeOf({ refused, mutate, validate }: Observed): Outcome;
/**
 * Runs every case of the folder. A row that names a case comes before one whose cause the evidence shows. Whatever
 * differs or not: a signature that proved something must hold by OpenSSL too.
 */
export declare function runGoldenVerify(
  folder: string,
  differences: readonly GoldenDifference[],
  now: Date,
  {
    crypto,
    first,
  }?: {
    readonly crypto?: SignatureVerifier;
    readonly first?: boolean;
  },
): GoldenReport;
export declare const readGoldenDifferences: () => readonly GoldenDifference[];
export declare const goldenVerifyFolder: (golden: string | undefined) => string | undefined;
