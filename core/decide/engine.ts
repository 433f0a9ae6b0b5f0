/**
 * The engine: policies compiled once, each request decided by a pure synchronous function. Source:
 * docs/architecture.md#decide-then-ask, #one-request-hop-by-hop, docs/spec/kyverno.md#failure-policy.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { Askable } from "../kyverno/policy/askable.ts";
import { compileRule } from "../kyverno/image/compile-rule.ts";
import type { CompiledPolicy } from "../kyverno/image/decide-policy.ts";
import { DefaultImages } from "../kyverno/image/default-images.ts";
import type { Pass, RuleResult } from "../kyverno/image/result.ts";
import type { DecisionRun } from "../kyverno/image/rule-run.ts";
import { CountedSets } from "../kyverno/image/verify-image-entry.ts";
import { indexRules } from "../kyverno/image/rule-index.ts";
import { expandRules } from "../kyverno/policy/autogen.ts";
import type { PolicyException } from "../kyverno/policy/exceptions.ts";
import type { Policy, PolicyWarning } from "../kyverno/policy/policy.ts";
import { locate } from "../kyverno/policy/remark.ts";
import { indexExceptions } from "../kyverno/image/exception-index.ts";
import { createContextFactory } from "../kyverno/rule/json-context.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { requireOptions } from "../errors.ts";
import { type Limits, limitsWith } from "../limits.ts";
import { type Alias, createAliases } from "../oci/aliases.ts";
import type { ReferenceOptions } from "../oci/reference.ts";
import { type DistrustRow, hold, type Knowledge, type SourceState } from "../knowledge/knowledge.ts";
import type { TrustSettings } from "../trust/tuf-verifier.ts";
import { createImageVerifier, versionOf } from "../verify/image-verifier.ts";
import { isAllowed } from "./allowed.ts";
import type { Decision } from "./decision.ts";
import { runPasses } from "./passes.ts";
import { plainRequests } from "./plain-request.ts";
import { RememberedDecisions } from "./remembered-decisions.ts";

export interface EngineSettings {
  /** Kyverno's ConfigMap settings for image references. */
  readonly references?: ReferenceOptions;
  /** Under which names repositories are mirrored. */
  readonly aliases?: readonly Alias[];
  /** The trusted root of policies that name none. */
  readonly trustRoot?: string;
  /** The TUF roots from which trusted roots are verified, and how old their metadata may be. */
  readonly trust?: TrustSettings;
  /**
   * `none`: a namespace whose labels the request does not carry has no labels, as in Kyverno's command line. Default
   * `ask`.
   */
  readonly absentNamespaceLabels?: "ask" | "none";
  /** Limits what is asked for policies. Default: everything that they name is asked. */
  readonly askable?: Askable;
}

export interface EngineOptions {
  readonly policies: readonly Policy[];
  readonly exceptions?: readonly PolicyException[];
  readonly settings?: EngineSettings;
  /** Distrusted whatever signature vouches for it, in addition to the distrust list of a decision's knowledge. */
  readonly distrust?: readonly DistrustRow[] | undefined;
  /** Receives each checkpoint that a log of the trusted root signed. The same one may come several times. */
  readonly sawCheckpoint?: ((note: string) => void) | undefined;
  readonly crypto: SignatureVerifier;
  readonly limits?: Partial<Limits>;
}

export interface DecideOptions {
  /**
   * Only image references select: match, preconditions, counts, skips and a first success do not end the search. For a
   * sync.
   */
  readonly exhaustive?: boolean;
  /** The passes of one kind alone, as one webhook of a cluster runs them. Default: both, one after the other. */
  readonly pass?: Pass;
}

export type { Decision } from "./decision.ts";

export interface Engine {
  readonly policies: readonly Policy[];
  /** Faults in policies that still load: what reading them found, and attestors that nothing can satisfy. */
  readonly warnings: readonly PolicyWarning[];
  /** The engine's bounds: the given ones, else the defaults. */
  readonly limits: Limits;
  /** Whether its policies read no more of a request than kinds, names, labels, users and images of Pods. */
  readonly isPlain: boolean;
  decide(request: AdmissionRequest, knowledge: Knowledge, now: Date, options?: DecideOptions): Decision;
}

/**
 * Compiles the policies, once.
 * @throws EngineError when a policy cannot be compiled, `invalid-usage` for an option that is missing, and as
 * `limitsWith` and `createAliases`.
 */
