/**
 * What a server counts of each of its listeners. One that is gone takes its counts along. Source:
 * https://prometheus.io/docs/practices/naming/#labels.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export type Labels<N extends string> = Readonly<Record<N, string>>;

type RequestLabels = Labels<"listener" | "method" | "route" | "code">;

export interface ListenerMetrics {
  request(labels: RequestLabels, seconds: number): void;
  connections(listener: string, count: number): void;
  refused(labels: Labels<"listener" | "reason">): void;
  certificateExpires(listener: string, at: Date): void;
  /** All that there are from now on: counts of others are removed, and what those still do is not counted. */
  listeners(names: Iterable<string>): void;
}

/** Requests with the same labels that wait to be counted. */
interface Uncounted {
  readonly labels: RequestLabels;
  readonly seconds: number[];
}

const mostUncounted = 256;

/** What is kept under a key; else what is made for it. */
export function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

export function listenerMetrics(registry: Registry): ListenerMetrics {
  const registers = [registry];
  /** Labels are sorted and joined at each count, so many requests are counted at once. By method, code, and route. */
  const uncounted = new Map<string, Map<string, Map<string, Uncounted[]>>>();
  /** Most requests are like the one before. */
  let last: Uncounted | undefined;
  const isLast = ({ listener, method, code, route }: Uncounted["labels"]): boolean => {
    const before = last?.labels;
    return before?.listener === listener && before.method === method && before.code === code && before.route === route;
  };
  const waitingFor = (labels: Uncounted["labels"]): Uncounted => {
    if (last === undefined || !isLast(labels)) last = findWaiting(labels);
    return last;
  };
  const findWaiting = (labels: Uncounted["labels"]): Uncounted => {
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
  const expiry = new Gauge({
    name: "sallyport_tls_certificate_expiry_timestamp_seconds",
    help: "When the certificate of a listener expires.",
    labelNames: ["listener"] as const,
    registers,
  });
  const reasons = new Map<string, Set<string>>();
  let known: ReadonlySet<string> | undefined;
  const isGone = (listener: string): boolean => known?.has(listener) === false;
  const forget = (gone: string): void => {
    last = undefined;
    for (const ofMethod of uncounted.values())
      for (const ofCode of ofMethod.values())
        for (const [route, all] of ofCode) {
          const left = all.filter(({ labels }) => labels.listener !== gone);
          if (left.length === all.length) continue;
          for (const { labels } of all) if (labels.listener === gone) requests.remove(labels);
          durations.remove({ listener: gone, route });
          ofCode.set(route, left);
        }
    for (const reason of reasons.get(gone) ?? []) refused.remove({ listener: gone, reason });
    reasons.delete(gone);
    open.remove({ listener: gone });
    expiry.remove({ listener: gone });
  };
  return {
    request(labels, seconds) {
      if (isGone(labels.listener)) return;
      const waiting = waitingFor(labels);
      if (waiting.seconds.push(seconds) >= mostUncounted) count(waiting);
    },
    connections(listener, count) {
      if (!isGone(listener)) open.set({ listener }, count);
    },
    refused(labels) {
      if (isGone(labels.listener)) return;
      kept(reasons, labels.listener, () => new Set<string>()).add(labels.reason);
      refused.inc(labels);
    },
    certificateExpires(listener, at) {
      if (!isGone(listener)) expiry.set({ listener }, at.getTime() / 1000);
    },
    listeners(names) {
      const before = known ?? [];
      known = new Set(names);
      for (const name of before) if (isGone(name)) forget(name);
    },
  };
}
