/**
 * A reader that follows the snapshots of a registry: it looks again and again, and keeps the one that it has while the
 * registry cannot be asked. Loaded where the configuration names such a registry. Source:
 * docs/spec/snapshot.md#reading.
 */
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { chosenVerifier } from "../../proxy/host/chosen-verifier.ts";
import type { Log } from "../../proxy/log.ts";
import type { SnapshotMetrics } from "../../proxy/metrics.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { bringSnapshot, type Brought } from "../../proxy/snapshot/bring-snapshot.ts";
import { parseSnapshotPlace } from "../../proxy/snapshot/place.ts";
import type { RefusedSnapshot } from "../../proxy/snapshot/refused-snapshot.ts";
import { pauseBetween } from "../../proxy/sync/interval.ts";
import type { CommandIO } from "../command.ts";
import { readInitialRoots } from "../input/initial-roots.ts";
import { readSnapshotKey } from "../input/snapshot-flags.ts";
import { lockHolder } from "../input/store.ts";
import { trustOptions } from "./trust-options.ts";
import { openServeRegistry } from "./upstreams.ts";

/** How the last look ended, for `/readyz`. */
export interface Following {
  /** When somebody could last be asked. */
  heard: Date | undefined;
  failure: EngineError | undefined;
}

export interface FollowParts {
  /** The configuration in force. */
  readonly config: () => Config;
  readonly store: string;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
  readonly metrics: SnapshotMetrics;
  readonly following: Following;
  readonly refused: RefusedSnapshot;
  /** Another one is here. */
  readonly switched: () => void;
}

/** For one look, with its download. */
const mostMs = 30 * 60_000;

/** One look. @throws EngineError as `bringSnapshot`, and for keys that cannot be read. */
export async function followOnce(parts: Omit<FollowParts, "switched">, stop: AbortSignal): Promise<Brought> {
  const { store, limits, io, log, metrics, following, refused } = parts;
  const config = parts.config();
  const { from = "", keys, acceptPins } = config.snapshot;
  const registry = openServeRegistry({ config, limits, io, log });
  try {
    const brought = await bringSnapshot({
      store,
      place: parseSnapshotPlace(from, "snapshot.from"),
      registry,
      keys: keys.map((path) => readSnapshotKey(path, io, "snapshot.keys").key),
      ...readInitialRoots(trustOptions(config), io),
      acceptPins,
      verifier: chosenVerifier(config.trust.crypto),
      now: io.now(),
      limits,
      refused,
      holder: lockHolder(io),
      signal: AbortSignal.any([stop, AbortSignal.timeout(mostMs)]),
    });
    Object.assign(following, { heard: io.now(), failure: undefined } satisfies Following);
    metrics.looked(brought.state, io.now());
    if (brought.state === "switched") tell(brought, parts);
    return brought;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    following.failure = error;
    if (!stop.aborted) metrics.looked("failed", io.now());
    throw error;
  } finally {
    await registry.close();
  }
}

function tell(
  { snapshot, newKeys, before, taken, takenBack }: Brought,
  { log, io }: Pick<FollowParts, "log" | "io">,
): void {
  const { sequence, contentId, created, from, key } = snapshot;
  log.info("a snapshot was pulled", { sequence, contentId, created, from, signedBy: key, before });
  if (Date.parse(created) > io.now().getTime())
    log.warn("the clock is behind: this snapshot was made later", { code: "clock-behind", created });
  if (takenBack !== undefined)
    log.warn("the snapshot that was read until now is no measure of this one: its key is no longer accepted", {
      ...takenBack,
    });
  if (taken.length > 0)
    log.warn(
      "nothing was here to compare the snapshot with: who is trusted is what it says; look at it, and approve it " +
        "by snapshot.acceptPins, so that an emptied folder takes nothing else",
      { taken: taken.map(({ kind, name, digest }) => `${kind} ${name} ${digest}`) },
    );
  for (const fingerprint of newKeys) log.warn("another key signs snapshots from now on", { fingerprint });
}

/** Looks until it is told to stop; then it resolves. A look that fails is told, and the next one may be better. */
export async function followSnapshots(parts: FollowParts, stop: AbortSignal): Promise<void> {
  const { log, switched, following } = parts;
  // One that was just waited for needs no second look.
  if (following.heard !== undefined) await pauseBetween(parts.config().snapshot.interval, stop);
  while (!stop.aborted) {
    try {
      if ((await followOnce(parts, stop)).state === "switched") switched();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (stop.aborted) return;
      const { code, message, subject } = error;
      const heard = following.heard?.toISOString();
      log.error("no snapshot was pulled: the present one stays", { code, error: message, subject, heard });
    }
    if (!stop.aborted) await pauseBetween(parts.config().snapshot.interval, stop);
  }
}
