/** An API server of one test, on loopback, and what reads it. */
import type { IncomingMessage } from "node:http";
import type { ServerOptions } from "node:https";
import type { TLSSocket } from "node:tls";
import { defaultLimits } from "../../core/limits.ts";
import { type Cluster, type ClusterOptions, openCluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { memoryFiles } from "./memory-files.ts";
import { type LoopbackServer, serveLoopback } from "./loopback-server.ts";

export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a path answers: JSON with 200, or something else. `undefined`: not found. */
export type ApiStub = Readonly<Record<string, unknown>> | ((request: ApiCall) => StubAnswer | undefined);

export interface ApiCall {
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly accept: string;
  /** The common name of the client's certificate. */
  readonly certificate: string;
}

export interface StubServer extends LoopbackServer {
  readonly calls: ApiCall[];
}

/** The server's own answer about a failure. */
export const statusBody = (code: number, reason: string, message: string) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason,
  code,
});

const callOf = (request: IncomingMessage, url: URL): ApiCall => {
  const { authorization = "", accept = "" } = request.headers;
  const peer = (request.socket as Partial<TLSSocket>).getPeerCertificate?.();
  return { query: url.searchParams, authorization, accept, certificate: String(peer?.subject?.CN ?? "") };
};

/** By paths without a query; any other path is not found, as an API server says it. */
export async function serveApi(stubs: Readonly<Record<string, ApiStub>>, tls?: ServerOptions): Promise<StubServer> {
  const calls: ApiCall[] = [];
  const server = await serveLoopback((request, response) => {
    const url = new URL(request.url ?? "/", "http://api");
    const call = callOf(request, url);
    calls.push(call);
    const stub = Object.hasOwn(stubs, url.pathname) ? stubs[url.pathname] : undefined;
    const missing: StubAnswer = { status: 404, body: statusBody(404, "NotFound", `${url.pathname} not found`) };
    const answer = typeof stub === "function" ? stub(call) : stub === undefined ? undefined : { body: stub };
    const { status = 200, headers = {}, body } = answer ?? missing;
    response.writeHead(status, { "content-type": "application/json", "audit-id": "1", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }, tls);
  return { ...server, calls };
}

/** A kubeconfig for one cluster and one user. */
export const kubeconfigOf = (server: string, user: object = { token: "t0ken" }, cluster: object = {}): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "k", user: "bot", namespace: "apps" } }],
    clusters: [{ name: "k", cluster: { server, ...cluster } }],
    users: [{ name: "bot", user }],
  });

export const stubTime = "2026-11-24T12:00:00.000Z";

/** The cluster that `server` is, by a kubeconfig in memory. */
export const openStub = (
  server: Pick<LoopbackServer, "url">,
  options: Partial<ClusterOptions> & { readonly user?: object; readonly cluster?: object } = {},
): Cluster => {
  const { user, cluster, ...more } = options;
  return openCluster({
    env: { HOME: "/home/bot" },
    files: memoryFiles({ "/home/bot/.kube/config": kubeconfigOf(server.url, user, cluster) }),
    limits: defaultLimits,
    now: () => new Date(stubTime),
    sleep: () => Promise.resolve(),
    ...more,
  });
};
