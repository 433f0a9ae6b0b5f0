/** Capsules and records under bounds that are set low. */
import { listRecordFiles } from "../../cli/input/record-file.ts";
import type { EngineError } from "../../core/errors.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Limits } from "../../core/limits.ts";
import { RecordFolder } from "../../proxy/record/record-folder.ts";
import { RecordQueue } from "../../proxy/record/record-queue.ts";
import { Lab, sign } from "../lab/index.ts";
import { parseRecord } from "../../core/record/read-record.ts";
import { recordOf } from "../support/records.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { makeCapsule, opened } from "../support/capsules.ts";

const image = sign(new Lab(), { layout: "tag" });

/** `openCapsule` of a capsule with one image. */
const openingCapsule = (limits: Limits): unknown => opened(makeCapsule([image]).bytes, { limits });

/** `parseRecord` of a record of one decision. */
const readingRecord = (limits: Limits): unknown => parseRecord(encodeUtf8(recordOf(image)), limits);

const keepingRecord = (limits: Limits): Promise<string> =>
  new RecordFolder(temporaryFolder(), limits).put("d-00000000", recordOf(image));

/** A folder with one record. */
const listingRecords = (limits: Limits): unknown =>
  listRecordFiles(["records"], limits, { pathKind: () => "folder", listFolder: () => ["d-00000000.json"] });

/** The first record that a queue does not take. */
async function queueing(limits: Limits): Promise<void> {
  const lost: EngineError[] = [];
  const folder = { path: "records", put: async () => "" };
  const queue = new RecordQueue({ folder, limits, report: (error) => lost.push(error), count: () => undefined });
  queue.add("d-00000000", () => "", 1);
  await queue.close();
  if (lost[0] !== undefined) throw lost[0];
}

export const carriedRows = <Run>(thrown: (act: (limits: Limits) => unknown) => Run) => ({
  capsuleBytes: { low: 10, run: thrown(openingCapsule) },
  recordBytes: { low: 10, run: thrown(readingRecord) },
  recordFolderBytes: { low: 10, run: thrown(keepingRecord) },
  replayedRecords: { low: 0, run: thrown(listingRecords) },
  recordsWaiting: { low: 0, run: thrown(queueing) },
  recordsWaitingBytes: { low: 0, run: thrown(queueing) },
  recordedFiles: { low: 0, run: thrown(openingCapsule) },
});
