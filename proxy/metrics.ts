/**
 * What a server counts, in Prometheus' text form. Source: https://prometheus.io/docs/instrumenting/exposition_formats.
 */
import { Counter, Gauge, Registry } from "prom-client";
import { type FreshnessMetrics, freshnessMetrics } from "./freshness-metrics.ts";
import { type KyvernoMetrics, kyvernoMetrics } from "./kyverno-metrics.ts";
import { kept, type Labels, type ListenerMetrics, listenerMetrics } from "./listener-metrics.ts";
import { type VerifyMetrics, verifyMetrics } from "./verify-metrics.ts";

/** The re-check list: images that were let in though nobody could decide about them. */
export interface RecheckMetrics {
  listed(counts: { readonly unknown: number; readonly refuted: number; readonly dropped: number }): void;
  refuted(policy: string, code: string): void;
  /** All that are in force from now on: counts of others are removed. */
  policies(names: Iterable<string>): void;
}

/** What an API server asked. */
export interface AdmissionMetrics extends VerifyMetrics, KyvernoMetrics {
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

/** Images by whether a signature is stored beside them. */
type ImagesSigned = Readonly<Record<"yes" | "no" | "unknown", number>>;

/** What the mirror holds, and what clients pulled through it. */
export interface MirrorMetrics {
  /**
   * `look` is called whenever the metrics are read, and gives undefined where there is no count. A newer one replaces
   * it.
   */
  watchImages(look: () => ImagesSigned | undefined): void;
  /** Bytes of the content of one answer of the registry proxy. */
  sent(result: "stored" | "pulled" | "refused", bytes: number): void;
}

export interface Metrics extends ListenerMetrics {
  readonly mirror: MirrorMetrics;
  readonly freshness: FreshnessMetrics;
  readonly cluster: ClusterMetrics;
  readonly recheck: RecheckMetrics;
  readonly admission: AdmissionMetrics;
  readonly snapshots: SnapshotMetrics;
  readonly reports: ReportMetrics;
  readonly sync: SyncMetrics;
  /** For the parts that count something of their own. */
  readonly registry: Registry;
  reloaded(result: "loaded" | "kept", at: Date): void;
  render(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
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
  new Gauge({
    name: "sallyport_build_info",
    help: "The version, as a label of the value 1.",
    labelNames: ["version"] as const,
    registers,
  }).set({ version }, 1);
  return {
    ...listenerMetrics(registry),
    registry,
    recheck: recheckMetrics(registry),
    admission: admissionMetrics(registry),
    freshness: freshnessMetrics(registry),
    snapshots: snapshotMetrics(registry),
    cluster: clusterMetrics(registry),
    reports: reportMetrics(registry),
    sync: syncMetrics(registry),
    mirror: mirrorMetrics(registry),
    reloaded(result, at) {
      reloads.inc({ result });
      if (result === "loaded") lastReload.set(at.getTime() / 1000);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function mirrorMetrics(registry: Registry): MirrorMetrics {
  const registers = [registry];
  let look: (() => ImagesSigned | undefined) | undefined;
  new Gauge({
    name: "sallyport_mirror_images",
    help: "Images of the mirror, by whether a signature is stored beside them: yes, no, or unknown. None is verified.",
    labelNames: ["signed"] as const,
    registers,
    collect() {
      this.reset();
      for (const [signed, count] of Object.entries(look?.() ?? {})) this.set({ signed }, count);
    },
  });
  /** Added up until the metrics are read: prom-client sorts and joins labels at each count. */
  const uncounted = { stored: 0, pulled: 0, refused: 0 };
  new Counter({
    name: "sallyport_proxy_bytes_total",
    help: "Bytes that the registry proxy sent: stored here, pulled through from a registry, or of refusals.",
    labelNames: ["result"] as const,
    registers,
    collect() {
      for (const [result, count] of Object.entries(uncounted)) this.inc({ result }, count);
      Object.assign(uncounted, { stored: 0, pulled: 0, refused: 0 });
    },
  });
  return {
    watchImages: (given) => {
      look = given;
    },
    sent(result, bytes) {
      uncounted[result] += bytes;
    },
  };
}

interface ReviewCount {
  readonly labels: Labels<"webhook" | "result" | "code">;
  count: number;
}

function admissionMetrics(registry: Registry): AdmissionMetrics {
  const registers = [registry];
  /** By webhook, result and code: prom-client sorts and joins labels at each count. */
  const counts = new Map<string, ReviewCount>();
  /** Most reviews are like the one before. */
  let last: ReviewCount | undefined;
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
      const before = last?.labels;
      if (last === undefined || before?.webhook !== webhook || before.result !== result || before.code !== code)
        last = kept(counts, `${webhook} ${result} ${code}`, (): ReviewCount => ({ labels, count: 0 }));
      last.count += 1;
    },
    recorded: (result) => records.inc({ result }),
    policies: (failurePolicy, count) => policies.set({ failure_policy: failurePolicy }, count),
    ...verifyMetrics(registry),
    ...kyvernoMetrics(registry),
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
  const counted = new Map<string, Set<string>>();
  let inForce: ReadonlySet<string> | undefined;
  return {
    listed(counts) {
      listed.set({ state: "unknown" }, counts.unknown);
      listed.set({ state: "refuted" }, counts.refuted);
      dropped.set(counts.dropped);
    },
    refuted(policy, code) {
      // Those of before may still be deciding.
      if (inForce?.has(policy) === false) return;
      kept(counted, policy, () => new Set<string>()).add(code);
      refuted.inc({ policy, code });
    },
    policies(names) {
      inForce = new Set(names);
      for (const [policy, codes] of counted) {
        if (inForce.has(policy)) continue;
        for (const code of codes) refuted.remove({ policy, code });
        counted.delete(policy);
      }
    },
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

/** An image list may name very many registries. */
const mostSilent = 100;

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
      const named = new Set<string>();
      for (const { from, code, questions } of missing) {
        if (named.size < mostSilent) named.add(from);
        outages.inc({ from: named.has(from) ? from : "others", code }, questions);
      }
      if (codes.length > 0) return fail(new Set(codes), at);
      succeeded.set(at.getTime() / 1000);
      inARow.set(0);
    },
    failed: (code, at) => fail([code], at),
  };
}
