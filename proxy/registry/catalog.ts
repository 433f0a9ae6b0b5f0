/**
 * Which repositories the mirror holds something of, for tools that look around. Only what is mirrored: no registry is
 * asked for its own list, which is huge or refused. Source: https://distribution.github.io/distribution/spec/api/
 * (listing repositories).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limits } from "../../core/limits.ts";
import type { Mirror } from "../mirror/mirror.ts";
import type { Refusal } from "./oci-error.ts";
import { jsonType, type Sent } from "./respond.ts";

export interface CatalogPage {
  readonly n?: number;
  readonly last?: string;
}

const path = "/v2/_catalog";

/** `undefined`: this is no request for the catalogue. */
export function parseCatalog(url: string): CatalogPage | Refusal | undefined {
  const at = url.indexOf("?");
  if ((at === -1 ? url : url.slice(0, at)) !== path) return undefined;
  const query = new URLSearchParams(at === -1 ? "" : url.slice(at + 1));
  const [n, last] = [query.get("n"), query.get("last")];
  const refusal = (message: string): Refusal => ({ status: 400, code: "UNSUPPORTED", message, why: "malformed" });
  if (n !== null && !/^\d{1,9}$/.test(n)) return refusal("n is a whole number, 0 or more");
  if (last !== null && last.length > 512) return refusal("last is the name of a repository");
  return { ...(n === null ? {} : { n: Number(n) }), ...(last === null ? {} : { last }) };
}

/** Names with their registries, as paths of this registry have them. A page without `n` has what fits. */
export function sendCatalog(
  { n, last = "" }: CatalogPage,
  mirror: Mirror,
  limits: Limits,
  request: IncomingMessage,
  response: ServerResponse,
): Sent {
  const most = Math.min(n ?? limits.catalogPage, limits.catalogPage);
  const found = mirror.repositoriesAfter(last, most + 1);
  const repositories = found.slice(0, most);
  const body = JSON.stringify({ repositories });
  const next = new URLSearchParams({ n: String(most), last: repositories.at(-1) ?? "" });
  const bytes = Buffer.byteLength(body);
  response.writeHead(200, {
    "Content-Type": jsonType,
    "Content-Length": bytes,
    "Docker-Distribution-Api-Version": "registry/2.0",
    ...(most > 0 && found.length > most ? { Link: `<${path}?${next.toString()}>; rel="next"` } : {}),
  });
  const isHead = request.method === "HEAD";
  response.end(isHead ? undefined : body);
  return { status: 200, bytes: isHead ? 0 : bytes };
}
