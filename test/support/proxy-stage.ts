/** A registry, a mirror and the proxy between them and a client, on loopback, for one test. */
import { createServer, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import type { EngineError } from "../../core/errors.ts";
import { type Limits, limitsWith } from "../../core/limits.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import {
  createRegistryProxy,
  type RegistryEvent,
  type RegistryProxy,
  type RegistryProxyOptions,
} from "../../proxy/registry/registry-proxy.ts";
import {
  askRegistries,
  type AskingOptions,
  type RegistryServer,
  type Reply,
  serveRegistry,
} from "./registry-server.ts";
import { temporaryFolder } from "./temporary-mirror.ts";

/** What a client got. `cut`: the connection ended before the content did. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly cut: boolean;
}

export interface ProxyStage {
  /** The registry's host, as `ns` names it. */
  readonly host: string;
  readonly upstream: RegistryServer;
  readonly mirror: Mirror;
  readonly events: RegistryEvent[];
  readonly reports: EngineError[];
  /** Where the registry said something else than what was added. */
  readonly warnings: string[];
  readonly proxy: RegistryProxy;
  /** Where the proxy listens. */
  readonly port: number;
  /** What the registry answers from now on. */
  answers: (path: string, request: IncomingMessage) => Reply | undefined;
  /** The time, in milliseconds since 1970. */
  clock: number;
  /** Asks the proxy for a path below /v2/; `ns` is the registry unless the path has a query. */
  get(path: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<Got>;
  /** Ends the registry: nobody answers at its address. */
  stopUpstream(): Promise<void>;
}

export interface StageOptions
  extends Partial<Pick<RegistryProxyOptions, "failurePolicy" | "refreshMs" | "layers" | "admit" | "waitMs">> {
  readonly folder?: string;
  /** Nobody is asked. */
  readonly offline?: boolean;
  /** In place of the registry's own host. */
  readonly upstreams?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly asking?: AskingOptions;
  readonly readOnly?: boolean;
  readonly layersIn?: (folder: string) => RegistryProxyOptions["layers"];
}

export async function withProxy(options: StageOptions, act: (stage: ProxyStage) => Promise<void>): Promise<void> {
  const folder = options.folder ?? temporaryFolder();
  const mirror = openMirror(folder, { mode: "write", limits: limitsWith(options.limits) });
  const events: RegistryEvent[] = [];
  const reports: EngineError[] = [];
  const warnings: string[] = [];
  let isUp = true;
  const stage: { -readonly [Name in keyof ProxyStage]: ProxyStage[Name] } = {
    answers: () => undefined,
    clock: Date.parse("2026-11-30T12:00:00Z"),
    mirror,
    events,
    reports,
    warnings,
  } as never;
  const now = (): Date => new Date(stage.clock);
  const upstream = await serveRegistry((path, request) => stage.answers(path, request));
  const registry = askRegistries({
    tries: 1,
    now,
    ...options.asking,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const layers = options.layers ?? options.layersIn?.(folder);
  const proxy = createRegistryProxy({
    mirror,
    registry: options.offline === true ? undefined : registry,
    upstreams: options.upstreams ?? [upstream.host],
    failurePolicy: options.failurePolicy ?? "Fail",
    refreshMs: options.refreshMs ?? 300_000,
    layers,
    admit: options.admit,
    limits: limitsWith(options.limits),
    now,
    log: (event) => events.push(event),
    report: (error) => reports.push(error),
    warn: (text) => warnings.push(text),
    ...(options.waitMs === undefined ? {} : { waitMs: options.waitMs }),
  });
  const server = createServer((request, response) => proxy.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  Object.assign(stage, {
    host: upstream.host,
    upstream,
    proxy,
    port,
    get: (path: string, headers?: Readonly<Record<string, string>>, method?: string) =>
      getFrom(port, path.includes("?") || path === "" ? path : `${path}?ns=${upstream.host}`, headers, method),
    stopUpstream: async () => {
      if (isUp) await upstream.close();
      isUp = false;
    },
  });
  try {
    await act(stage);
  } finally {
    await proxy.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await registry.close();
    if (isUp) await upstream.close();
    mirror.close();
  }
}

/** One request to a server on loopback; `path` is below /v2/. */
export function getFrom(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const outgoing = send(
      { host: "127.0.0.1", port, path: `/v2/${path}`, method, headers, agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        const end = (cut: boolean): void =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces), cut });
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("end", () => end(!response.complete));
        response.on("error", () => end(true));
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}
