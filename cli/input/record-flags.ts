/** The flags of records, and the recorder of one command. Source: docs/spec/record.md#recording. */
import type { Digest } from "../../core/crypto/digest.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { CapturedDecision } from "../../core/record/decision-record.ts";
import type { CommandIO } from "../command.ts";
import { version } from "../version.ts";
import { counted } from "../render/count.ts";
import { note } from "../render/say.ts";
import { usage } from "./given-file.ts";
import type { RecordOptions } from "./record-options.ts";
import { readSigner } from "./snapshot-flags.ts";

/** Keeps what a command decides until it is written. */
export interface Recorder {
  /** `engine` is its document. */
  add(captured: CapturedDecision, engine: JsonObject, contentId: Digest | undefined): void;
  /** @throws EngineError where they cannot be written. */
  write(): Promise<void>;
}

/** Undefined where nothing is to be recorded. @throws EngineError `invalid-usage` */
export async function openRecorder(
  { record: path, recordKey }: RecordOptions,
  limits: Limits,
  io: CommandIO,
): Promise<Recorder | undefined> {
  if (path === undefined) {
    if (recordKey !== undefined) throw usage("--record-key signs records: name their folder with --record DIR");
    return undefined;
  }
  const { RecordFolder } = await import("../../proxy/record/record-folder.ts");
  const { encodeRecord } = await import("../../core/record/decision-record.ts");
  const { instanceLetters, newDecisionId } = await import("../../proxy/state/decision-id.ts");
  const key = recordKey === undefined ? undefined : await readSigner(recordKey, io, "--record-key");
  const folder = new RecordFolder(path, limits);
  folder.removeUnfinished(io.now());
  const texts: (() => string)[] = [];
  return {
    add: (captured, engine, contentId) =>
      void texts.push(() => encodeRecord(captured, { engine, version, contentId }, key?.sign)),
    async write() {
      let written = 0;
      const faults: EngineError[] = [];
      for (const text of texts)
        try {
          await folder.put(newDecisionId(instanceLetters(io.host.name)), text());
          written += 1;
        } catch (error) {
          if (!(error instanceof EngineError)) throw error;
          faults.push(error);
        }
      note(`${counted(written, "record")} in ${path}`, io);
      // One that cannot be recorded does not take the others' records.
      if (faults[0] !== undefined) throw faults[0];
    },
  };
}
