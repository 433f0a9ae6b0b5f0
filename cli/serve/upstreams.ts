/** Who `serve` asks outside the cluster. Only loaded in mode online: without it nothing can be dialled. */
import { once } from "../../core/cosign/signed-entity.ts";
import { EngineError } from "../../core/errors.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import type { Log } from "../../proxy/log.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import {
  upstreamConcurrency,
  upstreamCredentials,
  upstreamHosts,
  upstreamRate,
} from "../../proxy/serve/upstream-hosts.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { openUpstream } from "../../proxy/upstream/open-upstream.ts";
import { createPace } from "../../proxy/upstream/pace.ts";
import { credentialFiles } from "../../proxy/upstream/registry/credentials/credential-files.ts";
import { credentialHelper } from "../../proxy/upstream/registry/credentials/credential-helper.ts";
import { type CredentialSource, firstOf } from "../../proxy/upstream/registry/credentials/credential.ts";
import { openRegistry, type Registry } from "../../proxy/upstream/registry/open-registry.ts";
import { clusterSecrets } from "../../proxy/upstream/registry/credentials/cluster-secrets.ts";
import type { Part } from "../../proxy/upstream/route.ts";
import type { CommandIO } from "../command.ts";
import { trustPart } from "../input/open-online.ts";
import { filesOf } from "../input/tool-files.ts";
import { defaultTrustName } from "../input/trust-flags.ts";
import { logEar } from "./log-ear.ts";
import type { ServeCluster } from "./serve-cluster.ts";

export interface UpstreamParts {
  readonly config: Config;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
  /** Has Secrets with logins, where it is asked. */
  readonly cluster?: Pick<ServeCluster, "cluster"> | undefined;
}

/** Of docker's and podman's files. */
function credentialsOfFiles({ limits, io }: UpstreamParts): CredentialSource {
  const { env } = io;
  return credentialFiles({ env, files: filesOf(io), helper: credentialHelper(env, limits), limits });
}

/** Of the Secrets that the configuration names. */
function credentialsOfCluster({ config, cluster, limits, io }: UpstreamParts): CredentialSource {
  if (cluster === undefined) return firstOf([]);
  const { namespace, readSecret } = cluster.cluster;
  return clusterSecrets({ names: config.cluster.imagePullSecrets, namespace, readSecret, now: () => io.now(), limits });
}

/** @throws EngineError `invalid-config` for a certificate that cannot be read. */
export function openServeRegistry(parts: UpstreamParts): Registry {
  const { config, limits, io, log } = parts;
  const { upstreams } = config;
  const { env } = io;
  const files = filesOf(io);
  const authorities = once(() => readAuthorities({ env, files, added: undefined }));
  return openRegistry({
    hosts: upstreamHosts(upstreams, files),
    credentials: firstOf([
      upstreamCredentials(upstreams, { env, files }),
      credentialsOfFiles(parts),
      credentialsOfCluster(parts),
    ]),
    connections: { env, authorities, perOrigin: upstreamConcurrency(upstreams) },
    fetching: {
      log: (line) => log.debug("upstream", { line }),
      pace: createPace({ perSecond: upstreamRate(upstreams) }),
    },
    limits,
    now: () => io.now(),
  });
}

/** Who is asked while somebody waits for a decision. */
export interface ServeUpstream {
  readonly registry: Registry;
  /** The listed registries, and the logs, key services and TUF repositories that policies and trust name. */
  asker(cluster: ServeCluster["parts"] | undefined, initialRoots: Readonly<Record<string, Uint8Array>>): Asker;
  /** After how many milliseconds a trusted root is asked for again. */
  trustMs(name: string): number;
  close(): Promise<void>;
}

/** A trusted root of the mirror is asked for again after a day, as clients of TUF do: nobody waits for it each time. */
const dayMs = 24 * 60 * 60_000;

/** @throws EngineError `invalid-config` for a certificate that cannot be read. */
export function openServeUpstream(parts: UpstreamParts & { readonly mirror: Mirror }): ServeUpstream {
  const { config, limits, io, log, mirror } = parts;
  const { env } = io;
  const files = filesOf(io);
  const now = (): Date => io.now();
  const registry = openServeRegistry(parts);
  const authorities = once(() => readAuthorities({ env, files, added: undefined }));
  const upstream = openUpstream({ env, authorities, log: (line) => log.debug("upstream", { line }) });
  // The repository that the configuration names is asked by its own timer, and nobody in its place.
  const isKept = (name: string): boolean => config.trust.tufMirror !== undefined && name === defaultTrustName;
  const trustMs = (name: string): number => (isKept(name) ? Number.POSITIVE_INFINITY : dayMs);
  const isYoung = (name: string): boolean => {
    const answer = mirror.knowledge().answer({ kind: "trusted-root", name });
    return answer !== undefined && Math.abs(now().getTime() - Date.parse(answer.at)) <= trustMs(name);
  };
  const daily = (part: Part<"trusted-root">): Part<"trusted-root"> => ({
    from: (question) => part.from(question),
    ask: async (question, signal) =>
      isKept(question.name) || isYoung(question.name) ? undefined : part.ask(question, signal),
  });
  return {
    registry,
    trustMs,
    asker: (cluster, initialRoots) =>
      upstream.asker({
        limits,
        now,
        cluster,
        outside: {
          registries: registry,
          files,
          trust: daily(trustPart(upstream, { mirror, initialRoots, limits }, logEar(io, log))),
        },
      }),
    async close() {
      await Promise.all([registry.close(), upstream.close()]);
    },
  };
}

/** How long helpers of credentials have. */
const askMs = 10_000;

/**
 * The first upstream or mirror of one for which docker's or podman's files have credentials, or Secrets of the cluster
 * may have some. Who cannot read them does not know that there are none.
 */
export async function findKnownUpstream(parts: UpstreamParts): Promise<string | undefined> {
  const source = credentialsOfFiles(parts);
  const { upstreams } = parts.config;
  const [first] = upstreams;
  if (parts.config.cluster.imagePullSecrets.length > 0 && first !== undefined) return first.host;
  const hosts = upstreams.flatMap(({ host, mirrors }) => [host, ...mirrors.map((text) => new URL(text).host)]);
  for (const host of new Set(hosts)) {
    try {
      if ((await source.find({ host, path: "" }, AbortSignal.timeout(askMs))) !== undefined) return host;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return host;
    }
  }
  return undefined;
}
