/** Rows of the table `attempt`: the last failed try to answer a question. Source: docs/spec/offline.md#mirror. */
import type { ErrorCode } from "../../core/errors.ts";
import { hasChecksum, rowChecksum } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

export interface AttemptRow {
  readonly question: string;
  readonly code: ErrorCode;
  /** RFC 3339. */
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** The columns in their order. */
export const attemptColumns = (question: string, code: ErrorCode, at: string, from: string) =>
  [question, code, at, from, rowChecksum(question, code, at, from)] as const;

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function checkAttempt({ question, code, at, source, checksum }: AttemptRow): void {
  if (!hasChecksum(checksum, question, code, at, source))
    throw corrupt(question, "the record of a failed try was changed since it was written");
}
