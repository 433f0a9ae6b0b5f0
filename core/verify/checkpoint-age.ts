/**
 * How old the newest checkpoint is of each log whose entry proves a signature. Only a time that the log signed counts:
 * that of a Rekor v1 checkpoint. Source: docs/spec/offline.md#age-budgets.
 */
import { parseCheckpoint, signedTimeOf, verifyRekorV1Checkpoint } from "../tlog/checkpoint.ts";
import { EngineError } from "../errors.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import { ageText, budgetText, judgeAge } from "../trust/age-budget.ts";
import { ageOf } from "../trust/mirror-age.ts";
import { freshnessTime } from "./age-checks.ts";
import { attempt } from "./attempt.ts";
import type { VerifyContext } from "./context.ts";
import type { ProvenEntry } from "./log-proof.ts";

type Context = Pick<VerifyContext, "checkpoints" | "limits" | "now" | "trustTime" | "verifier" | "warn">;

/** The newest time that this log signed on a checkpoint; notes of other logs, and what does not verify, say nothing. */
export function newestCheckpointTime(
  log: Pick<TransparencyLogKey, "publicKey">,
  notes: readonly string[],
  { verifier, limits }: Pick<Context, "verifier" | "limits">,
): Date | undefined {
  const times = notes.flatMap((note) => {
    const outcome = attempt(() => {
      const checkpoint = parseCheckpoint(note, limits);
      const at = signedTimeOf(checkpoint);
      if (at !== undefined) verifyRekorV1Checkpoint(checkpoint, log.publicKey, verifier);
      return at;
    });
    return outcome.ok && outcome.value !== undefined ? [outcome.value.getTime()] : [];
  });
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/** @throws EngineError `stale` when the newest checkpoint of such a log is too old, or nobody knows how old it is. */
export function requireNewCheckpoints(
  entries: readonly ProvenEntry[],
  logs: () => readonly TransparencyLogKey[],
  context: Context,
): void {
  const { budget, notes } = context.checkpoints ?? { budget: {}, notes: () => [] };
  if (budget.warn === undefined && budget.deny === undefined) return;
  for (const logId of new Set(entries.map((entry) => entry.logId))) {
    const log = logs().find((candidate) => candidate.logId === logId);
    const at = log === undefined ? undefined : newestCheckpointTime(log, notes(), context);
    const now = freshnessTime(context);
    const age = ageOf(at, now);
    const state = judgeAge(age, budget);
    const first = Math.min(budget.warn ?? Number.POSITIVE_INFINITY, budget.deny ?? Number.POSITIVE_INFINITY);
    context.trustTime?.judged(
      state === "fresh" && at !== undefined ? { end: new Date(at.getTime() + first - 1) } : undefined,
    );
    if (state === "fresh") continue;
    const what =
      at === undefined || age === undefined
        ? `nobody knows how old the newest checkpoint of the log ${logId} is`
        : `the newest checkpoint of the log ${logId} is of ${at.toISOString()}, ${ageText(age)} ago`;
    if (state === "old") {
      context.warn?.(`freshness has ended: ${what}; maxCheckpointAge warns from ${budgetText(budget.warn ?? 0)} on`);
      continue;
    }
    throw new EngineError("stale", `${what}; maxCheckpointAge allows ${budgetText(budget.deny ?? 0)}`, {
      subject: logId,
      remedy: "old-checkpoint",
    });
  }
}
