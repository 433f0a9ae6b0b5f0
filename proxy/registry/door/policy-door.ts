/**
 * Kyverno's policies at the door of the registry, for nodes of a cluster without a webhook: an image is decided as if a
 * Pod had it. Source: docs/spec/offline.md#policy-at-the-door.
 */
import {
  type Asker,
  createEngine,
  type Decision,
  type EngineOptions,
  type EngineSettings,
  type Knowledge,
  type Limits,
  type Policy,
  requestFor,
  type RuleResult,
  settle,
  type SignatureVerifier,
} from "../../../core/index.ts";
import { mayOverlook } from "../../../core/decide/allowed.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { type DecidedBy, type Door, type DoorImage, imageText, type PolicyFinding, type Verdict } from "./door.ts";
import { doorPolicies, type NotApplied, policyDigest } from "./applied-policies.ts";

export interface PolicyDoorOptions {
  readonly policies: readonly Policy[];
  readonly settings?: EngineSettings | undefined;
  /** Beside what the knowledge distrusts. */
  readonly distrust?: EngineOptions["distrust"];
  readonly knowledge: Knowledge;
  /** Who is asked for evidence that is not known, until the time that is given; nobody without it. */
  readonly asker?: ((deadline: number) => Asker) | undefined;
  readonly refreshMs: number;
  /** Of an image that no policy selects. */
  readonly noMatch: "admit" | "deny";
  readonly crypto: SignatureVerifier;
  readonly limits: Limits;
  readonly now: () => Date;
}

export interface PolicyDoor extends Door {
  /** To be said at the start. */
  readonly notApplied: readonly NotApplied[];
  /** The names of the policies that are applied. */
  readonly applied: readonly string[];
}

export function createPolicyDoor(options: PolicyDoorOptions): PolicyDoor {
  const { policies, settings, distrust = [], knowledge, asker, refreshMs, noMatch, crypto, limits, now } = options;
  const { applied, notApplied } = doorPolicies(policies);
  const digests = new Map(applied.map((policy) => [policy.name, policyDigest(policy)]));
  const engine = createEngine({
    policies: applied,
    distrust,
    crypto,
    limits,
    ...(settings === undefined ? {} : { settings }),
  });
  return {
    notApplied,
    applied: applied.map(({ name }) => name),
    async judge(image, deadline) {
      const request = requestFor(podOf(image));
      const asked = asker?.(deadline);
      const decision =
        asked === undefined
          ? engine.decide(request, knowledge, now())
          : await settle(engine, request, knowledge, asked, now(), { refresh: refreshMs });
      return verdictOf(decision, image, noMatch, digests);
    },
  };
}

/**
 * A Pod with the image in every spelling that a Pod may have: policies match texts, and `nginx` of a Pod is
 * `docker.io/library/nginx` of a registry.
 */
function podOf(image: DoorImage) {
  const { repository } = image;
  const official = "docker.io/library/";
  const names = repository.startsWith(official)
    ? [repository, `docker.io/${repository.slice(official.length)}`]
    : [repository];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pulled-image", namespace: "default" },
    spec: {
      containers: names.map((name, index) => ({
        name: `image-${index}`,
        image: imageText({ ...image, repository: name }),
      })),
    },
  };
}

function decidedBy([first]: readonly RuleResult[]): { readonly by?: DecidedBy } {
  if (first === undefined) return {};
  const { policy, rule, failures } = first;
  const [failure] = failures;
  return { by: { policy, rule, ...(failure === undefined ? {} : { code: failure.code }) } };
}

/** One for each policy; of a policy with several results the one that is certain. */
function findingsOf(
  results: readonly RuleResult[],
  state: PolicyFinding["state"],
  digests: ReadonlyMap<string, Digest>,
): readonly PolicyFinding[] {
  const found = new Map<string, PolicyFinding>();
  for (const { policy, message, failures } of results) {
    const policyDigest = digests.get(policy);
    const code = failures[0]?.code ?? (state === "refuted" ? "unverified-image" : "not-in-mirror");
    if (policyDigest !== undefined && !found.has(policy))
      found.set(policy, { policy, policyDigest, state, code, message });
  }
  return [...found.values()];
}

/** A certain violation beats an outage; an unknown is one whatever the action of its policy. */
function verdictOf(
  { results }: Decision,
  image: DoorImage,
  noMatch: "admit" | "deny",
  digests: ReadonlyMap<string, Digest>,
): Verdict {
  const words = (found: readonly RuleResult[]): string =>
    [...new Set(found.map(({ policy, rule, message }) => `${policy}.${rule}: ${message}`))].join("; ");
  const refuted = results.filter(({ status, action }) => status === "fail" && action === "Enforce");
  if (refuted.length > 0) {
    const findings = findingsOf(refuted, "refuted", digests);
    return { verdict: "refused", message: words(refuted), findings, ...decidedBy(refuted) };
  }
  const unknown = results.filter(({ status }) => status === "error");
  if (unknown.length > 0)
    return {
      verdict: "unknown",
      message: words(unknown),
      code: unknown.flatMap(({ failures }) => failures)[0]?.code ?? "not-in-mirror",
      // The proxy's failure policy decides, not the policy's.
      isIgnorable: unknown.every((result) => mayOverlook({ ...result, failurePolicy: "Ignore" })),
      findings: findingsOf(unknown, "unknown", digests),
      ...decidedBy(unknown),
    };
  if (results.length === 0 && noMatch === "deny")
    return {
      verdict: "refused",
      message: `no policy selects ${imageText(image)}`,
    };
  return { verdict: "admitted" };
}
