/**
 * `npm run soak [-- --minutes N]`: the built webhook under reviews of every kind for some minutes: admitted, denied,
 * undecided, unchanged, too deep, no JSON. Prints requests, errors and memory. Exit code 1 for an answer that is not
 * the right one, and for memory that grows.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { fillSigned } from "./bench/admission-images.ts";
import { AdmissionFolder } from "./bench/admission-serve.ts";
import { images } from "./bench/admission-warm.ts";
import { residentOf } from "./bench/server-process.ts";
import { exchange, mixedReviews, openConnection } from "./bench/soak-reviews.ts";

export interface SoakResult {
  readonly requests: number;
  /** Answers that were not the right ones, and connections that broke: the first of them. */
  readonly errors: readonly string[];
  readonly errorCount: number;
  /** MiB: when a tenth of the time was over, at the end, and the most. */
  readonly memory: { readonly early: number; readonly late: number; readonly most: number };
}

const connections = 16;
const mib = 1024 * 1024;
/** Memory that a collector has not taken back yet may come on top. */
const mostGrowth = 1.25;
const shownErrors = 20;

/** Runs for so many milliseconds. `tell` hears once in ten seconds. */
export async function soak(ms: number, tell: (line: string) => void): Promise<SoakResult> {
  const folder = await AdmissionFolder.open();
  try {
    const { policy } = fillSigned(folder.store, images);
    const server = await folder.serve(policy);
    const reviews = mixedReviews();
    const begun = performance.now();
    const errors: string[] = [];
    const seen: { at: number; bytes: number }[] = [];
    let [requests, errorCount] = [0, 0];
    const wrong = (what: string): void => {
      errorCount += 1;
      if (errors.length < shownErrors) errors.push(what);
    };
    const isOver = (): boolean => performance.now() - begun >= ms;
    const look = setInterval(() => seen.push({ at: performance.now() - begun, bytes: residentOf(server.pid) }), 250);
    const told = setInterval(() => {
      const memory = Math.round(residentOf(server.pid) / mib);
      const seconds = Math.round((performance.now() - begun) / 1000);
      tell(`${seconds} s: ${requests} requests, ${errorCount} errors, ${memory} MiB`);
    }, 10_000);
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (!isOver()) {
          try {
            const connection = await openConnection(server.port);
            // A server ends a connection now and then, so that load spreads.
            for (let count = 0; count < 500 && !isOver(); count++) {
              const { bytes, name, isRight } = reviews[requests++ % reviews.length] as (typeof reviews)[number];
              const answer = await exchange(connection, bytes);
              if (!isRight(answer)) wrong(`${name}: ${answer.slice(0, 500)}`);
            }
            connection.destroy();
          } catch (error) {
            wrong(error instanceof Error ? error.message : String(error));
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        }
      }),
    );
    clearInterval(look);
    clearInterval(told);
    const most = Math.max(...seen.map(({ bytes }) => bytes)) / mib;
    const mean = (some: typeof seen): number => some.reduce((sum, { bytes }) => sum + bytes, 0) / some.length / mib;
    const early = mean(seen.filter(({ at }) => at >= ms / 10 && at < ms / 5));
    return {
      requests,
      errors,
      errorCount,
      memory: { early, late: mean(seen.filter(({ at }) => at >= 0.9 * ms)), most },
    };
  } finally {
    folder.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  const minutes = Number(values.minutes);
  const { requests, errors, errorCount, memory } = await soak(minutes * 60_000, write);
  for (const one of errors) write(`ERROR ${one}`);
  const growth = memory.late / memory.early;
  const [early, late, most] = [memory.early, memory.late, memory.most].map((one) => one.toFixed(0));
  write(`${minutes} minutes: ${requests} requests, ${errorCount} errors`);
  write(`memory: ${early} MiB in the second tenth, ${late} in the last (${growth.toFixed(2)} times), ${most} at most`);
  // In a short run the program is still being compiled.
  const grows = minutes >= 5 && growth > mostGrowth;
  process.exitCode = errorCount === 0 && !grows ? 0 : 1;
}
