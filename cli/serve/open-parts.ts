/** Builds the parts of `serve` from its configuration. Code that can dial is loaded in mode online only. */
import { EngineError } from "../../core/errors.ts";
import type { Policy } from "../../core/index.ts";
import type { Limits } from "../../core/limits.ts";
import { chosenVerifier } from "../../proxy/host/chosen-verifier.ts";
import type { Log } from "../../proxy/log.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openDoor } from "../../proxy/registry/open-door.ts";
import type { PolicyDoor } from "../../proxy/registry/door/policy-door.ts";
import { noPolicy } from "../../proxy/registry/recheck.ts";
import type { PulledLayers } from "../../proxy/registry/pulled-layers.ts";
import {
  createRegistryProxy,
  type RegistryEvent,
  type RegistryProxyOptions,
} from "../../proxy/registry/registry-proxy.ts";
import { SilentHosts } from "../../proxy/registry/silent-hosts.ts";
import { createTufServer } from "../../proxy/registry/tuf-server.ts";
import { servesAdmission, servesStrangers, strangersRead } from "../../proxy/serve/config-rules.ts";
import { NamedResponse } from "../../proxy/serve/named-response.ts";
import { admissionPaths } from "../../core/admission/review-answer.ts";
import type { MirrorFacts } from "../../proxy/serve/health.ts";
import type { Mount, Parts } from "../../proxy/serve/server.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import type { Metrics } from "../../proxy/metrics.ts";
import type { Reporter } from "../../proxy/reports/reporter.ts";
import { DecisionMemory } from "../../proxy/state/decision-memory.ts";
import type { State } from "../../proxy/state/state.ts";
import type { CommandIO } from "../command.ts";
import { readTrustSettings } from "../input/trust-flags.ts";
import type { Following } from "./follow-snapshots.ts";
import { NamedTrust } from "./named-trust.ts";
import { askingOf, judgingOf, knownOf, watchNamed } from "./judging.ts";
import { readinessChecks } from "./readiness.ts";
import { countRecheck, openDoorRecheck, type RecheckListParts } from "./open-recheck.ts";
import { recheckByTimer, type Rechecking, type RecheckTimer } from "./recheck-by-timer.ts";
import type { ServeSyncParts } from "./sync-by-timer.ts";
import type { SyncTurns } from "./sync-turns.ts";
import type { ServeCluster } from "./serve-cluster.ts";
import { readServePolicies } from "./serve-policies.ts";
import { trustOptions } from "./trust-options.ts";
import type { ServeUpstream } from "./upstreams.ts";

export interface ServeParts {
  readonly config: Config;
  readonly mirror: Mirror;
  /** Layers that pass through, where they are kept. */
  readonly layers: PulledLayers | undefined;
  /** What this instance remembers; opened when something is to be remembered. */
  readonly state: () => State | undefined;
  readonly metrics: Pick<Metrics, "recheck" | "admission" | "reports" | "sync" | "mirror">;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
  /** Why a newer configuration is not in force, if there is one. */
  readonly kept: () => EngineError | undefined;
  /** Of a mirror that follows snapshots. */
  readonly following?: Following | undefined;
  /** Of all configurations, one after the other. */
  readonly syncTurns: SyncTurns;
  /** The API server, where it is asked. */
  readonly cluster?: ServeCluster | undefined;
}

export interface OpenedParts extends Parts {
  /** Those that guard admission. */
  readonly policies: readonly Policy[];
  /** Names of what may refute what was let in. */
  readonly refuting: readonly string[];
}

