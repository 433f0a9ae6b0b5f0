/** How old what a server decides by is, for its metrics. Source: docs/spec/offline.md#age-budgets. */
import { EngineError } from "../../core/errors.ts";
import { budgetsOf } from "../../core/trust/budgets.ts";
import { later } from "../../core/verify/clock.ts";
import type { Log } from "../../proxy/log.ts";
import type { Aging, Held } from "../../proxy/freshness-metrics.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { CommandIO } from "../command.ts";
import { agingItems } from "../health/mirror-items.ts";
import { newestSigned, readRootStatuses, readTrustedLogs } from "../health/root-status.ts";
import { readTrustSettings } from "../input/trust-flags.ts";
import { trustOptions } from "./trust-options.ts";

export interface ToWatch {
  readonly config: Config;
  readonly mirror: Mirror;
  readonly io: CommandIO;
  readonly log: Log;
}

/** How long a look is kept, so that reading the metrics often does not verify signatures each time. */
const keptMs = 10_000;

/** A look at what grows old. What cannot be read is told by the log, and has no metric. */
export function watchFreshness({ config, mirror, io, log }: ToWatch): () => Held {
  let last: Held | undefined;
  return () => {
    const now = io.now();
    const isKept = last !== undefined && Math.abs(now.getTime() - last.now.getTime()) < keptMs;
    if (last === undefined || !isKept) last = look(now);
    return last;
  };

  function look(now: Date): Held {
    try {
      const settings = readTrustSettings(trustOptions(config), io, mirror.knowledge().tufRoots());
      const signed = newestSigned(mirror, {});
      const roots = readRootStatuses(mirror, settings, later(now, signed) ?? now);
      const logs = readTrustedLogs(mirror, settings, now);
      const items = agingItems({ mirror, roots, logs, budgets: budgetsOf(settings), now, signed });
      const { last: imported } = mirror.imports.seen();
      return {
        aging: items.flatMap(toAging),
        roles: roots.flatMap(({ name: root, roles }) => roles.map(({ role, expires }) => ({ root, role, expires }))),
        imported: imported === undefined ? undefined : new Date(imported.at),
        now,
      };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      log.error("how old the mirror is cannot be told", { code: error.code, error: error.message });
      return { aging: [], roles: [], now };
    }
  }
}

const kinds = ["mirror", "trust", "checkpoint"] as const;

function toAging({ name, subject = "", state, at, until }: ReturnType<typeof agingItems>[number]): readonly Aging[] {
  const what = kinds.find((kind) => kind === name);
  // Where nothing says how old something is, nothing can be said but that it is too old.
  if (what === undefined || (at === undefined && state !== "stale" && state !== "failed")) return [];
  const level = state === "stale" || state === "failed" ? "stale" : state === "ok" ? "fresh" : "warned";
  return [{ what, subject, asOf: at, ends: until, state: level }];
}
