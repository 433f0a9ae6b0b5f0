/**
 * The one root of verifying: it puts the context together, and owns what outlives a decision, which is trust that was
 * loaded and the memo. Engine and commands verify through it. Source: docs/architecture.md#the-memo.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { DistrustRow, Knowledge, SourceState } from "../knowledge/knowledge.ts";
import { RecordingKnowledge } from "../knowledge/recording-knowledge.ts";
import { type Limits, limitsWith } from "../limits.ts";
import { distrustWith } from "../trust/distrust.ts";
import { TrustCache } from "../trust/trust-cache.ts";
import { createTufVerifier, type TrustSettings } from "../trust/tuf-verifier.ts";
import type { Verification } from "../verdict.ts";
import { boundedVerifier } from "./bounded-verifier.ts";
import type { Evidence } from "./evidence.ts";
import { type DecisionContext, DecisionVerifier, Memo } from "./memo.ts";
import { type BundleToVerify, knowingOnly, verifyBundle } from "./verify-bundle.ts";

export interface ImageVerifierOptions {
  readonly crypto: SignatureVerifier;
  /** The name of the trusted root that is meant where nothing is said. */
  readonly trustRoot?: string | undefined;
  /** From which TUF roots trusted roots are verified, and how old their metadata may be. */
  readonly trust?: TrustSettings | undefined;
  readonly limits: Limits;
  /** What is refuted whatever vouches for it, beside what a source of knowledge distrusts. */
  readonly distrust?: readonly DistrustRow[] | undefined;
}

export interface DecisionOptions {
  /** Every candidate is looked at, also behind one that proves, and nothing is recalled. For a sync. */
  readonly exhaustive?: boolean;
  /** Receives what a person should know although it decides nothing, as often as it is noticed. */
  readonly warn?: (text: string) => void;
}

export interface ImageVerifier {
  /** For one decision, which has one time, one record of what it read and one bound on signature checks. */
  open(source: Knowledge, now: Date, options?: DecisionOptions): DecisionVerifier;
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
}: ImageVerifierOptions): ImageVerifier {
  const limits = limitsWith(given);
  const cache = new TrustCache(crypto, { limits, tuf: createTufVerifier(trust ?? {}, limits) });
  const distrustBy = distrustWith(distrust, limits);
  const memo = new Memo(limits.memoEntries);
  const contextOf = (
    knowledge: Knowledge,
    { distrust: distrusted = [], newestSignedTime: seen }: SourceState,
    now: Date,
    options: DecisionOptions = {},
  ): DecisionContext => ({
    knowledge: new RecordingKnowledge(knowledge),
    now,
    verifier: boundedVerifier(crypto, limits.signatureChecksPerDecision),
    trustRootName: trustRoot,
    trust: cache,
    limits,
    distrust: distrustBy(distrusted),
    seen,
    // A clock that was set back makes nothing fresher.
    ...(seen === undefined || seen <= now ? {} : { trustTime: { now: () => seen, judged: () => undefined } }),
    ...options,
  });
  return {
    open(source, now, options) {
      const state = source.state?.() ?? {};
      const version = options?.exhaustive === true ? undefined : memo.versionOf(source, state.version);
      return new DecisionVerifier(contextOf(version ?? source, state, now, options), version);
    },
    verifyBundle: (given, now) => verifyBundle(given, contextOf(knowingOnly(given.trustedRoot), {}, now)),
  };
}
