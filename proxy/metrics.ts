/**
 * What a server counts, in Prometheus' text form. Source: https://prometheus.io/docs/instrumenting/exposition_formats.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type FreshnessMetrics, freshnessMetrics } from "./freshness-metrics.ts";
import { type VerifyMetrics, verifyMetrics } from "./verify-metrics.ts";

type Labels<N extends string> = Readonly<Record<N, string>>;

/** The re-check list: images that were let in though nobody could decide about them. */
export interface RecheckMetrics {
  listed(counts: { readonly unknown: number; readonly refuted: number; readonly dropped: number }): void;
  refuted(policy: string, code: string): void;
}

/** What an API server asked. */
export interface AdmissionMetrics extends VerifyMetrics {
  /** `result`: admitted, denied, overlooked (something did not pass), unchanged or shed. `code`: of what came first. */
  reviewed(labels: Labels<"webhook" | "result" | "code">): void;
  /** What became of the record of a decision. */
  recorded(result: "written" | "lost"): void;
  /** How many policies are asked, by their failure policy. */
  policies(failurePolicy: "Fail" | "Ignore", count: number): void;
}

/** Events and policy reports for a cluster. */
export interface ReportMetrics {
  counted(kind: "event" | "report", result: "written" | "unchanged" | "dropped" | "failed"): void;
  waiting(count: number): void;
}

/** Syncs by a timer. */
export interface SyncMetrics {
  /** One that ended at `at`: what nobody answered, and of which images the far side's policies would decide. */
  synced(round: {
    readonly at: Date;
    /** Why it counts as failed; none: it does not. */
    readonly codes: readonly string[];
    readonly covered: number;
    readonly uncovered: number;
    readonly outages: readonly { readonly from: string; readonly code: string; readonly questions: number }[];
  }): void;
  /** One that did not come to its end. */
  failed(code: string, at: Date): void;
}

/** Snapshots that a reader follows. */
export interface SnapshotMetrics {
  looked(result: "switched" | "current" | "failed", at: Date): void;
  /** The one in force. */
  reads(snapshot: { readonly contentId: string; readonly sequence: number; readonly created: string }): void;
}

/** An API server that is watched. */
export interface ClusterMetrics {
  /** Whether the policies are watched now. */
  watched(isWatched: boolean): void;
  /** Policies of which an earlier version, or nothing, is in force. */
  notLoaded(count: number): void;
  /** Whether a resource is more than can be watched. */
  overLimit(resource: string, isOver: boolean): void;
  /** Whether this instance keeps the webhook configurations. */
  leads(leads: boolean): void;
  /** What nobody verifies. */
  exempt(what: readonly string[]): void;
  brokenGlass(isBroken: boolean): void;
}

export interface Metrics {
  readonly freshness: FreshnessMetrics;
  readonly cluster: ClusterMetrics;
  readonly recheck: RecheckMetrics;
  readonly admission: AdmissionMetrics;
  readonly snapshots: SnapshotMetrics;
  readonly reports: ReportMetrics;
  readonly sync: SyncMetrics;
  /** For the parts that count something of their own. */
  readonly registry: Registry;
  request(labels: Labels<"listener" | "method" | "route" | "code">, seconds: number): void;
  connections(listener: string, count: number): void;
  refused(labels: Labels<"listener" | "reason">): void;
  reloaded(result: "loaded" | "kept", at: Date): void;
  certificateExpires(listener: string, at: Date): void;
  render(): Promise<string>;
  readonly contentType: string;
}

/** Requests with the same labels that wait to be counted. */
interface Uncounted {
  readonly labels: Labels<"listener" | "method" | "route" | "code">;
  readonly seconds: number[];
}

const mostUncounted = 256;

