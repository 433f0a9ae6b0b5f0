/**
 * The re-check list of `serve`: what the door of the registry and admission put there, who decides about it again, and
 * what is said of what is refuted then.
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Log } from "../../proxy/log.ts";
import type { RecheckMetrics } from "../../proxy/metrics.ts";
import type { Door } from "../../proxy/registry/door/door.ts";
import { Recheck } from "../../proxy/registry/recheck.ts";
import type { Finding, RecheckCounts } from "../../proxy/state/recheck-list.ts";
import type { State } from "../../proxy/state/state.ts";

export interface RecheckListParts {
  readonly state: State;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics: RecheckMetrics;
  readonly now: () => Date;
  readonly report: (error: EngineError) => void;
}

/** How long the list is, for the metrics too; `undefined` where it cannot be read. */
export function countRecheck({ state, metrics, report }: RecheckListParts): RecheckCounts | undefined {
  try {
    const counts = state.recheck((list) => list.counts());
    metrics.listed(counts);
    return counts;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    report(error);
    return undefined;
  }
}

/** `resource`: what had the image; absent where a registry was asked for it. */
export function tellRefuted(
  { metrics, log }: Pick<RecheckListParts, "metrics" | "log">,
  image: string,
  { policy, policyDigest, code, message }: Finding,
  resource?: string,
): void {
  metrics.refuted(policy, code);
  log.error("an image that was let in undecided is refuted: it may be running", {
    image,
    ...(resource === undefined ? {} : { resource }),
    policy,
    policyDigest,
    code,
    reason: message,
  });
}

/** Of images that the door let in. */
export const openDoorRecheck = (parts: RecheckListParts, door: Door): Recheck =>
  new Recheck({
    ...parts,
    door,
    refuted: (image, finding) => tellRefuted(parts, image, finding),
    counted: (counts) => parts.metrics.listed(counts),
  });
