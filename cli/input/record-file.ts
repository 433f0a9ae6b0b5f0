/** The file of a record, as the command line names it. Source: docs/spec/record.md#reading. */
import type { Limits } from "../../core/limits.ts";
import { type DecisionRecord, parseRecord } from "../../core/record/read-record.ts";
import { EngineError } from "../../core/errors.ts";
import type { CommandIO } from "../command.ts";

/** @throws EngineError as `parseRecord`, with the name of the file. */
export function readRecordFile(path: string, limits: Limits, io: Pick<CommandIO, "readFile">): DecisionRecord {
  const bytes = io.readFile(path);
  try {
    return parseRecord(bytes, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const where = error.subject === undefined || error.subject === "record" ? "" : ` (${error.subject})`;
    throw new EngineError(error.code, `${error.message}${where}`, {
      subject: path,
      cause: error,
      remedy: error.code === "archive-corrupt" ? "record" : error.remedy,
    });
  }
}
