/**
 * What a request to the registry is about: which repository of which registry, and what of it. Source: OCI distribution
 * 1.1 (endpoints); docs/spec/offline.md#registry-proxy.
 *
 *     /v2/org/app/manifests/1.4?ns=ghcr.io       containerd: the registry is a parameter
 *     /v2/ghcr.io/org/app/manifests/1.4          CRI-O, podman: it begins the path
 *     /v2/library/nginx/manifests/1.4            docker: it is the default
 *
 * Nothing of a request becomes an address: `ns` is read as a host, and a repository by its grammar.
 */
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { isHost, isTag, plainHost, repositoryForFetching } from "../../core/oci/reference.ts";
import { registryName } from "../upstream/registry/endpoint.ts";
import type { Refusal } from "./oci-error.ts";

interface InRepository {
  /** As questions name it. */
  readonly repository: string;
  /** Its registry, as references name it. */
  readonly host: string;
  /** The path as the client wrote it: for links to further pages. */
  readonly name: string;
}

export type Target =
  | { readonly kind: "base" }
  | (InRepository & { readonly kind: "tag"; readonly tag: string })
  | (InRepository & { readonly kind: "manifest"; readonly digest: Digest })
  | (InRepository & { readonly kind: "blob"; readonly digest: Digest })
  | (InRepository & { readonly kind: "referrers"; readonly digest: Digest; readonly artifactType?: string })
  | (InRepository & { readonly kind: "tags"; readonly n?: number; readonly last?: string; readonly ns?: string });

export type ManifestTarget = Extract<Target, { kind: "tag" | "manifest" }>;

export const isRefused = (target: object): target is Refusal => "status" in target;

const refuse = (status: 400 | 404, code: Refusal["code"], message: string): Refusal => ({
  status,
  code,
  message,
  why: status === 400 ? "malformed" : "no-such-path",
});

const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const endpointPattern = /^(.+)\/(?:(manifests|blobs|referrers)\/([^/]+)|(tags)\/list)$/;
const mostPath = 255;
const mostTarget = 4096;

/** A registry in its one spelling; `undefined` for what is no host. */
function readHost(text: string): string | undefined {
  return isHost(text) ? registryName(plainHost(text)) : undefined;
}

/** A registry of the configuration. @throws EngineError `invalid-config` for what is no host. */
export function readListed(text: string): string {
  const host = readHost(text);
  if (host === undefined)
    throw new EngineError("invalid-config", "this is not the host of a registry; expected for instance ghcr.io", {
      subject: text,
    });
  return host;
}

/** Whether the first segment of a path names a registry, as in references. */
const namesHost = (segment: string): boolean => /[.:]/.test(segment) || segment === "localhost";

/**
 * Reads the request's target: path and query as they were sent. `defaultHost`: the registry of paths that name none.
 */
export function parseTarget(target: string, defaultHost: string): Target | Refusal {
  if (target.length > mostTarget)
    return refuse(400, "NAME_INVALID", `a request target of more than ${mostTarget} characters`);
  const at = target.indexOf("?");
  const path = decoded(at === -1 ? target : target.slice(0, at));
  if (path === undefined) return refuse(400, "NAME_INVALID", "the percent-encoding of the path is wrong");
  if (path === "/v2/" || path === "/v2") return { kind: "base" };
  const [, name, kind, reference = "", tags] = endpointPattern.exec(path.slice("/v2/".length)) ?? [];
  if (!path.startsWith("/v2/") || name === undefined)
    return refuse(404, "UNSUPPORTED", "the registry has nothing at this path: see OCI distribution 1.1 for its paths");
  const query = at === -1 ? undefined : new URLSearchParams(target.slice(at + 1));
  const place = placeOf(name, query?.getAll("ns") ?? [], defaultHost);
  if (isRefused(place)) return place;
  if (tags !== undefined) return tagsTarget(place, query);
  if (kind === "manifests" && !reference.includes(":"))
    return isTag(reference)
      ? { ...place, kind: "tag", tag: reference }
      : // No registry can have one, so this is 404 and not 400.
        refuse(404, "MANIFEST_UNKNOWN", "this is not a valid tag, so nothing exists under it");
  if (!isDigest(reference))
    return refuse(400, "DIGEST_INVALID", "expected a digest: sha256: and 64 lower-case hexadecimal digits");
  if (kind !== "referrers") return { ...place, kind: kind === "blobs" ? "blob" : "manifest", digest: reference };
  const artifactType = query?.get("artifactType") ?? "";
  return { ...place, kind, digest: reference, ...(artifactType === "" ? {} : { artifactType }) };
}

function placeOf(name: string, namespaces: readonly string[], defaultHost: string): InRepository | Refusal {
  const [given] = namespaces;
  const stated = given === undefined ? undefined : readHost(given);
  if (namespaces.length > 1 || (given !== undefined && stated === undefined))
    return refuse(400, "NAME_INVALID", "ns is the name of one registry, for instance ghcr.io or registry.example:5000");
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const named = namesHost(first) ? readHost(first) : undefined;
  // containerd sends both, where its configuration has a path.
  const fromPath = named !== undefined && (stated === undefined || stated === named);
  const path = fromPath ? name.slice(slash + 1) : name;
  const host = stated ?? named ?? defaultHost;
  if (path.length > mostPath || !pathPattern.test(path))
    return refuse(400, "NAME_INVALID", "this is not a valid repository name");
  return { repository: repositoryForFetching(`${host}/${path}`), host, name };
}

function tagsTarget(place: InRepository, query: URLSearchParams | undefined): Target | Refusal {
  const n = query?.get("n") ?? undefined;
  const last = query?.get("last") ?? undefined;
  const ns = query?.get("ns") ?? undefined;
  if (n !== undefined && !/^\d{1,9}$/.test(n)) return refuse(400, "UNSUPPORTED", "n is a whole number, 0 or more");
  if (last !== undefined && !isTag(last)) return refuse(400, "TAG_INVALID", "last is a tag");
  return {
    ...place,
    kind: "tags",
    ...(n === undefined ? {} : { n: Number(n) }),
    ...(last === undefined ? {} : { last }),
    ...(ns === undefined ? {} : { ns }),
  };
}

/** `undefined`: not percent-encoded UTF-8. */
function decoded(path: string): string | undefined {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
