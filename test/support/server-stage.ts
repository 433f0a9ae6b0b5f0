/** A server on loopback, what it writes into its log, and requests to it. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { defaultLimits } from "../../core/limits.ts";
import { createLog } from "../../proxy/log.ts";
import { createMetrics } from "../../proxy/metrics.ts";
import { readConfig, requireConfig } from "../../proxy/serve/read-config.ts";
import { type Mount, type Parts, Server, type ServerHost } from "../../proxy/serve/server.ts";
import type { Config } from "../../proxy/serve/settings.ts";

export const serverConfig = (document: object): Config =>
  requireConfig(
    readConfig({
      file: {
        name: "c.yaml",
        text: JSON.stringify({ apiVersion: "sallyport.dev/v1alpha1", kind: "Config", ...document }),
      },
      flags: {},
      env: {},
      limits: defaultLimits,
    }),
  );

interface World {
  readonly files: Record<string, string>;
  readonly lines: Record<string, unknown>[];
  readonly host: ServerHost;
  readonly metrics: ReturnType<typeof createMetrics>;
  closed: number;
  parts(handle?: Mount["handle"]): Parts;
}

export function serverWorld(files: Record<string, string> = {}): World {
  const lines: Record<string, unknown>[] = [];
  const metrics = createMetrics("test");
  const made: World = {
    files,
    lines,
    metrics,
    closed: 0,
    host: {
      readFile: (path) => files[path] ?? "",
      ownCertificate: async () => {
        throw new Error("not asked for here");
      },
      log: createLog({
        level: "debug",
        format: "json",
        now: () => new Date("2026-11-30T00:00:00Z"),
        write: (line) => lines.push(JSON.parse(line)),
      }),
      metrics,
      now: () => new Date("2026-11-30T00:00:00Z"),
    },
    parts: (handle = (request, response) => void response.end(`${request.method} ${request.url}`)) => ({
      mounts: [
        { what: "registry", paths: ["/v2"], handle },
        { what: "admission", paths: ["/mutate/fail"], handle },
      ],
      checks: [{ name: "mirror", look: () => undefined }],
      close: async () => {
        made.closed += 1;
      },
    }),
  };
  return made;
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export function get(url: string, options: RequestOptions = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call = url.startsWith("https") ? httpsRequest : httpRequest;
    const sent = call(url, { agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}

export const local = { address: "127.0.0.1:0" };
export const urlOf = (server: Server, index = 0): string => server.listeners[index]?.url ?? "";
export const portOf = (server: Server): number => Number(new URL(urlOf(server)).port);
export const basic = (login: string): RequestOptions => ({
  headers: { authorization: `Basic ${Buffer.from(login).toString("base64")}` },
});
export const bearer = (token: string): RequestOptions => ({ headers: { authorization: `Bearer ${token}` } });

export async function withServer(
  listener: object,
  body: (server: Server, seen: World) => Promise<void>,
  { files = {}, more = {}, handle }: { files?: Record<string, string>; more?: object; handle?: Mount["handle"] } = {},
): Promise<World> {
  const seen = serverWorld(files);
  const server = await Server.open(serverConfig({ listeners: [listener], ...more }), seen.parts(handle), seen.host);
  try {
    await body(server, seen);
  } finally {
    await server.close();
  }
  return seen;
}

/** Requests that are held until the test lets them go. */
export function held() {
  const waiting: (() => void)[] = [];
  let arrived = (): void => undefined;
  const handle: Mount["handle"] = (_, response) => {
    waiting.push(() => void response.end("late"));
    arrived();
  };
  return {
    handle,
    release: () => {
      for (const go of waiting.splice(0)) go();
    },
    arrives: () =>
      new Promise<void>((resolve) => {
        arrived = resolve;
      }),
  };
}
