/**
 * What a server decides by, and how old it is, in Prometheus' text form. Source:
 * https://prometheus.io/docs/instrumenting/exposition_formats, docs/spec/offline.md#age-budgets.
 */
import { Gauge, type Registry } from "prom-client";

/** What grows old, as of when it is, when decisions begin to be stale, and how it is now. */
export interface Aging {
  readonly what: "mirror" | "trust" | "checkpoint";
  /** Which of several; empty for the mirror. */
  readonly subject: string;
  readonly asOf?: Date | undefined;
  readonly ends?: Date | undefined;
  readonly state: "fresh" | "warned" | "stale";
}

/** What a server decides by, and how old it is. */
export interface Held {
  readonly aging: readonly Aging[];
  /** When the roles of the trusted roots' TUF metadata expire. */
  readonly roles: readonly { readonly root: string; readonly role: string; readonly expires: Date }[];
  /** When the last archive was imported. */
  readonly imported?: Date | undefined;
  readonly now: Date;
}

export interface FreshnessMetrics {
  /** `look` is called whenever somebody reads the metrics. The last one that was given counts. */
  watch(look: () => Held): void;
}

const agingStates = { fresh: 0, warned: 1, stale: 2 } as const;

export function freshnessMetrics(registry: Registry): FreshnessMetrics {
  let watched: (() => Held) | undefined;
  const gauge = (name: string, help: string, read: (one: Aging) => number | undefined): Gauge<"what" | "subject"> =>
    new Gauge({
      name,
      help,
      labelNames: ["what", "subject"] as const,
      registers: [registry],
      collect() {
        this.reset();
        for (const one of watched?.().aging ?? []) {
          const value = read(one);
          if (value !== undefined) this.set({ what: one.what, subject: one.subject }, value);
        }
      },
    });
  const seconds = (at: Date | undefined): number | undefined => at && at.getTime() / 1000;
  gauge(
    "sallyport_freshness_as_of_timestamp_seconds",
    "As of when the mirror, its trusted roots and the checkpoints of logs are.",
    ({ asOf }) => seconds(asOf),
  );
  gauge(
    "sallyport_freshness_ends_timestamp_seconds",
    "When they spend the budget that denies, or warns where none denies.",
    ({ ends }) => seconds(ends),
  );
  gauge(
    "sallyport_freshness_state",
    "How old they are by the server's budgets: 0 fresh, 1 warned of, 2 stale.",
    ({ state }) => agingStates[state],
  );
  new Gauge({
    name: "sallyport_trust_expiry_seconds",
    help: "Seconds until the TUF metadata of a role expires; below zero once it did.",
    labelNames: ["root", "role"] as const,
    registers: [registry],
    collect() {
      this.reset();
      const held = watched?.();
      for (const { root, role, expires } of held?.roles ?? [])
        this.set({ root, role }, (expires.getTime() - (held?.now.getTime() ?? 0)) / 1000);
    },
  });
  new Gauge({
    name: "sallyport_last_import_timestamp_seconds",
    help: "When an archive was last imported; none was where it is missing.",
    // With a label a gauge has no value before one is set.
    labelNames: ["what"] as const,
    registers: [registry],
    collect() {
      this.reset();
      const at = seconds(watched?.().imported);
      if (at !== undefined) this.set({}, at);
    },
  });
  return {
    watch: (look) => {
      watched = look;
    },
  };
}
