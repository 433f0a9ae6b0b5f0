/**
 * The API server of `serve`: policies that are watched there, and objects that decisions read. Loaded where the
 * configuration says so; nothing but that server is dialled. Source: docs/guides/in-a-cluster.md.
 */
import { once } from "../../core/cosign/signed-entity.ts";
import { EngineError } from "../../core/errors.ts";
import type { PolicyFile } from "../../core/kyverno/policy/read-policy.ts";
import type { Limits } from "../../core/limits.ts";
import { ClusterPolicies, type NotLoaded } from "../../proxy/cluster/cluster-policies.ts";
import { authorityFolder } from "../../proxy/serve/authority-folder.ts";
import { readSecretAuthorities, withSecret } from "../../proxy/cluster/secret-authority.ts";
import { servesAdmission } from "../../proxy/serve/config-rules.ts";
import type { Keep } from "../../proxy/serve/own-certificate.ts";
import type { Log } from "../../proxy/log.ts";
import type { ClusterMetrics } from "../../proxy/metrics.ts";
import type { ReadinessCheck } from "../../proxy/serve/health.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { type Cluster, openCluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { RoleBindings } from "../../proxy/cluster/role-bindings.ts";
import { WatchedObjects } from "../../proxy/cluster/watched-objects.ts";
import type { CommandIO } from "../command.ts";
import { problemText } from "../input/files.ts";
import { readGivenText } from "../input/given-file.ts";
import { filesOf } from "../input/tool-files.ts";
import type { InForce } from "./keep-webhooks.ts";
import type { OtherPolicies } from "./serve-policies.ts";

export interface ServeCluster {
  readonly cluster: Cluster;
  /** Where policies are read from it. */
  readonly policies: OtherPolicies | undefined;
  /** What a policy that does not load says, where an earlier version of it is in force. Its name: `shop/strict`. */
  readonly whyEarlier: (policy: string) => string | undefined;
  /** Namespaces, and what policies name. */
  readonly objects: WatchedObjects;
  /** Of users to roles, once a policy selects by them. */
  readonly bindings: RoleBindings;
  /** Who is asked for the rest. */
  readonly parts: Pick<Cluster, "cluster" | "key">;
  readonly checks: readonly ReadinessCheck[];
  /** With the authorities of own certificates, which the instances share. */
  withAuthority<Result>(act: (keep: Keep) => Promise<Result>): Promise<Result>;
  /** What was read last is in force. */
  inForce(of: InForce): void;
  /** From now on changes are told. */
  start(changed: (why: string) => void): void;
  close(): Promise<void>;
}

export interface ServeClusterParts {
  readonly config: Config;
  readonly limits: Limits;
  readonly io: CommandIO;
  readonly log: Log;
  readonly metrics: ClusterMetrics;
}

/** Exceptions that a line of the log names. */
const mostNamed = 10;

/** For the Secret of the authorities. */
const mostMs = 30_000;

