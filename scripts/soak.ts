/**
 * `npm run soak [-- --minutes N] [--cluster]`: the built webhook under reviews of every kind for some minutes:
 * admitted, denied, undecided, unchanged, too deep, no JSON. Meanwhile its policy is edited and its certificate
 * changed, and each change has to come into force. Prints requests, errors and memory. Exit code 1 for an answer that
 * is not the right one, for a change that is not seen, and for memory that grows. `--cluster`: the policy is in a real
 * API server, which also gets Events and policy reports.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { fillSigned } from "./bench/admission-images.ts";
import { AdmissionFolder } from "./bench/admission-serve.ts";
import { images } from "./bench/admission-warm.ts";
import { collectedMemory, inspectedAt, unusedPort } from "./bench/collected-memory.ts";
import { residentOf } from "./bench/server-process.ts";
import { editedPolicy, editedReview, exchange, mixedReviews, openConnection, skippedBy } from "./bench/soak-reviews.ts";

/** A server that decides by a policy of `fillSigned`, and what changes under it. */
export interface SoakTarget {
  readonly port: number;
  readonly pid: number;
  /** Where Node's inspector is asked. */
  readonly inspector: number;
  /** The policy passes over some images, or does not any more. */
  readonly edit: (skips: boolean) => Promise<void>;
  /** Another certificate. */
  readonly renew: () => Promise<void>;
}

export interface SoakResult {
  readonly requests: number;
  /** Answers that were not the right ones, and connections that broke: the first of them. */
  readonly errors: readonly string[];
  readonly errorCount: number;
  /** Changes that came into force. */
  readonly edits: number;
  readonly certificates: number;
  /** MiB as the system counts: in the second tenth of the time, in the last, and the most. */
  readonly memory: { readonly early: number; readonly late: number; readonly most: number };
  /** MiB that the program holds after a collection: when a fifth of the time was over, and at the end. */
  readonly held: { readonly early: number; readonly late: number };
}

const connections = 16;
const mib = 1024 * 1024;
/** Memory that a collector has not taken back yet may come on top. */
const mostGrowth = 1.25;
/** Without it. */
const mostHeldGrowth = 1.1;
const shownErrors = 20;
/** From one change to the next. */
const pauseMs = 3000;
/** A change is in force after this time. */
const changeMs = 30_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a new connection finds: the certificate, and by which policy is decided. */
async function lookAt(port: number): Promise<{ readonly certificate: string; readonly skips: boolean | undefined }> {
  const connection = await openConnection(port);
  try {
    const certificate = connection.getPeerCertificate().fingerprint256;
    return { certificate, skips: skippedBy(await exchange(connection, editedReview())) };
  } finally {
    connection.destroy();
  }
}

/** Edits the policy and changes the certificate until it is over; each has to be seen before the next. */
async function change(target: SoakTarget, isOver: () => boolean, wrong: (what: string) => void) {
  const comes = async (what: string, holds: (seen: Awaited<ReturnType<typeof lookAt>>) => boolean): Promise<number> => {
    const begun = performance.now();
    while (performance.now() - begun < changeMs) {
      if (holds(await lookAt(target.port))) return 1;
      await wait(100);
    }
    wrong(`${what} is not in force after ${changeMs / 1000} seconds`);
    return 0;
  };
  let [edits, certificates] = [0, 0];
  for (let turn = 1; !isOver(); turn++) {
    try {
      await target.edit(turn % 2 === 1);
      edits += await comes("a policy", ({ skips }) => skips === (turn % 2 === 1));
      const before = (await lookAt(target.port)).certificate;
      await target.renew();
      certificates += await comes("a certificate", ({ certificate }) => certificate !== before);
    } catch (error) {
      wrong(error instanceof Error ? error.message : String(error));
    }
    for (let left = pauseMs; left > 0 && !isOver(); left -= 100) await wait(100);
  }
  return { edits, certificates };
}

