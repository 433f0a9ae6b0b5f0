/** What the door of the registry, the webhook and syncs decide by, and who is asked: the same for all of them. */
import type { Policy } from "../../core/index.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Askable, requireAskableOf } from "../../core/kyverno/policy/askable.ts";
import { attempt } from "../../core/verify/attempt.ts";
import type { Limits } from "../../core/limits.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import type { Log } from "../../proxy/log.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { AskedAgain, ListedAskerOptions } from "../../proxy/registry/listed-asker.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { type NamedObject, namedObjectsIn, withoutClusters } from "../../proxy/cluster/named-objects.ts";
import { mayAskOf } from "../../proxy/serve/ask-advice.ts";
import { askableIn } from "../../proxy/serve/may-ask.ts";
import { neverAsked } from "../../proxy/sync/never-asked.ts";
import { createRoute } from "../../proxy/upstream/route.ts";
import type { CommandIO } from "../command.ts";
import { readDistrustFiles } from "../input/distrust-file.ts";
import { givenKnowledge } from "../input/knowledge.ts";
import { defaultTrustName, readTrustSettings } from "../input/trust-flags.ts";
import { aliasesOf } from "./aliases-of.ts";
import type { ServeCluster } from "./serve-cluster.ts";
import { trustOptions } from "./trust-options.ts";
import type { ServeUpstream } from "./upstreams.ts";

export interface JudgingParts {
  readonly config: Config;
  readonly mirror: Mirror;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
}

/** `policies`: all that are in force. @throws EngineError for roots, aliases and lists that cannot be used. */
export function judgingOf(
  { config, mirror, io }: Pick<JudgingParts, "config" | "mirror" | "io">,
  policies: readonly Policy[],
) {
  const { trustedRoot, distrust } = config.trust;
  const mayAsk = mayAskOf(config, io.limits);
  return {
    settings: {
      ...(mayAsk === undefined ? {} : { askable: askableIn(policies, mayAsk) }),
      trustRoot: defaultTrustName,
      trust: readTrustSettings(trustOptions(config), io, mirror.knowledge().tufRoots()),
      aliases: aliasesOf(config),
    },
    /** Beside what the mirror distrusts. */
    distrust: readDistrustFiles(distrust, io),
    /** Files that settings name. */
    given: givenKnowledge(trustedRoot === undefined ? {} : { trustedRoot }, io, io.now()),
  };
}

/** What another cluster said, or this one a while ago, does not count beside what is watched. */
export const knownOf = (mirror: Mirror, cluster: Pick<ServeCluster, "objects"> | undefined): readonly Knowledge[] =>
  cluster === undefined ? [mirror.knowledge()] : [cluster.objects, withoutClusters(mirror.knowledge())];

interface Watching {
  readonly askable: Askable | undefined;
  readonly cluster: Pick<ServeCluster, "objects"> | undefined;
  readonly limits: Limits;
  readonly log: Log;
}

/** The objects that policies name are watched, so that a decision waits for nobody. */
export function watchNamed(policies: readonly Policy[], { askable, cluster, limits, log }: Watching): void {
  const unwatched = cluster?.objects.want(policies.map((policy) => readable(policy, askable))) ?? 0;
  if (unwatched > 0)
    log.warn("not every object that policies name is watched: the others are asked for when a decision needs them", {
      unwatched,
      watchedOfOnePolicy: limits.watchedObjectsOfPolicy,
      watchedOfAll: limits.watchedObjects,
    });
}

/** Of another namespace a Policy gets no ConfigMap, and no Secret that is not asked for it. */
function readable(policy: Policy, askable: Askable | undefined): readonly NamedObject[] {
  const named = namedObjectsIn(policy.spec);
  if (policy.kind !== "Policy" || askable === undefined) return named;
  const requireAskable = requireAskableOf(policy, askable);
  return named.filter(({ resource, namespace, name }) =>
    resource === "configmaps"
      ? namespace === policy.namespace
      : attempt(() => requireAskable(`k8s://${namespace}/${name}`)).ok,
  );
}

/** Who is asked while somebody waits for a decision. */
export function askingOf(
  { config, mirror, limits, io, log }: JudgingParts,
  { settings, given }: Pick<ReturnType<typeof judgingOf>, "settings" | "given">,
  upstream: ServeUpstream | undefined,
  cluster?: Pick<ServeCluster, "parts"> | undefined,
): ListedAskerOptions & AskedAgain {
  const now = (): Date => io.now();
  const ofCluster = cluster === undefined ? undefined : createRoute(cluster.parts, { now });
  const pinned = neverAsked(mirror, []);
  return {
    mirror,
    asker: upstream?.asker(cluster?.parts, settings.trust.initialRoots ?? {}) ?? ofCluster,
    // What a cluster is asked for, no pin answers.
    fixed: joinedKnowledge([given, cluster === undefined ? pinned : withoutClusters(pinned)]),
    upstreams: upstream === undefined ? [] : config.upstreams.map(({ host }) => host),
    asksCluster: cluster !== undefined,
    trustMs: upstream?.trustMs,
    limits,
    now,
    report: ({ code, message, subject }) => log.error(message, { code, subject }),
    warn: (text) => log.warn(text),
  };
}