/** @throws EngineError `invalid-config` where no API server is named, or its kubeconfig cannot be read. */
export async function openServeCluster(parts: ServeClusterParts): Promise<ServeCluster> {
  const { config, limits, io, log, metrics } = parts;
  const { env } = io;
  const files = filesOf(io);
  const now = (): Date => io.now();
  const { kubeconfig, context } = config.cluster;
  const cluster = openCluster({
    env,
    files,
    limits,
    now,
    kubeconfig,
    context,
    authorities: once(() => readAuthorities({ env, files, added: undefined })),
    log: (line) => log.debug("API server", { line }),
  });
  const server = cluster.server();
  const stop = new AbortController();
  const failed = (error: unknown): void =>
    log.error("a bug ended a watch of the API server", { error: error instanceof Error ? error.stack : String(error) });
  let isDue = false;
  let changed = (_: string): void => {
    isDue = true;
  };
  let notLoaded: readonly NotLoaded[] = [];
  let told = "";
  let notCounted: ReadonlySet<string> = new Set();
  const policies = config.policies.cluster
    ? new ClusterPolicies({
        cluster,
        limits,
        exceptionNamespaces: () => config.policies.exceptionNamespaces,
        namespacedImageRegistry: () => config.policies.namespacedImageRegistry,
        changed: () => changed("the policies of the cluster changed"),
        overLimit(resource, failure) {
          metrics.overLimit(resource, failure !== undefined);
          if (failure === undefined) log.info("a resource of the cluster is watched again", { resource });
          else
            log.error("a resource of the cluster is not watched: what was known of it stays in force", {
              resource,
              code: failure.code,
              error: failure.message,
            });
        },
        failed,
      })
    : undefined;
  const authorities = async ({ webhooks, store, listeners }: Config, signal: AbortSignal): Promise<string> => {
    if (webhooks.ca !== undefined) return readGivenText(webhooks.ca, io, "webhooks.ca");
    const isShared = listeners.some((one) => servesAdmission(one) && one.tls.from === "cluster");
    const found = isShared
      ? await readSecretAuthorities(cluster, cluster.namespace(), signal)
      : authorityFolder(store ?? "").read("ca.pem");
    return found ?? "";
  };
  const webhooks = config.webhooks.write
    ? new (await import("./keep-webhooks.ts")).KeptWebhooks({ cluster, io, log, metrics, authorities })
    : undefined;
  const objects = new WatchedObjects({ cluster, limits, now, failed });
  const bindings = new RoleBindings({ cluster, failed });
  const ended = policies?.run(stop.signal);
  const tellNotLoaded = (): void => {
    metrics.notLoaded(notLoaded.length);
    const text = JSON.stringify(notLoaded);
    if (text === told) return;
    told = text;
    for (const { name, keeps, problems } of notLoaded)
      log.error(
        keeps
          ? "a policy of the cluster does not load: the one before stays in force"
          : "a policy of the cluster does not load: it is not in force",
        { policy: name, code: problems[0]?.code, error: problems.map(problemText).join("; ") },
      );
  };
  /** Each once, with a few of their names: anybody who may write exceptions may write many. */
  const tellNotCounted = (names: readonly string[]): void => {
    const added = names.filter((name) => !notCounted.has(name));
    notCounted = new Set(names);
    if (added.length === 0) return;
    log.warn("exceptions of the cluster do not count: policies.exceptionNamespaces does not list their namespaces", {
      exceptions: added.slice(0, mostNamed),
      count: added.length,
    });
  };
  const checks = policies === undefined ? [] : checksOf(policies, () => notLoaded, server, metrics);
  return {
    cluster,
    objects,
    bindings,
    policies:
      policies === undefined
        ? undefined
        : {
            files(): readonly PolicyFile[] {
              const read = policies.read();
              notLoaded = read.notLoaded;
              tellNotLoaded();
              tellNotCounted(read.notCounted);
              return read.files;
            },
          },
    whyEarlier: (policy) =>
      notLoaded.find(({ name, keeps }) => keeps && /^(?:Cluster)?Policy\/(.*)$/.exec(name)?.[1] === policy)?.problems[0]
        ?.message,
    parts: { cluster: cluster.cluster, key: cluster.key },
    withAuthority: (act) =>
      withSecret(cluster, cluster.namespace(), act, AbortSignal.timeout(mostMs), ({ code, message }) =>
        log.warn("the Secret of the authority has no lasting owner: it goes with the service account", {
          code,
          error: message,
        }),
      ),
    checks: [...checks, ...(webhooks === undefined ? [] : [webhooks.check])],
    inForce(of) {
      policies?.inForce();
      webhooks?.serves(of);
    },
    start(act) {
      changed = act;
      if (isDue) changed("the API server is watched");
      webhooks?.start();
    },
    async close() {
      stop.abort();
      await Promise.all([ended, objects.close(), bindings.close(), webhooks?.close()]);
      await cluster.close();
    },
  };
}

/** What is said of the policies; what is in force stays, so that nothing is held back. */
const checksOf = (
  policies: ClusterPolicies,
  notLoaded: () => readonly NotLoaded[],
  server: string,
  metrics: ClusterMetrics,
): readonly ReadinessCheck[] => [
  {
    name: "cluster",
    isOnlySaid: true,
    look() {
      const { failure, heard } = policies;
      metrics.watched(failure === undefined);
      if (failure === undefined) return;
      const since = heard?.toISOString() ?? "the start";
      throw new EngineError(failure.code, `the policies stay as they were at ${since}: ${failure.message}`, {
        subject: server,
      });
    },
  },
  {
    name: "cluster policies",
    isOnlySaid: true,
    look() {
      const [first, ...more] = notLoaded();
      if (first === undefined) return;
      throw new EngineError(
        first.problems[0]?.code ?? "invalid-policy",
        `${first.name} does not load, ${first.keeps ? "and the one before stays" : "and is not in force"}: ` +
          `${first.problems[0]?.message ?? ""}${more.length > 0 ? `; ${more.length} more` : ""}`,
      );
    },
  },
];
