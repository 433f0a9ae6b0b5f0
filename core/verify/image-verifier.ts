/**
 * The composition root of verification: it builds the context and owns what outlives a decision: loaded trust and the
 * memo. Engine and commands verify through it. Source: docs/architecture.md#the-memo.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { DistrustRow, Knowledge, Mirrored, SourceState } from "../knowledge/knowledge.ts";
import { RecordingKnowledge } from "../knowledge/recording-knowledge.ts";
import { type Limits, limitsWith } from "../limits.ts";
import { distrustWith } from "../trust/distrust.ts";
import { budgetsOf, type Freshness, toFreshness } from "../trust/budgets.ts";
import { TrustCache } from "../trust/trust-cache.ts";
import { createTufVerifier, type TrustSettings } from "../trust/tuf-verifier.ts";
import type { Verification } from "../verdict.ts";
import { boundedVerifier } from "./bounded-verifier.ts";
import type { Evidence } from "./evidence.ts";
import { type DecisionContext, DecisionVerifier, Memo } from "./memo.ts";
import { type BundleToVerify, knowingOnly, verifyBundle } from "./verify-bundle.ts";

/** What results are remembered by: they rest on what was known. */
export const versionOf = ({ version, knownVersion = version }: SourceState): string | undefined =>
  version === undefined ? undefined : knownVersion;

export interface ImageVerifierOptions {
  readonly crypto: SignatureVerifier;
  /** The default trusted root. */
  readonly trustRoot?: string | undefined;
  /** The TUF roots from which trusted roots are verified, and how old their metadata may be. */
  readonly trust?: TrustSettings | undefined;
  readonly limits: Limits;
  /** Receives each checkpoint that a log of the trusted root signed. The same one may come several times. */
  readonly sawCheckpoint?: ((note: string) => void) | undefined;
  /** Distrusted whatever signature vouches for it, in addition to a source's own distrust list. */
  readonly distrust?: readonly DistrustRow[] | undefined;
}

export interface DecisionOptions {
  /** Every candidate is verified, even after one that proves, and the memo is not used. For a sync. */
  readonly exhaustive?: boolean;
  /** Receives warnings, which decide nothing. The same one may come several times. */
  readonly warn?: (text: string) => void;
  /** The source's state, where it was read a moment ago. */
  readonly state?: SourceState;
}

export interface ImageVerifier {
  /** For one decision: one time, one record of answers read, one bound on signature checks. */
  open(source: Knowledge, now: Date, options?: DecisionOptions): DecisionVerifier;
  /** How fresh what is known is at this time, if the time is not behind a signed one. */
  freshness(state: SourceState, now: Date): Freshness;
  /** Whether the bundle proves that the expected signer signed the file. */
  verifyBundle(given: BundleToVerify, now: Date): Verification<Evidence>;
}

/** @throws EngineError as `limitsWith`. */
export function createImageVerifier({
  crypto,
  trustRoot = "public-good",
  trust,
  limits: given,
  distrust = [],
  sawCheckpoint,
}: ImageVerifierOptions): ImageVerifier {
  const limits = limitsWith(given);
  const cache = new TrustCache(crypto, { limits, tuf: createTufVerifier(trust ?? {}, limits) });
  const distrustBy = distrustWith(distrust, limits);
  const memo = new Memo(limits);
  const budgets = budgetsOf(trust ?? {});
  /** Many decisions have the same millisecond, and the same mirror. */
  let fresh:
    | { readonly at: number; readonly mirrored: Mirrored | undefined; readonly freshness: Freshness }
    | undefined;
  const contextOf = (
    knowledge: Knowledge,
    { distrust: distrusted = [], newestSignedTime: seen }: SourceState,
    state: () => SourceState,
    now: Date,
    { exhaustive, warn }: DecisionOptions = {},
  ): DecisionContext => ({
    knowledge: new RecordingKnowledge(knowledge),
    now,
    verifier: boundedVerifier(crypto, limits.signatureChecksPerDecision),
    trustRootName: trustRoot,
    trust: cache,
    limits,
    distrust: distrustBy(distrusted),
    seen,
    mirrored: () => state().mirrored,
    budgets,
    sawCheckpoint,
    checkpoints: { budget: budgets.maxCheckpointAge, notes: () => state().checkpoints ?? [] },
    // Setting the clock back does not make anything fresher.
    trustTime: seen === undefined || seen <= now ? undefined : { now: () => seen, judged: () => undefined },
    exhaustive,
    warn,
  });
  return {
    open(source, now, options) {
      const state = options?.state ?? source.state?.() ?? {};
      // Only a source without a version changes within a decision.
      const stateNow = (): SourceState => (state.version === undefined ? (source.state?.() ?? {}) : state);
      const version = options?.exhaustive === true ? undefined : memo.versionOf(source, versionOf(state));
      return new DecisionVerifier(contextOf(version ?? source, state, stateNow, now, options), version);
    },
    freshness({ mirrored }, now) {
      const at = now.getTime();
      if (fresh?.at !== at || fresh.mirrored !== mirrored)
        fresh = { at, mirrored, freshness: toFreshness(budgets, now, mirrored) };
      return fresh.freshness;
    },
    verifyBundle: (given, now) =>
      verifyBundle(
        given,
        contextOf(knowingOnly(given.trustedRoot), {}, () => ({}), now),
      ),
  };
}
