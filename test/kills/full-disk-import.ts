/**
 * Run in a mount namespace of its own: imports an archive into mirrors on disks of growing sizes, until one has room.
 * Prints one line of JSON: the codes that were met, how often it was imported, and the faults.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { addImage, exported } from "../support/archive-store.ts";
import { importing } from "../support/importing.ts";
import { dumpMirror } from "../support/mirror-dump.ts";
import { reading, writtenMirror } from "../support/temporary-mirror.ts";
import { fillLayered } from "./layered-images.ts";

const [disk = "", first = "0", last = "0", step = "1"] = process.argv.slice(2);
const codes = new Map<string, number>();
const faults: string[] = [];
let imported = 0;

const near = writtenMirror(fillLayered(0, 20));
const { path } = exported(near, { withLayers: true });

for (let size = Number(first); size <= Number(last); size += Number(step)) {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk]);
  try {
    const store = join(disk, "m");
    writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/own", "1"), store);
    const before = dumpMirror(store);
    try {
      importing(store, path);
      imported += 1;
    } catch (error) {
      if (!(error instanceof EngineError)) faults.push(`${size}: ${String(error)}`);
      else codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
      const left = dumpMirror(store).replace(/\n(oci-layout|index\.json) \w+/g, "");
      if (left !== before) faults.push(`${size}: the mirror is not as it was`);
      // With room again it is imported.
      execFileSync("mount", ["-o", `remount,size=${size + 8_000_000}`, disk]);
      importing(store, path);
    }
    const { damage } = reading(store, (mirror) => mirror.inspect(nodeVerifier));
    if (damage.length > 0) faults.push(`${size}: ${JSON.stringify(damage[0])}`);
  } finally {
    execFileSync("umount", [disk]);
  }
}
process.stdout.write(`${JSON.stringify({ codes: Object.fromEntries(codes), imported, faults })}\n`);