/** @throws EngineError for policies, roots and certificates that cannot be used. */
export async function openParts(parts: ServeParts): Promise<OpenedParts> {
  const { config, mirror, layers, limits, io, log } = parts;
  const upstream = config.mode === "online" ? await openUpstreamFor(parts) : undefined;
  const registry = upstream?.registry;
  if (registry === undefined && config.upstreams.length > 0 && config.snapshot.from === undefined)
    log.info("mode offline: the upstreams are not dialled", { upstreams: config.upstreams.map(({ host }) => host) });
  const stop = new AbortController();
  try {
    const now = (): Date => io.now();
    const report = ({ code, message, subject }: EngineError): void => log.error(message, { code, subject });
    const trust = readTrustSettings(trustOptions(config), io, mirror.knowledge().tufRoots());
    const upstreams = registry === undefined ? [] : config.upstreams.map(({ host }) => host);
    const back: Pick<RecheckTimer, "soon"> = { soon: () => undefined };
    const silent = new SilentHosts({ now, returned: (host) => back.soon(`${host} answers again`) });
    const door = config.proxy.admit === "policies" ? policyDoor(parts, upstream, silent) : undefined;
    const isAsked = config.listeners.some(servesAdmission);
    const remembering = isAsked || door !== undefined ? parts.state() : undefined;
    const listing: RecheckListParts | undefined =
      remembering === undefined
        ? undefined
        : { ...parts, state: remembering, metrics: parts.metrics.recheck, now, report };
    // Nothing is let in undecided under Fail, but what was before is still looked at.
    const doorRecheck = door === undefined || listing === undefined ? undefined : openDoorRecheck(listing, door);
    const proxy = createRegistryProxy({
      mirror,
      registry,
      upstreams,
      defaultHost: config.proxy.defaultRegistry,
      failurePolicy: config.proxy.failurePolicy,
      refreshMs: config.proxy.refresh,
      layers,
      admit: door,
      judged: (image, verdict, isLetIn) => doorRecheck?.judged(image, verdict, isLetIn),
      silent,
      limits,
      now,
      log: (event, response) => {
        parts.metrics.mirror.sent(event.sending, event.bytes);
        tell(event, response, log);
      },
      report,
      warn: (text) => log.warn(text),
    });
    // Only who serves admission loads it.
    const memory =
      isAsked && remembering !== undefined ? new DecisionMemory({ state: remembering, now, report }) : undefined;
    const recording =
      isAsked && (config.records.folder ?? config.records.key) !== undefined
        ? await (await import("./webhook-records.ts")).openRecords({
            ...parts,
            contentId: mirror.currentSnapshot?.contentId,
            metrics: parts.metrics.admission,
          })
        : undefined;
    const opened = isAsked
      ? (await import("./open-webhook.ts")).openWebhook(
          {
            ...parts,
            metrics: parts.metrics.admission,
            reportMetrics: parts.metrics.reports,
            memory,
            records: recording?.records,
            listing,
          },
          upstream,
        )
      : undefined;
    const webhook = opened?.webhook;
    const rechecks = [doorRecheck, opened?.recheck, lookingAgain(opened?.reporter)].filter((one) => one !== undefined);
    const rechecking =
      rechecks.length === 0
        ? undefined
        : recheckByTimer({
            rechecks,
            counts: () => (listing === undefined ? undefined : countRecheck(listing)),
            mirror,
            isOnline: config.mode === "online",
            log,
          });
    if (rechecking !== undefined) back.soon = rechecking.soon;
    const admission: readonly Mount[] =
      webhook === undefined
        ? []
        : [{ what: "admission", paths: admissionPaths, handle: (...both) => webhook.handle(...both) }];
    const knowledge = mirror.knowledge();
    const otherTarget = (name: string, path: string): Uint8Array | undefined => knowledge.tufTarget(name, path);
    const tuf = createTufServer({
      knowledge,
      otherTarget,
      trust,
      crypto: chosenVerifier(config.trust.crypto),
      limits,
      now,
      report,
    });
    const named = config.trust.tufMirror === undefined ? undefined : new NamedTrust(knowledge, tuf);
    if (registry === undefined && named !== undefined)
      log.info("mode offline: the TUF mirror is not dialled", { tufMirror: config.trust.tufMirror });
    // Last, so that whatever is wrong with the rest leaves no sync behind.
    const keeping =
      registry === undefined || named === undefined
        ? undefined
        : (await import("./keep-trust.ts")).keepTrust(
            { ...parts, named, synced: () => back.soon("the trusted root") },
            stop.signal,
          );
    keeping?.ended.catch((error: unknown) => log.error("a bug ended the updates of trust", { error: String(error) }));
    const syncing =
      registry === undefined || config.sync.lists.length === 0
        ? undefined
        : await startSyncs(
            {
              ...parts,
              registry,
              others: parts.cluster?.policies,
              syncMetrics: parts.metrics.sync,
              synced: () => back.soon("synced"),
            },
            stop.signal,
            keeping?.first,
          );
    syncing?.ended.catch((error: unknown) => log.error("a bug ended the syncs", { error: String(error) }));
    return {
      mounts: [
        { what: "registry", paths: ["/v2"], handle: proxy.handle },
        { what: "trust", paths: ["/tuf", "/trust"], handle: tuf.handle },
        ...admission,
      ],
      checks: [
        ...readinessChecks({ config, mirror, tuf, now, kept: parts.kept, named, following: parts.following }),
        ...(parts.cluster?.checks ?? []),
      ],
      mirror: factsOf(mirror),
      policies: opened?.policies ?? [],
      refuting: [...(door === undefined ? [] : [noPolicy, ...door.applied]), ...(opened?.refuting ?? [])],
      async close() {
        stop.abort();
        await syncing?.ended.catch(() => undefined);
        await keeping?.ended.catch(() => undefined);
        await rechecking?.close();
        memory?.close();
        await recording?.close();
        await proxy.close();
        await upstream?.close();
      },
    };
  } catch (error) {
    stop.abort();
    await upstream?.close();
    throw error;
  }
}

