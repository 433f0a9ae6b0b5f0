/**
 * Run in a mount namespace of its own: writes into a mirror on disks of growing sizes until each is full, so that each
 * kind of write is once the one that finds no room. Prints one line of JSON: the codes that were met, and the faults.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";

const [folder = "", first = "0", last = "0", step = "1"] = process.argv.slice(2);
const origin = { at: "2026-01-01T00:00:00Z", from: "full" };
const repository = "ghcr.io/org/app";
const limits = defaultLimits;
const codes = new Map<string, number>();
const faults: string[] = [];

/** Adds images with layers until there is no room. Gives those that were reported as stored. */
function fill(store: string): readonly string[] {
  const stored: string[] = [];
  const mirror = openMirror(store, { mode: "write", limits });
  try {
    for (let count = 0; count < 5000; count++) {
      const bytes = new Uint8Array(Buffer.from(JSON.stringify({ layers: [], count, fill: "x".repeat(count * 37) })));
      const layer = new Uint8Array(Buffer.from("y".repeat((count * 7919) % 20_000)));
      const tag = String(count);
      mirror.layers.add(digestOf(layer), (take) => {
        take(layer);
        return true;
      });
      const digest = digestOf(bytes);
      mirror.writer().transaction(() => {
        mirror
          .writer()
          .setAnswer({ kind: "manifest", repository, digest }, { state: "present", value: bytes, ...origin });
        const value = { mediaType: "a/b", digest, size: bytes.length };
        mirror.writer().setAnswer({ kind: "tag", repository, tag }, { state: "present", value, ...origin });
      });
      stored.push(tag);
    }
  } catch (error) {
    note(error, "filling");
  } finally {
    try {
      mirror.close();
    } catch (error) {
      note(error, "closing");
    }
  }
  return stored;
}

function note(error: unknown, doing: string): void {
  if (!(error instanceof EngineError)) faults.push(`${doing}: ${String(error)}`);
  else codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
}

function check(store: string, stored: readonly string[], size: number): void {
  if (!existsSync(join(store, "mirror.db"))) {
    if (stored.length > 0) faults.push(`${size}: the mirror is gone`);
    return;
  }
  const mirror = openMirror(store, { mode: "read", limits });
  try {
    const tags = new Set(mirror.tags(repository));
    for (const tag of stored) if (!tags.has(tag)) faults.push(`${size}: ${tag} was reported and is lost`);
    const { damage } = mirror.inspect(nodeVerifier);
    if (damage.length > 0) faults.push(`${size}: ${JSON.stringify(damage[0])}`);
  } finally {
    mirror.close();
  }
}

for (let size = Number(first); size <= Number(last); size += Number(step)) {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  try {
    const store = join(folder, "m");
    let stored: readonly string[] = [];
    try {
      stored = fill(store);
    } catch (error) {
      note(error, `opening with ${size} bytes`);
    }
    try {
      check(store, stored, size);
    } catch (error) {
      note(error, `reading with ${size} bytes`);
    }
    // With room again the next writer goes on.
    execFileSync("mount", ["-o", `remount,size=${size + 4_000_000}`, folder]);
    openMirror(store, { mode: "write", limits }).close();
    check(store, stored, size);
  } finally {
    execFileSync("umount", [folder]);
  }
}
process.stdout.write(`${JSON.stringify({ codes: Object.fromEntries(codes), faults })}\n`);
