/** Everything that may be asked outside, put together. Who never calls this can dial nothing. */
import type { Limits } from "../../core/limits.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Files } from "./config-files.ts";
import { Connections } from "./connections.ts";
import { Fetcher } from "./fetch-bounded.ts";
import { openKms } from "./kms/kms-keys.ts";
import type { Environment } from "./proxy-choice.ts";
import type { CredentialSource } from "./registry/credentials/credential.ts";
import type { HostSettings } from "./registry/hosts.ts";
import { openRegistry } from "./registry/open-registry.ts";
import { openRekor } from "./rekor/log-entries.ts";
import { createRoute, type Parts, type RouteOptions } from "./route.ts";

export interface UpstreamOptions {
  /** For proxies. */
  readonly env: Environment;
  /** Authorities of every host, PEM. Default: those that Node has. */
  readonly authorities?: readonly string[];
  /** Receives a line for each request and answer, without secrets. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Who may be asked, and in whose name. */
export interface AskerOptions extends RouteOptions {
  readonly hosts: HostSettings;
  readonly credentials: CredentialSource;
  readonly files: Files;
  readonly limits: Limits;
  /** Parts of other kinds: trusted roots, the cluster. */
  readonly parts?: Parts;
}

export interface Upstream {
  /** For what is not a registry. */
  readonly fetcher: Fetcher;
  /** Asks registries, logs, key services, and the parts that are given. */
  asker(options: AskerOptions): Asker;
  close(): Promise<void>;
}

export function openUpstream({ log, ...connecting }: UpstreamOptions): Upstream {
  const connections = new Connections(connecting);
  const fetcher = new Fetcher({ connections, log });
  const closing: (() => Promise<void>)[] = [() => connections.close()];
  return {
    fetcher,
    asker({ hosts, credentials, files, limits, parts, ...route }) {
      const { now } = route;
      const registry = openRegistry({ hosts, credentials, connections: connecting, fetching: { log }, limits, now });
      closing.push(() => registry.close());
      const rekor = openRekor({ fetcher, limits, now });
      const kms = openKms({ fetcher, env: connecting.env, files, limits, now });
      return createRoute({ ...registry.parts, "log-entry": rekor, key: kms, ...parts }, route);
    },
    async close() {
      await Promise.all(closing.map((end) => end()));
    },
  };
}
