/**
 * An API server of one test that keeps objects: it creates, changes, removes and watches them as a real one does, with
 * versions, conflicts, bookmarks and expired versions. Source:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerOptions } from "node:https";
import { statusBody } from "./api-server.ts";
import { type LoopbackServer, serveLoopback } from "./loopback-server.ts";

interface Meta {
  name?: string;
  namespace?: string;
  generateName?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  uid?: string;
  [member: string]: unknown;
}

export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: Meta;
  [member: string]: unknown;
}

export interface ClusterServer extends LoopbackServer {
  /** Creates or replaces, as somebody else does. */
  put(resource: string, object: object): StoredObject;
  remove(resource: string, name: string, namespace?: string): void;
  find(resource: string, name: string, namespace?: string): StoredObject | undefined;
  all(resource: string): readonly StoredObject[];
  /** What happened so far can no longer be watched. */
  compact(): void;
  /** Tells every watch how far it is. */
  bookmark(): void;
  /** Cuts every watch, as a network does. */
  cut(): void;
  /** Ends every watch, as a server does after its time. */
  end(): void;
  /** Watches that are open. */
  watches(): number;
  /** Text that is sent to every watch as it is. */
  say(text: string): void;
  /** Called before each request; what it returns is answered instead. `cut`: the connection ends. */
  instead:
    | ((method: string, path: string) => { readonly status: number; readonly body: unknown } | "cut" | undefined)
    | undefined;
}

interface Watching {
  readonly resource: string;
  readonly fits: (object: StoredObject) => boolean;
  readonly response: ServerResponse;
}

type Answered = readonly [status: number, body: unknown];

