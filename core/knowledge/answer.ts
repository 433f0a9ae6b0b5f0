/**
 * Answers: what a source said about a question, when, and which source it was. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { JsonValue } from "../encoding/json.ts";
import type { ErrorCode } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Question } from "./question.ts";

/**
 * A trusted root as it is known: an operator's pinned file, or raw TUF metadata with the target, still to be verified.
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
      /** Versions seen before, by role and in decimal: what is older is a rollback. */
      readonly floors?: Readonly<Record<string, string>>;
    };

/** A Rekor v1 log entry as the log's API returns it, still to be verified. */
export interface LogEntryAnswer {
  readonly json: string;
}

/**
 * What the present answer to each kind of question carries. `key` is PEM text, `cluster` the JSON that the API server
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

/** `at` is RFC 3339; `from` names the source. `absent`: the source said so. `unavailable`: asked, could not know. */
export type Answer<T = unknown> =
  | { readonly state: "present"; readonly value: T; readonly at: string; readonly from: string }
  | { readonly state: "absent"; readonly at: string; readonly from: string }
  | { readonly state: "unavailable"; readonly code: ErrorCode; readonly at: string; readonly from: string };

/** What a source said: here it is, or there is none. */
export type Known<T> = Exclude<Answer<T>, { readonly state: "unavailable" }>;

export type AnswerTo<Q extends Question> = Answer<AnswerValues[Q["kind"]]>;
