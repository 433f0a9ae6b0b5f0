/** What the bounds of admission leave out. */
import type { Limits } from "../../core/limits.ts";
import { limitsWith } from "../../core/limits.ts";
import { resourceReport } from "../../core/admission/resource-report.ts";
import { unjudgedPods } from "../../proxy/cluster/unjudged-pods.ts";
import { WatchedObjects, type WatchedOptions } from "../../proxy/cluster/watched-objects.ts";
import { Reporter, ReportMemory } from "../../proxy/reports/reporter.ts";
import { openGate, reviewOf } from "../support/admission.ts";
import { fixtureKnowledge } from "../support/fixture-images.ts";
import { engineOf, image, now, pod, policyText } from "../support/fixture-policies.ts";
import { decidedBy, requestOf } from "../support/undecided.ts";

/** A review of more than a MiB, by a webhook without policies. */
const reviewing = async (given: Partial<Limits>): Promise<readonly string[]> => {
  const gate = await openGate([], { limits: limitsWith(given) });
  try {
    const large = { ...pod("a:1"), note: "x".repeat(1_100_000) };
    const { status } = await gate.post("/mutate/fail", reviewOf(large));
    return status === 200 ? [] : [`status ${status}`];
  } finally {
    await gate.close();
  }
};

/** Two Pods that nobody judged. */
async function naming(given: Partial<Limits>): Promise<readonly string[]> {
  const metadata = { creationTimestamp: "2026-11-30T12:00:00Z", name: "a" };
  async function* pages() {
    yield [{ metadata }, { metadata }];
  }
  const { count, pods } = await unjudgedPods({ pages }, "", limitsWith(given), new AbortController().signal);
  return pods.length === count ? [] : [`named ${pods.length} of ${count}`];
}

/** Two policies that name two objects each. */
async function watching(given: Partial<Limits>): Promise<readonly string[]> {
  const inform = () => ({ state: {}, get: () => undefined, run: () => Promise.resolve() });
  const cluster = { inform, server: () => "" } as unknown as WatchedOptions["cluster"];
  const failed = (error: unknown): never => {
    throw error;
  };
  const objects = new WatchedObjects({ cluster, limits: limitsWith(given), now: () => now, failed });
  const named = ["a", "b"].map((namespace) =>
    ["1", "2"].map((name) => ({ resource: "secrets" as const, namespace, name })),
  );
  const unwatched = objects.want(named);
  await objects.close();
  return unwatched === 0 ? [] : [`asked for: ${unwatched}`];
}

/** Two resources that wait for their reports. */
async function queueing(given: Partial<Limits>): Promise<readonly string[]> {
  const dropped: string[] = [];
  const reporter = new Reporter({
    write: { create: refuse, apply: refuse },
    events: false,
    reports: undefined,
    decide: () => [],
    policyOf: () => undefined,
    keepsObjects: false,
    memory: new ReportMemory(limitsWith({})),
    instance: "",
    limits: limitsWith(given),
    now: () => now,
    counted: (kind, result) => void (result === "dropped" && dropped.push(`${kind} ${result}`)),
    waiting: () => undefined,
    failed: () => undefined,
    bug: () => undefined,
    sleep: () => Promise.resolve(),
  });
  for (const uid of ["1", "2"])
    reporter.admitted(requestOf({ ...pod("a:1"), metadata: { name: "web", namespace: "shop", uid } }));
  await reporter.close();
  return dropped;
}

const refuse = (): Promise<never> => Promise.reject(new Error("nothing is to be written"));

/** A report about a Pod with two images. */
function reporting(given: Partial<Limits>): readonly string[] {
  const engine = engineOf(policyText());
  const request = requestOf(pod(image("signed"), image("unsigned")));
  const report = resourceReport({
    resource: { apiVersion: "v1", kind: "Pod", name: "web", namespace: "shop", uid: "1" },
    results: decidedBy(engine, request, fixtureKnowledge).decision.results,
    policyOf: () => engine.policies[0],
    api: "wgpolicyk8s.io/v1alpha2",
    at: now,
    limits: limitsWith(given),
  });
  const { length } = report.results as readonly unknown[];
  return length === 2 ? [] : [`shown ${length} of 2`];
}

/** Rows of the table of limits. */
export const admissionRows = {
  reviewBytes: { low: 1_000_000, run: reviewing, says: /^status 503$/ },
  watchedObjectsOfPolicy: { low: 1, run: watching, says: /^asked for: 2$/ },
  watchedObjects: { low: 1, run: watching, says: /^asked for: 3$/ },
  unjudgedPods: { low: 1, run: naming, says: /^named 1 of 2$/ },
  reportQueue: { low: 1, run: queueing, says: /^report dropped$/ },
  reportResults: { low: 1, run: reporting, says: /^shown 1 of 2$/ },
};
