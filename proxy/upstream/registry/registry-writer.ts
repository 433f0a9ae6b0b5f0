/**
 * Storing in a registry: content, manifests, referrers; and deleting manifests. Always at the registry itself, never at
 * a mirror of it. Nothing that changes something is sent again blindly: before a second try the registry is asked what
 * it has. Source: OCI distribution 1.1 (pushing blobs and manifests, pushing manifests with a subject, deleting).
 */
import { setTimeout as wait } from "node:timers/promises";
import { type Digest, digestOf, isDigest } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import type { Descriptor } from "../../../core/oci/descriptor.ts";
import { mediaTypes, parseManifest } from "../../../core/oci/manifest.ts";
import { repositoryForFetching } from "../../../core/oci/reference.ts";
import { type BoundedResponse, shownUrl, type Upload } from "../fetch-bounded.ts";
import { isPassing } from "../outage.ts";
import type { AuthorizedRequests, RegistryRequest } from "./authorized.ts";
import type { Endpoint } from "./endpoint.ts";
import { pushFault } from "./push-fault.ts";
import type { RegistryClient } from "./registry-client.ts";
import { checkPlace } from "./registry-part.ts";

export interface Content extends Upload {
  readonly digest: Digest;
}

export interface ManifestContent {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** Repositories as `repositoryForFetching` writes them. */
export interface RegistryWriter {
  /** `held`: the registry had it already. */
  putBlob(repository: string, content: Content, signal: AbortSignal): Promise<"stored" | "held">;
  /** Under its digest, or under a tag. */
  putManifest(
    repository: string,
    manifest: ManifestContent,
    tag: string | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /** A manifest with a subject: where the registry keeps no list of referrers, it is in the fallback tag's. */
  putReferrer(
    repository: string,
    manifest: ManifestContent,
    facts: { readonly subject: Digest; readonly artifactType: string },
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * By a digest, or by a tag, which some registries keep beside it. Why it could not be deleted, where the registry
   * deletes nothing or does not let us; else it is gone.
   */
  deleteManifest(repository: string, reference: string, signal: AbortSignal): Promise<string | undefined>;
}

export interface RegistryWriterOptions {
  readonly requests: AuthorizedRequests;
  readonly client: Pick<RegistryClient, "tag" | "blobSize">;
  readonly endpointsOf: (repository: string) => readonly Endpoint[];
  readonly limits: Limits;
  readonly now: () => number;
  /** For tests: what waits between tries. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/** How often a step is tried. */
const mostTries = 4;
const firstPauseMs = 500;
/** A registry compares the digest of what it received, and may move it, before it answers. */
const answerMs = 300_000;
/** Of an answer to a change. */
const answerBytes = 64 * 1024;

export function createRegistryWriter(options: RegistryWriterOptions): RegistryWriter {
  const { requests, client, endpointsOf, limits, now } = options;
  const { sleep = async (ms, signal) => void (await wait(ms, undefined, { signal })) } = options;

  /** @throws EngineError where the registry itself may not be asked. */
  const endpointOf = (given: string): Endpoint => {
    const repository = repositoryForFetching(given);
    checkPlace(repository, undefined);
    const own = endpointsOf(repository).find(({ knowsAbsence, standsForOwn }) => knowsAbsence && standsForOwn !== true);
    if (own === undefined)
      throw new EngineError("access-denied", "the configuration of mirrors does not name the registry itself", {
        subject: repository,
      });
    if (own.blocked !== undefined) throw new EngineError("access-denied", own.blocked, { subject: repository });
    return own;
  };

  const fault = async (response: BoundedResponse, endpoint: Endpoint, signal: AbortSignal, size?: number) =>
    pushFault(response, { who: await requests.whoAsks(endpoint, signal, "push"), now: now(), limits, size });

  const change = (endpoint: Endpoint, request: Omit<RegistryRequest, "maxBytes">, signal: AbortSignal) =>
    requests.send(endpoint, { access: "push", maxBytes: answerBytes, answerMs, ...request }, signal);

  /**
   * Tries until it is done. `act` gives the fault after which another try may help, and throws every other. `isDone`
   * asks the registry itself after a try of which nobody knows how it ended.
   * @throws EngineError of the last try.
   */
  async function trying(
    act: () => Promise<EngineError | undefined>,
    isDone: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const failed = await act().catch(passingFault);
      if (failed === undefined) return;
      if (tries >= mostTries || signal.aborted) throw failed;
      await sleep(firstPauseMs * 2 ** (tries - 1), signal);
      if (await isDone()) return;
    }
  }

  /** @throws EngineError where no other try can help. */
  const failure = async (response: BoundedResponse, endpoint: Endpoint, signal: AbortSignal, size?: number) => {
    const error = await fault(response, endpoint, signal, size);
    if (isPassing(response.status)) return error;
    throw error;
  };

  async function upload(endpoint: Endpoint, content: Content, signal: AbortSignal) {
    const begin = { method: "POST", path: `${endpoint.path}/blobs/uploads/` } as const;
    const begun = await change(endpoint, { ...begin, body: nothing }, signal);
    if (begun.status === 201) return undefined;
    if (begun.status !== 202) return failure(begun, endpoint, signal, content.size);
    const path = uploadAddress(begun, content.digest);
    const contentType = "application/octet-stream";
    // The bytes are gone once they are sent: a second try begins with a new upload.
    const done = await change(endpoint, { method: "PUT", path, body: content, contentType, tries: 1 }, signal);
    return done.status === 201 || done.status === 204 ? undefined : failure(done, endpoint, signal, content.size);
  }

  async function put(
    endpoint: Endpoint,
    { bytes, mediaType }: ManifestContent,
    reference: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const digest = digestOf(bytes);
    let keepsReferrers = false;
    const act = async (): Promise<EngineError | undefined> => {
      const response = await change(
        endpoint,
        {
          method: "PUT",
          path: `${endpoint.path}/manifests/${reference}`,
          contentType: mediaType,
          body: { size: bytes.length, open: () => bytes },
        },
        signal,
      );
      if (response.status !== 201 && response.status !== 200) return failure(response, endpoint, signal);
      const stated = response.headers["docker-content-digest"];
      if (stated !== undefined && isDigest(stated) && stated !== digest)
        throw new EngineError("upstream-error", `the registry stored something else under ${reference}: ${stated}`, {
          subject: shownUrl(response.url),
        });
      keepsReferrers = response.headers["oci-subject"] !== undefined;
      return undefined;
    };
    const isDone = async () => (await client.tag(endpoint, reference, signal))?.descriptor.digest === digest;
    await trying(act, isDone, signal);
    return keepsReferrers;
  }

  /** A list that somebody else changes meanwhile may lose an entry: those of one subject have one writer. */
  async function addToTag(endpoint: Endpoint, subject: Digest, entry: Descriptor, signal: AbortSignal): Promise<void> {
    const tag = associatedTag(subject, "referrers");
    const found = await client.tag(endpoint, tag, signal);
    const held = found?.bytes === undefined ? [] : parseManifest(found.bytes, limits).manifests;
    if (held.some(({ digest }) => digest === entry.digest)) return;
    const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...held, entry] };
    await put(endpoint, { bytes: encodeUtf8(JSON.stringify(index)), mediaType: mediaTypes.index }, tag, signal);
  }