/** Reports that say that something could not be decided are made again when answers change. */
const lookingAgain = (reporter: Reporter | undefined): Rechecking | undefined =>
  reporter && {
    run() {
      reporter.again();
      return Promise.resolve({ looked: 0, proven: 0, refuted: 0 });
    },
    close: () => reporter.close(),
    waits: () => reporter.isUndecided,
  };

function factsOf({ currentSnapshot }: Mirror): MirrorFacts | undefined {
  if (currentSnapshot === undefined) return undefined;
  const { contentId, sequence, created } = currentSnapshot;
  return { contentId, sequence, created };
}

/** The promise of their end is in a box, since they last. @throws EngineError for lists that cannot be synced. */
async function startSyncs(
  parts: ServeSyncParts & Pick<ServeParts, "syncTurns">,
  stop: AbortSignal,
  /** Until then nobody begins. */
  trusted: Promise<void> = Promise.resolve(),
): Promise<{ readonly ended: Promise<void> }> {
  const { checkSyncInputs, syncByTimer } = await import("./sync-by-timer.ts");
  checkSyncInputs(parts);
  return { ended: parts.syncTurns.run((lost) => trusted.then(() => syncByTimer(parts, stop, lost)), stop) };
}

async function openUpstreamFor(parts: ServeParts): Promise<ServeUpstream> {
  const { openServeUpstream, findKnownUpstream } = await import("./upstreams.ts");
  const { listeners, allowAnonymousPrivate } = parts.config;
  const open = listeners.find(servesStrangers);
  const known = open === undefined || allowAnonymousPrivate ? undefined : await findKnownUpstream(parts);
  if (open !== undefined && known !== undefined)
    throw new EngineError("invalid-config", strangersRead(known), { subject: open.name ?? open.address });
  return openServeUpstream(parts);
}

/**
 * What was not served, and why: in the line of the request. Where that was written already, since a client went away in
 * the middle, it has a line of its own.
 */
function tell(event: RegistryEvent, response: Parameters<RegistryProxyOptions["log"]>[1], log: Log): void {
  const { why, status, method, target, repository, ms, facts } = event;
  if (why !== undefined && !response.closed) {
    NamedResponse.note(response, { why, repository, ...facts });
    return;
  }
  if (why === undefined && !log.isDebug) return;
  // A query may hold a secret that somebody's client put there.
  const fields = { why, status, method, target: target.replace(/\?.*/s, ""), repository, ms: Math.round(ms), ...facts };
  if (why === undefined) log.debug("registry", fields);
  else log.warn("registry: not served", fields);
}

function policyDoor(
  { config, mirror, limits, io, log, cluster }: ServeParts,
  upstream: ServeUpstream | undefined,
  silent: SilentHosts,
): PolicyDoor {
  const { folders, allowEmpty } = config.policies;
  const { policies, exceptions } = readServePolicies(config, io, cluster?.policies);
  const judging = judgingOf({ config, mirror, io }, policies);
  const { settings, distrust, given } = judging;
  watchNamed(policies, { askable: settings.askable, cluster, limits, log });
  const door = openDoor({
    ...askingOf({ config, mirror, limits, io, log }, judging, upstream, cluster),
    known: [given, ...knownOf(mirror, cluster)],
    policies,
    settings,
    distrust,
    // Without registries to ask nothing that is known of them is too old.
    refreshMs: upstream === undefined ? Number.POSITIVE_INFINITY : config.proxy.refresh,
    noMatch: config.proxy.noMatch,
    crypto: chosenVerifier(config.trust.crypto),
    limits,
    silent,
  });
  const [left] = door.notApplied;
  if (left !== undefined && door.applied.length === 0 && config.proxy.noMatch === "admit" && !allowEmpty)
    throw new EngineError(
      "invalid-config",
      `none of the policies can be applied to pulls, so that every image would be let in: ${left.policy} needs ` +
        `${left.needs}; proxy.noMatch: deny and policies.allowEmpty: true allow that`,
      { subject: folders.join(", ") },
    );
  for (const { policy, needs } of door.notApplied)
    log.warn(`the policy ${policy} is not applied to pulls: its verdict needs ${needs}`);
  for (const exception of exceptions)
    log.warn(`the exception ${exception.name} is not applied to pulls: it is about resources`);
  log.info("policies guard pulls", { applied: door.applied });
  return door;
}
