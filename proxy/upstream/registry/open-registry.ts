/**
 * The parts that answer from registries, put together: who is asked, in whose name, within which bounds. They have
 * connections of their own: what is allowed to a registry, such as a certificate that is not checked, is allowed to
 * nobody else.
 */
import type { Limits } from "../../../core/limits.ts";
import { type ConnectionOptions, Connections } from "../connections.ts";
import { Fetcher, type FetcherOptions } from "../fetch-bounded.ts";
import type { TlsSettings } from "../tls-failure.ts";
import { AuthorizedRequests } from "./authorized.ts";
import type { CredentialSource } from "./credentials/credential.ts";
import { type HostSettings, registryHosts } from "./hosts.ts";
import { createRepositoryFacts } from "./repository-facts.ts";
import { HttpRegistryClient } from "./registry-client.ts";
import { createRegistryParts, type RegistryContent, type RegistryParts } from "./registry-part.ts";
import { createRegistryWriter, type RegistryWriter } from "./registry-writer.ts";
import { createTagList, type ListTags } from "./tag-list.ts";

export interface RegistryOptions {
  readonly hosts: HostSettings;
  readonly credentials: CredentialSource;
  /** Without what is the registries' own. */
  readonly connections: Omit<ConnectionOptions, "tlsOf" | "settings">;
  /** Without `connections` and `now`. `log` also receives what is left out of lists. */
  readonly fetching?: Omit<FetcherOptions, "connections" | "now">;
  readonly limits: Limits;
  readonly now: () => Date;
  /** For one run over many images: what a list of tags shows to be absent is not asked for. */
  readonly isOneRun?: boolean | undefined;
}

export interface Registry {
  readonly parts: RegistryParts;
  readonly content: RegistryContent;
  readonly listTags: ListTags;
  readonly writer: RegistryWriter;
  /** The same, with the same connections, as {@link RegistryOptions.isOneRun} has it; closing it closes nothing. */
  forOneRun(): Registry;
  close(): Promise<void>;
}

/** How a user names certificates to registries. */
const settings: TlsSettings = {
  authority: "--registry-cacert, or ca in hosts.toml",
  client: "--registry-client-cert and --registry-client-key, or client in hosts.toml",
  serverName: "--registry-server-name",
};

export function openRegistry(options: RegistryOptions): Registry {
  const { credentials, fetching = {}, limits } = options;
  const hosts = registryHosts(options.hosts);
  const connections = new Connections({ ...options.connections, settings, tlsOf: (host) => hosts.tlsOf(host) });
  const now = (): number => options.now().getTime();
  const fetcher = new Fetcher({ ...fetching, connections, now });
  const requests = new AuthorizedRequests({ fetcher, credentials, now, limits });
  const { log } = fetching;
  const endpointsOf = (repository: string) => hosts.endpointsOf(repository);
  const open = (isOneRun: boolean, close: () => Promise<void>): Registry => {
    const facts = isOneRun ? createRepositoryFacts({ now, limits, log }) : undefined;
    const client = new HttpRegistryClient({ requests, limits, now, log, facts });
    const { openBlob, blobSize, ...parts } = createRegistryParts({ client, endpointsOf, now: options.now });
    return {
      parts,
      content: { openBlob, blobSize },
      listTags: createTagList({ client, endpointsOf }),
      writer: createRegistryWriter({ requests, client, endpointsOf, limits, now, sleep: fetching.sleep }),
      forOneRun: () => open(true, () => Promise.resolve()),
      close,
    };
  };
  return open(options.isOneRun === true, () => connections.close());
}
