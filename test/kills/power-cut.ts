/**
 * A power cut in the middle of a writer: its calls to the file system, as strace saw them, are done again up to some
 * call in a fresh folder. Once as if everything had reached the disk, once as if of each file only what was synced had.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { fault, type Phase, type Said, victim } from "./kill-many.ts";

const calls = "openat,pwrite64,write,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat";

export const hasStrace = (): boolean => spawnSync("strace", ["-V"]).status === 0;

type Call =
  | { readonly kind: "write"; readonly path: string; readonly bytes: Buffer; readonly at: number | undefined }
  | { readonly kind: "open" | "create" | "sync" | "remove" | "folder"; readonly path: string }
  | { readonly kind: "cut"; readonly path: string; readonly length: number }
  | { readonly kind: "move"; readonly path: string; readonly to: string }
  | { readonly kind: "said"; readonly text: string };

const decoded = (text: string): Buffer => Buffer.from(text.replaceAll("\\x", ""), "hex");
const texts = (line: string): readonly Buffer[] =>
  [...line.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) => decoded(hex));

/** A line of strace -y -xx, where it changes a file or says something. */
function readCall(line: string): Call | undefined {
  const [, name = "", rest = "", result = ""] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(line) ?? [];
  if (name === "" || result.startsWith("-")) return undefined;
  const handle = /^(\d+)<((?:\\x[0-9a-f]{2}|[^>])*)>/.exec(rest);
  const path = handle === null ? "" : handle[2]?.includes("\\x") ? decoded(handle[2]).toString() : (handle[2] ?? "");
  const [first = Buffer.alloc(0), second] = texts(rest);
  if ((name === "write" || name === "pwrite64") && handle !== null) {
    if (handle[1] === "1") return { kind: "said", text: first.toString() };
    const at = name === "write" ? undefined : Number(/, (\d+)$/.exec(rest)?.[1]);
    return { kind: "write", path, bytes: first.subarray(0, Number(result)), at };
  }
  if (name === "openat") {
    if (!/O_CREAT/.test(rest)) return undefined;
    return { kind: /O_TRUNC/.test(rest) ? "create" : "open", path: first.toString() };
  }
  if (name === "ftruncate") return { kind: "cut", path, length: Number(/, (\d+)$/.exec(rest)?.[1]) };
  if (name === "fsync" || name === "fdatasync") return { kind: "sync", path };
  if (name.startsWith("rename")) return { kind: "move", path: first.toString(), to: second?.toString() ?? "" };
  if (name.startsWith("unlink")) return { kind: "remove", path: first.toString() };
  return { kind: "folder", path: first.toString() };
}

interface File {
  bytes: Buffer;
  /** What a sync brought to the disk; a file that was there before is whole. */
  synced: Buffer;
  end: number;
}

function written(bytes: Buffer, piece: Buffer, at: number): Buffer {
  const whole = Buffer.alloc(Math.max(bytes.length, at + piece.length));
  bytes.copy(whole);
  piece.copy(whole, at);
  return whole;
}

/** The files below a folder after these calls. */
class Disk {
  readonly #files = new Map<string, File>();
  readonly #root: string;

  constructor(root: string, before: string) {
    this.#root = root;
    const take = (folder: string): void => {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) take(path);
        else {
          const bytes = readFileSync(path);
          this.#files.set(join(root, relative(before, path)), { bytes, synced: bytes, end: 0 });
        }
      }
    };
    take(before);
  }

  do(call: Call): void {
    if (call.kind === "said" || call.kind === "folder" || !call.path.startsWith(this.#root)) return;
    // The index of the write-ahead log lives in memory that processes share; it is made again.
    if (call.path.endsWith("-shm")) return;
    const { path } = call;
    const found = this.#files.get(path);
    if (call.kind === "open" || call.kind === "create") {
      if (found === undefined) this.#files.set(path, { bytes: Buffer.alloc(0), synced: Buffer.alloc(0), end: 0 });
      else if (call.kind === "create") Object.assign(found, { bytes: Buffer.alloc(0), end: 0 });
    } else if (call.kind === "remove") this.#files.delete(path);
    else if (found === undefined) return;
    else if (call.kind === "write") {
      const at = call.at ?? found.end;
      found.bytes = written(found.bytes, call.bytes, at);
      found.end = at + call.bytes.length;
    } else if (call.kind === "cut") {
      const cut = Buffer.alloc(call.length);
      found.bytes.copy(cut, 0, 0, call.length);
      found.bytes = cut;
    } else if (call.kind === "sync") found.synced = found.bytes;
    else if (call.kind === "move") {
      this.#files.delete(path);
      this.#files.set(call.to, found);
    }
  }

  /** A folder as it is after the cut. */
  left(only: "all" | "synced"): string {
    const folder = temporaryFolder();
    for (const [path, file] of this.#files) {
      const target = join(folder, relative(this.#root, path));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, only === "all" ? file.bytes : file.synced);
    }
    return folder;
  }
}

export interface PowerCuts {
  readonly calls: number;
  readonly cuts: number;
  readonly faults: readonly string[];
}

/** Cuts the power at so many places of a run of these steps, in both ways. */
export function cutPower(phase: Phase, steps: number, cuts: number): PowerCuts {
  const store = temporaryFolder();
  const run = (start: number, words: readonly string[], before: readonly string[]) =>
    spawnSync(before[0] ?? "", [...before.slice(1), process.execPath, "--import", "tsx", victim, ...words, `${start}`]);
  if (phase !== "create") run(0, [store, "add"], ["timeout", "-s", "KILL", "4"]);
  const before = temporaryFolder();
  cpSync(store, before, { recursive: true });
  const log = join(temporaryFolder(), "strace.log");
  const traced = ["strace", "-y", "-xx", "-s", "10000000", "-e", `trace=${calls}`, "-o", log, process.execPath];
  const [program = "", ...flags] = traced;
  const start = 100_000;
  const words = ["--import", "tsx", victim, store, phase === "create" ? "add" : phase, String(start), String(steps)];
  spawnSync(program, [...flags, ...words]);
  const made = readFileSync(log, "latin1")
    .split("\n")
    .flatMap((line) => readCall(line) ?? []);
  const own = made.filter((call) => call.kind === "said" || call.path.startsWith(store));
  const disk = new Disk(store, before);
  const faults: string[] = [];
  const every = Math.max(1, Math.floor(own.length / cuts));
  let said = "";
  let count = 0;
  for (const [index, call] of own.entries()) {
    disk.do(call);
    if (call.kind === "said") said += call.text;
    if (index % every !== 0 && index !== own.length - 1) continue;
    const last = said.split("\n").findLast((line) => line.startsWith("{") && line.endsWith("}"));
    for (const only of ["all", "synced"] as const) {
      count += 1;
      const found = faultOf(disk.left(only), last === undefined ? undefined : (JSON.parse(last) as Said));
      if (found !== undefined)
        faults.push(`${phase}, call ${index} of ${own.length} (${call.kind}), ${only}: ${found}`);
    }
  }
  return { calls: own.length, cuts: count, faults };
}

function faultOf(folder: string, said: Said | undefined): string | undefined {
  try {
    return fault(folder, said);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
