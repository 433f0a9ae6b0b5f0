/**
 * Verifications of admission, in Prometheus' text form: what they came to, how long decisions took, and how many came
 * from what is remembered. Source: https://prometheus.io/docs/instrumenting/exposition_formats.
 */
import { Counter, type Metric, type Registry } from "prom-client";

/** Of a rule. */
interface Result {
  readonly status: "pass" | "fail" | "warn" | "error" | "skip";
  readonly failures: readonly { readonly code: string }[];
}

export interface VerifyMetrics {
  /** A decision, and how long it took. */
  decided(results: readonly Result[], seconds: number): void;
}

const verdicts = { pass: "proven", warn: "refuted", fail: "refuted", error: "unknown" } as const;

interface ResultCount {
  readonly labels: Readonly<Record<"verdict" | "code", string>>;
  count: number;
}

const bounds = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];

/** prom-client looks for labels at each observation. This has none, and there is one for each review. */
class Durations {
  readonly name = "sallyport_verify_duration_seconds";
  readonly help = "Time from a review to its decision, waiting for upstreams included.";
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  add(seconds: number): void {
    let place = 0;
    while (place < bounds.length && seconds > (bounds[place] as number)) place++;
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#sum += seconds;
  }

  /** As the registry reads a metric. */
  get() {
    const { name, help, type, aggregator } = this;
    let below = 0;
    const buckets = [...this.#counts].map((count, place) => {
      below += count;
      return { labels: { le: bounds[place] ?? "+Inf" }, value: below, metricName: `${name}_bucket` };
    });
    const sum = { labels: {}, value: this.#sum, metricName: `${name}_sum` };
    const count = { labels: {}, value: below, metricName: `${name}_count` };
    return Promise.resolve({ name, help, type, aggregator, values: [...buckets, sum, count] });
  }
}

export function verifyMetrics(registry: Registry): VerifyMetrics {
  const registers = [registry];
  const counts = new Map<string, ResultCount>();
  const countOf = ({ status, failures }: Result): readonly ResultCount[] => {
    if (status === "skip") return [];
    const labels = { verdict: verdicts[status], code: failures[0]?.code ?? "" };
    const key = labels.code === "" ? status : `${status} ${labels.code}`;
    const found = counts.get(key) ?? { labels, count: 0 };
    counts.set(key, found);
    return [found];
  };
  new Counter({
    name: "sallyport_verify_total",
    help: "Results of rules at admission: proven, refuted or unknown, and the code of what did not pass first.",
    labelNames: ["verdict", "code"] as const,
    registers,
    collect() {
      for (const waiting of counts.values()) {
        this.inc(waiting.labels, waiting.count);
        waiting.count = 0;
      }
    },
  });
  const durations = new Durations();
  registry.registerMetric(durations as unknown as Metric);
  let hits = 0;
  new Counter({
    name: "sallyport_cache_hits_total",
    help: "Decisions of admission that came from a remembered one.",
    registers,
    collect() {
      this.inc(hits);
      hits = 0;
    },
  });
  /** Of a remembered decision the results are the same list each time. */
  const seen = new WeakMap<readonly Result[], readonly ResultCount[]>();
  return {
    decided(results, seconds) {
      durations.add(seconds);
      if (results.length === 0) return;
      let counted = seen.get(results);
      if (counted !== undefined) hits += 1;
      else {
        counted = results.flatMap(countOf);
        seen.set(results, counted);
      }
      for (const one of counted) one.count += 1;
    },
  };
}
