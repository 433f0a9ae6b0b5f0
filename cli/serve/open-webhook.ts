/** The webhook of `serve` from its configuration: policies of files, what the mirror and listed registries know. */
import type { EngineInput } from "../../core/decide/engine-document.ts";
import { AskingRun } from "../../core/decide/settle.ts";
import { hasHidden } from "../../core/encoding/hidden-signs.ts";
import { createEngine, type Engine, type Policy, type PolicyException } from "../../core/index.ts";
import type { Unavailable } from "../../core/knowledge/answer.ts";
import type { Asker, Knowledge } from "../../core/knowledge/knowledge.ts";
import { reviewLimits } from "../../core/limits.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { chosenVerifier } from "../../proxy/host/chosen-verifier.ts";
import type { AdmissionMetrics, ReportMetrics } from "../../proxy/metrics.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { policyDigest } from "../../proxy/registry/door/applied-policies.ts";
import { listedAsker, refreshOf } from "../../proxy/registry/listed-asker.ts";
import { oneOutageEach } from "../../proxy/registry/one-outage-each.ts";
import { NamedResponse } from "../../proxy/serve/named-response.ts";
import type { Reporter } from "../../proxy/reports/reporter.ts";
import { instanceLetters, newDecisionId } from "../../proxy/state/decision-id.ts";
import type { DecisionMemory } from "../../proxy/state/decision-memory.ts";
import { resourceName } from "../../core/admission/denial.ts";
import { readsRoles, refuseRoleSelectors } from "../../core/admission/role-selectors.ts";
import { AdmissionRecheck, policyName } from "../../proxy/webhook/admission-recheck.ts";
import type { Refreshing } from "../../proxy/webhook/current-knowledge.ts";
import { onceATurn } from "../../proxy/webhook/once-a-turn.ts";
import { isPrunedKey } from "../../core/kyverno/policy/check-attestors.ts";
import { readsObjects } from "../../core/admission/kept-request.ts";
import { type AdmissionEvent, type NotPassed, Webhook, type WebhookOptions } from "../../proxy/webhook/webhook.ts";
import type { CommandIO } from "../command.ts";
import { ClusterFiles } from "../input/cluster-files.ts";
import { readWholeResources } from "../input/resources.ts";
import { askingOf, judgingOf, knownOf, watchNamed } from "./judging.ts";
import { openCheckpointKeeper } from "./keep-checkpoints.ts";
import { logEar } from "./log-ear.ts";
import type { WebhookRecords } from "./webhook-records.ts";
import { openReporter } from "./open-reporter.ts";
import { countRecheck, type RecheckListParts, tellRefuted } from "./open-recheck.ts";
import type { ServeCluster } from "./serve-cluster.ts";
import { readServePolicies } from "./serve-policies.ts";
import type { ServeUpstream, UpstreamParts } from "./upstreams.ts";

export interface WebhookParts extends UpstreamParts {
  readonly mirror: Mirror;
  readonly metrics: AdmissionMetrics;
  /** Keeps decisions in which something did not pass; nobody where nothing can be written. */
  readonly memory?: DecisionMemory | undefined;
  /** Keeps a record of every decision. */
  readonly records?: WebhookRecords | undefined;
  readonly reportMetrics: ReportMetrics;
  /** The re-check list; none where nothing can be written. */
  readonly listing?: RecheckListParts | undefined;
  /** The API server, where it is asked. */
  readonly cluster?: ServeCluster | undefined;
}

export interface OpenedWebhook {
  readonly webhook: Webhook;
  readonly policies: readonly Policy[];
  /** Names of those that may refute what was let in. */
  readonly refuting: readonly string[];
  readonly recheck: AdmissionRecheck | undefined;
  readonly reporter: Reporter | undefined;
}

function resultOf({ allowed, codes, unchanged }: AdmissionEvent): string {
  if (unchanged === true) return "unchanged";
  if (codes[0] === "overloaded") return "shed";
  return !allowed ? "denied" : codes.length > 0 ? "overlooked" : "admitted";
}

/** Longer names are none; nobody has looked at them when a review comes. */
const nameLength = 253;

/** What `explain` reads of a remembered decision. */
const recordOf = ({ path, request, decision }: NotPassed): string => {
  // Which questions were read is asked for by nobody here, and costs time.
  const { uid, operation, kind, namespace, name, userInfo, dryRun } = request;
  const { allowed, results, patches, warnings, trustWarnings, open, at, freshness } = decision;
  return JSON.stringify({
    path,
    request: { uid, operation, kind, namespace, name: name?.slice(0, nameLength), user: userInfo?.username, dryRun },
    decision: { allowed, results, patches, warnings, trustWarnings, open, read: [], at, freshness },
  });
};

/**
 * Who reads a denial runs its last line: where the program's own variables do not name the store, flags do. In a
 * cluster that is somebody with kubectl, who is told which replica has it.
 */
