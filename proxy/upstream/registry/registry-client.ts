/**
 * What one registry has: tags, manifests, blobs and referrers of one repository. Every content is compared with its
 * digest. Source: OCI distribution 1.1 (pulling manifests and blobs, listing referrers);
 * docs/spec/sigstore.md#referrers-and-the-fallback-tag.
 */
import type { Readable } from "node:stream";
import { type Digest, digestOf, isDigest } from "../../../core/crypto/digest.ts";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { isObject } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { associatedTag, parseAssociatedTag } from "../../../core/oci/associated-tag.ts";
import { type Descriptor, readDescriptor } from "../../../core/oci/descriptor.ts";
import { isManifestType, mediaTypes } from "../../../core/oci/manifest.ts";
import { isTag } from "../../../core/oci/reference.ts";
import { withoutTls } from "../../../core/knowledge/plain-source.ts";
import { type BoundedResponse, shownUrl } from "../fetch-bounded.ts";
import { readJsonAnswer } from "../json-answer.ts";
import type { AuthorizedRequests } from "./authorized.ts";
import type { Endpoint } from "./endpoint.ts";
import { nextPage } from "./next-page.ts";
import type { RepositoryFacts } from "./repository-facts.ts";
import { isHtml, registryFault, saysAbsent, saysUnknown } from "./registry-fault.ts";

/** `undefined`: the registry says that it does not have it. */
export interface RegistryClient {
  tag(endpoint: Endpoint, tag: string, signal: AbortSignal): Promise<TagFound | undefined>;
  /** Whether this run knows already that there is no such tag, or that nothing refers to a digest. */
  lacksTag(endpoint: Endpoint, tag: string): boolean;
  lacksReferrers(endpoint: Endpoint, digest: Digest): boolean;
  /** `atMost`: of more bytes none are read. */
  manifest(endpoint: Endpoint, digest: Digest, signal: AbortSignal, atMost?: number): Promise<Uint8Array | undefined>;
  blob(endpoint: Endpoint, digest: Digest, signal: AbortSignal, atMost?: number): Promise<Uint8Array | undefined>;
  /** `isKnown`: the registry is known to have what the digest names. */
  referrers(
    endpoint: Endpoint,
    digest: Digest,
    signal: AbortSignal,
    isKnown?: boolean,
  ): Promise<ReferrersFound | undefined>;
  /** Nothing of its content is compared with its digest: that is for whoever reads it. */
  openBlob(endpoint: Endpoint, digest: Digest, signal: AbortSignal, from?: number): Promise<OpenBlob | undefined>;
  /** The size of a blob, where the registry states it. */
  blobSize(endpoint: Endpoint, digest: Digest, signal: AbortSignal): Promise<BlobSize | undefined>;
  /**
   * Every tag of the repository, over all pages, in the registry's order.
   * @throws EngineError `over-budget` where the next page may not be read any more.
   */
  tags(
    endpoint: Endpoint,
    signal: AbortSignal,
    mayReadOn?: (pages: number) => boolean,
  ): Promise<readonly string[] | undefined>;
  /** Where an answer of the endpoint came from, as it is kept with the answer. */
  sourceOf(endpoint: Endpoint): string;
}

export interface BlobSize {
  readonly size: number | undefined;
}

/** Content that has begun to come. Who has it reads it to its end, or destroys it. */
export interface OpenBlob extends BlobSize {
  readonly body: Readable;
  /** The byte with which it begins: not what was asked for, where the registry gives no parts. */
  readonly from: number;
}

export interface TagFound {
  readonly descriptor: Descriptor;
  /** The manifest, where it came along. */
  readonly bytes?: Uint8Array;
}

export interface ReferrersFound {
  readonly descriptors: readonly Descriptor[];
  /** Those that the registry lists itself; the others are in a tag, which everybody who may push can write. */
  readonly listed: ReadonlySet<Digest>;
}

