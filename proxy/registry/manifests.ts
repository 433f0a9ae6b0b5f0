/**
 * Manifests by tag and digest. What was served is kept ready in memory, so that the same request again costs one look
 * at the mirror's version. Source: OCI distribution 1.1 (pulling manifests); docs/spec/offline.md#registry-proxy.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Digest } from "../../core/crypto/digest.ts";
import { findManifest, type Manifest, mediaTypes } from "../../core/oci/manifest.ts";
import { absent, type RegistryParts, unavailable } from "./parts.ts";
import type { Stale } from "./pull-through.ts";
import { refuse, type Sent, sendBytes, staleFields, warning } from "./respond.ts";
import type { ManifestTarget } from "./target.ts";

interface Ready {
  readonly target: ManifestTarget;
  /** Of the mirror, when this was read. */
  readonly version: string | undefined;
  /** In milliseconds since 1970; outside of these times it is read again. */
  readonly since: number;
  readonly until: number;
  readonly etag: string;
  readonly fields: readonly string[];
  readonly bytes: Uint8Array;
}

/** After this time an admitted image is judged again, because trust ages. */
const admittedMs = 60_000;

/** A media type that may be a header. */
const typePattern = /^[A-Za-z0-9][\w.+-]{0,126}\/[A-Za-z0-9][\w.+-]{0,126}$/;

function typeOf(manifest: Manifest | undefined, stated: string): string {
  const own = manifest === undefined ? stated : (manifest.mediaType ?? mediaTypes[manifest.kind]);
  return typePattern.test(own) ? own : "application/octet-stream";
}

export class ManifestServer {
  readonly #parts: RegistryParts;
  readonly #ready = new Map<string, Ready>();
  #readyBytes = 0;
  /** The mirror's version, so long as no other event of this process is handled. */
  #seen: { readonly version: string | undefined } | undefined;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** Answers a request that was answered before, if that answer still holds. */
  serveReady(
    url: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): { readonly target: ManifestTarget; readonly sent: Sent } | undefined {
    const ready = this.#ready.get(url);
    if (ready === undefined) return undefined;
    this.#ready.delete(url);
    const now = this.#parts.now().getTime();
    if (now < ready.since || now > ready.until || this.#versionSeen() !== ready.version) {
      this.#readyBytes -= ready.bytes.length;
      return undefined;
    }
    // The last that were asked for are kept.
    this.#ready.set(url, ready);
    return { target: ready.target, sent: sendBytes(request, response, ready.etag, ready.fields, ready.bytes) };
  }

  async serve(target: ManifestTarget, url: string, request: IncomingMessage, response: ServerResponse): Promise<Sent> {
    const { pull, mayAsk, now, refreshMs, keeper, limits, names, waitMs } = this.#parts;
    const { repository, host } = target;
    const asks = mayAsk(host);
    const deadline = performance.now() + waitMs;
    const version = this.#version();
    let digest: Digest;
    let stated = "";
    let stale: Stale | undefined;
    let until = Number.POSITIVE_INFINITY;
    if (target.kind === "tag") {
      const question = { kind: "tag", repository, tag: target.tag } as const;
      const found = await pull.read(question, asks, deadline);
      if (found.state === "unknown") return refuse(request, response, unavailable(found));
      if (found.state === "absent")
        return refuse(request, response, {
          ...absent(question, "MANIFEST_UNKNOWN", found.from),
          headers: fieldsOf(found.stale, now().getTime()),
        });
      ({ digest, mediaType: stated } = found.value);
      stale = found.stale;
      if (asks) until = Date.parse(found.at) + refreshMs;
    } else digest = target.digest;
    const question = { kind: "manifest", repository, digest } as const;
    const found = await pull.read(question, asks, deadline);
    if (found.state === "unknown") return refuse(request, response, unavailable(found));
    if (found.state === "absent")
      return refuse(
        request,
        response,
        target.kind === "manifest"
          ? { ...absent(question, "MANIFEST_UNKNOWN", found.from), headers: fieldsOf(found.stale, now().getTime()) }
          : unavailable({
              state: "unknown",
              code: "upstream-error",
              why: `the tag leads to ${digest}, which ${found.from} does not have`,
              mayPass: true,
            }),
      );
    const bytes = found.value;
    const manifest = findManifest(bytes, limits);
    if (manifest !== undefined) names.learn(repository, manifest);
    const passage = await keeper?.manifest(target, digest, manifest, bytes, deadline);
    if (passage?.refusal !== undefined) return refuse(request, response, passage.refusal);
    const etag = `"${digest}"`;
    const fields = [
      "Docker-Content-Digest",
      digest,
      "ETag",
      etag,
      "Docker-Distribution-Api-Version",
      "registry/2.0",
      ...(stale === undefined ? [] : staleFields(stale, now().getTime())),
      ...(passage?.warning === undefined ? [] : ["Warning", warning(passage.warning)]),
      "Content-Type",
      typeOf(manifest, stated),
      "Content-Length",
      String(bytes.length),
    ];
    // If the mirror changed meanwhile, this answer may be old already: it is not kept ready.
    if (stale === undefined && passage?.warning === undefined && version === this.#version())
      this.#keep(url, {
        target,
        version,
        since: now().getTime() - refreshMs,
        until: keeper === undefined ? until : Math.min(until, now().getTime() + admittedMs),
        etag,
        fields,
        bytes,
      });
    return sendBytes(request, response, etag, fields, bytes);
  }

  /**
   * Requests that are read in one turn of the event loop look once: none of them was answered when another came, so
   * what is written between them may be seen by all or by none.
   */
  #versionSeen(): string | undefined {
    if (this.#seen === undefined) {
      this.#seen = { version: this.#version() };
      setImmediate(() => {
        this.#seen = undefined;
      });
    }
    return this.#seen.version;
  }

  #version(): string | undefined {
    return this.#parts.mirror.knowledge().state().version;
  }

  #keep(url: string, ready: Ready): void {
    this.#readyBytes += ready.bytes.length - (this.#ready.get(url)?.bytes.length ?? 0);
    this.#ready.delete(url);
    this.#ready.set(url, ready);
    const { readyManifests, readyManifestBytes } = this.#parts.limits;
    for (const [oldest, { bytes }] of this.#ready) {
      if (this.#ready.size <= readyManifests && this.#readyBytes <= readyManifestBytes) return;
      this.#ready.delete(oldest);
      this.#readyBytes -= bytes.length;
    }
  }
}

/** Header fields of a stale answer as an object; none for one that is not. */
function fieldsOf(stale: Stale | undefined, now: number): Readonly<Record<string, string>> {
  if (stale === undefined) return {};
  const fields = staleFields(stale, now);
  return Object.fromEntries(fields.flatMap((field, at) => (at % 2 === 0 ? [[field, fields[at + 1] ?? ""]] : [])));
}
