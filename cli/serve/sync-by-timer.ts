/** The syncs of `serve`: its lists, by a timer, from its upstreams into its mirror. Loaded where lists are said. */
import type { LoadedPolicies } from "../../core/index.ts";
import { EngineError } from "../../core/errors.ts";
import { createAliases } from "../../core/oci/aliases.ts";
import { parseReference } from "../../core/oci/reference.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { chosenVerifier } from "../../proxy/host/chosen-verifier.ts";
import type { SyncMetrics } from "../../proxy/metrics.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { pauseBetween } from "../../proxy/sync/interval.ts";
import { listImages } from "../../proxy/sync/list-images.ts";
import { neverAsked } from "../../proxy/sync/never-asked.ts";
import { exitOfSync, failuresOf } from "../../proxy/sync/exit-of-sync.ts";
import { runSync } from "../../proxy/sync/run-sync.ts";
import type { CoveredImage, SyncReport } from "../../proxy/sync/sync-events.ts";
import { repositoriesAt, type Unlisted, unlistedIn } from "../../proxy/sync/unlisted.ts";
import { questionsAtOnce } from "../../proxy/serve/upstream-hosts.ts";
import { createSyncEngine } from "../../proxy/sync/sync-engine.ts";
import type { Registry } from "../../proxy/upstream/registry/open-registry.ts";
import { exitOf } from "../exit-code.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { problemText } from "../input/files.ts";
import { openImageList } from "../input/image-list.ts";
import { openAsker } from "../input/open-online.ts";
import { defaultTrustName } from "../input/trust-flags.ts";
import { aliasesOf } from "./aliases-of.ts";
import { judgingOf } from "./judging.ts";
import { logEar } from "./log-ear.ts";
import { loadServePolicies, type OtherPolicies } from "./serve-policies.ts";
import type { UpstreamParts } from "./upstreams.ts";

export interface ServeSyncParts extends UpstreamParts {
  readonly mirror: Mirror;
  readonly registry: Registry;
  /** Policies that are not in files. */
  readonly others?: OtherPolicies | undefined;
  readonly syncMetrics: SyncMetrics;
  /** Hears that answers may have changed. */
  readonly synced?: () => void;
}

/**
 * Policies say what is asked of images; exceptions among them count, as they do for admission.
 * @throws EngineError with the code of the first that does not load.
 */
function readAll({ config, io, others }: ServeSyncParts): Pick<LoadedPolicies, "policies" | "exceptions"> {
  const { policies, exceptions, errors } = loadServePolicies(config, io, others);
  const [first] = errors;
  if (first !== undefined) throw new EngineError(first.code, errors.map(problemText).join("; "));
  return { policies, exceptions };
}

const unlistedWords = (unlisted: readonly Unlisted[]): string => {
  const named = unlisted.slice(0, mostNamed).map(({ name, from }) => `${name} (${from})`);
  const more = unlisted.length > mostNamed ? `, and ${unlisted.length - mostNamed} more` : "";
  return `sync.lists name hosts that are not listed under upstreams, and nobody asks them: ${named.join(", ")}${more}`;
};

const listedIn = ({ config }: ServeSyncParts): ((repository: string) => boolean) =>
  repositoriesAt(config.upstreams.map(({ host }) => host));

/** Whether the host of an image is listed: of one under a mirror's name, that of what is mirrored. */
function listedAs(parts: ServeSyncParts): (name: string) => boolean {
  const { config, limits } = parts;
  const isListed = listedIn(parts);
  const aliases = createAliases(aliasesOf(config), limits);
  return (name) => {
    const reference = parseReference(name, limits);
    return isListed((aliases.logicalOf(reference)?.reference ?? reference).repository);
  };
}

/**
 * The start's look at what the syncs will read. Later, what is wrong with a list or a policy is told, and the rest goes
 * on.
 * @throws EngineError for lists, policies and distrust lists that cannot be read; `invalid-config` for a list that
 * names a host which is no upstream.
 */
export function checkSyncInputs(parts: ServeSyncParts): void {
  const { config, log } = parts;
  const io = logEar(parts.io, log);
  const { policies } = readAll(parts);
  readDistrustFiles(config.trust.distrust, io);
  const unlisted = unlistedIn(openImageList(config.sync.lists, policies, io), listedAs(parts));
  const [first] = unlisted;
  if (first !== undefined) throw new EngineError("invalid-config", unlistedWords(unlisted), { subject: first.from });
}

/**
 * Asks the listed registries, and the logs, TUF repositories and key services that the policies and the mirror's trust
 * name.
 */
