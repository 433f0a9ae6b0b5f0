/** A registry in memory that can be pushed to, for one test; it fails, lies and forgets as the test says. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { serveLoopback } from "./loopback-server.ts";
import { type Reply, reply } from "./registry-server.ts";

export interface StoringOptions {
  /** It keeps lists of referrers. Default true. */
  readonly hasReferrers?: boolean;
  /** It deletes manifests. Default true. */
  readonly deletes?: boolean;
}

export interface Stored {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface StoringRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** By digest. */
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, Stored>;
  /** By name: the digest of a manifest. */
  readonly tags: Map<string, string>;
  /** In place of an answer, for a request that it names; set by a test, and unset when it returns undefined. */
  instead: ((line: string, request: IncomingMessage) => Reply | undefined) | undefined;
  /** `METHOD PATH` without queries, since the last look. */
  asked(): readonly string[];
  close(): Promise<void>;
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const error = (status: number, code: string): Reply => ({
  status,
  body: { errors: [{ code, message: code.toLowerCase(), detail: {} }] },
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export async function serveStoring({
  hasReferrers = true,
  deletes = true,
}: StoringOptions = {}): Promise<StoringRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Stored>();
  const tags = new Map<string, string>();
  let uploads = 0;

  const referrersOf = (digest: string): readonly object[] =>
    [...manifests].flatMap(([own, { bytes, mediaType }]) => {
      const { subject, artifactType } = JSON.parse(bytes.toString("utf8"));
      return subject?.digest === digest ? [{ mediaType, digest: own, size: bytes.length, artifactType }] : [];
    });

  const storeManifest = async (name: string, request: IncomingMessage): Promise<Reply> => {
    const bytes = await bodyOf(request);
    const digest = sha256(bytes);
    const { subject } = JSON.parse(bytes.toString("utf8"));
    manifests.set(digest, { bytes, mediaType: request.headers["content-type"] ?? "" });
    if (!name.startsWith("sha256:")) tags.set(name, digest);
    return {
      status: 201,
      headers: {
        "docker-content-digest": digest,
        ...(hasReferrers && subject !== undefined ? { "oci-subject": subject.digest } : {}),
      },
    };
  };

  const manifest = (name: string): Reply => {
    const digest = name.startsWith("sha256:") ? name : (tags.get(name) ?? "");
    const found = manifests.get(digest);
    if (found === undefined) return error(404, "MANIFEST_UNKNOWN");
    return {
      headers: { "content-type": found.mediaType, "docker-content-digest": digest },
      body: found.bytes.toString("utf8"),
    };
  };

  const remove = (digest: string): Reply => {
    if (!deletes) return error(405, "UNSUPPORTED");
    if (!manifests.delete(digest)) return error(404, "MANIFEST_UNKNOWN");
    for (const [tag, named] of tags) if (named === digest) tags.delete(tag);
    return { status: 202 };
  };

  const blob = (digest: string): Reply => {
    const found = blobs.get(digest);
    if (found === undefined) return error(404, "BLOB_UNKNOWN");
    return (request, response) => {
      response.writeHead(200, { "content-length": String(found.length) });
      response.end(request.method === "HEAD" ? undefined : found);
    };
  };

  const finishUpload = async (request: IncomingMessage): Promise<Reply> => {
    const bytes = await bodyOf(request);
    const digest = new URL(request.url ?? "", "http://x").searchParams.get("digest") ?? "";
    if (sha256(bytes) !== digest) return error(400, "DIGEST_INVALID");
    blobs.set(digest, bytes);
    return { status: 201, headers: { "docker-content-digest": digest } };
  };

  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const { pathname } = new URL(request.url ?? "", "http://x");
    const [, repository = "", kind = "", name = ""] =
      /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|referrers|tags)\/(.*)$/.exec(pathname) ?? [];
    const line = `${request.method} ${kind}`;
    if (line === "POST blobs/uploads")
      return { status: 202, headers: { location: `/v2/${repository}/blobs/uploads/${++uploads}?_state=a%2Fb` } };
    if (line === "PUT blobs/uploads") return finishUpload(request);
    if (line === "PUT manifests") return storeManifest(name, request);
    if (line === "DELETE manifests") return remove(name);
    if (kind === "manifests") return manifest(name);
    if (kind === "blobs") return blob(name);
    if (kind === "tags")
      return tags.size === 0 ? error(404, "NAME_UNKNOWN") : { body: { name: repository, tags: [...tags.keys()] } };
    if (kind === "referrers" && hasReferrers) {
      const type = { "content-type": "application/vnd.oci.image.index.v1+json" };
      return { headers: type, body: JSON.stringify({ schemaVersion: 2, manifests: referrersOf(name) }) };
    }
    return { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" };
  };

  const server = await serveLoopback((request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/v2/") return void response.end("{}");
    const line = `${request.method ?? ""} ${new URL(request.url ?? "", "http://x").pathname}`;
    const other = registry.instead?.(line, request);
    if (other !== undefined) {
      request.resume();
      return reply(response, request, other);
    }
    void answer(request).then((found) => reply(response, request, found));
  });
  const registry: StoringRegistry = {
    host: new URL(server.url).host,
    blobs,
    manifests,
    tags,
    instead: undefined,
    asked: () =>
      server
        .asked()
        .filter((line) => line !== "GET /v2/")
        .map((line) => line.replace(/\?.*/, "")),
    close: server.close,
  };
  return registry;
}
