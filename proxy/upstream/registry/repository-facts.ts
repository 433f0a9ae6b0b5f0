/**
 * What one run over many images learns of a repository and need not ask of each image again: the tags that its list
 * does not name, and that it lists no referrers itself. Source: docs/spec/offline.md#sync.
 */
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { parseAssociatedTag } from "../../../core/oci/associated-tag.ts";
import type { Endpoint } from "./endpoint.ts";

/** @throws EngineError as `RegistryClient.tags`. */
type ReadList = (mayReadOn: (pages: number) => boolean) => Promise<readonly string[] | undefined>;

export interface RepositoryFacts {
  /** Whether a list of all tags, which is read for that, shows that there is no such tag. False: ask. */
  isUnlisted(endpoint: Endpoint, tag: string, list: ReadList): Promise<boolean>;
  /** The same without reading a list: only what one that is fresh shows. */
  isKnownUnlisted(endpoint: Endpoint, tag: string): boolean;
  /** Whether the registry is known to list no referrers of this repository. */
  hasNoReferrers(endpoint: Endpoint): boolean;
  noteNoReferrers(endpoint: Endpoint): void;
}

export interface FactsOptions {
  readonly now: () => number;
  readonly limits: Limits;
  readonly log?: ((line: string) => void) | undefined;
}

interface Listed {
  /** Tags that were asked about. */
  asked: number;
  /** The list is read at that many, where it had more pages than its reading was worth. */
  worthAt: number;
  readAt: number;
  /** The tags that belong to images. */
  tags: ReadonlySet<string>;
  reading: Promise<void> | undefined;
  /** The list cannot be read, or does not name such tags. */
  isUseless: boolean;
}

/** As long as an answer may be on its way: what is pushed during a run is not missed for longer. */
const holdsMs = 10_000;

export function createRepositoryFacts({ now, limits, log }: FactsOptions): RepositoryFacts {
  const lists = new Map<string, Listed>();
  const withoutReferrers = new Set<string>();
  const keyOf = ({ host, root, path, namespace = "" }: Endpoint): string => `${host}${root}${path} ${namespace}`;

  /** All lists together are held in memory as far as one may be long. */
  const bound = (newest: Listed): void => {
    let held = 0;
    for (const list of [...lists.values()].reverse())
      if (list === newest || held + list.tags.size <= limits.tagsPerRepository) held += list.tags.size;
      else Object.assign(list, { tags: new Set(), readAt: Number.NEGATIVE_INFINITY });
  };

  /** At most one page for each tag that was asked about: reading the list must not cost more than it saves. */
  async function read(list: Listed, key: string, readList: ReadList): Promise<void> {
    const at = now();
    try {
      const tags = (await readList((pages) => pages < list.asked))?.filter((tag) => isAssociated(tag)) ?? [];
      // Some registries leave these tags out of their lists: one that names none of them proves nothing.
      list.isUseless = tags.length === 0;
      list.tags = new Set(tags);
      list.readAt = at;
      bound(list);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      list.readAt = Number.NEGATIVE_INFINITY;
      if (error.code === "over-budget") list.worthAt = list.asked * 4;
      else list.isUseless = true;
      log?.(`${key}: its list of tags is not used, each tag is asked for: ${error.message}`);
    } finally {
      list.reading = undefined;
    }
  }

  const isFresh = ({ readAt }: Listed): boolean => Math.abs(now() - readAt) < holdsMs;

  const shows = (list: Listed, tag: string): boolean => !list.isUseless && isFresh(list) && !list.tags.has(tag);

  return {
    isKnownUnlisted(endpoint, tag) {
      const list = lists.get(keyOf(endpoint));
      if (list === undefined || !shows(list, tag)) return false;
      list.asked++;
      return true;
    },
    async isUnlisted(endpoint, tag, readList) {
      const key = keyOf(endpoint);
      const list = lists.get(key) ?? newList();
      lists.set(key, list);
      list.asked++;
      if (list.isUseless || list.asked < list.worthAt) return false;
      if (list.reading === undefined && !isFresh(list)) list.reading = read(list, key, readList);
      await list.reading;
      return shows(list, tag);
    },
    hasNoReferrers: (endpoint) => withoutReferrers.has(keyOf(endpoint)),
    noteNoReferrers: (endpoint) => void withoutReferrers.add(keyOf(endpoint)),
  };
}

const newList = (): Listed => ({
  asked: 0,
  worthAt: 0,
  readAt: Number.NEGATIVE_INFINITY,
  tags: new Set(),
  reading: undefined,
  isUseless: false,
});

const isAssociated = (tag: string): boolean => parseAssociatedTag(tag) !== undefined;
