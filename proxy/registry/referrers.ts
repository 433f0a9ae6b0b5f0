/**
 * What refers to a manifest: signatures, attestations, SBOMs. A list is given where it is known, also where it is
 * empty; where nobody knows it is 503, and never 404: a client would take that for a registry without the API. Source:
 * OCI distribution 1.1 (listing referrers); docs/spec/offline.md#registry-proxy.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { type Descriptor, encodeDescriptor } from "../../core/oci/descriptor.ts";
import { findManifest, mediaTypes } from "../../core/oci/manifest.ts";
import { type RegistryParts, unavailable } from "./parts.ts";
import { type Outcome, unknownRest } from "./pull-through.ts";
import { refuse, type Sent, sendBytes, staleFields, warning } from "./respond.ts";
import type { Target } from "./target.ts";

type ReferrersTarget = Extract<Target, { kind: "referrers" }>;
type ReferrersQuestion = { readonly kind: "referrers" } & Pick<ReferrersTarget, "repository" | "digest">;

export class ReferrerServer {
  readonly #parts: RegistryParts;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  async serve(target: ReferrersTarget, request: IncomingMessage, response: ServerResponse): Promise<Sent> {
    const { pull, mayAsk, now, waitMs } = this.#parts;
    const { repository, digest, artifactType } = target;
    const question: ReferrersQuestion = { kind: "referrers", repository, digest };
    const found = await pull.read(question, mayAsk(target.host), performance.now() + waitMs);
    if (found.state === "unknown") return refuse(request, response, unavailable(found));
    const isPartial = found.state === "present" && found.partial !== undefined;
    const known = found.state === "absent" ? [] : found.value;
    if (isPartial && known.length === 0) return refuse(request, response, unavailable(unknownRest(question)));
    const listed = known.map((descriptor) => this.#typed(repository, descriptor));
    // A filter that cannot be applied to every entry is not: the client sorts out the rest.
    const filters = artifactType !== undefined && listed.every((entry) => entry.artifactType !== undefined);
    const shown = filters ? listed.filter((entry) => entry.artifactType === artifactType) : listed;
    const body = encodeUtf8(
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: shown.map(encodeDescriptor) }),
    );
    const etag = `"${digestOf(body)}"`;
    return sendBytes(
      request,
      response,
      etag,
      [
        "ETag",
        etag,
        "Docker-Distribution-Api-Version",
        "registry/2.0",
        ...(filters ? ["OCI-Filters-Applied", "artifactType"] : []),
        ...this.#warnings(question, found, isPartial, now().getTime()),
        "Content-Type",
        mediaTypes.index,
        "Content-Length",
        String(body.length),
      ],
      body,
    );
  }

  #warnings(
    question: ReferrersQuestion,
    found: Exclude<Outcome<ReferrersQuestion>, { state: "unknown" }>,
    isPartial: boolean,
    now: number,
  ): readonly string[] {
    if (found.stale !== undefined) return staleFields(found.stale, now);
    return isPartial ? ["Warning", warning(unknownRest(question).why)] : [];
  }

  /** A fallback tag may lack the type, which is in the manifest: as far as the mirror has it. */
  #typed(repository: string, descriptor: Descriptor): Descriptor {
    if (descriptor.artifactType !== undefined) return descriptor;
    const { mirror, limits } = this.#parts;
    const held = mirror.knowledge().answer({ kind: "manifest", repository, digest: descriptor.digest });
    const manifest = held?.state === "present" ? findManifest(held.value, limits) : undefined;
    const artifactType = manifest?.artifactType ?? manifest?.config?.mediaType;
    return artifactType === undefined || artifactType === "" ? descriptor : { ...descriptor, artifactType };
  }
}
