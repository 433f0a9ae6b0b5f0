/** Files of records, as the command line names them. Source: docs/spec/record.md#reading. */
import type { Limits } from "../../core/limits.ts";
import { type DecisionRecord, parseRecord } from "../../core/record/read-record.ts";
import { EngineError } from "../../core/errors.ts";
import type { CommandIO } from "../command.ts";
import { shown, usage } from "./given-file.ts";
import { formOfFile } from "./what-file.ts";

/**
 * The files that are named, and in place of a folder its records, in the order of their names.
 * @throws EngineError `invalid-usage` for a folder without records, `over-limit`.
 */
export function listRecordFiles(
  paths: readonly string[],
  { replayedRecords }: Limits,
  io: Pick<CommandIO, "pathKind" | "listFolder">,
): readonly string[] {
  const files = paths.flatMap((path) => {
    const folder = path.replace(/(?<=.)\/+$/, "");
    if (io.pathKind(folder) !== "folder") return [path];
    // A record that is being written has a hidden name.
    const names = io.listFolder(folder).filter((name) => name.endsWith(".json") && !name.startsWith("."));
    if (names.length === 0) throw usage("there is no record in this folder", path);
    return names.map((name) => (folder === "/" ? `/${name}` : `${folder}/${name}`));
  });
  if (files.length > replayedRecords)
    throw new EngineError("over-limit", `${files.length} records, at most ${replayedRecords} are replayed at once`, {
      subject: paths[0],
    });
  return files;
}

/** Whether its first bytes are those of records in their one spelling. */
const isRecordBegun = (bytes: Uint8Array): boolean =>
  /^\{"(?:envelope|input)":/.test(String.fromCharCode(...bytes.subarray(0, 16)));

/** @throws EngineError as `parseRecord`, with the name of the file. */
export function readRecordFile(path: string, limits: Limits, io: Pick<CommandIO, "readFile">): DecisionRecord {
  const bytes = io.readFile(path);
  try {
    return parseRecord(bytes, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.code === "archive-corrupt" && !isRecordBegun(bytes)) {
      const form = formOfFile(bytes, limits);
      if (form !== undefined)
        throw new EngineError("invalid-usage", `${shown(path)} is not a record: it is ${form.is}`, {
          subject: path,
          remedy: form.remedy,
        });
      throw new EngineError(error.code, "no record, or one whose beginning is damaged", {
        subject: path,
        cause: error,
        remedy: "record-file",
      });
    }
    const where = error.subject === undefined || error.subject === "record" ? "" : ` (${error.subject})`;
    throw new EngineError(error.code, `${error.message}${where}`, {
      subject: path,
      cause: error,
      remedy: error.code === "archive-corrupt" ? "record" : error.remedy,
    });
  }
}
