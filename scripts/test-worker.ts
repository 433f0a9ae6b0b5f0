/** The child process of the test runner: loads one test file after the other and reports what its uvu suites did. */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { cpuSeconds } from "./cpu-time.ts";
import { type FileReport, stopWord } from "./file-report.ts";

/** `[errors or true, passed, skipped, total]`, as a suite of uvu returns it. */
type SuiteResult = readonly [errors: string | true, passed: number, skips: number, total: number];
type SuiteRun = () => Promise<SuiteResult>;

/** The ledger of `test/support/vectors.ts`: cases that did not run because their data is missing. */
const ledgerKey = Symbol.for("sallyport.test.skipped");
const takeSkipped = (): readonly { readonly count: number }[] =>
  (globalThis as { [ledgerKey]?: { readonly count: number }[] })[ledgerKey]?.splice(0) ?? [];

const uvu = globalThis as { UVU_DEFER?: number; UVU_INDEX?: number; UVU_QUEUE?: SuiteRun[][] };
uvu.UVU_DEFER = 1;
uvu.UVU_QUEUE = [];
const queue = uvu.UVU_QUEUE;

interface Running {
  readonly file: string;
  readonly output: string[];
  readonly started: number;
  readonly cpuBefore: number;
}

const stopsAtFirst = process.argv.includes(stopWord);
/** What uvu writes after a test that failed; the suite's other tests would run all the same. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: uvu colours it where it may.
const failedTest = /^(?:\u001b\[\d+m)?✘ (?:\u001b\[\d+m)?$/;

let current: Running | undefined;
/** What loading the worker took counts for its first file. */
let cpuReported = 0;
const spent = ({ started, cpuBefore }: Running) => {
  cpuReported = cpuSeconds();
  return { durationMs: performance.now() - started, cpuSeconds: cpuReported - cpuBefore };
};

const originalWrite = process.stdout.write.bind(process.stdout);
process.stdout.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
  if (current === undefined) return (originalWrite as (...all: unknown[]) => boolean)(chunk, ...rest);
  const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
  current.output.push(text);
  if (stopsAtFirst && failedTest.test(text)) crash("a test failed", current.file);
  const done = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
  done?.();
  return true;
}) as typeof process.stdout.write;

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

async function runFile(file: string): Promise<FileReport> {
  const output: string[] = [];
  const running: Running = { file, output, started: performance.now(), cpuBefore: cpuReported };
  current = running;
  const group: SuiteRun[] = [];
  uvu.UVU_INDEX = queue.push(group) - 1;
  const problems: string[] = [];
  let passed = 0;
  let failed = 0;
  let total = 0;
  const fail = (problem: string, count = 1) => {
    failed += count;
    problems.push(problem);
  };
  takeSkipped();
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    fail(`the file does not load: ${textOf(error)}`);
  }
  for (const suite of group) {
    try {
      const [errors, ran, left, size] = await suite();
      passed += ran;
      total += size;
      if (errors !== true) fail(errors, Math.max(1, size - ran));
      // uvu loses what a hook before the suite throws: all that shows is that tests did not run.
      if (errors === true && ran < size)
        fail(`${size - ran} tests did not run: a hook of the suite failed`, size - ran);
      if (left > 0) fail(`${left} tests are left out by .skip or .only`);
    } catch (error) {
      fail(`a hook of the suite failed: ${textOf(error)}`);
    }
  }
  const skipped = takeSkipped().reduce((sum, { count }) => sum + count, 0);
  if (problems.length === 0 && group.length === 0 && skipped === 0) fail("no suite was run: is test.run() missing?");
  else if (problems.length === 0 && total === 0 && skipped === 0) fail("the suites hold no test");
  current = undefined;
  return { file, passed, failed, skipped, problems, output: output.join(""), ...spent(running) };
}

/** An error that escapes every test ends this process: what runs after it could not be trusted. */
function crash(kind: string, error: unknown): void {
  const running = current;
  current = undefined;
  const problem = `${kind}: ${textOf(error)}`;
  const report: FileReport = {
    file: running?.file ?? "",
    passed: 0,
    failed: 1,
    skipped: 0,
    problems: [problem],
    output: running?.output.join("") ?? "",
    ...(running === undefined ? { durationMs: 0, cpuSeconds: 0 } : spent(running)),
    last: true,
  };
  process.send?.(report, () => process.exit(1));
}

process.on("uncaughtException", (error) => crash("uncaught exception", error));
process.on("unhandledRejection", (error) => crash("unhandled rejection", error));
process.on("exit", () => {
  if (current !== undefined) writeSync(2, current.output.join(""));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
process.on("message", (file: string) => {
  runFile(file).then(
    (report) => process.send?.(report),
    (error: unknown) => crash("the runner failed", error),
  );
});
