/**
 * Runs every test file of the project and ends with the line `N passed, N failed` (and `, N skipped` where vectors are
 * not at hand). uvu passes quietly when a suite forgets `.run()` and when no file matches; here both fail, and a crash
 * costs only its own file. Before that line stand the CPU seconds of the run and of its slowest files; a whole run that
 * takes twice the committed figure fails.
 *
 *     node --import tsx scripts/run-tests.ts [--jobs N] [part of a path]...
 */
import { type ChildProcess, fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type CpuFigure, committedFigure, ReferenceWork, timesFigure } from "./cpu-figure.ts";
import { type FileReport, stopWord } from "./file-report.ts";

export interface RunOptions {
  /** Folder that holds `test/`. */
  readonly root: string;
  /** Run only files whose path contains one of these. */
  readonly filters?: readonly string[];
  /** These files, in this order, in place of those that are found. */
  readonly files?: readonly string[];
  /** No further file begins once so many CPU seconds were spent. */
  readonly cpuSeconds?: number;
  /** Ends with the first test that fails. */
  readonly stopAtFirst?: boolean;
  readonly jobs?: number;
  readonly fileTimeoutMs?: number;
  /** What the run may take twice of and no more; without it the run is measured only. */
  readonly figure?: CpuFigure;
  readonly write: (text: string) => void;
}

export interface RunSummary {
  readonly files: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The files in which something failed. */
  readonly failing: readonly string[];
}

const workerPath = fileURLToPath(new URL("./test-worker.ts", import.meta.url));

