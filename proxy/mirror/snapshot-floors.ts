/**
 * What was seen of TUF metadata in one snapshot, against the next: whoever publishes may not lead readers back to trust
 * that was replaced. Source: docs/spec/snapshot.md#pull, docs/spec/offline.md#rollback-floors.
 */
import { EngineError } from "../../core/errors.ts";
import { openDatabase } from "./sqlite.ts";
import { sqlText } from "./statements.ts";
import { guarded } from "./store-error.ts";
import { type FloorRow, readFloorRows, type StoredFloors } from "./tuf-floors.ts";

/** By the names of trusted roots. */
function floorsIn(path: string): ReadonlyMap<string, StoredFloors> {
  return guarded(path, () => {
    const database = openDatabase(path, { readonly: true, fileMustExist: true });
    try {
      const rows = database.prepare<[], FloorRow>(sqlText("list-tuf-floors")).all();
      const names = [...new Set(rows.map(({ repository }) => repository))];
      return new Map(names.map((name) => [name, readFloorRows(rows.filter(({ repository }) => repository === name))]));
    } finally {
      database.close();
    }
  });
}

/**
 * Both are files of the present schema.
 * @throws EngineError `rollback` where the later one has seen less.
 */
export function refuseOlderTrust(earlier: string, later: string): void {
  const known = floorsIn(later);
  for (const [name, before] of floorsIn(earlier)) {
    const why = olderThan(before, known.get(name));
    if (why !== undefined)
      throw new EngineError("rollback", `the snapshot's TUF metadata of ${name} is older than what is here: ${why}`, {
        subject: name,
        remedy: "snapshot-rollback",
      });
  }
}

function olderThan(before: StoredFloors, now: StoredFloors | undefined): string | undefined {
  if (now === undefined) return "it has none";
  const [old, root] = [before, now].map((floors) => BigInt(floors.root ?? "0")) as [bigint, bigint];
  // After a change of keys the other roles may begin to count again.
  if (root > old) return undefined;
  const role = Object.keys(before).find(
    (name) => BigInt(now[name] ?? before[name] ?? "0") < BigInt(before[name] ?? "0"),
  );
  return role === undefined ? undefined : `version ${now[role]} of ${role} after ${before[role]}`;
}
