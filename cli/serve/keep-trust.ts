/**
 * The trusted root of the repository that `trust.tufMirror` names, into the mirror of `serve`: at its start, then by
 * the timer of syncs. Loaded where one is named and may be asked. Source: docs/spec/command-line.md#serve.
 */
import { once } from "../../core/cosign/signed-entity.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Log } from "../../proxy/log.ts";
import { lastTrustUpdate } from "../../proxy/mirror/last-trust-update.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { pauseBetween } from "../../proxy/sync/interval.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { openUpstream } from "../../proxy/upstream/open-upstream.ts";
import type { CommandIO } from "../command.ts";
import { type Begin, beginOf, type Fetched, fetchInto, openSource, storeTrust } from "../input/fetch-trust.ts";
import { filesOf } from "../input/tool-files.ts";
import { defaultTrustName } from "../input/trust-flags.ts";
import { missedTargets } from "../render/missed-targets.ts";
import type { NamedTrust } from "./named-trust.ts";
import { trustOptions } from "./trust-options.ts";

export interface KeepTrustParts {
  readonly config: Config;
  readonly mirror: Mirror;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
  readonly named: NamedTrust;
  /** Hears that answers may have changed. */
  readonly synced?: () => void;
}

/** How soon a repository is asked again whose trusted root the mirror lacks: until then nothing is served. */
const lackMs = 30_000;

/** Whether nothing but the time of the look is news: then the log of the mirror's runs has no line for it. */
function isKnown(mirror: Mirror, { source, before }: Fetched, begin: Begin): boolean {
  const { floors, target } = before ?? {};
  return (
    !begin.isNew &&
    target !== undefined &&
    digestOf(target) === digestOf(source.target) &&
    JSON.stringify(floors) === JSON.stringify(source.floors) &&
    lastTrustUpdate(mirror)?.failed === undefined
  );
}

/** By the mechanism of `trust update`. @throws EngineError why there is nothing new. */
async function keepOnce({ config, mirror, io, log, named }: KeepTrustParts, stop: AbortSignal): Promise<void> {
  const { tufMirror = "" } = config.trust;
  const name = defaultTrustName;
  const { env } = io;
  const authorities = once(() => readAuthorities({ env, files: filesOf(io), added: undefined }));
  const upstream = openUpstream({ env, authorities, log: (line) => log.debug("upstream", { line }) });
  try {
    const begin = beginOf({ ...trustOptions(config), name }, mirror, io);
    const from = openSource(tufMirror, { fetcher: upstream.fetcher, signal: stop }, io);
    const fetched = await fetchInto(mirror, from, begin, io.now(), name);
    if (stop.aborted) return;
    const { source, missed } = fetched;
    const origin = { at: io.now().toISOString(), from: from.url };
    if (isKnown(mirror, fetched, begin))
      mirror.writer().setAnswer({ kind: "trusted-root", name }, { state: "present", value: source, ...origin });
    else storeTrust(mirror, fetched, begin, { kind: "trust update", name, from: from.url }, io);
    named.failure = undefined;
    if (missed.length > 0) log.warn(missedTargets(name, missed));
    log.info("the trusted root is up to date", { name, from: from.url, versions: source.floors });
  } finally {
    await upstream.close();
  }
}

/** Said by the log, by `/readyz`, and by `status`, which reads the mirror. What the mirror has stays. */
function tellFailure({ config, mirror, io, log, named }: KeepTrustParts, error: EngineError): void {
  const { code, message, subject } = error;
  const from = config.trust.tufMirror ?? "";
  named.failure = error;
  log.error("the trusted root was not updated", { code, error: message, subject, from });
  try {
    if (lastTrustUpdate(mirror)?.failed === code) return;
    const at = io.now().toISOString();
    const summary = { name: defaultTrustName, failed: code, error: message };
    mirror.log.addRun({ kind: "trust update", started: at, ended: at, from, summary });
  } catch (unwritten) {
    if (!(unwritten instanceof EngineError)) throw unwritten;
    log.error("that it was not updated cannot be recorded", { code: unwritten.code, error: unwritten.message });
  }
}

async function keepRound(parts: KeepTrustParts, stop: AbortSignal): Promise<void> {
  try {
    await keepOnce(parts, stop);
    parts.synced?.();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (!stop.aborted) tellFailure(parts, error);
  }
}

/** `first`: the first look is over, whatever came of it. `ended`: it was told to stop. */
export function keepTrust(
  parts: KeepTrustParts,
  stop: AbortSignal,
): Readonly<Record<"first" | "ended", Promise<void>>> {
  const first = keepRound(parts, stop);
  const rest = async (): Promise<void> => {
    await first;
    while (!stop.aborted) {
      const { interval } = parts.config.sync;
      await pauseBetween(parts.named.missing() === undefined ? interval : Math.min(interval, lackMs), stop);
      if (!stop.aborted) await keepRound(parts, stop);
    }
  };
  return { first, ended: rest() };
}
