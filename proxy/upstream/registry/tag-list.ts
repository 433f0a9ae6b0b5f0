/**
 * All tags of a repository, as the host says that knows what exists. A cache lists only what it was asked for. Source:
 * OCI distribution 1.1 (listing tags).
 */
import { EngineError } from "../../../core/errors.ts";
import { repositoryForFetching } from "../../../core/oci/reference.ts";
import { type Endpoint, hostsFor } from "./endpoint.ts";
import type { RegistryClient } from "./registry-client.ts";
import { checkPlace } from "./registry-part.ts";

export interface TagList {
  readonly tags: readonly string[];
  /** Who said so. */
  readonly from: string;
}

/**
 * `undefined`: there is no such repository.
 * @throws EngineError the codes of an outage, or that no host that is asked knows all tags.
 */
export type ListTags = (repository: string, signal: AbortSignal) => Promise<TagList | undefined>;

export function createTagList({
  client,
  endpointsOf,
}: {
  readonly client: Pick<RegistryClient, "tags">;
  /** Where a repository is asked for, in order. */
  readonly endpointsOf: (repository: string) => readonly Endpoint[];
}): ListTags {
  return async (given, signal) => {
    const repository = repositoryForFetching(given);
    checkPlace(repository, undefined);
    let failure: EngineError | undefined;
    for (const endpoint of hostsFor(endpointsOf(repository), "resolve")) {
      if (!endpoint.knowsAbsence) continue;
      try {
        if (endpoint.blocked !== undefined)
          throw new EngineError("access-denied", endpoint.blocked, { subject: repository });
        const tags = await client.tags(endpoint, signal);
        return tags === undefined ? undefined : { tags, from: endpoint.host };
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        failure ??= error;
        if (signal.aborted) break;
      }
    }
    throw failure ?? new EngineError("upstream-error", "no host that is asked knows all tags", { subject: repository });
  };
}
