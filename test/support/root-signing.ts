/**
 * The public-good TUF repository of the vectors, as files below a mirror's URL and as what a mirror of decisions holds.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { TufSource } from "../lab/tuf-repository.ts";
import { vectorsDir } from "./vectors.ts";

const folder = (): string | undefined => {
  const root = vectorsDir();
  return root === undefined ? undefined : join(root, "root-signing");
};

const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder() ?? "", path)));

/** A root of the history. */
export const publicGoodRootVersion = (version: number): Uint8Array =>
  read(`metadata/root_history/${version}.root.json`);

/** Between the timestamp's signature and its expiry on 2026-08-28. */
export const freshTime = new Date("2026-08-25T00:00:00Z");

export function publicGoodSource(): TufSource | undefined {
  if (folder() === undefined) return undefined;
  return {
    form: "tuf",
    roots: Array.from({ length: 11 }, (_, index) => publicGoodRootVersion(index + 5)),
    timestamp: read("metadata/timestamp.json"),
    snapshot: read("metadata/snapshot.json"),
    targets: ["targets", "registry.npmjs.org"].map((role) => ({ role, bytes: read(`metadata/${role}.json`) })),
    target: read("targets/trusted_root.json"),
  };
}

const versionOf = (bytes: Uint8Array): number =>
  (JSON.parse(Buffer.from(bytes).toString("utf8")) as { signed: { version: number } }).signed.version;

/** By the names of a repository with consistent snapshots. */
export function publicGoodFiles(): ReadonlyMap<string, Uint8Array> | undefined {
  const root = folder();
  if (root === undefined) return undefined;
  const files = new Map<string, Uint8Array>();
  for (let version = 1; version <= 15; version++) files.set(`${version}.root.json`, publicGoodRootVersion(version));
  files.set("timestamp.json", read("metadata/timestamp.json"));
  for (const role of ["snapshot", "targets", "registry.npmjs.org"]) {
    const bytes = read(`metadata/${role}.json`);
    files.set(`${versionOf(bytes)}.${role}.json`, bytes);
  }
  for (const entry of readdirSync(join(root, "targets"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = new Uint8Array(readFileSync(path));
    const parent = entry.parentPath.slice(join(root, "targets").length);
    files.set(`targets${parent}/${createHash("sha256").update(bytes).digest("hex")}.${entry.name}`, bytes);
  }
  return files;
}
