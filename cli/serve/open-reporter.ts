/**
 * Who tells a cluster of decisions, where the configuration says so. Source: docs/spec/kyverno.md#reports-and-events.
 */
import { readsObjects } from "../../core/admission/kept-request.ts";
import type { Engine, EngineError, Limits, PolicyException } from "../../core/index.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Log } from "../../proxy/log.ts";
import type { ReportMetrics } from "../../proxy/metrics.ts";
import { Reporter, ReportMemory } from "../../proxy/reports/reporter.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { Cluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { policyName } from "../../proxy/webhook/admission-recheck.ts";

export interface ReporterParts {
  readonly config: Config;
  readonly cluster: Cluster | undefined;
  readonly metrics: ReportMetrics;
  readonly engines: readonly Engine[];
  readonly exceptions: readonly PolicyException[];
  readonly knowledge: Knowledge;
  /** Who says it: the name of the machine or Pod. */
  readonly instance: string;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly log: Log;
}

/** What was told stays known when policies are read again. */
const memories = new WeakMap<Cluster, ReportMemory>();

function memoryOf(cluster: Cluster, limits: Limits): ReportMemory {
  const memory = memories.get(cluster) ?? new ReportMemory(limits);
  memories.set(cluster, memory);
  return memory;
}

/** `undefined`: nothing is to be told. */
export function openReporter(parts: ReporterParts): Reporter | undefined {
  const { config, cluster, metrics, engines, exceptions, knowledge, instance, limits, now, log } = parts;
  const { events, reports } = config.admission;
  if (cluster === undefined || (!events && reports === "none")) return undefined;
  const policies = engines.flatMap((engine) => engine.policies);
  const byName = new Map(policies.map((policy) => [policyName(policy), policy]));
  return new Reporter({
    write: cluster.write,
    events,
    reports: reports === "none" ? undefined : reports,
    decide: (request) =>
      engines.flatMap((engine) => engine.decide(request, knowledge, now(), { pass: "mutate" }).results),
    policyOf: ({ policy: name, policyNamespace: namespace }) => byName.get(policyName({ name, namespace })),
    keepsObjects: readsObjects(policies, exceptions),
    memory: memoryOf(cluster, limits),
    instance,
    limits,
    now,
    counted: metrics.counted,
    waiting: metrics.waiting,
    failed: (what, { code, message, subject }: EngineError) =>
      log.error(`${what} cannot be written to the cluster`, { code, error: message, subject }),
    bug: (error) => log.error("a bug ended a write to the cluster", { error: String(error) }),
  });
}
