/** What `/readyz` looks at. Source: docs/spec/command-line.md#serve. */
import { EngineError } from "../../core/errors.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { mirroredOf } from "../../proxy/mirror/dated-runs.ts";
import { currentWriter } from "../../proxy/mirror/writer-lock.ts";
import type { TufServer } from "../../proxy/registry/tuf-server.ts";
import type { ReadinessCheck } from "../../proxy/serve/health.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { Following } from "./follow-snapshots.ts";
import type { NamedTrust } from "./named-trust.ts";
import { defaultTrustName } from "../input/trust-flags.ts";

export interface Readiness {
  readonly config: Config;
  readonly mirror: Mirror;
  readonly tuf: TufServer;
  readonly now: () => Date;
  /** Why the newest configuration and its policies are not in force. */
  readonly kept: () => EngineError | undefined;
  /** Where `trust.tufMirror` names a repository. */
  readonly named?: NamedTrust | undefined;
  /** Of a mirror that follows snapshots. */
  readonly following?: Following | undefined;
}

/** The mirror must be readable; that it is old, or another process writes it, holds nobody back. */
export function readinessChecks({
  config,
  mirror,
  tuf,
  now,
  kept,
  named,
  following,
}: Readiness): readonly ReadinessCheck[] {
  const knowledge = mirror.knowledge();
  const said = (name: string, look: () => void): ReadinessCheck => ({ name, isOnlySaid: true, look });
  return [
    { name: "mirror", look: () => void knowledge.recorded({ kind: "trusted-root", name: defaultTrustName }) },
    said("age", () => requireYoung(mirror, config.sync.maxAge, now())),
    said("trust", () => tuf.look(knowledge.trustedRootNames())),
    ...(named === undefined ? [] : trustChecks(named, config)),
    ...(following === undefined ? [] : [said("snapshot", () => requireHeard(following, mirror))]),
    said("configuration", () => {
      const why = kept();
      if (why !== undefined) throw why;
    }),
    said("writer", () => {
      const writer = mirror.isWritable ? undefined : currentWriter(mirror.folder);
      if (writer === undefined) return;
      const { command = "a process", pid = "?", host = "?" } = writer;
      throw new EngineError("mirror-busy", `${command}, process ${pid} on ${host}, writes to the mirror`);
    }),
  ];
}

/**
 * Without the trusted root that it is to fetch, a server is not ready: what decides by none would refuse everything.
 * Where nobody is asked it can only be said.
 */
function trustChecks(named: NamedTrust, { mode }: Config): readonly ReadinessCheck[] {
  const throwing = (find: () => EngineError | undefined) => (): void => {
    const why = find();
    if (why !== undefined) throw why;
  };
  return [
    { name: "trusted-root", isOnlySaid: mode === "offline", look: throwing(() => named.missing()) },
    { name: "tuf-mirror", isOnlySaid: true, look: throwing(() => named.failure) },
  ];
}

/** A mirror into which nobody ever synced has no age. */
function requireYoung(mirror: Mirror, maxAge: number, now: Date): void {
  const runs = mirror.log.datedRuns();
  const mirrored = mirroredOf(runs);
  // Where none was complete, the mirror is at least as old as the first one that is known.
  const first = runs.findLast(({ kind }) => kind === "mirror sync");
  const at = mirrored.at ?? (first === undefined ? undefined : new Date(first.started));
  if (at === undefined || now.getTime() - at.getTime() <= maxAge) return;
  throw new EngineError("stale", `the mirror is as of ${at.toISOString()} or before, longer ago than sync.maxAge`);
}

/** The present snapshot stays, and how old it is is said. */
function requireHeard({ failure, heard }: Following, { currentSnapshot }: Mirror): void {
  if (failure === undefined) return;
  const { sequence, created } = currentSnapshot ?? {};
  throw new EngineError(
    failure.code,
    `snapshot ${sequence}, made at ${created}, stays: ${failure.message}` +
      (heard === undefined ? "" : `; the registry last gave a right one at ${heard.toISOString()}`),
    { subject: failure.subject },
  );
}
