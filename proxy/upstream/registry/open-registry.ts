/** The parts that answer from registries, put together: who is asked, in whose name, within which bounds. */
import type { Limits } from "../../../core/limits.ts";
import type { Fetcher } from "../fetch-bounded.ts";
import { AuthorizedRequests } from "./authorized.ts";
import type { CredentialSource } from "./credential.ts";
import type { RegistryHosts } from "./hosts.ts";
import { HttpRegistryClient } from "./registry-client.ts";
import { createRegistryParts, type RegistryParts } from "./registry-part.ts";

export interface RegistryOptions {
  /** Over connections with the `tlsOf` of `hosts`. */
  readonly fetcher: Fetcher;
  readonly hosts: RegistryHosts;
  readonly credentials: CredentialSource;
  readonly limits: Limits;
  readonly now: () => Date;
  /** Receives what is left out of lists, for people. */
  readonly log?: ((line: string) => void) | undefined;
}

export function openRegistry({ fetcher, hosts, credentials, limits, now, log }: RegistryOptions): RegistryParts {
  const milliseconds = (): number => now().getTime();
  const requests = new AuthorizedRequests({ fetcher, credentials, now: milliseconds, limits });
  const client = new HttpRegistryClient({ requests, limits, now: milliseconds, log });
  return createRegistryParts({ client, endpointsOf: (repository) => hosts.endpointsOf(repository), now });
}
