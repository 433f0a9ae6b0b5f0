/** Everything that may be asked outside, put together. Who never calls this can dial nothing. */
import type { Limits } from "../../core/limits.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Cluster } from "./cluster/open-cluster.ts";
import type { Files } from "./config-files.ts";
import { Connections } from "./connections.ts";
import { Fetcher, type FetcherOptions } from "./fetch-bounded.ts";
import { createKeyPart } from "./key-part.ts";
import { openKms } from "./kms/kms-keys.ts";
import { vaultSettings, vaultTls } from "./kms/vault-tls.ts";
import type { Environment } from "./proxy-choice.ts";
import type { CredentialSource } from "./registry/credentials/credential.ts";
import type { HostSettings } from "./registry/hosts.ts";
import { openRegistry, type Registry } from "./registry/open-registry.ts";
import type { RegistryContent } from "./registry/registry-part.ts";
import type { ListTags } from "./registry/tag-list.ts";
import { type AskGrowth, askGrowth } from "./rekor/consistency-proofs.ts";
import { openRekor } from "./rekor/log-entries.ts";
import { createRoute, type Part, type RouteOptions } from "./route.ts";

export interface UpstreamOptions {
  /** For proxies. */
  readonly env: Environment;
  /** Authorities of every host, PEM. Default: those that Node has. */
  readonly authorities?: () => readonly string[];
  /** Receives a line for each request and answer, without secrets. */
  readonly log?: ((line: string) => void) | undefined;
  /** Waits before each request: how often a host is asked. */
  readonly pace?: FetcherOptions["pace"];
  /** One run over many images; see `openRegistry`. */
  readonly isOneRun?: boolean;
}

/** How registries are asked, and as whom. */
export interface RegistrySettings {
  readonly hosts: HostSettings;
  readonly credentials: CredentialSource;
}

/** Registries and the services of the outside world. */
export interface Outside {
  /** One that is open already is its owner's to close. */
  readonly registries: RegistrySettings | Registry;
  readonly files: Files;
  /** Of trusted roots. */
  readonly trust: Part<"trusted-root">;
}

/** Who may be asked. What is absent is asked nothing. */
export interface AskerOptions extends RouteOptions {
  readonly limits: Limits;
  readonly outside?: Outside | undefined;
  /** In place of `outside`: key services alone, with the files that their credentials are in. */
  readonly keyServices?: Files | undefined;
  readonly cluster?: Pick<Cluster, "cluster" | "key"> | undefined;
}

/** Beside what a decision may ask: what only a sync needs. */
export interface OutsideAsker extends Asker {
  /** Absent: registries may not be asked. */
  readonly listTags?: ListTags;
  readonly content?: RegistryContent;
}

export interface Upstream {
  /** For what is not a registry. */
  readonly fetcher: Fetcher;
  /** Asks logs for proofs that they only grew. */
  growth(limits: Limits): AskGrowth;
  asker(options: AskerOptions): OutsideAsker;
  close(): Promise<void>;
}

export function openUpstream({ log, pace, isOneRun, ...connecting }: UpstreamOptions): Upstream {
  const connections = new Connections(connecting);
  const fetcher = new Fetcher({ connections, log, pace });
  const closing: (() => Promise<void>)[] = [() => connections.close()];

  const keysOf = (files: Files, limits: Limits, now: () => Date): Part<"key"> => {
    const { env } = connecting;
    const services = new Connections({
      ...connecting,
      settings: vaultSettings,
      tlsOf: (host) => vaultTls(host, env, files),
    });
    closing.push(() => services.close());
    return openKms({ fetcher: new Fetcher({ connections: services, log, pace }), env, files, limits, now });
  };
  const openRegistries = (settings: RegistrySettings, limits: Limits, now: () => Date): Registry => {
    const registry = openRegistry({
      ...settings,
      connections: connecting,
      fetching: { log, pace },
      limits,
      now,
      isOneRun,
    });
    closing.push(() => registry.close());
    return registry;
  };
  const outsideParts = ({ registries, trust }: Outside, limits: Limits, now: () => Date) => {
    const registry = "parts" in registries ? registries : openRegistries(registries, limits, now);
    return {
      parts: { ...registry.parts, "log-entry": openRekor({ fetcher, limits, now }), "trusted-root": trust },
      more: { listTags: registry.listTags, content: registry.content },
    };
  };

  return {
    fetcher,
    growth: (limits) => askGrowth({ fetcher, limits }),
    asker({ outside, keyServices, cluster, limits, ...route }) {
      const { now } = route;
      const files = outside?.files ?? keyServices;
      const kms = files === undefined ? undefined : keysOf(files, limits, now);
      const { parts = {}, more = {} } = outside === undefined ? {} : outsideParts(outside, limits, now);
      const key = createKeyPart({ cluster: cluster?.key, kms });
      const asker = createRoute({ ...parts, key, cluster: cluster?.cluster }, route);
      return { ask: (question) => asker.ask(question), known: (question) => asker.known?.(question), ...more };
    },
    async close() {
      await Promise.all(closing.map((end) => end()));
    },
  };
}
