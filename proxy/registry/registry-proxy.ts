/**
 * The registry that clients pull through: it answers from the mirror, asks the registries that are listed, and keeps
 * what they say. Source: docs/spec/offline.md#registry-proxy, OCI distribution 1.1 (pull, listing referrers).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { keepingAdded } from "../archive/keeping-added.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { createRoute } from "../upstream/route.ts";
import type { Registry } from "../upstream/registry/open-registry.ts";
import { storeIn } from "./asked-store.ts";
import { BlobServer } from "./blobs.ts";
import { parseCatalog, sendCatalog } from "./catalog.ts";
import type { Door } from "./door/door.ts";
import { DoorKeeper, type DoorKeeperOptions } from "./door-keeper.ts";
import { ManifestServer } from "./manifests.ts";
import { BlobNames } from "./named-blobs.ts";
import type { Refusal, RefusalFacts } from "./oci-error.ts";
import { isOutageCode } from "./outage-code.ts";
import { unavailable } from "./parts.ts";
import { type FailurePolicy, PullThrough } from "./pull-through.ts";
import type { PulledLayers } from "./pulled-layers.ts";
import { ReferrerServer } from "./referrers.ts";
import { refuse, type Sending, type Sent, sendingOf } from "./respond.ts";
import { SharedAsker } from "./shared-asker.ts";
import type { SilentHosts } from "./silent-hosts.ts";
import { TagListServer } from "./served-tags.ts";
import { isRefused, parseTarget, readListed, type Target } from "./target.ts";

/** One request, for the log. */
export interface RegistryEvent {
  readonly method: string;
  /** Path and query as they were sent, bounded. */
  readonly target: string;
  readonly kind: Target["kind"] | "none";
  readonly repository?: string;
  readonly status: number;
  /** Of the content that was sent. */
  readonly bytes: number;
  readonly sending: Sending;
  readonly ms: number;
  /** Why it was no success, in one word. */
  readonly why?: string;
  /** The same in words. */
  readonly facts?: RefusalFacts;
}

export interface RegistryProxyOptions {
  /** Open for writing, or for reading: then nothing is kept. */
  readonly mirror: Mirror;
  /**
   * Who is asked; without it nothing is ever dialled. Layers take a connection each while they stream: give it more
   * than the default `perOrigin`.
   */
  readonly registry?: Registry | undefined;
  /** The registries that may be asked, as references name them. All others are answered from the mirror. */
  readonly upstreams: readonly string[];
  /** The registry of paths that name none. Default `docker.io`, as docker's own mirrors have it. */
  readonly defaultHost?: string | undefined;
  readonly failurePolicy: FailurePolicy;
  /** Tags, lists and absences that are older are asked for again. */
  readonly refreshMs: number;
  /** Layers that were pulled through, where they are kept. */
  readonly layers?: PulledLayers | undefined;
  readonly admit?: Door | undefined;
  /** Hears each verdict of the door, and whether the image was let in under it. */
  readonly judged?: DoorKeeperOptions["judged"];
  /** Shared by the proxy and its door. */
  readonly silent?: SilentHosts | undefined;
  readonly limits: Limits;
  readonly now: () => Date;
  /** Receives each request when it has been answered. */
  readonly log: (event: RegistryEvent, response: ServerResponse) => void;
  /** Receives what went wrong without a client being told: an answer that could not be kept, a damaged layer. */
  readonly report: (error: EngineError) => void;
  /** Receives where a registry says something else than what was added to the mirror by hand. */
  readonly warn: (text: string) => void;
  /** How long a request waits for registries. Default 9.5 s: clients wait 10 and more. */
  readonly waitMs?: number;
}

export interface RegistryProxy {
  /** Everything below /v2/, without a framework in between; it never throws, and always answers. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends what is being pulled. The mirror and the registry are their owner's. */
  close(): Promise<void>;
}

const defaultWaitMs = 9_500;
const mostShown = 512;