export interface RegistryClientOptions {
  readonly requests: AuthorizedRequests;
  readonly limits: Limits;
  readonly now: () => number;
  /** Receives what is left out, for people. */
  readonly log?: ((line: string) => void) | undefined;
  /** What this run learns, and need not ask again. Absent: everything is asked. */
  readonly facts?: RepositoryFacts | undefined;
}

/** What is known of a content before it is asked for. */
interface ContentFacts {
  readonly digest?: Digest;
  readonly atMost?: number | undefined;
}

const manifestTypes = Object.values(mediaTypes).join(", ");
const mostPages = 100;
/** What a registry without the referrers API answers; or some page, with 200. */
const noApi: ReadonlySet<number> = new Set([400, 404, 405]);
/** Some state the general type of what they list. */
const indexTypes: ReadonlySet<string> = new Set([mediaTypes.index, "application/json"]);

export class HttpRegistryClient implements RegistryClient {
  readonly #options: RegistryClientOptions;

  constructor(options: RegistryClientOptions) {
    this.#options = options;
  }

  sourceOf(endpoint: Endpoint): string {
    return this.#options.requests.isPlain(endpoint) ? withoutTls(endpoint.host) : endpoint.host;
  }

  /**
   * An image's tag is asked for without its manifest: that costs less at registries that count pulls. A tag that
   * belongs to an image is always followed by its manifest.
   */
  async tag(endpoint: Endpoint, tag: string, signal: AbortSignal): Promise<TagFound | undefined> {
    if (parseAssociatedTag(tag) === undefined) {
      const found = await this.#head(endpoint, tag, signal);
      // The absence that counts is asked for once more: an answer to HEAD cannot say whose it is.
      if (found === "not here" && !endpoint.knowsAbsence) return undefined;
      if (typeof found === "object") return { descriptor: found };
    } else if (await this.#isUnlisted(endpoint, tag, signal)) return undefined;
    const response = await this.#getManifest(endpoint, tag, signal);
    if (response === undefined) return undefined;
    const { bytes, headers } = response;
    const digest = statedDigest(response);
    return { descriptor: { mediaType: mediaTypeIn(headers), digest, size: bytes.length }, bytes };
  }

  lacksTag(endpoint: Endpoint, tag: string): boolean {
    const { facts } = this.#options;
    return facts !== undefined && parseAssociatedTag(tag) !== undefined && facts.isKnownUnlisted(endpoint, tag);
  }

  lacksReferrers(endpoint: Endpoint, digest: Digest): boolean {
    const { facts } = this.#options;
    return (
      facts?.hasNoReferrers(endpoint) === true && facts.isKnownUnlisted(endpoint, associatedTag(digest, "referrers"))
    );
  }

  async manifest(
    endpoint: Endpoint,
    digest: Digest,
    signal: AbortSignal,
    atMost?: number,
  ): Promise<Uint8Array | undefined> {
    const response = await this.#getManifest(endpoint, digest, signal, { digest, atMost });
    return response?.bytes;
  }

  async blob(
    endpoint: Endpoint,
    digest: Digest,
    signal: AbortSignal,
    atMost = Number.POSITIVE_INFINITY,
  ): Promise<Uint8Array | undefined> {
    const { requests, limits } = this.#options;
    const path = `${endpoint.path}/blobs/${digest}`;
    const maxBytes = Math.min(limits.blobBytes, atMost);
    const response = await requests.send(endpoint, { path, maxBytes, digest }, signal);
    if (response.status === 200) return response.bytes;
    if (saysAbsent(response, limits)) return undefined;
    throw await this.#fault(response, endpoint, signal);
  }

  async openBlob(endpoint: Endpoint, digest: Digest, signal: AbortSignal, from = 0): Promise<OpenBlob | undefined> {
    const { requests, limits } = this.#options;
    const path = `${endpoint.path}/blobs/${digest}`;
    const part = from === 0 ? {} : { from };
    const response = await requests.send(endpoint, { path, maxBytes: 0, isStreamed: true, ...part }, signal);
    const { status, body } = response;
    if (status === 200 && body !== undefined) return { body, size: statedLength(response), from: 0 };
    if (status === 206 && body !== undefined) {
      const size = statedRest(response, from);
      if (from > 0 && size !== undefined) return { body, size, from };
      // Undici reports the end as an error, too.
      body.on("error", () => undefined).destroy();
      throw new EngineError("upstream-error", "a part that was not asked for", { subject: shownUrl(response.url) });
    }
    if (saysAbsent(response, limits)) return undefined;
    throw await this.#fault(response, endpoint, signal);
  }

  async blobSize(endpoint: Endpoint, digest: Digest, signal: AbortSignal): Promise<BlobSize | undefined> {
    const path = `${endpoint.path}/blobs/${digest}`;
    const response = await this.#options.requests.send(endpoint, { method: "HEAD", path, maxBytes: 0 }, signal);
    if (response.status === 200) return { size: statedLength(response) };
    if (response.status === 404 && response.isElsewhere !== true) return undefined;
    throw await this.#fault(response, endpoint, signal);
  }

  async tags(
    endpoint: Endpoint,
    signal: AbortSignal,
    mayReadOn: (pages: number) => boolean = () => true,
  ): Promise<readonly string[] | undefined> {
    const { requests, limits } = this.#options;
    const found = new Set<string>();
    const seen = new Set<string>();
    let empty = 0;
    let path: string | URL = `${endpoint.path}/tags/list`;
    for (;;) {
      const response: BoundedResponse = await requests.send(endpoint, { path, maxBytes: limits.manifestBytes }, signal);
      if (response.status !== 200 || isHtml(response)) {
        if (seen.size === 0 && saysAbsent(response, limits)) return undefined;
        throw await this.#fault(response, endpoint, signal);
      }
      seen.add(response.url.href);
      const before = found.size;
      for (const tag of readTagPage(response, limits)) found.add(tag);
      if (found.size === before) empty += 1;
      // A list that never ends says nothing new at some time, or has too many tags.
      if (empty > mostPages)
        throw new EngineError("upstream-error", `more than ${mostPages} pages without a new tag`, {
          subject: endpoint.path,
        });
      if (found.size > limits.tagsPerRepository)
        throw new EngineError("over-limit", `more than ${limits.tagsPerRepository} tags`, { subject: endpoint.path });
      const next = nextPage(response);
      if (next === undefined) return [...found];
      if (seen.has(next.href))
        throw new EngineError("upstream-error", "its pages lead in a circle", { subject: shownUrl(next) });
      if (!mayReadOn(seen.size))
        throw new EngineError("over-budget", `more than ${seen.size} pages of tags`, { subject: endpoint.path });
      path = next;
    }
  }

  async #isUnlisted(endpoint: Endpoint, tag: string, signal: AbortSignal): Promise<boolean> {
    const list = (mayReadOn: (pages: number) => boolean) => this.tags(endpoint, signal, mayReadOn);
    return (await this.#options.facts?.isUnlisted(endpoint, tag, list)) ?? false;
  }

  /** By the API and by the fallback tag, joined: a registry that has the API now may have had none before. */
  async referrers(
    endpoint: Endpoint,
    digest: Digest,
    signal: AbortSignal,
    isKnown = false,
  ): Promise<ReferrersFound | undefined> {
    const [listed, tagged] = await Promise.all([
      this.#options.facts?.hasNoReferrers(endpoint) === true
        ? undefined
        : this.#listReferrers(endpoint, digest, signal, isKnown),
      this.#tagReferrers(endpoint, digest, signal),
    ]);
    if (listed === undefined && tagged === undefined) return undefined;
    const joined = new Map<Digest, Descriptor>();
    for (const descriptor of [...(listed ?? []), ...(tagged ?? [])])
      if (!joined.has(descriptor.digest)) joined.set(descriptor.digest, descriptor);
    this.#bound(joined.size, digest);
    return { descriptors: [...joined.values()], listed: new Set((listed ?? []).map((entry) => entry.digest)) };
  }

  /** The descriptor behind a tag, as far as headers tell. */
  async #head(endpoint: Endpoint, tag: string, signal: AbortSignal): Promise<Descriptor | "not here" | "unclear"> {
    const response = await this.#options.requests.send(
      endpoint,
      { method: "HEAD", path: `${endpoint.path}/manifests/${tag}`, accept: manifestTypes, maxBytes: 0 },
      signal,
    );
    const { status, headers } = response;
    if (status === 403 || status === 408 || status >= 500) throw await this.#fault(response, endpoint, signal);
    const digest = headers["docker-content-digest"] ?? "";
    const size = headers["content-length"] ?? "";
    const mediaType = mediaTypeIn(headers);
    return status === 200 && isDigest(digest) && /^[1-9]\d{0,9}$/.test(size) && isManifestType(mediaType)
      ? { mediaType, digest, size: Number(size) }
      : status === 404
        ? "not here"
        : "unclear";
  }

  async #getManifest(
    endpoint: Endpoint,
    reference: string,
    signal: AbortSignal,
    { digest, atMost = Number.POSITIVE_INFINITY }: ContentFacts = {},
  ): Promise<BoundedResponse | undefined> {
    const { requests, limits } = this.#options;
    const path = `${endpoint.path}/manifests/${reference}`;
    const maxBytes = Math.min(limits.manifestBytes, atMost);
    const response = await requests.send(
      endpoint,
      { path, accept: manifestTypes, maxBytes, ...(digest === undefined ? {} : { digest }) },
      signal,
    );
    if (response.status === 200 && !isHtml(response)) return response;
    if (saysAbsent(response, limits)) return undefined;
    throw await this.#fault(response, endpoint, signal);
  }

  /** `undefined`: the registry has no such list. */
  async #listReferrers(
    endpoint: Endpoint,
    digest: Digest,
    signal: AbortSignal,
    isKnown: boolean,
  ): Promise<readonly Descriptor[] | undefined> {
    const { requests, limits, facts } = this.#options;
    const found: Descriptor[] = [];
    const seen = new Set<string>();
    let bytes = 0;
    let path: string | URL = `${endpoint.path}/referrers/${digest}`;
    for (let page = 1; ; page++) {
      const accept = mediaTypes.index;
      const response: BoundedResponse = await requests.send(
        endpoint,
        { path, accept, maxBytes: limits.manifestBytes },
        signal,
      );
      const { status, headers, url } = response;
      if (status !== 200 || isHtml(response) || !indexTypes.has(mediaTypeIn(headers))) {
        // Who has the API may also say 404, and then of the manifest or the repository.
        if (page === 1 && status === 404 && isKnown && !saysUnknown(response, limits)) facts?.noteNoReferrers(endpoint);
        if (page === 1 && (status === 200 || noApi.has(status))) return undefined;
        throw await this.#fault(response, endpoint, signal);
      }
      seen.add(url.href);
      bytes += response.bytes.length;
      if (bytes > limits.layoutIndexBytes)
        throw new EngineError("over-limit", `a list of more than ${limits.layoutIndexBytes} bytes`, {
          subject: digest,
        });
      found.push(...this.#readIndex(response));
      this.#bound(found.length, digest);
      const next = nextPage(response);
      if (next === undefined) return found;
      if (seen.has(next.href) || page >= mostPages)
        throw new EngineError(
          "upstream-error",
          page >= mostPages ? `more than ${mostPages} pages` : "its pages lead in a circle",
          { subject: shownUrl(next) },
        );
      path = next;
    }
  }

  /**
   * Everybody who may push can write the tag. Content that is no list lists nothing: it must not make an unsigned image
   * an open question.
   */
  async #tagReferrers(
    endpoint: Endpoint,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[] | undefined> {
    const tag = associatedTag(digest, "referrers");
    if (await this.#isUnlisted(endpoint, tag, signal)) return undefined;
    const response = await this.#getManifest(endpoint, tag, signal);
    if (response === undefined) return undefined;
    statedDigest(response);
    try {
      return this.#readIndex(response);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "upstream-error") throw error;
      this.#options.log?.(`${error.subject ?? ""}: the tag holds no list of referrers: ${error.message}`);
      return [];
    }
  }

  /**
   * An entry that cannot be read spoils no other. Go writes an empty list as null; JSON without one is an answer of
   * something else, such as an error under a status of success.
   */
  #readIndex(response: BoundedResponse): readonly Descriptor[] {
    const { limits, log } = this.#options;
    const { url } = response;
    const index = readJsonAnswer(response, limits);
    const manifests = isObject(index) && Object.hasOwn(index, "manifests") ? (index.manifests ?? []) : undefined;
    if (!Array.isArray(manifests))
      throw new EngineError("upstream-error", "the list of referrers is not an image index", {
        subject: shownUrl(url),
      });
    return (manifests as readonly JsonValue[]).flatMap((entry, at) => {
      try {
        const { mediaType, digest, size, artifactType, annotations } = readDescriptor(entry, `/manifests/${at}`);
        return [
          {
            mediaType,
            digest,
            size,
            ...(artifactType === undefined ? {} : { artifactType }),
            ...(annotations === undefined ? {} : { annotations }),
          },
        ];
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        log?.(`${shownUrl(url)}: a referrer is left out: ${error.subject ?? ""} ${error.message}`);
        return [];
      }
    });
  }

  #bound(count: number, digest: Digest): void {
    const { referrers } = this.#options.limits;
    if (count > referrers) throw new EngineError("over-limit", `more than ${referrers} referrers`, { subject: digest });
  }

  async #fault(response: BoundedResponse, endpoint: Endpoint, signal: AbortSignal): Promise<EngineError> {
    const { requests, limits, now } = this.#options;
    const who = await requests.whoAsks(endpoint, signal);
    return registryFault(response, { who, wasAskedFor: "content", limits, now: now() });
  }
}

