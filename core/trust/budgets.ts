/**
 * Every budget of a decision, with its defaults, and how fresh what it rests on is: a part of its evidence. Source:
 * docs/spec/offline.md#age-budgets.
 */
import { InstantText } from "../encoding/instant.ts";
import type { Mirrored } from "../knowledge/knowledge.ts";
import type { AgeBudget } from "./age-budget.ts";
import { defaultTrustBudget, type TrustMode } from "./freshness.ts";
import { ageOf, defaultMirrorBudget } from "./mirror-age.ts";
import type { TrustSettings } from "./tuf-verifier.ts";

export interface FreshnessBudgets {
  readonly maxTrustAge: AgeBudget;
  readonly maxMirrorAge: AgeBudget;
  readonly maxCheckpointAge: AgeBudget;
  /** As decisions tell of them. */
  readonly told: ToldBudgets;
}

/** Plain JSON. Absent: never. */
interface BudgetEvidence {
  readonly warnSeconds?: number;
  readonly denySeconds?: number;
}

interface ToldBudgets {
  readonly mode: TrustMode;
  readonly maxTrustAge: BudgetEvidence;
  readonly maxMirrorAge: BudgetEvidence;
  readonly maxCheckpointAge: BudgetEvidence;
}

/** How fresh what a decision rests on is. Plain JSON; times are RFC 3339. Policies may be stricter than its budgets. */
export interface Freshness extends ToldBudgets {
  /** The time at which ages are judged: that of the decision, or the newest signed time, if that is later. */
  readonly judgedAt: string;
  /** Of a mirror: as of when it is, and who says so; empty: nobody knows. */
  readonly mirror?: { readonly at?: string; readonly by?: "archive" | "sync"; readonly ageSeconds?: number };
}

/** A warning is never due after the denial. */
const toBudgetEvidence = ({ warn, deny }: AgeBudget): BudgetEvidence => ({
  ...(warn === undefined ? {} : { warnSeconds: Math.min(warn, deny ?? warn) / 1000 }),
  ...(deny === undefined ? {} : { denySeconds: deny / 1000 }),
});

export function budgetsOf({ mode = "budget", ...given }: TrustSettings): FreshnessBudgets {
  const maxTrustAge = { ...defaultTrustBudget, ...given.maxTrustAge };
  const maxMirrorAge = { ...defaultMirrorBudget, ...given.maxMirrorAge };
  const maxCheckpointAge = given.maxCheckpointAge ?? {};
  const told = {
    mode,
    maxTrustAge: toBudgetEvidence(maxTrustAge),
    maxMirrorAge: toBudgetEvidence(maxMirrorAge),
    maxCheckpointAge: toBudgetEvidence(maxCheckpointAge),
  };
  return { maxTrustAge, maxMirrorAge, maxCheckpointAge, told };
}

const [judged, mirroredAt] = [new InstantText(), new InstantText()];

export function toFreshness({ told }: FreshnessBudgets, now: Date, mirrored: Mirrored | undefined): Freshness {
  const judgedAt = judged.of(now);
  if (mirrored === undefined) return { judgedAt, ...told };
  const { at, by } = mirrored;
  const age = ageOf(at, now);
  const mirror = {
    ...(at === undefined ? {} : { at: mirroredAt.of(at) }),
    ...(by === undefined ? {} : { by }),
    ...(age === undefined ? {} : { ageSeconds: Math.floor(age / 1000) }),
  };
  return { judgedAt, ...told, mirror };
}
