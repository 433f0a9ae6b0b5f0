/**
 * A reader that is meant to be killed: pulls the snapshots of a place, one after the other by their own tags, from
 * `first` to `last`, and says on stdout which one it has.
 */
import { readFileSync } from "node:fs";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { bringSnapshot } from "../../proxy/snapshot/bring-snapshot.ts";
import { parseSnapshotPlace } from "../../proxy/snapshot/place.ts";
import { askRegistries, never } from "../support/registry-server.ts";

const [store = "", from = "", keyFile = "", first = "1", last = "1"] = process.argv.slice(2);
const registry = askRegistries();
const keys = [readArchiveKey(readFileSync(keyFile, "utf8"), defaultLimits)];
process.stdout.write("ready\n");
for (let sequence = Number(first); sequence <= Number(last); sequence++) {
  const place = parseSnapshotPlace(`${from}:snapshot-${sequence}`, "test");
  await bringSnapshot({
    store,
    place,
    registry,
    keys,
    acceptPins: false,
    initialRoot: () => undefined,
    verifier: nodeVerifier,
    limits: defaultLimits,
    now: new Date(),
    signal: never,
  });
  process.stdout.write(`${sequence}\n`);
}
await registry.close();
