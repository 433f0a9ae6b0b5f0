/**
 * The policies' door: what is asked of it about an image that a client wants to pull, and what it says. Source:
 * docs/spec/offline.md#policy-at-the-door.
 */
import type { Digest } from "../../../core/crypto/digest.ts";
import type { ErrorCode } from "../../../core/errors.ts";

export interface DoorImage {
  readonly repository: string;
  readonly tag?: string;
  readonly digest: Digest;
}

/** With its tag, where it has one. */
export const imageText = ({ repository, tag, digest }: DoorImage): string =>
  `${repository}${tag === undefined ? "" : `:${tag}`}@${digest}`;

/** What one policy found, for the re-check list. */
export interface PolicyFinding {
  readonly policy: string;
  /** Of the policy's document. */
  readonly policyDigest: Digest;
  readonly state: "unknown" | "refuted";
  readonly code: ErrorCode;
  readonly message: string;
}

/** `refused` is certain; of `unknown` the failure policy decides, if `isIgnorable`. */
export type Verdict =
  | { readonly verdict: "admitted" }
  | {
      readonly verdict: "refused";
      readonly message: string;
      readonly by?: DecidedBy;
      readonly findings?: readonly PolicyFinding[];
    }
  | {
      readonly verdict: "unknown";
      readonly message: string;
      readonly code: ErrorCode;
      readonly isIgnorable: boolean;
      readonly by?: DecidedBy;
      readonly findings?: readonly PolicyFinding[];
    };

/** The first rule that decided, for the log. */
export interface DecidedBy {
  readonly policy: string;
  readonly rule: string;
  readonly code?: ErrorCode;
}

export interface Door {
  /** `deadline`: until when the client waits, on the clock of `performance`. */
  judge(image: DoorImage, deadline: number): Promise<Verdict>;
}