function explainFlags(store: string | undefined, isInCluster: boolean, { env }: Pick<CommandIO, "env">): string {
  if (isInCluster) return " --cluster";
  if (store === undefined || env.SALLYPORT_STORE === store || env.SALLYPORT_CONFIG) return "";
  // A line of a comment, and a word of a shell.
  if (hasHidden(store)) return "";
  return ` --store ${/^[\w./:@%+=,-]+$/.test(store) ? store : `'${store.replaceAll("'", "'\\''")}'`}`;
}

/** @throws EngineError for policies, objects and roots that cannot be used. */
export function openWebhook(parts: WebhookParts, upstream: ServeUpstream | undefined): OpenedWebhook {
  const { config, mirror, metrics, memory, records, limits, log } = parts;
  const io = logEar(parts.io, log);
  const now = (): Date => io.now();
  const { policies, exceptions } = readServePolicies(config, io, parts.cluster?.policies);
  const judging = judgingOf({ config, mirror, io }, policies);
  const { settings, distrust, given } = judging;
  const { objects } = config.policies;
  watchNamed(policies, { askable: settings.askable, cluster: parts.cluster, limits, log });
  const cluster =
    objects.length === 0
      ? []
      : [new ClusterFiles(readWholeResources(objects, io, { flag: "policies.objects" }), [], now())];
  const inputFor = (failurePolicy: Policy["spec"]["failurePolicy"]): EngineInput => ({
    policies: policies.filter(({ spec }) => spec.failurePolicy === failurePolicy),
    exceptions,
    settings,
    distrust,
    // Deciding is synchronous. An image with very many signatures would hold up every other review.
    limits: reviewLimits(limits),
  });
  const inputs = { fail: inputFor("Fail"), ignore: inputFor("Ignore") };
  const checkpoints = openCheckpointKeeper({ mirror, limits, now, log }, config.trust.trustedRoot !== undefined);
  const sawCheckpoint = checkpoints === undefined ? undefined : (note: string): void => checkpoints.saw(note);
  const crypto = chosenVerifier(config.trust.crypto);
  const engines = {
    fail: createEngine({ ...inputs.fail, sawCheckpoint, crypto }),
    ignore: createEngine({ ...inputs.ignore, sawCheckpoint, crypto }),
  };
  for (const { policy, message } of [...engines.fail.warnings, ...engines.ignore.warnings])
    log.warn(message, { policy });
  metrics.policies("Fail", engines.fail.policies.length);
  metrics.policies("Ignore", engines.ignore.policies.length);
  log.info("policies guard admission", {
    fail: engines.fail.policies.map(({ name }) => name),
    ignore: engines.ignore.policies.map(({ name }) => name),
    exceptions: exceptions.map(({ name }) => name),
  });
  const knowledge = onceATurn(joinedKnowledge([given, ...cluster, ...knownOf(mirror, parts.cluster)]));
  const asking = askingOf(
    { config, mirror, limits, io, log },
    { settings, given: joinedKnowledge([given, ...cluster]) },
    upstream,
    parts.cluster,
  );
  const asker = listedAsker(asking);
  // Without registries to ask nothing that is known of them is too old.
  const refreshMs = upstream === undefined ? Number.POSITIVE_INFINITY : config.admission.refresh;
  const refreshing = { refreshMs, given: asking.fixed, refreshOf: refreshOf(asking, refreshMs) };
  const letters = instanceLetters(io.host.name);
  const pruned = prunedKeys(policies);
  const background = new Set(policies.flatMap((policy) => (policy.spec.background ? [policyName(policy)] : [])));
  const reporter = openReporter({
    config,
    cluster: parts.cluster?.cluster,
    metrics: parts.reportMetrics,
    engines: [engines.fail, engines.ignore],
    exceptions,
    knowledge,
    instance: io.host.name,
    limits,
    now,
    log,
  });
  const keepsObjects = readsObjects(engines.ignore.policies, exceptions);
  const recheck =
    parts.listing === undefined
      ? undefined
      : openAdmissionRecheck(parts.listing, {
          engine: engines.ignore,
          keepsObjects,
          knowledge,
          asker,
          refreshing,
          reporter,
        });
  const webhook = new Webhook({
    engines,
    rolesOf: rolesFor(engines, exceptions, parts.cluster),
    knowledge,
    asker,
    ...refreshing,
    concurrency: config.admission.concurrency,
    limits,
    keepsObjects,
    now,
    newId: () => newDecisionId(letters),
    explainFlags: explainFlags(config.store || mirror?.folder, parts.cluster !== undefined, io),
    remember:
      memory === undefined
        ? undefined
        : (one) =>
            memory.remember(one.id, {
              subject: resourceName(one.request),
              allowed: one.decision.allowed,
              record: () => recordOf(one),
            }),
    record: records?.(inputs),
    judged({ request, place, decision, stale, seconds }) {
      checkpoints?.keep();
      const { allowed, results } = decision;
      metrics.decided(results, seconds);
      if (config.admission.kyvernoMetrics) metrics.asKyverno(countedReview(request, decision, seconds, background));
      if (!allowed) reporter?.denied(request, results);
      else if (place.pass === "validate") reporter?.admitted(request);
      if (!allowed || place.strictness !== "ignore") return;
      if (place.pass === "mutate") recheck?.admitted(request, { decision, stale });
      else recheck?.stored(request);
    },
    advice({ policy, policyNamespace: namespace }) {
      const name = policyName({ name: policy, namespace });
      const why = parts.cluster?.whyEarlier(name);
      // kubectl shows the policy as it was applied, which is not what decided.
      return why === undefined
        ? pruned.get(name)
        : `policy ${policy}: an earlier version decided, since this one does not load: ${why}`;
    },
    log: (event, response) => {
      metrics.reviewed({ webhook: event.path.slice(1), result: resultOf(event), code: event.codes[0] ?? "" });
      NamedResponse.note(response, event);
    },
    failed: (error, response) =>
      log.error("a review failed", {
        id: NamedResponse.requestOf(response),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  });
  return { webhook, policies, refuting: engines.ignore.policies.map(policyName), recheck, reporter };
}

/** `background`: the names of the policies that hold for what runs already. */
const countedReview = (
  { kind, namespace = "", operation }: NotPassed["request"],
  { allowed, results }: NotPassed["decision"],
  seconds: number,
  background: ReadonlySet<string>,
): Parameters<AdmissionMetrics["asKyverno"]>[0] => ({
  kind: kind.kind,
  namespace,
  operation,
  allowed,
  seconds,
  results: results.map(({ policy, policyNamespace, action, rule, status }) => {
    const name = policyName({ name: policy, namespace: policyNamespace });
    return { policy, namespace: policyNamespace, background: background.has(name), action, rule, status };
  }),
});

/** What is said beside a result of a policy that may have lost a key on its way through an API server. */
function prunedKeys(policies: readonly Policy[]): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  for (const policy of policies) {
    const lacking = policy.warnings.filter(({ message }) => isPrunedKey(message));
    const fields = [...new Set(lacking.map(({ pointer }) => pointer.split("/").at(-1) ?? ""))];
    if (fields.length === 0) continue;
    const named = `${fields.join(" and ")} ${fields.length === 1 ? "has" : "have"} no key`;
    told.set(policyName(policy), `policy ${policy.name}: ${named}; write pubkey in place of pubKey`);
  }
  return told;
}

/** The roles of users by the bindings of the cluster, for the policies that read them. */
function rolesFor(
  engines: WebhookOptions["engines"],
  exceptions: readonly PolicyException[],
  cluster: ServeCluster | undefined,
): WebhookOptions["rolesOf"] {
  const { fail, ignore } = engines;
  if (cluster === undefined) {
    for (const policy of [...fail.policies, ...ignore.policies]) refuseRoleSelectors(policy);
    return undefined;
  }
  const reading = (["fail", "ignore"] as const).filter((one) => readsRoles(engines[one].policies, exceptions));
  const { bindings } = cluster;
  if (reading.length > 0) bindings.want();
  return Object.fromEntries(reading.map((strictness) => [strictness, (user) => bindings.rolesOf(user)]));
}

interface RecheckBy {
  readonly engine: Engine;
  readonly keepsObjects: boolean;
  readonly knowledge: Knowledge;
  readonly asker: ((deadline: number) => Asker) | undefined;
  readonly refreshing: Refreshing;
  readonly reporter: Reporter | undefined;
}

/** Decides again as the webhook decides, by the policies with `failurePolicy: Ignore`. */
function openAdmissionRecheck(
  listing: RecheckListParts,
  { engine, keepsObjects, knowledge, asker, refreshing, reporter }: RecheckBy,
): AdmissionRecheck {
  const { state, limits, now, report } = listing;
  const pass = "mutate";
  return new AdmissionRecheck({
    state,
    decides() {
      const silent = new Map<string, Unavailable>();
      return async (request, deadline) => {
        if (asker === undefined) return { decision: engine.decide(request, knowledge, now(), { pass }), stale: [] };
        const run = new AskingRun(knowledge, oneOutageEach(asker(deadline), silent), now(), {
          heldBytes: engine.limits.heldBytes,
          refresh: refreshing.refreshMs,
          ...(refreshing.given === undefined ? {} : { given: refreshing.given }),
        });
        const decision = await run.settle(
          (known, at) => engine.decide(request, known, at, { pass }),
          engine.limits.settleRounds,
        );
        return { decision, stale: run.usedInOutages() };
      };
    },
    digests: new Map(engine.policies.map((policy) => [policyName(policy), policyDigest(policy)])),
    keepsObjects,
    limits,
    now,
    refuted({ image, resource, request, ...finding }) {
      tellRefuted(listing, image, finding, resource);
      reporter?.refuted(request, finding);
    },
    changed: () => void countRecheck(listing),
    report,
  });
}
