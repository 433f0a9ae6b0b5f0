/** What a sync says while it runs and at its end: one form for progress lines, events, reports and the mirror's log. */
import type { Digest } from "../../core/crypto/digest.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { QuestionKind } from "../../core/knowledge/question.ts";
import type { Coverage } from "./coverage.ts";

/**
 * `copied`: nothing of it was here. `resumed`: a part was here, and the rest was fetched. `exists`: everything was.
 * `wanted`: in a dry run, something would be fetched. `absent`: its registry says that there is no such image.
 * `failed`: something could not be asked.
 */
export type ImageStatus = "copied" | "exists" | "resumed" | "wanted" | "absent" | "failed";

/** A tag that names something else than it did. */
export interface Drift {
  readonly before: Digest;
  /** Absent: it names nothing any more. */
  readonly after?: Digest;
}

export interface SyncProblem {
  /** What was asked for, as people name it. */
  readonly subject: string;
  readonly code: ErrorCode;
  readonly why: string;
  /** Who was asked. */
  readonly from: string;
  /** Whether `failurePolicy: Ignore` overlooks it. */
  readonly isIgnorable: boolean;
}

export interface SyncedImage {
  readonly image: string;
  /** Where the list names it. */
  readonly from: string;
  readonly digest?: Digest;
  readonly status: ImageStatus;
  /** Content that was fetched for it. */
  readonly bytes: number;
  readonly ms: number;
  readonly drifted?: Drift;
  readonly problems: readonly SyncProblem[];
}

export type SyncEvent =
  | { readonly event: "started"; readonly images: number; readonly isDry: boolean }
  | {
      readonly event: "image";
      readonly image: SyncedImage;
      /** Images that are done, of all. */
      readonly done: number;
      readonly total: number;
    }
  | { readonly event: "drifted"; readonly image: string; readonly drift: Drift }
  | { readonly event: "claim-ended"; readonly claim: CompletenessClaim }
  | { readonly event: "not-kept"; readonly subject: string; readonly why: string };

/** Somebody who could not be asked, and how many questions that left open. */
export interface SyncOutage {
  readonly from: string;
  readonly code: ErrorCode;
  readonly why: string;
  readonly questions: number;
  readonly isIgnorable: boolean;
}

export interface CoveredImage extends SyncedImage {
  readonly coverage: Coverage;
}

export interface SyncReport {
  readonly started: string;
  readonly ended: string;
  readonly images: readonly CoveredImage[];
  readonly outages: readonly SyncOutage[];
  /** Questions that were asked, by kind. */
  readonly asked: Readonly<Partial<Record<QuestionKind, number>>>;
  readonly bytes: number;
  /** Of a dry run: what would be fetched besides manifests, and the bytes as far as they are stated. */
  readonly wanted?: { readonly questions: readonly string[]; readonly bytes: number };
  readonly complete: readonly CompletenessClaim[];
  /** What was to be claimed and is not, with the reason. */
  readonly withheld: readonly { readonly scope: string; readonly why: string }[];
  /** Ended before all images were done: the process was told to. */
  readonly isStopped: boolean;
}