/** Policies and certificates in files. */
async function soakFolder(ms: number, tell: (line: string) => void): Promise<SoakResult> {
  const folder = await AdmissionFolder.open();
  try {
    const { policy } = fillSigned(folder.store, images);
    const inspector = await unusedPort();
    const { port, pid } = await folder.serve(policy, {}, [inspectedAt(inspector)]);
    const edit = async (skips: boolean): Promise<void> => folder.edit(editedPolicy(policy, skips));
    return await soak({ port, pid, inspector, edit, renew: () => folder.renew() }, ms, tell);
  } finally {
    folder.close();
  }
}

/** Runs for so many milliseconds. `tell` hears once in ten seconds. */
export async function soak(target: SoakTarget, ms: number, tell: (line: string) => void): Promise<SoakResult> {
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
  const look = setInterval(() => seen.push({ at: performance.now() - begun, bytes: residentOf(target.pid) }), 250);
  const told = setInterval(() => {
    const memory = Math.round(residentOf(target.pid) / mib);
    const seconds = Math.round((performance.now() - begun) / 1000);
    tell(`${seconds} s: ${requests} requests, ${errorCount} errors, ${memory} MiB`);
  }, 10_000);
  const heldNow = async (): Promise<number> => (await collectedMemory(target.inspector, target.pid)).held / mib;
  const heldEarly = wait(ms / 5).then(heldNow);
  const changing = change(target, isOver, wrong);
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (!isOver()) {
        try {
          const connection = await openConnection(target.port);
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
  const changes = await changing;
  clearInterval(look);
  clearInterval(told);
  const most = Math.max(...seen.map(({ bytes }) => bytes)) / mib;
  const mean = (some: typeof seen): number => some.reduce((sum, { bytes }) => sum + bytes, 0) / some.length / mib;
  const early = mean(seen.filter(({ at }) => at >= ms / 10 && at < ms / 5));
  return {
    requests,
    ...changes,
    errors,
    errorCount,
    memory: { early, late: mean(seen.filter(({ at }) => at >= 0.9 * ms)), most },
    held: { early: await heldEarly, late: await heldNow() },
  };
}

/** Prints what came of it. Whether it was good. */
export function tellSoak(minutes: number, result: SoakResult, write: (line: string) => void): boolean {
  const { requests, errors, errorCount, edits, certificates, memory, held } = result;
  for (const one of errors) write(`ERROR ${one}`);
  const growth = memory.late / memory.early;
  const [early, late, most] = [memory.early, memory.late, memory.most].map((one) => one.toFixed(0));
  write(`${minutes} minutes: ${requests} requests, ${errorCount} errors`);
  write(`${edits} edits of the policy and ${certificates} certificates came into force meanwhile`);
  write(`memory: ${early} MiB in the second tenth, ${late} in the last (${growth.toFixed(2)} times), ${most} at most`);
  const heldGrowth = held.late / held.early;
  const [first, end] = [held.early, held.late].map((one) => one.toFixed(1));
  const times = heldGrowth.toFixed(2);
  write(`held after a collection: ${first} MiB after a fifth of the time, ${end} at the end (${times} times)`);
  // In a short run the program is still being compiled.
  const grows = minutes >= 5 && (growth > mostGrowth || heldGrowth > mostHeldGrowth);
  return errorCount === 0 && edits > 0 && certificates > 0 && !grows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "10" }, cluster: { type: "boolean", default: false } },
  });
  const minutes = Number(values.minutes);
  if (values.cluster) {
    const program = fileURLToPath(new URL("../test/e2e/soak-cluster.ts", import.meta.url));
    const words = ["--import", "tsx", program, String(minutes)];
    process.exitCode = spawnSync(process.execPath, words, { stdio: "inherit" }).status ?? 1;
  } else {
    const write = (line: string): void => void process.stdout.write(`${line}\n`);
    process.exitCode = tellSoak(minutes, await soakFolder(minutes * 60_000, write), write) ? 0 : 1;
  }
}
