/** What is wrong with a document of an archive. Source: docs/spec/archive.md#what-is-refused. */
import { EngineError } from "../errors.ts";

/** An `archive-corrupt` error; `subject` names the document. */
export const corruptArchive = (message: string, subject: string, cause?: unknown): EngineError =>
  new EngineError("archive-corrupt", message, { subject, cause });

/**
 * Runs a reader of one document of an archive.
 * @throws EngineError `archive-corrupt` in place of `malformed`; other codes as they are.
 */
export function readingArchive<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
    const where = error.subject === undefined || error.subject === subject ? "" : ` (${error.subject})`;
    throw corruptArchive(`${error.message}${where}`, subject, error);
  }
}
