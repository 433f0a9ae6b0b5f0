/**
 * Ages that policies ask for: how old a signature must be, and how far past its expiry the metadata may be that vouches
 * for the trusted root. Source: docs/spec/offline.md#age-budgets.
 */
import { EngineError } from "../errors.ts";
import { ageText, budgetText } from "../trust/age-budget.ts";
import type { TufEvidence } from "../trust/tuf-verifier.ts";
import type { VerifyContext } from "./context.ts";

type Clock = Pick<VerifyContext, "now" | "trustTime">;

/** The time at which ages are judged: that of the decision, unless signed times are later. */
export const freshnessTime = (context: Clock): Date => context.trustTime?.now() ?? context.now;

/**
 * Source: docs/spec/outcomes.md#signatures-that-do-not-count-yet.
 * @throws EngineError `no-timestamp` when no signed time is that long ago.
 */
export function requireSignatureAge(least: number, times: readonly Date[], subject: string, context: Clock): void {
  const wanted = `sallyport.dev/min-signature-age is ${budgetText(least)}`;
  if (times.length === 0)
    throw new EngineError("no-timestamp", `no signed time proves how old the signature is, and ${wanted}`, {
      subject,
      remedy: "no-age",
    });
  const earliest = Math.min(...times.map((time) => time.getTime()));
  const counts = new Date(earliest + least);
  const now = freshnessTime(context);
  const isYoung = now < counts;
  // What is known of the age holds until it counts, or from then on.
  context.trustTime?.judged(isYoung ? { end: new Date(counts.getTime() - 1) } : { start: counts });
  if (isYoung)
    throw new EngineError(
      "no-timestamp",
      `no signed time is old enough: the signature is proven from ${new Date(earliest).toISOString()} on, ${wanted}, ` +
        `so that it counts from ${counts.toISOString()} on`,
      { subject, remedy: "too-young" },
    );
}

/** @throws EngineError `stale` when the metadata is further past its expiry. An operator vouches for a pinned root. */
export function requireTrustAge(most: number, { name, mode, expires }: TufEvidence, context: Clock): void {
  if (mode === "pin") return;
  const end = new Date(Date.parse(expires.at) + most);
  const now = freshnessTime(context);
  context.trustTime?.judged({ end });
  if (now <= end) return;
  throw new EngineError(
    "stale",
    `${expires.role} of the trusted root ${name} expired at ${expires.at}, ` +
      `${ageText(now.getTime() - Date.parse(expires.at))} ago; sallyport.dev/max-trust-age allows ${budgetText(most)}`,
    { subject: name, remedy: "policy-trust-age" },
  );
}