  return {
    async putBlob(repository, content, signal) {
      const endpoint = endpointOf(repository);
      const isHeld = async (): Promise<boolean> => {
        const found = await client.blobSize(endpoint, content.digest, signal);
        return found !== undefined && (found.size === undefined || found.size === content.size);
      };
      if (await isHeld()) return "held";
      await trying(() => upload(endpoint, content, signal), isHeld, signal);
      return "stored";
    },

    async putManifest(repository, manifest, tag, signal) {
      await put(endpointOf(repository), manifest, tag ?? digestOf(manifest.bytes), signal);
    },

    async putReferrer(repository, manifest, { subject, artifactType }, signal) {
      const endpoint = endpointOf(repository);
      const { bytes, mediaType } = manifest;
      const digest = digestOf(bytes);
      if (await put(endpoint, manifest, digest, signal)) return;
      await addToTag(endpoint, subject, { mediaType, digest, size: bytes.length, artifactType }, signal);
    },

    async deleteManifest(repository, reference, signal) {
      const endpoint = endpointOf(repository);
      const path = `${endpoint.path}/manifests/${reference}`;
      try {
        const response = await change(endpoint, { method: "DELETE", path, access: "delete" }, signal);
        if ([200, 202, 204, 404].includes(response.status)) return undefined;
        const error = await fault(response, endpoint, signal);
        if ([400, 403, 405, 501].includes(response.status)) return error.message;
        throw error;
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== "access-denied") throw error;
        return error.message;
      }
    },
  };
}

const nothing: Upload = { size: 0, open: () => new Uint8Array() };

/** Of a rate limit it is known when it ends, and nothing is sent before. */
function passingFault(error: unknown): EngineError {
  if (error instanceof EngineError && (error.code === "unreachable" || error.code === "timed-out")) return error;
  throw error;
}

/**
 * Where an upload goes on. A registry behind a proxy that ends TLS may name its own host without it: then the scheme is
 * that of the request.
 * @throws EngineError `upstream-error`
 */
function uploadAddress({ headers, url }: BoundedResponse, digest: Digest): URL {
  const { location = "" } = headers;
  if (location === "" || !URL.canParse(location, url.href))
    throw new EngineError("upstream-error", "the registry does not say where the upload goes on", {
      subject: shownUrl(url),
    });
  const next = new URL(location, url.href);
  if (next.host === url.host && url.protocol === "https:") next.protocol = "https:";
  next.username = "";
  next.password = "";
  next.hash = "";
  next.searchParams.set("digest", digest);
  return next;
}
