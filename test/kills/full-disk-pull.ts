/**
 * Run in a mount namespace of its own: pulls snapshots onto disks of growing sizes, so that each kind of write is once
 * the one that finds no room. Prints one line of JSON: the codes that were met, and the faults.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits } from "../../core/limits.ts";
import { findCurrentSnapshot } from "../../proxy/mirror/current-snapshot.ts";
import { parseSnapshotPlace } from "../../proxy/snapshot/place.ts";
import { onStage } from "../support/snapshot-stage.ts";
import { reading } from "../support/temporary-mirror.ts";

const [folder = "", first = "0", last = "0", step = "1"] = process.argv.slice(2);
const codes = new Map<string, number>();
const faults: string[] = [];

await onStage(async (stage) => {
  const ids: string[] = [];
  for (const name of ["first", "second"]) {
    stage.change(name);
    ids.push((await stage.push()).statement.contentId);
  }
  const pull = async (store: string, sequence: number): Promise<number> => {
    const place = parseSnapshotPlace(`${stage.place.text}:snapshot-${sequence}`, "test");
    try {
      return (await stage.pull({ store, place })).snapshot.sequence;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      return 0;
    }
  };
  for (let size = Number(first); size <= Number(last); size += Number(step)) {
    mkdirSync(folder, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
    const store = join(folder, "m");
    const check = (least: number): void => {
      const current = findCurrentSnapshot(store, defaultLimits);
      if ((current?.sequence ?? 0) < least) faults.push(`${size}: ${least} was reported and is lost`);
      if (current === undefined) return;
      const found = reading(store, (mirror) => mirror.contentId());
      if (found !== ids[current.sequence - 1]) faults.push(`${size}: another content than that of its number`);
    };
    try {
      const one = await pull(store, 1);
      check(one);
      check(Math.max(one, await pull(store, 2)));
      // With room again the next pull goes on.
      execFileSync("mount", ["-o", `remount,size=${size + 4_000_000}`, folder]);
      if ((await pull(store, 2)) !== 2) faults.push(`${size}: not pulled though there is room`);
      check(2);
    } finally {
      execFileSync("umount", [folder]);
    }
  }
});
process.stdout.write(`${JSON.stringify({ codes: Object.fromEntries(codes), faults })}\n`);