export function createRegistryProxy(options: RegistryProxyOptions): RegistryProxy {
  const { mirror, registry, upstreams, limits, now, log, report, waitMs = defaultWaitMs } = options;
  const listed = new Set(upstreams.map(readListed));
  const defaultHost = readListed(options.defaultHost ?? "docker.io");
  const knowledge = mirror.knowledge();
  const store = storeIn(mirror, limits);
  const asker =
    registry === undefined ? undefined : keepingAdded(createRoute(registry.parts, { now }), knowledge, options.warn);
  const pull = new PullThrough({
    knowledge,
    asker: asker === undefined ? undefined : new SharedAsker({ asker, store, now, report, silent: options.silent }),
    failurePolicy: options.failurePolicy,
    refreshMs: options.refreshMs,
    now,
  });
  const mayAsk = (host: string): boolean => registry !== undefined && listed.has(host);
  const { admit: door, failurePolicy } = options;
  const keeper =
    door === undefined
      ? undefined
      : new DoorKeeper({ door, mirror, failurePolicy, judged: options.judged, limits, now });
  const parts = {
    mirror,
    pull,
    mayAsk,
    now,
    limits,
    keeper,
    content: registry?.content,
    listTags: registry?.listTags,
    names: new BlobNames(mirror, limits),
    failurePolicy,
    refreshMs: options.refreshMs,
    waitMs,
    report,
  };
  const manifests = new ManifestServer(parts);
  const blobs = new BlobServer({ ...parts, layers: options.layers });
  const referrers = new ReferrerServer(parts);
  const tags = new TagListServer(parts);

  const answer = (
    target: Target,
    url: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Sent | Promise<Sent> => {
    switch (target.kind) {
      case "base":
        return sendBase(request, response);
      case "tag":
      case "manifest":
        return manifests.serve(target, url, request, response);
      case "blob":
        return blobs.serve(target, request, response);
      case "referrers":
        return referrers.serve(target, request, response);
      case "tags":
        return tags.serve(target, request, response);
    }
  };

  /** `url`: path and query, beginning with /v2. */
  const handle = (request: IncomingMessage, response: ServerResponse, url: string): void => {
    const begun = performance.now();
    const method = request.method ?? "";
    let target: Target | undefined;
    const tell = (sent: Sent): void => {
      const { status, bytes, why, facts } = sent;
      const event: RegistryEvent = {
        method,
        target: url.slice(0, mostShown),
        kind: target?.kind ?? "none",
        ...(target !== undefined && "repository" in target ? { repository: target.repository } : {}),
        status,
        bytes,
        sending: sendingOf(sent),
        ms: performance.now() - begun,
        ...(why === undefined ? {} : { why }),
        ...(facts === undefined ? {} : { facts }),
      };
      log(event, response);
    };
    const begin = (): Sent | Promise<Sent> => {
      if (method !== "GET" && method !== "HEAD") return refuse(request, response, readOnly);
      const ready = manifests.serveReady(url, request, response);
      if (ready !== undefined) {
        target = ready.target;
        return ready.sent;
      }
      const page = parseCatalog(url);
      if (page !== undefined)
        return isRefused(page) ? refuse(request, response, page) : sendCatalog(page, mirror, limits, request, response);
      const read = parseTarget(url, defaultHost);
      if (isRefused(read)) return refuse(request, response, read);
      target = read;
      return answer(target, url, request, response);
    };
    try {
      const sent = begin();
      if ("then" in sent)
        sent.then(tell, (error: unknown) => {
          tell(failed(error, request, response, report));
        });
      else tell(sent);
    } catch (error) {
      tell(failed(error, request, response, report));
    }
  };

  return {
    handle: (request, response) => {
      handle(request, response, request.url ?? "");
    },
    close: () => blobs.close(),
  };
}

function sendBase(request: IncomingMessage, response: ServerResponse): Sent {
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Content-Length": 2,
    "Docker-Distribution-Api-Version": "registry/2.0",
  });
  const isHead = request.method === "HEAD";
  response.end(isHead ? undefined : "{}");
  return { status: 200, bytes: isHead ? 0 : 2 };
}

const readOnly: Refusal = {
  status: 405,
  code: "UNSUPPORTED",
  message: "this registry is read-only: push to the registry of the image",
  why: "read-only",
  // What the client wanted to write is not read.
  headers: { Allow: "GET, HEAD", Connection: "close" },
};

/**
 * Damage of the mirror, and bugs: nobody gets anything that is not known to be right. A response that has begun is cut.
 */
function failed(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  report: (error: EngineError) => void,
): Sent {
  const known =
    error instanceof EngineError
      ? error
      : new EngineError("overloaded", `the registry failed: ${String(error)}`, { cause: error });
  report(known);
  if (response.headersSent) {
    response.destroy();
    return { status: response.statusCode, bytes: 0, why: "cut" };
  }
  if (isOutageCode(known.code))
    return refuse(
      request,
      response,
      unavailable({ state: "unknown", code: known.code, why: known.message, mayPass: true }),
    );
  return refuse(request, response, {
    status: 503,
    code: "UNAVAILABLE",
    message:
      error instanceof EngineError
        ? `this cannot be read (${known.code}); the proxy's log says more`
        : "the proxy failed; its log says more",
    why: known.code,
  });
}