async function syncOnce(parts: ServeSyncParts, stop: AbortSignal, lost: AbortSignal | undefined): Promise<void> {
  const { config, limits, log, mirror, registry } = parts;
  const io = logEar(parts.io, log);
  const { policies, exceptions } = readAll(parts);
  const { settings, distrust, given: ofFiles } = judgingOf({ config, mirror, io }, policies);
  const now = (): Date => io.now();
  const engine =
    policies.length === 0
      ? undefined
      : createSyncEngine({
          policies,
          exceptions,
          distrust,
          crypto: chosenVerifier(config.trust.crypto),
          limits,
          settings,
        });
  const isListed = listedIn(parts);
  // Whose repository the configuration names is asked by it alone.
  const isKept = (name: string): boolean => config.trust.tufMirror !== undefined && name === defaultTrustName;
  const mayAsk = (question: Question): boolean =>
    question.kind === "trusted-root"
      ? !isKept(question.name)
      : !("repository" in question) || isListed(question.repository);
  const { asker, besideAdded, listTags, close } = await openAsker(
    {},
    { signal: stop, registry: registry.forOneRun(), log: (line) => log.debug("upstream", { line }) },
    io,
    {
      knowledge: mirror.knowledge(),
      given: ofFiles,
      mirror,
      writes: true,
      now: now(),
      limits,
      initialRoots: settings.trust.initialRoots ?? {},
      access: undefined,
    },
  );
  try {
    const list = openImageList(config.sync.lists, policies, io);
    const unlisted = unlistedIn(list, listedAs(parts));
    if (unlisted.length > 0) log.error(unlistedWords(unlisted), { code: "invalid-config" });
    const found = await listImages(list, {
      listTags: (repository, ...rest) =>
        isListed(repository)
          ? listTags(repository, ...rest)
          : Promise.reject(
              new EngineError("not-in-mirror", "its registry is not listed under upstreams", { subject: repository }),
            ),
      mirrored: (repository) => mirror.tags(repository),
      isWhole: false,
      signal: stop,
      aliases: createAliases(settings.aliases, limits),
      limits,
    });
    const given = joinedKnowledge([ofFiles, neverAsked(mirror, found.images)]);
    const report = await runSync({
      ...found,
      mirror,
      knowledge: joinedKnowledge([ofFiles, mirror.knowledge()]),
      given,
      asker: {
        known: (question) => (mayAsk(question) ? asker.known?.(question) : undefined),
        ask: async (question) => (mayAsk(question) ? asker.ask(question) : undefined),
      },
      besideAdded,
      engine,
      trustedRoots: mirror
        .knowledge()
        .trustedRootNames()
        .filter((name) => !isKept(name)),
      now,
      limits,
      inFlight: questionsAtOnce(config.upstreams),
      isDry: false,
      claimedBy: "serve",
      on: ({ event, ...fields }) => log.debug(`sync: ${event}`, fields),
      stop,
      lost,
    });
    tell(report, parts);
  } finally {
    close();
  }
}

/** Images that one line of the log names. */
const mostNamed = 20;

/** `ghcr.io/org/app:1 (no-signature)`. */
function uncoveredText({ image, coverage, problems }: CoveredImage): string {
  const { verdict, missing, reasons } = coverage;
  const codes = new Set([...reasons, ...problems].map(({ code }) => code));
  const words = [...codes, ...(codes.size === 0 && missing.length > 0 ? ["not-in-mirror"] : [])];
  return `${image} (${words.length === 0 ? verdict : words.join(", ")})`;
}

function tell(report: SyncReport, { config, log, io, syncMetrics }: ServeSyncParts): void {
  const ignores = config.sync.failurePolicy === "Ignore";
  const code = exitOfSync(report, { ignores, requiresCovered: false, exitOf });
  const { images, outages, bytes } = report;
  const uncovered = images.filter(({ coverage }) => !coverage.isCovered);
  const covered = images.length - uncovered.length;
  // One that was stopped with the process says nothing of the registries.
  if (!report.isStopped)
    syncMetrics.synced({
      at: io.now(),
      codes: failuresOf(report, ignores),
      covered,
      uncovered: uncovered.length,
      outages,
    });
  // Under Ignore an outage changes nothing, and is told all the same.
  const level = code !== 0 ? "error" : outages.length > 0 ? "warn" : "info";
  log[level]("synced", {
    images: images.length,
    covered,
    bytes,
    code,
    ...(outages.length === 0
      ? {}
      : { outages: outages.map(({ from, code: why, questions }) => ({ from, code: why, questions })) }),
    ...(uncovered.length === 0 ? {} : { uncovered: uncovered.slice(0, mostNamed).map(uncoveredText) }),
  });
}

/**
 * Syncs until it is told to stop; then it resolves. A round that fails is told, and the next one may be better. `lost`:
 * it took too long to stop, and the mirror is another's to write.
 */
export async function syncByTimer(parts: ServeSyncParts, stop: AbortSignal, lost?: AbortSignal): Promise<void> {
  const { config, log } = parts;
  while (!stop.aborted) {
    try {
      await syncOnce(parts, stop, lost);
      parts.synced?.();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const { code, message, subject } = error;
      log.error("the sync failed", { code, error: message, subject });
      parts.syncMetrics.failed(code, parts.io.now());
    }
    if (!stop.aborted) await pauseBetween(config.sync.interval, stop);
  }
}
