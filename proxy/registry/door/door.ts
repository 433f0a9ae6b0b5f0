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

/** `refused` is certain; of `unknown` the failure policy decides, if `isIgnorable`. */
export type Verdict =
  | { readonly verdict: "admitted" }
  | { readonly verdict: "refused"; readonly message: string; readonly by?: DecidedBy }
  | {
      readonly verdict: "unknown";
      readonly message: string;
      readonly code: ErrorCode;
      readonly isIgnorable: boolean;
      readonly by?: DecidedBy;
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
