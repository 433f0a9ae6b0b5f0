/**
 * Answers: what a source said about a question, when, and which source. Source: docs/architecture.md#decide-then-ask.
 */
import type { JsonValue } from "../encoding/json.ts";
import type { ErrorCode } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Question } from "./question.ts";

/** A target of a TUF repository that its metadata lists. */
export interface ListedTarget {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * A trusted root: an operator's pinned file, or raw TUF metadata with the target, not yet verified.
 */
export type TrustedRootSource =
  | { readonly form: "pinned"; readonly bytes: Uint8Array }
  | {
      readonly form: "tuf";
      readonly roots: readonly Uint8Array[];
      readonly timestamp: Uint8Array;
      readonly snapshot: Uint8Array;
      readonly targets: readonly { readonly role: string; readonly bytes: Uint8Array }[];
      readonly target: Uint8Array;
      /** Versions seen before, by role, in decimal. Anything older is a rollback. */
      readonly floors?: Readonly<Record<string, string>>;
      /** From a fetch: the other targets of the repository, which no decision reads. */
      readonly otherTargets?: readonly ListedTarget[];
    };

/** A Rekor v1 log entry as the log's API returns it, not yet verified. */
export interface LogEntryAnswer {
  readonly json: string;
}

/**
 * The value of a present answer, by kind of question. `key` is PEM text, `cluster` the JSON that the API server
 * returned.
 */
export interface AnswerValues {
  readonly tag: Descriptor;
  readonly manifest: Uint8Array;
  readonly blob: Uint8Array;
  readonly referrers: readonly Descriptor[];
  readonly "trusted-root": TrustedRootSource;
  readonly key: string;
  readonly "log-entry": LogEntryAnswer;
  readonly cluster: JsonValue;
}

/**
 * `at` is RFC 3339; `from` names the source. `absent`: the source said so, or with `claim` (a scope) somebody said that
 * everything there is held, `from` and `at` then being the claim's. `unavailable`: the source was asked and failed to
 * answer; `why` is what it said, for people. `partial`: of a list of referrers there may be more, because no registry
 * was asked, or because the one that was failed to answer. `outage`: why nobody could say whether a tag has moved.
 */
export type Answer<T = unknown> =
  | {
      readonly state: "present";
      readonly value: T;
      readonly at: string;
      readonly from: string;
      readonly partial?: true | Unavailable;
      readonly outage?: Unavailable;
    }
  | {
      readonly state: "absent";
      readonly at: string;
      readonly from: string;
      readonly claim?: string;
      readonly outage?: Unavailable;
    }
  | Unavailable;

export interface Unavailable {
  readonly state: "unavailable";
  readonly code: ErrorCode;
  readonly at: string;
  readonly from: string;
  readonly why?: string;
  /** The address or the thing that was asked. */
  readonly asked?: string;
}

/** A definite answer: present or absent. */
export type Known<T> = Exclude<Answer<T>, { readonly state: "unavailable" }>;

export type AnswerTo<Q extends Question> = Answer<AnswerValues[Q["kind"]]>;

/** An answer by which something is known: what was asked about is there, or it is not. */
export type DefiniteAnswer<T = unknown> = Exclude<Answer<T>, Unavailable>;