export function createEngine(options: EngineOptions): Engine {
  requireOptions(options, "policies", "crypto");
  const limits = limitsWith(options.limits);
  const settings = options.settings ?? {};
  const references = settings.references ?? {};
  const aliases = createAliases(settings.aliases ?? [], limits);
  const exceptions = indexExceptions(options.exceptions ?? [], limits);
  const images = createImageVerifier({
    crypto: options.crypto,
    limits,
    trustRoot: settings.trustRoot,
    trust: settings.trust,
    distrust: options.distrust,
    sawCheckpoint: options.sawCheckpoint,
  });
  const variables = createContextFactory({ limits, references });
  const compiled = options.policies.map(
    (policy): CompiledPolicy => ({
      policy,
      rules: expandRules(policy).map((rule) => compileRule(policy, rule, limits, settings.askable)),
    }),
  );
  const candidates = indexRules(compiled);
  const plain = plainRequests(options.policies, options.exceptions ?? []);
  const remembered = new RememberedDecisions(limits);
  return {
    limits,
    isPlain: plain?.ofEveryKind ?? false,
    policies: options.policies,
    warnings: compiled.flatMap((policy) => [...policy.policy.warnings, ...attestorWarnings(policy)]),
    decide(request, source, now, { exhaustive = false, pass } = {}) {
      const key = exhaustive ? undefined : plain?.keyOf(request, pass);
      let before: SourceState = {};
      const version = (): string | undefined => {
        before = stateOf(source);
        return versionOf(before);
      };
      const known = key === undefined ? undefined : remembered.find(source, version, key, now);
      if (known !== undefined) {
        const { results, patches, read, newestSignedTime } = known;
        const freshness = images.freshness(before, now);
        const decision: Decision = {
          allowed: true,
          results,
          patches,
          warnings: none,
          trustWarnings: none,
          open: [],
          read,
          at: freshness.judgedAt,
          freshness,
        };
        return newestSignedTime === undefined ? decision : { ...decision, newestSignedTime };
      }
      const release = hold(source);
      try {
        // Of the same moment as the answers: what is distrusted with a new answer counts with it.
        const state = stateOf(source);
        const trustWarnings = new Set<string>();
        const verifier = images.open(source, now, { exhaustive, state, warn: (text) => trustWarnings.add(text) });
        const { knowledge } = verifier;
        const match = { knowledge, absentNamespaceLabels: settings.absentNamespaceLabels ?? "ask" };
        const defaults = new DefaultImages(references, limits, aliases);
        const run: DecisionRun = {
          knowledge,
          verifier,
          limits,
          references,
          aliases,
          defaults,
          counted: new CountedSets(),
          exhaustive,
          exceptions,
          match,
          warn: (text) => void trustWarnings.add(text),
          variables: (current, policy) => variables(current, { now, policy }),
        };
        const passed = runPasses(exhaustive ? compiled : candidates(request, defaults), request, run, pass);
        const { results, patches, warnings } = passed;
        const clock = verifier.clockWarning();
        if (clock !== undefined) trustWarnings.add(clock);
        const newest = verifier.newestSignedTime();
        const decision: Decision = {
          allowed: isAllowed(results),
          results,
          patches,
          warnings: [...warnings, ...resultWarnings(results), ...trustWarnings],
          trustWarnings: [...trustWarnings],
          open: knowledge.open(),
          // Only evidence records ask for it.
          get read() {
            return verifier.read();
          },
          at: now.toISOString(),
          freshness: verifier.freshness(),
          ...(newest === undefined ? {} : { newestSignedTime: newest.toISOString() }),
        };
        const steady = key === undefined ? undefined : verifier.steady();
        if (key !== undefined && steady !== undefined) remembered.keep(source, versionOf(state), key, decision, steady);
        return decision;
      } finally {
        release();
      }
    },
  };
}

const none: readonly string[] = [];

const stateOf = (source: Knowledge): SourceState => source.state?.() ?? {};

/** Once for each attestor of the policy: autogen rules repeat it. */
function attestorWarnings({ policy, rules }: CompiledPolicy): readonly PolicyWarning[] {
  const byPlace = new Map(rules.flatMap(({ warnings }) => warnings.map((remark) => [remark.pointer, remark] as const)));
  return [...byPlace.values()].map((remark) => locate(policy, remark));
}

const resultWarnings = (results: readonly RuleResult[]): readonly string[] =>
  results
    .filter((result) => result.status !== "pass" && result.status !== "skip")
    .map((result) => `policy ${result.policy}.${result.rule}: ${result.message}`);
