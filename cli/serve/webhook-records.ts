/** Records of what admission decides. Source: docs/spec/record.md#folder. */
import { type EngineInput, encodeEngineDocument } from "../../core/decide/engine-document.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError, type Limits } from "../../core/index.ts";
import { sizeOf } from "../../core/encoding/size-of.ts";
import { captureDecision, encodeRecord } from "../../core/record/decision-record.ts";
import type { Log } from "../../proxy/log.ts";
import type { AdmissionMetrics } from "../../proxy/metrics.ts";
import { RecordFolder } from "../../proxy/record/record-folder.ts";
import { RecordQueue } from "../../proxy/record/record-queue.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { instanceLetters, newDecisionId } from "../../proxy/state/decision-id.ts";
import type { WebhookOptions } from "../../proxy/webhook/webhook.ts";
import type { CommandIO } from "../command.ts";
import { readSigner } from "../input/snapshot-flags.ts";
import { version } from "../version.ts";

type Inputs = Readonly<Record<"fail" | "ignore", EngineInput>>;

/** Records by the engines of a webhook. */
export type WebhookRecords = (inputs: Inputs) => NonNullable<WebhookOptions["record"]>;

export interface RecordsOfServe {
  readonly records: WebhookRecords;
  close(): Promise<void>;
}

interface RecordParts {
  readonly config: Pick<Config, "records">;
  /** Of the mirror where that is known without looking at all of it: that of a snapshot. */
  readonly contentId: Digest | undefined;
  readonly metrics: Pick<AdmissionMetrics, "recorded">;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
}

/**
 * Undefined where nothing is recorded.
 * @throws EngineError `invalid-usage` for a folder that cannot be made, and a key that cannot be read.
 */
export async function openRecords({
  config,
  contentId,
  metrics,
  limits,
  io,
  log,
}: RecordParts): Promise<RecordsOfServe | undefined> {
  const { folder: path, key: keyPath } = config.records;
  if (path === undefined) {
    if (keyPath === undefined) return undefined;
    throw new EngineError("invalid-config", "records.key signs records: name their folder, too", {
      subject: "records.folder",
    });
  }
  const key = keyPath === undefined ? undefined : await readSigner(keyPath, io, "records.key");
  const folder = new RecordFolder(path, limits);
  const removed = folder.removeUnfinished(io.now());
  if (removed > 0) log.info("records that were never finished were removed", { folder: path, removed });
  const queue = new RecordQueue({
    folder,
    limits,
    report: ({ code, message, subject }, lost) =>
      log.error("decisions are not recorded", { code, error: message, subject, lost }),
    count: metrics.recorded,
  });
  log.info("decisions of admission are recorded", {
    folder: path,
    ...(key === undefined ? {} : { key: key.fingerprint }),
  });
  const letters = instanceLetters(io.host.name);
  return {
    records(inputs) {
      const engines = { fail: encodeEngineDocument(inputs.fail), ignore: encodeEngineDocument(inputs.ignore) };
      return ({ request, decision, knowledge, place }) => {
        const captured = captureDecision(request, decision, knowledge, place.pass);
        // Each holds its own copy of what the mirror said, and the whole request.
        const size = sizeOf([request, ...captured.said.values()]);
        const engine = engines[place.strictness];
        return (remembered) => {
          const id = remembered ?? newDecisionId(letters);
          queue.add(id, () => encodeRecord(captured, { engine, version, contentId }, key?.sign), size);
          return id;
        };
      };
    },
    close: () => queue.close(),
  };
}
