/**
 * Kills exports and imports at random times, and looks at what they leave. After an import the mirror is as before or
 * as after, whole; the import can be done again, or is known to be done. After an export its file is whole or not
 * there, and the next archive follows.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../core/errors.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { exported, makeKey } from "../support/archive-store.ts";
import { exportedSince, importing } from "../support/importing.ts";
import { dumpMirror } from "../support/mirror-dump.ts";
import { reading, temporaryFolder, temporaryMirror, writtenMirror } from "../support/temporary-mirror.ts";
import { randomFrom } from "./kill-many.ts";
import { fillLayered } from "./layered-images.ts";

const victim = fileURLToPath(new URL("./carry-victim.ts", import.meta.url));

/** Runs a victim; kills it so long after its first word. Gives whether it ended by itself, and how long it took. */
function run(words: readonly string[], afterMs = Infinity): Promise<{ readonly done: boolean; readonly ms: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", victim, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    let began = 0;
    child.stdout.on("data", (text: Buffer) => {
      if (output === "") {
        began = performance.now();
        if (Number.isFinite(afterMs)) setTimeout(() => child.kill("SIGKILL"), afterMs);
      }
      output += text.toString();
    });
    child.on("error", reject);
    child.on("close", () => resolve({ done: output.includes("done\n"), ms: performance.now() - began }));
  });
}

/**
 * Without layers that nothing names yet, and what makes a layout of them: a killed import may leave some, and the next
 * one finds them there.
 */
const linesOf = (store: string): readonly string[] =>
  dumpMirror(store)
    .split("\n")
    .filter((line) => line !== "" && !/^(blobs\/sha256\/|(oci-layout|index\.json)(\.new)? |sqlite_)/.test(line));

/** The first line that one of them has alone. */
function difference(store: string, start: string): string | undefined {
  const [here, there] = [linesOf(store), linesOf(start)];
  return here.find((line) => !there.includes(line)) ?? there.find((line) => !here.includes(line));
}

export interface CarryKills {
  readonly kills: number;
  /** How often it was after what was killed. */
  readonly after: number;
  readonly faults: readonly string[];
}

/** So many kills of imports, of a full archive and of a delta in turn. */
export async function killImports(count: number, seed: number): Promise<CarryKills> {
  const key = makeKey();
  const keyFile = join(temporaryFolder(), "key.pem");
  writeFileSync(keyFile, key.pem);
  const near = writtenMirror(fillLayered(0, 40));
  const full = exported(near, { key: key.signing, withLayers: true }).path;
  writtenMirror(fillLayered(40, 20), near);
  const delta = exportedSince(near, 1, { key: key.signing, withLayers: true }).path;
  const empty = temporaryFolder();
  temporaryMirror(empty).close();
  const based = temporaryFolder();
  cpSync(empty, based, { recursive: true });
  importing(based, full, { key });
  const random = randomFrom(seed);
  const faults: string[] = [];
  let after = 0;
  const longest = new Map<string, number>();
  for (let kill = 0; kill < count; kill++) {
    const [start, file] = kill % 2 === 0 ? [empty, full] : [based, delta];
    const known = longest.get(file) ?? (await run(["import", copyOf(start), file, keyFile])).ms;
    longest.set(file, known);
    const store = copyOf(start);
    const afterMs = random() * known * 1.15;
    await run(["import", store, file, keyFile], afterMs);
    const fault = importFault(store, start, file, key);
    if (fault === "after") after += 1;
    else if (fault !== undefined)
      faults.push(`import ${kill} (seed ${seed}) after ${Math.round(afterMs)} ms: ${fault}`);
  }
  return { kills: count, after, faults };
}

function copyOf(folder: string): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

function importFault(store: string, start: string, file: string, key: ReturnType<typeof makeKey>): string | undefined {
  // The next writer brings the file to rest.
  temporaryMirror(store).close();
  const { damage } = reading(store, (mirror) => mirror.inspect(nodeVerifier));
  if (damage.length > 0) return `damage: ${JSON.stringify(damage[0])}`;
  const changed = difference(store, start);
  const wasBefore = changed === undefined;
  try {
    importing(store, file, { key });
    if (!wasBefore) return `neither as before nor as after: ${changed.slice(0, 200)}`;
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "archive-sequence") return String(error);
    if (wasBefore) return "as before, and yet known to be imported";
  }
  const whole = copyOf(start);
  importing(whole, file, { key });
  const [found, wanted] = [store, whole].map((folder) => ({
    id: reading(folder, (mirror) => mirror.contentId()),
    layers: reading(folder, (mirror) => mirror.status().layers.count),
  }));
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    return `${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`;
  return wasBefore ? undefined : "after";
}

/** So many kills of exports of one mirror: numbers go on, and every file that is there can be imported in its order. */
export async function killExports(count: number, seed: number): Promise<CarryKills> {
  const key = makeKey();
  const folder = temporaryFolder();
  const keyFile = join(folder, "key.pem");
  writeFileSync(keyFile, key.pem);
  const near = writtenMirror(fillLayered(0, 60));
  const far = temporaryFolder();
  const random = randomFrom(seed);
  const faults: string[] = [];
  const { ms: longest } = await run(["export", near, join(folder, "first.tar"), keyFile]);
  importing(far, join(folder, "first.tar"), { key });
  let after = 0;
  for (let kill = 0; kill < count; kill++) {
    const file = join(folder, `${kill}.tar`);
    const afterMs = random() * longest * 1.15;
    const { done } = await run(["export", near, file, keyFile], afterMs);
    const fault = exportFault(file, done, { near, far, key });
    if (fault === "after") after += 1;
    else if (fault !== undefined)
      faults.push(`export ${kill} (seed ${seed}) after ${Math.round(afterMs)} ms: ${fault}`);
  }
  return { kills: count, after, faults };
}

function exportFault(
  file: string,
  done: boolean,
  { near, far, key }: { readonly near: string; readonly far: string; readonly key: ReturnType<typeof makeKey> },
): string | undefined {
  const isThere = existsSync(file);
  if (done && !isThere) return "it was said to be done, and the file is not there";
  try {
    const before = reading(far, (mirror) => mirror.imports.seen().last?.sequence ?? 0);
    if (isThere) importing(far, file, { key });
    const next = exported(near, { key: key.signing, withLayers: true, path: `${file}.next` });
    importing(far, next.path, { key });
    const expected = before + (isThere ? 2 : 1);
    if (next.sequence !== expected) return `the next archive is ${next.sequence}, not ${expected}`;
    const ids = [near, far].map((store) => reading(store, (mirror) => mirror.contentId()));
    if (ids[0] !== ids[1]) return "the other side has another content";
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  return isThere ? "after" : undefined;
}
