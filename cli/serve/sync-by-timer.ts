/** The syncs of `serve`: its lists, by a timer, from its upstreams into its mirror. Loaded where lists are said. */
import { createEngine, type Policy } from "../../core/index.ts";
import { EngineError } from "../../core/errors.ts";
import { nothingKnown } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { pauseBetween } from "../../proxy/sync/interval.ts";
import { listImages } from "../../proxy/sync/list-images.ts";
import { exitOfSync, runSync } from "../../proxy/sync/run-sync.ts";
import type { Registry } from "../../proxy/upstream/registry/open-registry.ts";
import { createRoute } from "../../proxy/upstream/route.ts";
import { exitOf } from "../exit-code.ts";
import { problemText } from "../input/files.ts";
import { openImageList } from "../input/image-list.ts";
import { readPolicies } from "../input/policy-files.ts";
import type { UpstreamParts } from "./upstreams.ts";
import { defaultTrustName, readTrustSettings } from "../input/trust-flags.ts";

export interface ServeSyncParts extends UpstreamParts {
  readonly mirror: Mirror;
  readonly registry: Registry;
}

/** How many questions are asked at the same time. */
const inFlight = 16;

/** Policies say what is asked of images. @throws EngineError with the code of the first that does not load. */
function readAll({ config, io }: ServeSyncParts): readonly Policy[] {
  const { folders } = config.policies;
  if (folders.length === 0) return [];
  const { policies, errors } = readPolicies(folders, io);
  const [first] = errors;
  if (first !== undefined) throw new EngineError(first.code, errors.map(problemText).join("; "));
  return policies;
}

async function syncOnce(parts: ServeSyncParts, stop: AbortSignal): Promise<void> {
  const { config, io, limits, log, mirror, registry } = parts;
  const policies = readAll(parts);
  const now = (): Date => io.now();
  const { tufRoot } = config.trust;
  const trust = readTrustSettings(tufRoot === undefined ? {} : { tufRoot }, io, mirror.knowledge().tufRoots());
  const settings = { trustRoot: defaultTrustName, trust, absentNamespaceLabels: "none" } as const;
  const engine = policies.length === 0 ? undefined : createEngine({ policies, crypto: nodeVerifier, limits, settings });
  const listed = new Set(config.upstreams.map(({ host }) => host));
  const isListed = (repository: string): boolean => listed.has(repository.slice(0, repository.indexOf("/")));
  const mayAsk = (question: Question): boolean => "repository" in question && isListed(question.repository);
  const route = createRoute(registry.parts, { now, signal: stop });
  const found = await listImages(openImageList(config.sync.lists, policies, io), {
    listTags: (repository, ...rest) =>
      isListed(repository)
        ? registry.listTags(repository, ...rest)
        : Promise.reject(new EngineError("not-in-mirror", "the host is no upstream", { subject: repository })),
    mirrored: (repository) => mirror.tags(repository),
    isWhole: false,
    signal: stop,
    limits,
  });
  const report = await runSync({
    ...found,
    mirror,
    knowledge: mirror.knowledge(),
    given: nothingKnown,
    asker: { ask: async (question) => (mayAsk(question) ? route.ask(question) : undefined) },
    engine,
    trustedRoots: [],
    now,
    limits,
    inFlight,
    isDry: false,
    claimedBy: "serve",
    on: ({ event, ...fields }) => log.debug(`sync: ${event}`, fields),
    stop,
  });
  const ignores = config.sync.failurePolicy === "Ignore";
  const code = exitOfSync(report, { ignores, requiresCovered: false, exitOf });
  const { images, outages, bytes } = report;
  const covered = images.filter(({ coverage }) => coverage.isCovered).length;
  const failed = outages.map(({ code: why }) => why);
  log[code === 0 ? "info" : "error"]("synced", { images: images.length, covered, bytes, code, failed });
}

/** Syncs until it is told to stop; then it resolves. A round that fails is told, and the next one may be better. */
export async function syncByTimer(parts: ServeSyncParts, stop: AbortSignal): Promise<void> {
  const { config, log } = parts;
  while (!stop.aborted) {
    try {
      await syncOnce(parts, stop);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const { code, message, subject } = error;
      log.error("the sync failed", { code, error: message, subject });
    }
    if (!stop.aborted) await pauseBetween(config.sync.interval, stop);
  }
}
