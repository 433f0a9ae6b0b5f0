/**
 * Throws wrong input at a format until time is up: anything but an `EngineError` is a finding, and so are a hang and a
 * process out of memory. Findings are written to `fuzz-findings/` and makes the run fail; as a file in
 * `test/fixtures/fuzz/TARGET/` it becomes a test.
 *
 *     npm run fuzz -- [TARGET|all] [--seconds N] [--seed N] [--threads N]
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { inputAt } from "./fuzz/mutate.ts";
import { targetOf, targets } from "./fuzz/targets.ts";
import type { Finding, WorkerTask } from "./fuzz/worker.ts";

export interface FuzzOptions {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  readonly threads: number;
  /** At most this many inputs. */
  readonly most?: number;
  /** How long one input may take, in milliseconds. */
  readonly inputMs?: number;
  /** Where findings are written; absent: nowhere. */
  readonly folder?: string;
}

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  /** Inputs that ended in an `EngineError`. */
  readonly refused: number;
  readonly findings: readonly Finding[];
  /** Written files. */
  readonly files: readonly string[];
}

/** The thread's program in one file: threads do not load TypeScript. @returns its path, in a folder of its own */
async function buildWorker(): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), "sallyport-fuzz-")), "worker.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("./fuzz/worker.ts", import.meta.url))],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
    // Packages in CommonJS call `require` for Node's own modules.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

/** Memory of one thread: a megabyte of input must not need more. */
const heapMb = 512;
/** What loading the program may take before the first input. */
const loadingMs = 20_000;

interface Thread {
  readonly progress: Int32Array;
  readonly findings: Finding[];
}

/** Runs one thread to its end; a hang or crash ends it with a finding at the input it was at. */
function runThread(file: string, options: FuzzOptions, first: number, until: number): Promise<Thread> {
  const progress = new Int32Array(new SharedArrayBuffer(12));
  const findings: Finding[] = [];
  const task: WorkerTask = {
    target: options.target,
    seed: options.seed,
    first,
    stride: options.threads,
    progress,
    until,
    most: options.most ?? Number.MAX_SAFE_INTEGER,
  };
  const worker = new Worker(file, {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  const inputMs = options.inputMs ?? 10_000;
  return new Promise((resolve) => {
    let last = -1;
    let since = Date.now();
    const end = () => {
      clearInterval(watch);
      resolve({ progress, findings });
    };
    const watch = setInterval(() => {
      const done = Atomics.load(progress, 1);
      if (done !== last) {
        last = done;
        since = Date.now();
      } else if (Date.now() - since > inputMs + (done === 0 ? loadingMs : 0)) {
        findings.push({ index: Atomics.load(progress, 0), problem: `took more than ${inputMs} ms` });
        void worker.terminate().then(end);
      }
    }, 100);
    worker.on("message", (message: Finding | "done") => {
      if (message !== "done") findings.push(message);
    });
    worker.on("error", (error: Error) =>
      findings.push({ index: Atomics.load(progress, 0), problem: `the thread died: ${error.message}` }),
    );
    worker.on("exit", end);
  });
}

/** Fuzzes one target. The same seed, target and seeds give the same inputs. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const sources = targetOf(options.target);
  if (sources === undefined)
    throw new Error(`no target ${options.target}; there are ${Object.keys(targets).join(", ")}`);
  const file = await buildWorker();
  const until = Date.now() + options.seconds * 1000;
  const threads = await Promise.all(
    Array.from({ length: options.threads }, (_, first) => runThread(file, options, first, until)),
  ).finally(() => rmSync(dirname(file), { recursive: true, force: true }));
  const findings = threads.flatMap((thread) => thread.findings);
  const files =
    options.folder === undefined
      ? []
      : findings
          .slice(0, 20)
          .map(({ index }) =>
            save(join(options.folder as string, options.target), inputAt(index, options.seed, sources)),
          );
  const sum = (at: number) => threads.reduce((total, { progress }) => total + (progress[at] ?? 0), 0);
  return { target: options.target, inputs: sum(1), refused: sum(2), findings, files };
}

function save(folder: string, input: Uint8Array): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash("sha256").update(input).digest("hex").slice(0, 16));
  writeFileSync(path, input);
  return path;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "30" },
      seed: { type: "string", default: "1" },
      threads: { type: "string" },
    },
  });
  const wanted = positionals.length === 0 || positionals.includes("all") ? Object.keys(targets) : positionals;
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error("--seconds is a positive number, --seed an integer");
  const threads = Math.max(1, Number(values.threads ?? Math.max(1, availableParallelism() - 1)));
  let failed = 0;
  for (const target of wanted) {
    const report = await fuzz({ target, seconds, seed, threads, folder: "fuzz-findings" });
    const ok = report.findings.length === 0 && report.inputs > 0;
    if (!ok) failed++;
    process.stdout.write(
      `${ok ? "ok  " : "FAIL"} ${target.padEnd(16)} ${report.inputs} inputs, ${report.refused} refused, ` +
        `${report.findings.length} findings\n`,
    );
    for (const finding of report.findings.slice(0, 5))
      process.stdout.write(
        `     input ${finding.index} of seed ${seed}: ${finding.problem.split("\n").slice(0, 6).join("\n       ")}\n`,
      );
    for (const file of report.files) process.stdout.write(`     ${file}\n`);
  }
  process.stdout.write(`${wanted.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