interface Place {
  readonly resource: string;
  readonly apiVersion: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** When its objects were made that do not say it. */
const created = "2026-11-30T11:00:00Z";

/** `resources`: those that it has, by their plural, with their kind. */
export async function serveCluster(
  resources: Readonly<Record<string, string>>,
  tls?: ServerOptions,
): Promise<ClusterServer> {
  const store = new Map<string, StoredObject>();
  const events: {
    readonly version: number;
    readonly type: string;
    readonly resource: string;
    readonly object: StoredObject;
  }[] = [];
  const watching = new Set<Watching>();
  let version = 100;
  let oldest = 100;
  const keyOf = (resource: string, name: string, namespace = ""): string => `${resource} ${namespace}/${name}`;
  const happened = (type: string, resource: string, object: StoredObject): void => {
    version += 1;
    object.metadata.resourceVersion = String(version);
    const copy = structuredClone(object);
    events.push({ version, type, resource, object: copy });
    for (const one of watching)
      if (one.resource === resource && one.fits(copy))
        one.response.write(`${JSON.stringify({ type, object: copy })}\n`);
  };
  const put = (resource: string, given: object): StoredObject => {
    const object = structuredClone(given) as StoredObject;
    object.metadata.name ??= `${object.metadata.generateName ?? ""}${version}`;
    const key = keyOf(resource, object.metadata.name, object.metadata.namespace);
    const before = store.get(key);
    object.metadata.uid = before?.metadata.uid ?? `uid-${version}`;
    object.metadata.creationTimestamp ??= before?.metadata.creationTimestamp ?? created;
    store.set(key, object);
    happened(before === undefined ? "ADDED" : "MODIFIED", resource, object);
    return structuredClone(object);
  };
  const remove = (resource: string, name: string, namespace?: string): void => {
    const key = keyOf(resource, name, namespace);
    const before = store.get(key);
    if (before === undefined) return;
    store.delete(key);
    happened("DELETED", resource, before);
  };
  const send = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json", "audit-id": "1" });
    response.end(JSON.stringify(body));
  };
  const failure = (status: number, reason: string, why: string): Answered => [status, statusBody(status, reason, why)];
  const listed = ({ resource, namespace }: Place, fits: (object: StoredObject) => boolean): StoredObject[] =>
    [...store]
      .filter(([key, object]) => key.startsWith(`${resource} `) && fits(object))
      .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);

  function watch(
    place: Place,
    query: URLSearchParams,
    fits: (object: StoredObject) => boolean,
    response: ServerResponse,
  ): void {
    const since = Number(query.get("resourceVersion"));
    response.writeHead(200, { "content-type": "application/json", "audit-id": "1" });
    response.flushHeaders();
    if (since < oldest) {
      const object = statusBody(410, "Expired", "too old resource version");
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    const inPlace = (object: StoredObject): boolean =>
      fits(object) && (place.namespace === undefined || object.metadata.namespace === place.namespace);
    for (const event of events)
      if (event.version > since && event.resource === place.resource && inPlace(event.object))
        response.write(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
    const one: Watching = { resource: place.resource, fits: inPlace, response };
    watching.add(one);
    response.once("close", () => watching.delete(one));
  }

  function write(method: string, place: Place, type: string, text: string): Answered {
    const { resource, namespace, name } = place;
    const before = name === undefined ? undefined : store.get(keyOf(resource, name, namespace));
    const body = (text === "" ? {} : JSON.parse(text)) as StoredObject;
    if (method === "POST") {
      const own = body.metadata.name;
      if (own !== undefined && store.has(keyOf(resource, own, namespace)))
        return failure(409, "AlreadyExists", `${resource} "${own}" already exists`);
      return [
        201,
        put(resource, namespace === undefined ? body : { ...body, metadata: { ...body.metadata, namespace } }),
      ];
    }
    if (method === "DELETE") {
      if (before === undefined) return failure(404, "NotFound", `${resource} "${name}" not found`);
      const wanted = (body as { preconditions?: Meta }).preconditions ?? {};
      for (const member of ["uid", "resourceVersion"] as const)
        if (wanted[member] !== undefined && wanted[member] !== before.metadata[member])
          return failure(409, "Conflict", `the ${member} is another`);
      remove(resource, name ?? "", namespace);
      return [200, before];
    }
    if (method === "PUT") {
      if (before === undefined) return failure(404, "NotFound", `${resource} "${name}" not found`);
      if (
        body.metadata.resourceVersion !== undefined &&
        body.metadata.resourceVersion !== before.metadata.resourceVersion
      )
        return failure(409, "Conflict", "the object has been modified");
      return [200, put(resource, body)];
    }
    const isApply = type.startsWith("application/apply-patch+yaml");
    if (!isApply && !type.startsWith("application/merge-patch+json")) return failure(415, "UnsupportedMediaType", type);
    if (before === undefined && !isApply) return failure(404, "NotFound", `${resource} "${name}" not found`);
    if (isApply && (body.apiVersion !== place.apiVersion || body.kind !== resources[resource]))
      return failure(400, "BadRequest", "apply needs apiVersion and kind");
    const asOf = body.metadata?.resourceVersion;
    if (before !== undefined && asOf !== undefined && asOf !== before.metadata.resourceVersion)
      return failure(409, "Conflict", "the object has been modified");
    const merged = merge(before ?? {}, body) as StoredObject;
    const metadata = { ...merged.metadata, name: name ?? "", ...(namespace === undefined ? {} : { namespace }) };
    return [before === undefined ? 201 : 200, put(resource, { ...merged, metadata })];
  }

  const cluster = { instead: undefined } as unknown as ClusterServer;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://api");
    const { method = "GET" } = request;
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const instead = cluster.instead?.(method, url.pathname);
      if (instead === "cut") return request.socket.destroy() as unknown as undefined;
      if (instead !== undefined) return send(response, instead.status, instead.body);
      const place = placeOf(url.pathname);
      const kind = place === undefined ? undefined : resources[place.resource];
      if (place === undefined || kind === undefined)
        return send(response, ...failure(404, "NotFound", "the server could not find the requested resource"));
      const text = Buffer.concat(chunks).toString();
      if (method !== "GET") return send(response, ...write(method, place, request.headers["content-type"] ?? "", text));
      const { resource, namespace, name, apiVersion } = place;
      if (name !== undefined) {
        const found = store.get(keyOf(resource, name, namespace));
        return found === undefined
          ? send(response, ...failure(404, "NotFound", `${resource} "${name}" not found`))
          : send(response, 200, found);
      }
      const [, only] = /^metadata\.name=(.+)$/.exec(url.searchParams.get("fieldSelector") ?? "") ?? [];
      const fits = (object: StoredObject): boolean => only === undefined || object.metadata.name === only;
      if (url.searchParams.get("watch") === "true") return watch(place, url.searchParams, fits, response);
      const items = listed(place, fits);
      send(response, 200, { kind: `${kind}List`, apiVersion, metadata: { resourceVersion: String(version) }, items });
    });
  };
  const all = (act: (response: ServerResponse) => void): void => {
    for (const { response } of watching) act(response);
  };
  const last = (act: (response: ServerResponse) => void): void => {
    all(act);
    watching.clear();
  };
  const served = await serveLoopback(handle, tls);
  return Object.assign(cluster, served, {
    put,
    remove,
    find: (resource: string, name: string, namespace?: string) => store.get(keyOf(resource, name, namespace)),
    all: (resource: string) => [...store].filter(([key]) => key.startsWith(`${resource} `)).map(([, one]) => one),
    compact: () => {
      version += 1;
      oldest = version;
      events.length = 0;
    },
    bookmark: () => {
      const object = { metadata: { resourceVersion: String(version) } };
      all((response) => response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`));
    },
    cut: () => last((response) => response.socket?.destroy()),
    end: () => last((response) => response.end()),
    watches: () => watching.size,
    say: (text: string) => all((response) => response.write(text)),
  });
}

function placeOf(path: string): Place | undefined {
  const steps = path.split("/").slice(1);
  const root = steps.shift();
  const apiVersion = root === "api" ? steps.shift() : root === "apis" ? steps.splice(0, 2).join("/") : undefined;
  const namespace = steps[0] === "namespaces" && steps.length > 2 ? steps.splice(0, 2)[1] : undefined;
  const [resource, name] = steps;
  return apiVersion === undefined || resource === undefined ? undefined : { resource, apiVersion, namespace, name };
}

/** RFC 7396, which is also what server-side apply comes to where one manager writes. */
function merge(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> =
    target !== null && typeof target === "object" && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  return merged;
}