/** Every `*.test.ts` below `test/`, sorted, with `/` in paths relative to the root. */
export function findTestFiles(root: string, filters: readonly string[] = []): readonly string[] {
  const files = readdirSync(join(root, "test"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
  return filters.length === 0 ? files : files.filter((file) => filters.some((filter) => file.includes(filter)));
}

/** One worker process at a time, replaced when it dies. */
class Worker {
  readonly #root: string;
  readonly #timeoutMs: number;
  readonly #words: readonly string[];
  #child: ChildProcess | undefined;
  #isReady = false;
  #stderr = "";

  constructor(root: string, timeoutMs: number, stopAtFirst: boolean) {
    this.#root = root;
    this.#timeoutMs = timeoutMs;
    this.#words = stopAtFirst ? [stopWord] : [];
  }

  run(file: string): Promise<FileReport> {
    const child = this.#child ?? this.#start();
    this.#stderr = "";
    const started = performance.now();
    return new Promise((resolve) => {
      const lost = (problem: string): FileReport => ({
        file,
        passed: 0,
        failed: 1,
        skipped: 0,
        problems: [problem],
        output: this.#stderr,
        durationMs: performance.now() - started,
        cpuSeconds: 0,
      });
      const settle = (report: FileReport) => {
        clearTimeout(timer);
        child.off("message", onMessage).off("close", onClose);
        resolve({ ...report, file });
      };
      // Loading the worker is not the file's time.
      let timer: NodeJS.Timeout | undefined;
      const startTimer = () => {
        timer = setTimeout(() => {
          this.#child = undefined;
          child.kill("SIGKILL");
          settle(lost(`no result after ${this.#timeoutMs} ms`));
        }, this.#timeoutMs);
      };
      const onMessage = (message: unknown) => {
        if (message === "ready") {
          this.#isReady = true;
          startTimer();
          return;
        }
        const report = message as FileReport;
        if (report.last === true) this.#child = undefined;
        settle({ ...report, output: report.output + this.#stderr });
      };
      const onClose = (code: number | null, signal: string | null) =>
        settle(lost(`the process ended with ${signal ?? `exit code ${code}`} in the middle of the file`));
      if (this.#isReady) startTimer();
      child.on("message", onMessage).on("close", onClose);
      child.send(join(this.#root, file));
    });
  }

  stop(): void {
    this.#child?.disconnect();
  }

  #start(): ChildProcess {
    const child = fork(workerPath, this.#words, {
      cwd: this.#root,
      execArgv: ["--import", import.meta.resolve("tsx")],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const keep = (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString("utf8")).slice(-20_000);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("exit", () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
    this.#isReady = false;
    return child;
  }
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "    ");

function describe(report: FileReport): string {
  const counts = [
    `${report.passed} passed`,
    ...(report.failed > 0 ? [`${report.failed} failed`] : []),
    ...(report.skipped > 0 ? [`${report.skipped} skipped`] : []),
  ];
  const head =
    `${report.failed > 0 ? "FAIL" : "ok  "} ${report.file}  ${counts.join(", ")}  ` +
    `(${Math.round(report.durationMs)} ms)\n`;
  if (report.failed > 0)
    return (
      `${head}${indent(report.output.trimEnd())}\n` +
      `${indent(report.problems.map((problem) => problem.trim()).join("\n\n"))}\n`
    );
  const notes = report.output.split("\n").filter((line) => line.startsWith("skipped "));
  return head + notes.map((line) => `    ${line}\n`).join("");
}

const shownFiles = 10;
const filesPerRound = 10;

/** The CPU seconds of the run and its slowest files, and whether it took too many. */
function describeCpu(
  reports: readonly FileReport[],
  reference: number,
  figure: CpuFigure | undefined,
): { readonly text: string; readonly over: boolean } {
  const measured = { seconds: reports.reduce((sum, report) => sum + report.cpuSeconds, 0), reference };
  const slowest = reports.toSorted((left, right) => right.cpuSeconds - left.cpuSeconds).slice(0, shownFiles);
  const times = figure === undefined ? undefined : timesFigure(measured, figure);
  const over = times !== undefined && times > 2;
  const head = [
    `CPU seconds: ${measured.seconds.toFixed(1)}, reference ${measured.reference.toFixed(4)}`,
    ...(times === undefined ? [] : [`, ${times.toFixed(2)} times the figure in scripts/cpu-figure.ts`]),
  ];
  return {
    text:
      `\n${over ? "FAIL " : ""}${head.join("")}; the slowest files:\n` +
      slowest.map((report) => `  ${report.cpuSeconds.toFixed(1).padStart(6)}  ${report.file}\n`).join(""),
    over,
  };
}

/**
 * Runs the files and writes a line for each, failures in full, and a list of the failing files. The counts are the
 * caller's to print last.
 */
export async function runTests(options: RunOptions): Promise<RunSummary> {
  const files = options.files ?? findTestFiles(options.root, options.filters);
  if (files.length === 0) {
    options.write("FAIL no test file matches\n");
    return { files: 0, passed: 0, failed: 1, skipped: 0, failing: [] };
  }
  const waiting = [...files];
  const reports: FileReport[] = [];
  const reference = new ReferenceWork();
  const jobs = Math.min(options.jobs ?? availableParallelism(), files.length);
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      const worker = new Worker(options.root, options.fileTimeoutMs ?? 300_000, options.stopAtFirst === true);
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        const report = await worker.run(file);
        if (reports.push(report) % filesPerRound === 0) reference.measure();
        options.write(describe(report));
        const spent = reports.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
        if (options.stopAtFirst === true && report.failed > 0) waiting.length = 0;
        if (options.cpuSeconds !== undefined && spent >= options.cpuSeconds) waiting.length = 0;
      }
      worker.stop();
    }),
  );
  const failing = reports.filter((report) => report.failed > 0);
  if (failing.length > 0)
    options.write(
      `\nfailing files:\n${failing
        .map((report) => `  ${report.file}\n`)
        .sort()
        .join("")}`,
    );
  const cpu = describeCpu(reports, reference.seconds(), options.figure);
  options.write(cpu.text);
  const sum = (count: (report: FileReport) => number) => reports.reduce((total, report) => total + count(report), 0);
  return {
    files: reports.length,
    passed: sum((report) => report.passed),
    failed: sum((report) => report.failed) + (cpu.over ? 1 : 0),
    skipped: sum((report) => report.skipped),
    failing: failing.map(({ file }) => file),
  };
}

/** The last line: `N passed, N failed`, and `, N skipped` where something was. */
export const summaryLine = ({ passed, failed, skipped }: Pick<RunSummary, "passed" | "failed" | "skipped">): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const at = words.indexOf("--jobs");
  const jobs = at === -1 ? undefined : Number(words.splice(at, 2)[1]);
  const root = fileURLToPath(new URL("..", import.meta.url));
  const summary = await runTests({
    root,
    filters: words,
    ...(jobs === undefined ? {} : { jobs }),
    // A part of the files takes a part of the seconds, and a run that measures coverage takes more.
    ...(words.length > 0 || process.env.NODE_V8_COVERAGE !== undefined ? {} : { figure: committedFigure }),
    write: (text) => void process.stdout.write(text),
  });
  process.stdout.write(`\n${summaryLine(summary)}\n`);
  process.exitCode = summary.failed > 0 ? 1 : 0;
}