/** A length that a registry states, where it is one. */
const statedLength = ({ headers }: BoundedResponse): number | undefined => {
  const text = headers["content-length"] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
};

/** The size of the whole, where an answer says that it is the rest from a byte on. */
function statedRest({ headers }: BoundedResponse, from: number): number | undefined {
  const [, start, end, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers["content-range"] ?? "") ?? [];
  return Number(start) === from && Number(end) + 1 === Number(size) ? Number(size) : undefined;
}

/** Go writes an empty list as null. What is no tag cannot be asked for, and is left out. */
function readTagPage(response: BoundedResponse, limits: Limits): readonly string[] {
  const page = readJsonAnswer(response, limits);
  const tags = isObject(page) && Object.hasOwn(page, "tags") ? (page.tags ?? []) : undefined;
  if (!Array.isArray(tags))
    throw new EngineError("upstream-error", "the answer is not a list of tags", { subject: shownUrl(response.url) });
  return (tags as readonly JsonValue[]).filter((tag): tag is string => typeof tag === "string" && isTag(tag));
}

const mediaTypeIn = (headers: Readonly<Record<string, string>>): string =>
  (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** @throws EngineError `upstream-error` for content that is not the one that its header states. */
function statedDigest({ bytes, headers, url }: BoundedResponse): Digest {
  const digest = digestOf(bytes);
  const stated = headers["docker-content-digest"];
  if (stated !== undefined && isDigest(stated) && stated !== digest)
    throw new EngineError("upstream-error", `the content is not the one that its header states: ${stated}`, {
      subject: shownUrl(url),
    });
  return digest;
}
