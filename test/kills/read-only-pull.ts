/**
 * Run in a mount namespace of its own: pulls a snapshot into a folder of which the part with the files is made
 * read-only before one of the requests of the pull, each of them once. Prints one line of JSON: the codes that were
 * met, and the faults.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { onStage } from "../support/snapshot-stage.ts";
import { reading } from "../support/temporary-mirror.ts";

const [folder = ""] = process.argv.slice(2);
const codes = new Map<string, number>();
const faults: string[] = [];

/** False while a file is open there to be written. */
const remount = (path: string, how: "ro" | "rw"): boolean =>
  spawnSync("mount", ["-o", `remount,bind,${how}`, path], { stdio: "ignore" }).status === 0;

await onStage(async (stage) => {
  const first = (await stage.push()).statement.contentId;
  stage.change("second");
  const second = (await stage.push()).statement.contentId;
  const { tags } = stage.registry;
  const [one, two] = [1, 2].map((sequence) => tags.get(`snapshot-${sequence}`) ?? "");
  for (let at = 0, isOver = false; !isOver && at < 100; at++) {
    const store = join(folder, String(at));
    const files = join(store, "snapshots");
    mkdirSync(files, { recursive: true });
    execFileSync("mount", ["--bind", files, files]);
    const idOf = (): string => reading(store, (mirror) => mirror.contentId());
    try {
      tags.set("latest", one ?? "");
      await stage.pull({ store });
      tags.set("latest", two ?? "");
      let requests = 0;
      let isReadOnly = false;
      stage.registry.instead = () => {
        if (requests++ === at) isReadOnly = remount(files, "ro");
        return undefined;
      };
      try {
        const { snapshot } = await stage.pull({ store });
        if (snapshot.contentId !== second) faults.push(`${at}: another content`);
        if (isReadOnly) faults.push(`${at}: switched on a disk that cannot be written`);
      } catch (error) {
        if (!(error instanceof EngineError)) faults.push(`${at}: ${String(error)}`);
        else codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
        if (idOf() !== first) faults.push(`${at}: what was here is not what is read`);
      }
      stage.registry.instead = undefined;
      remount(files, "rw");
      await stage.pull({ store });
      if (idOf() !== second) faults.push(`${at}: not pulled though the disk can be written`);
      isOver = at >= requests;
    } finally {
      execFileSync("umount", [files]);
    }
  }
});
process.stdout.write(`${JSON.stringify({ codes: Object.fromEntries(codes), faults })}\n`);
