/** A registry on loopback that serves what a `Knowledge` holds, as OCI distribution 1.1 with the referrers API. */
import type { ServerResponse } from "node:http";
import type { ServerOptions } from "node:https";
import { isDigest } from "../../core/crypto/digest.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { type LoopbackServer, serveLoopback } from "./loopback-server.ts";

export interface RegistryBehaviour {
  /** May answer first; returns whether it did. */
  readonly before?: (path: string, response: ServerResponse) => boolean;
  readonly tls?: ServerOptions;
}

/** `repositoryOf` gives the repository of the knowledge for a path of the server. */
export const serveKnowledge = (
  knowledge: Knowledge,
  repositoryOf: (path: string) => string,
  { before = () => false, tls }: RegistryBehaviour = {},
): Promise<LoopbackServer> =>
  serveLoopback(({ url = "", method }, response) => {
    if (before(url, response)) return;
    const send = (body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(200, { "content-length": String(Buffer.byteLength(body)), ...headers });
      response.end(method === "HEAD" ? undefined : body);
    };
    const absent = (code: string): void => {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(method === "HEAD" ? undefined : JSON.stringify({ errors: [{ code, message: "not here" }] }));
    };
    if (url === "/v2/") {
      send("{}");
      return;
    }
    const [, path = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/?]+)/.exec(url) ?? [];
    const repository = repositoryOf(path);
    const present = <Q extends Question>(question: Q) => {
      const answer = knowledge.answer(question);
      return answer?.state === "present" ? answer.value : undefined;
    };
    if (kind === "referrers" && isDigest(reference)) {
      const manifests = present({ kind: "referrers", repository, digest: reference }) ?? [];
      const mediaType = "application/vnd.oci.image.index.v1+json";
      send(JSON.stringify({ schemaVersion: 2, mediaType, manifests }), { "content-type": mediaType });
      return;
    }
    const digest = isDigest(reference) ? reference : present({ kind: "tag", repository, tag: reference })?.digest;
    const bytes =
      digest === undefined ? undefined : present({ kind: kind === "blobs" ? "blob" : "manifest", repository, digest });
    if (digest === undefined || bytes === undefined) {
      absent(kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN");
      return;
    }
    const { mediaType = "application/vnd.oci.image.manifest.v1+json" } =
      kind === "blobs" ? {} : (JSON.parse(Buffer.from(bytes).toString("utf8")) as { readonly mediaType?: string });
    send(bytes, { "content-type": mediaType, "docker-content-digest": digest });
  }, tls);
