/**
 * Run in a mount namespace of its own: `serve` records on a disk that becomes full, and then has room again. Prints one
 * line of JSON: how reviews were answered, what was counted and said, and what is on the disk.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits } from "../../core/limits.ts";
import { parseRecord } from "../../core/record/read-record.ts";
import { replay } from "../../core/record/replay.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { afterRecords, countsOf, isAdmitted, now, recordingFiles } from "../cli/serve/recording.ts";
import { serving } from "../cli/serving.ts";

const [store = "", disk = ""] = process.argv.slice(2);
execFileSync("mount", ["-t", "tmpfs", "-o", "size=400k", "tmpfs", disk]);
const records = join(disk, "records");

const answers = { right: 0, wrong: 0 };
const ask = async (url: string, name: string): Promise<void> => {
  if ((await isAdmitted(url, "/mutate/fail", name)) === (name === "signed")) answers.right += 1;
  else answers.wrong += 1;
};
const askAll = (url: string, pairs: number): Promise<unknown> =>
  Promise.all(Array.from({ length: pairs }, () => ["signed", "unsigned"].map((name) => ask(url, name))).flat());

const found: Record<string, unknown> = { answers };
await serving(
  ["--config", "sallyport.yaml"],
  async ({ urls: [url = ""], lines }) => {
    await askAll(url, 20);
    await afterRecords(url, 40);
    found.full = await countsOf(url);
    const names = readdirSync(records);
    const whole = names.filter((name) => /^d-\w+\.json$/.test(name));
    found.left = names.filter((name) => !whole.includes(name));
    found.replayedOnDisk = whole.filter((name) => {
      const record = parseRecord(readFileSync(join(records, name)), defaultLimits);
      return replay(record, nodeVerifier).difference === undefined;
    }).length;
    for (const name of names) rmSync(join(records, name));
    for (let round = 0; round < 10; round++) {
      await askAll(url, 1);
      await afterRecords(url, 40 + 2 * (round + 1));
      for (const name of readdirSync(records)) rmSync(join(records, name));
    }
    found.after = await countsOf(url);
    found.said = lines().filter(({ msg }) => msg === "decisions are not recorded");
  },
  { files: recordingFiles(store, records), now },
);
process.stdout.write(JSON.stringify(found));
