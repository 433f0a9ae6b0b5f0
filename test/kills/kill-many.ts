/**
 * Kills writers of a mirror in the middle of every phase, and looks at what they leave: it opens, nothing of it is
 * damaged, what was reported is there, what was reported as gone is gone, and the next writer goes on at once.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { oldMirror } from "../support/old-mirror.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";

export const phases = ["add", "gc", "rm", "pin", "migrate", "create"] as const;
export type Phase = (typeof phases)[number];

export const victim = fileURLToPath(new URL("./victim.ts", import.meta.url));
const repository = "ghcr.io/org/app";

/** Numbers that are the same in every run of a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a victim said last. */
export interface Said {
  readonly sure: readonly string[];
  readonly may: readonly string[];
}

/** Runs a victim and kills it so long after its first word. Gives what it said last. */
function killed(folder: string, phase: Phase, start: number, afterMs: number): Promise<Said | undefined> {
  return new Promise((resolve, reject) => {
    const words = ["--import", "tsx", victim, folder, phase === "create" ? "add" : phase, String(start)];
    const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (text: Buffer) => {
      if (output === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
      output += text.toString();
    });
    child.on("error", reject);
    child.on("close", () => {
      // A line that the kill cut off was not said.
      const lines = output.slice(0, output.lastIndexOf("\n") + 1).split("\n");
      const last = lines.filter((line) => line.startsWith("{")).at(-1);
      resolve(last === undefined ? undefined : (JSON.parse(last) as Said));
    });
  });
}

/** What is wrong with what a victim left, if anything. */
export function fault(folder: string, said: Said | undefined): string | undefined {
  if (!existsSync(join(folder, "mirror.db"))) return said === undefined ? undefined : "the mirror is gone";
  // The next writer comes at once, whatever is left of the one before; it finishes a migration.
  openMirror(folder, { mode: "write", limits: defaultLimits }).close();
  const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
  try {
    const { damage } = mirror.inspect(nodeVerifier);
    if (damage.length > 0) return `damage: ${JSON.stringify(damage[0])}`;
    if (said === undefined) return undefined;
    const tags = new Set(mirror.tags(repository));
    const lost = said.sure.filter((tag) => !tags.has(tag));
    const back = [...tags].filter((tag) => !said.may.includes(tag));
    if (lost.length > 0) return `reported and lost: ${lost.join(" ")}`;
    if (back.length > 0) return `removed and back: ${back.join(" ")}`;
    const unsigned = mirror.list().filter(({ tag, signatures }) => tag !== undefined && signatures !== 0);
    if (unsigned.length > 0) return "a signature without layers has layers";
    for (const { image, unasked } of mirror.list())
      if (unasked.includes("signature tag")) return `${image} lost its signature`;
    return undefined;
  } finally {
    mirror.close();
  }
}

/** An old mirror with enough in it that its migration takes some time. */
function mirrorToMigrate(version: number): string {
  const folder = oldMirror(version);
  const database = new Database(join(folder, "mirror.db"));
  database.exec(`
    WITH RECURSIVE number (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM number WHERE i < 3000)
    INSERT INTO attempt (question, code, at, source)
    SELECT 'tag ghcr.io/org/more ' || i, 'timed-out', '2026-01-01T00:00:00Z', 'kill' FROM number`);
  database.close();
  return folder;
}

function migrationFault(folder: string): string | undefined {
  const found = fault(folder, undefined);
  if (found !== undefined) return found;
  const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
  try {
    if (mirror.attempts().length !== 3002) return `${mirror.attempts().length} attempts of 3002`;
  } finally {
    mirror.close();
  }
  // A backup that is there is whole.
  for (const name of readdirSync(folder).filter((entry) => /\.schema-\d+$/.test(entry))) {
    const backup = new Database(join(folder, name), { readonly: true });
    const { count } = backup.prepare<[], { count: number }>("SELECT count(*) AS count FROM attempt").get() ?? {};
    backup.close();
    if (count !== 3002) return `the backup has ${count} attempts`;
  }
  return undefined;
}

export interface Kills {
  readonly kills: number;
  readonly byPhase: ReadonlyMap<Phase, number>;
  readonly faults: readonly string[];
}

/** So many kills, in turn in each phase, each at a random time. */
export async function killMany(
  count: number,
  seed: number,
  note: (line: string) => void = () => undefined,
): Promise<Kills> {
  const random = randomFrom(seed);
  const byPhase = new Map<Phase, number>();
  const faults: string[] = [];
  const folders = new Map<Phase, { readonly folder: string; start: number }>();
  for (let kill = 0; kill < count; kill++) {
    const phase = phases[kill % phases.length] ?? "add";
    const isFresh = phase === "migrate" || phase === "create";
    const held = folders.get(phase);
    const place =
      !isFresh && held !== undefined
        ? held
        : { folder: phase === "migrate" ? mirrorToMigrate(1 + (kill % 9)) : temporaryFolder(), start: 0 };
    folders.set(phase, place);
    const afterMs = Math.floor(random() * (isFresh ? 60 : 150));
    const said = await killed(place.folder, phase, place.start, afterMs);
    const found = phase === "migrate" ? migrationFault(place.folder) : fault(place.folder, said);
    place.start = Math.max(place.start, ...(said?.may ?? []).map(Number)) + 1;
    byPhase.set(phase, (byPhase.get(phase) ?? 0) + 1);
    if (found !== undefined) faults.push(`kill ${kill} (seed ${seed}) in ${phase} after ${afterMs} ms: ${found}`);
    if ((kill + 1) % 20 === 0) note(`${kill + 1} kills, ${faults.length} faults\n`);
  }
  return { kills: count, byPhase, faults };
}
