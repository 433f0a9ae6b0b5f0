/**
 * Counts by the names that Kyverno gives them, for dashboards and alerts that are there already. What would mean more
 * or less than in Kyverno is not counted by its name. Source: https://kyverno.io/docs/monitoring/.
 */
import { Counter, Histogram, type Registry } from "prom-client";

/** A result of a rule at admission. */
export interface CountedResult {
  readonly policy: string;
  /** Of a Policy. */
  readonly namespace?: string | undefined;
  readonly background: boolean;
  readonly action: "Enforce" | "Audit";
  readonly rule: string;
  readonly status: "pass" | "fail" | "warn" | "error" | "skip";
}

export interface CountedReview {
  readonly kind: string;
  readonly namespace: string;
  readonly operation: string;
  readonly allowed: boolean;
  readonly seconds: number;
  readonly results: readonly CountedResult[];
}

export interface KyvernoMetrics {
  /** Kyverno's names are in the text from the first one on. */
  asKyverno(review: CountedReview): void;
}

/**
 * Kinds and namespaces come from reviews: whoever is not an API server can invent them. Whoever may write a Policy can
 * write another one again and again.
 */
const mostSeries = 10_000;
/** Nothing in a cluster has a longer name. */
const longestName = 253;

const ofRequest = ["resource_kind", "resource_namespace", "resource_request_operation"] as const;
const ofResult = [
  "policy_validation_mode",
  "policy_type",
  "policy_background_mode",
  "policy_name",
  "policy_namespace",
  ...ofRequest,
  "rule_name",
  "rule_result",
  "rule_type",
  "rule_execution_cause",
] as const;

export function kyvernoMetrics(registry: Registry): KyvernoMetrics {
  const registers = [registry];
  const make = () => ({
    results: new Counter({
      name: "kyverno_policy_results_total",
      help: "Results of rules at admission, by Kyverno's name.",
      labelNames: ofResult,
      registers,
    }),
    requests: new Counter({
      name: "kyverno_admission_requests_total",
      help: "Reviews of API servers, by Kyverno's name.",
      labelNames: [...ofRequest, "request_allowed"] as const,
      registers,
    }),
    durations: new Histogram({
      name: "kyverno_admission_review_duration_seconds",
      help: "Time from a review to its decision, by Kyverno's name.",
      labelNames: [...ofRequest, "request_allowed"] as const,
      registers,
    }),
    seen: new Set<string>(),
    seenResults: new Set<string>(),
  });
  /** Whether there is room for it. */
  const isKept = (seen: Set<string>, one: string): boolean => {
    if (seen.has(one)) return true;
    if (seen.size >= mostSeries) return false;
    seen.add(one);
    return true;
  };
  let made: ReturnType<typeof make> | undefined;
  return {
    asKyverno({ kind, namespace, operation, allowed, seconds, results }) {
      if (kind.length > longestName || namespace.length > longestName) return;
      made ??= make();
      const place = `${kind} ${namespace}`;
      if (!isKept(made.seen, place)) return;
      const request = {
        resource_kind: kind,
        resource_namespace: namespace,
        resource_request_operation: operation.toLowerCase(),
      };
      const answered = { ...request, request_allowed: String(allowed) };
      made.requests.inc(answered);
      made.durations.observe(answered, seconds);
      for (const { policy, namespace: own, background, action, rule, status } of results) {
        const of = [place, operation, policy, own, background, action, rule, status].join(" ");
        if (!isKept(made.seenResults, of)) continue;
        made.results.inc({
          ...request,
          policy_validation_mode: action.toLowerCase(),
          policy_type: own === undefined ? "cluster" : "namespaced",
          policy_background_mode: String(background),
          policy_name: policy,
          policy_namespace: own ?? "-",
          rule_name: rule,
          rule_result: status,
          rule_type: "imageVerify",
          rule_execution_cause: "admission_request",
        });
      }
    },
  };
}