/** What is kept under a key; else what is made for it. */
function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  /** Labels are sorted and joined at each count, so many requests are counted at once. By method, code, and route. */
  const uncounted = new Map<string, Map<string, Map<string, Uncounted[]>>>();
  const waitingFor = (labels: Uncounted["labels"]): Uncounted => {
    const { listener, method, code, route } = labels;
    const ofMethod = kept(uncounted, method, () => new Map<string, Map<string, Uncounted[]>>());
    const ofCode = kept(ofMethod, code, () => new Map<string, Uncounted[]>());
    const ofRoute = kept(ofCode, route, (): Uncounted[] => []);
    // A server has few listeners.
    const found = ofRoute.find((one) => one.labels.listener === listener);
    if (found !== undefined) return found;
    const fresh = { labels, seconds: [] };
    ofRoute.push(fresh);
    return fresh;
  };
  const count = ({ labels, seconds }: Uncounted): void => {
    requests.inc(labels, seconds.length);
    const duration = durations.labels({ listener: labels.listener, route: labels.route });
    for (const one of seconds.splice(0)) duration.observe(one);
  };
  const countAll = (): void => {
    for (const ofMethod of uncounted.values())
      for (const ofCode of ofMethod.values())
        for (const waiting of [...ofCode.values()].flat()) if (waiting.seconds.length > 0) count(waiting);
  };
  const requests: Counter<"listener" | "method" | "route" | "code"> = new Counter({
    name: "sallyport_http_requests_total",
    help: "Requests that were answered.",
    labelNames: ["listener", "method", "route", "code"] as const,
    registers,
    collect: countAll,
  });
  const durations: Histogram<"listener" | "route"> = new Histogram({
    name: "sallyport_http_request_duration_seconds",
    help: "Time from a request to the end of its answer.",
    labelNames: ["listener", "route"] as const,
    buckets,
    registers,
    collect: countAll,
  });
  const open = new Gauge({
    name: "sallyport_http_connections",
    help: "Connections that are open.",
    labelNames: ["listener"] as const,
    registers,
  });
  const refused = new Counter({
    name: "sallyport_http_refused_total",
    help: "Connections and requests that were refused: login, load, bounds.",
    labelNames: ["listener", "reason"] as const,
    registers,
  });
  const reloads = new Counter({
    name: "sallyport_config_reloads_total",
    help: "Configurations that were read again: loaded, or kept as before because the new one does not load.",
    labelNames: ["result"] as const,
    registers,
  });
  const lastReload = new Gauge({
    name: "sallyport_config_last_reload_timestamp_seconds",
    help: "When the configuration in force was loaded.",
    registers,
  });
  const expiry = new Gauge({
    name: "sallyport_tls_certificate_expiry_timestamp_seconds",
    help: "When the certificate of a listener expires.",
    labelNames: ["listener"] as const,
    registers,
  });
  new Gauge({
    name: "sallyport_build_info",
    help: "The version, as a label of the value 1.",
    labelNames: ["version"] as const,
    registers,
  }).set({ version }, 1);
  return {
    registry,
    recheck: recheckMetrics(registry),
    admission: admissionMetrics(registry),
    freshness: freshnessMetrics(registry),
    snapshots: snapshotMetrics(registry),
    cluster: clusterMetrics(registry),
    reports: reportMetrics(registry),
    sync: syncMetrics(registry),
    request(labels, seconds) {
      const waiting = waitingFor(labels);
      if (waiting.seconds.push(seconds) >= mostUncounted) count(waiting);
    },
    connections: (listener, count) => open.set({ listener }, count),
    refused: (labels) => refused.inc(labels),
    reloaded(result, at) {
      reloads.inc({ result });
      if (result === "loaded") lastReload.set(at.getTime() / 1000);
    },
    certificateExpires: (listener, at) => expiry.set({ listener }, at.getTime() / 1000),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function admissionMetrics(registry: Registry): AdmissionMetrics {
  const registers = [registry];
  /** By webhook, result and code: prom-client sorts and joins labels at each count. */
  const counts = new Map<string, { readonly labels: Labels<"webhook" | "result" | "code">; count: number }>();
  new Counter({
    name: "sallyport_admission_reviews_total",
    help: "Reviews of API servers, by webhook, result and the code of what did not pass first.",
    labelNames: ["webhook", "result", "code"] as const,
    registers,
    collect() {
      for (const waiting of counts.values()) {
        this.inc(waiting.labels, waiting.count);
        waiting.count = 0;
      }
    },
  });
  const policies = new Gauge({
    name: "sallyport_admission_policies",
    help: "Policies that are asked at admission.",
    labelNames: ["failure_policy"] as const,
    registers,
  });
  const records = new Counter({
    name: "sallyport_records_total",
    help: "Records of decisions of admission: written, or lost since they could not be written.",
    labelNames: ["result"] as const,
    registers,
  });
  return {
    reviewed(labels) {
      const { webhook, result, code } = labels;
      kept(counts, `${webhook} ${result} ${code}`, () => ({ labels, count: 0 })).count += 1;
    },
    recorded: (result) => records.inc({ result }),
    policies: (failurePolicy, count) => policies.set({ failure_policy: failurePolicy }, count),
    ...verifyMetrics(registry),
  };
}

/** Made when they are first said: most servers ask no API server. */
function clusterMetrics(registry: Registry): ClusterMetrics {
  const gauge = (name: string, help: string): (() => Gauge) => {
    let made: Gauge | undefined;
    return () => (made ??= new Gauge({ name, help, registers: [registry] }));
  };
  const watched = gauge("sallyport_cluster_watched", "Whether the policies of the cluster are watched now.");
  const notLoaded = gauge(
    "sallyport_cluster_policies_not_loaded",
    "Policies of the cluster of which an earlier version, or nothing, is in force, since they do not load.",
  );
  const leads = gauge("sallyport_leader", "Whether this instance keeps the webhook configurations.");
  const broken = gauge("sallyport_break_glass", "Whether the webhooks are out of force on purpose.");
  let exempt: Gauge<"what"> | undefined;
  let overLimit: Gauge<"resource"> | undefined;
  return {
    watched: (isWatched) => watched().set(isWatched ? 1 : 0),
    notLoaded: (count) => notLoaded().set(count),
    overLimit(resource, isOver) {
      overLimit ??= new Gauge({
        name: "sallyport_cluster_over_limit",
        help: "1 for each resource of the cluster that has too many objects, or too large ones, to be watched.",
        labelNames: ["resource"] as const,
        registers: [registry],
      });
      overLimit.set({ resource }, isOver ? 1 : 0);
    },
    leads: (isLeader) => leads().set(isLeader ? 1 : 0),
    brokenGlass: (isBroken) => broken().set(isBroken ? 1 : 0),
    exempt(what) {
      exempt ??= new Gauge({
        name: "sallyport_admission_exempt",
        help: "What nobody verifies: 1 for each namespace, label or kind of Pods that the webhooks leave out.",
        labelNames: ["what"] as const,
        registers: [registry],
      });
      exempt.reset();
      for (const one of what) exempt.set({ what: one }, 1);
    },
  };
}

function recheckMetrics(registry: Registry): RecheckMetrics {
  const registers = [registry];
  const listed = new Gauge({
    name: "sallyport_recheck_entries",
    help: "Entries of the re-check list: images that were let in undecided, for each policy that could not decide.",
    labelNames: ["state"] as const,
    registers,
  });
  const dropped = new Gauge({
    name: "sallyport_recheck_dropped",
    help: "Entries of the re-check list that made room for others, since the list was begun.",
    registers,
  });
  const refuted = new Counter({
    name: "sallyport_recheck_refuted_total",
    help: "Images that were let in undecided and refuted later.",
    labelNames: ["policy", "code"] as const,
    registers,
  });
  return {
    listed(counts) {
      listed.set({ state: "unknown" }, counts.unknown);
      listed.set({ state: "refuted" }, counts.refuted);
      dropped.set(counts.dropped);
    },
    refuted: (policy, code) => refuted.inc({ policy, code }),
  };
}

function reportMetrics(registry: Registry): ReportMetrics {
  const registers = [registry];
  const writes = new Counter({
    name: "sallyport_cluster_writes_total",
    help: "Events and policy reports: written, unchanged (not written), dropped (too many wait), or failed.",
    labelNames: ["kind", "result"] as const,
    registers,
  });
  const queue = new Gauge({
    name: "sallyport_cluster_writes_waiting",
    help: "Events and policy reports that wait to be written.",
    registers,
  });
  return {
    counted: (kind, result) => writes.inc({ kind, result }),
    waiting: (count) => queue.set(count),
  };
}

function snapshotMetrics(registry: Registry): SnapshotMetrics {
  const registers = [registry];
  const looks = new Counter({
    name: "sallyport_snapshot_looks_total",
    help: "Looks for a newer snapshot: switched to one, current (there is none), or failed.",
    labelNames: ["result"] as const,
    registers,
  });
  const heard = new Gauge({
    name: "sallyport_snapshot_last_look_timestamp_seconds",
    help: "When the registry of the snapshots last gave one that is right.",
    registers,
  });
  const info = new Gauge({
    name: "sallyport_snapshot_info",
    help: "The content id and the number of the snapshot that is read, as labels of the value 1.",
    labelNames: ["content_id", "sequence"] as const,
    registers,
  });
  const created = new Gauge({
    name: "sallyport_snapshot_created_timestamp_seconds",
    help: "When the snapshot that is read was made.",
    registers,
  });
  return {
    looked(result, at) {
      looks.inc({ result });
      if (result !== "failed") heard.set(at.getTime() / 1000);
    },
    reads({ contentId, sequence, created: at }) {
      info.reset();
      info.set({ content_id: contentId, sequence: String(sequence) }, 1);
      created.set(Date.parse(at) / 1000);
    },
  };
}

function syncMetrics(registry: Registry): SyncMetrics {
  const registers = [registry];
  const succeeded = new Gauge({
    name: "sallyport_sync_last_success_timestamp_seconds",
    help: "When a sync by the timer last ended without a failure.",
    registers,
  });
  // A time that is not known is not 1970.
  succeeded.remove();
  const failed = new Gauge({
    name: "sallyport_sync_last_failure_timestamp_seconds",
    help: "When a sync by the timer last failed, by code.",
    labelNames: ["code"] as const,
    registers,
  });
  const inARow = new Gauge({
    name: "sallyport_sync_consecutive_failures",
    help: "Syncs by the timer that failed since the last that did not.",
    registers,
  });
  const outages = new Gauge({
    name: "sallyport_sync_outages",
    help: "Questions that nobody answered in the last sync, by who was asked and code.",
    labelNames: ["from", "code"] as const,
    registers,
  });
  const images = new Gauge({
    name: "sallyport_sync_images",
    help: "Images of the last sync: covered where the mirror has all that the policies ask, and they admit it.",
    labelNames: ["state"] as const,
    registers,
  });
  const fail = (codes: Iterable<string>, at: Date): void => {
    inARow.inc();
    for (const code of codes) failed.set({ code }, at.getTime() / 1000);
  };
  return {
    synced({ at, codes, covered, uncovered, outages: missing }) {
      images.set({ state: "covered" }, covered);
      images.set({ state: "uncovered" }, uncovered);
      outages.reset();
      for (const { from, code, questions } of missing) outages.inc({ from, code }, questions);
      if (codes.length > 0) return fail(new Set(codes), at);
      succeeded.set(at.getTime() / 1000);
      inARow.set(0);
    },
    failed: (code, at) => fail([code], at),
  };
}
