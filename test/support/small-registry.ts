/** A registry on loopback that changes while it is asked: images, cosign's signatures, referrers, lists of tags. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import type { LabKey } from "../lab/keys.ts";
import { type LoopbackServer, serveLoopback } from "./loopback-server.ts";

interface Stored {
  readonly mediaType: string;
  readonly text: string;
}

/** Answers in the place of the registry; false: it does not. */
export type Meddle = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

export class SmallRegistry {
  readonly #manifests = new Map<string, Stored>();
  readonly #blobs = new Map<string, string>();
  readonly #tags = new Map<string, Map<string, Digest>>();
  readonly #referrers = new Map<string, object[]>();
  #server: LoopbackServer | undefined;
  /** May be set at any time. */
  meddle: Meddle = () => false;

  async start(): Promise<this> {
    this.#server = await serveLoopback((request, response) => this.#answer(request, response));
    return this;
  }

  close(): Promise<void> {
    return this.#server?.close() ?? Promise.resolve();
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    return new URL(this.#server?.url ?? "http://nowhere").host;
  }

  /** What was asked since the last look, but for how it is spoken to. */
  asked(): readonly string[] {
    return (this.#server?.asked() ?? []).filter((line) => line !== "GET /v2/");
  }

  /** Sets the tag, also if it exists. */
  addImage(repository: string, tag: string, content: string): Digest {
    return this.#push(repository, tag, { layers: [this.#blob(content)], config: this.#blob(`config of ${content}`) });
  }

  /** An index of images that have no tags. */
  addIndex(repository: string, tag: string, contents: readonly string[]): readonly [Digest, ...Digest[]] {
    const children = contents.map((content) =>
      this.#push(repository, undefined, { layers: [this.#blob(content)], config: this.#blob("{}") }),
    );
    const manifests = children.map((digest) => ({ mediaType: mediaTypes.manifest, digest, size: 1 }));
    const sized = manifests.map((entry) => ({
      ...entry,
      size: Buffer.byteLength(this.#manifests.get(entry.digest)?.text ?? ""),
    }));
    return [this.#push(repository, tag, { manifests: sized }, mediaTypes.index), ...children];
  }

  /** cosign's signature by tag. Returns the digest of its manifest. */
  sign(repository: string, digest: Digest, key: LabKey): Digest {
    const payload = JSON.stringify({
      critical: {
        identity: { "docker-reference": repository },
        image: { "docker-manifest-digest": digest },
        type: "cosign container image signature",
      },
      optional: null,
    });
    const layer = {
      ...this.#blob(payload, "application/vnd.dev.cosign.simplesigning.v1+json"),
      annotations: { "dev.cosignproject.cosign/signature": encodeBase64(key.sign(encodeUtf8(payload))) },
    };
    return this.#push(repository, `${digest.replace(":", "-")}.sig`, { layers: [layer], config: this.#blob("{}") });
  }

  /** A referrer of some type. Returns its digest. */
  attach(repository: string, subject: Digest, artifactType: string, content: string): Digest {
    const about = { mediaType: mediaTypes.manifest, digest: subject, size: 1 };
    const manifest = { artifactType, layers: [this.#blob(content)], config: this.#blob("{}"), subject: about };
    const digest = this.#push(repository, undefined, manifest);
    const size = Buffer.byteLength(this.#manifests.get(digest)?.text ?? "");
    const list = this.#referrers.get(`${repository}@${subject}`) ?? [];
    list.push({ mediaType: mediaTypes.manifest, digest, size, artifactType });
    this.#referrers.set(`${repository}@${subject}`, list);
    return digest;
  }

  removeTag(repository: string, tag: string): void {
    this.#tags.get(repository)?.delete(tag);
  }

  #blob(text: string, mediaType = "application/vnd.oci.image.layer.v1.tar") {
    const digest = digestOf(encodeUtf8(text));
    this.#blobs.set(digest, text);
    return { mediaType, digest, size: Buffer.byteLength(text) };
  }

  #push(repository: string, tag: string | undefined, members: object, mediaType: string = mediaTypes.manifest): Digest {
    const text = JSON.stringify({ schemaVersion: 2, mediaType, ...members });
    const digest = digestOf(encodeUtf8(text));
    this.#manifests.set(digest, { mediaType, text });
    const tags = this.#tags.get(repository) ?? new Map<string, Digest>();
    this.#tags.set(repository, tags);
    if (tag !== undefined) tags.set(tag, digest);
    return digest;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = "", method } = request;
    if (this.meddle(url, request, response)) return;
    const send = (body: string, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(200, { "content-length": String(Buffer.byteLength(body)), ...headers });
      response.end(method === "HEAD" ? undefined : body);
    };
    if (url === "/v2/") {
      send("{}");
      return;
    }
    const [, repository = "", kind = "", reference = ""] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/([^/?]+)/.exec(url) ?? [];
    const tags = this.#tags.get(repository);
    const digest = tags?.get(reference) ?? reference;
    const manifest = this.#manifests.get(digest);
    const blob = this.#blobs.get(reference);
    if (kind === "manifests" && manifest !== undefined && tags !== undefined)
      send(manifest.text, { "content-type": manifest.mediaType, "docker-content-digest": digest });
    else if (kind === "blobs" && blob !== undefined) send(blob);
    else if (kind === "referrers")
      send(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: mediaTypes.index,
          manifests: this.#referrers.get(`${repository}@${reference}`) ?? [],
        }),
        { "content-type": mediaTypes.index },
      );
    else if (kind === "tags" && tags !== undefined)
      send(JSON.stringify({ name: repository, tags: [...tags.keys()] }), { "content-type": "application/json" });
    else {
      const code = kind === "blobs" ? "BLOB_UNKNOWN" : kind === "tags" ? "NAME_UNKNOWN" : "MANIFEST_UNKNOWN";
      response.writeHead(404, { "content-type": "application/json" });
      response.end(method === "HEAD" ? undefined : JSON.stringify({ errors: [{ code, message: "not here" }] }));
    }
  }
}
