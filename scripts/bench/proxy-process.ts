/**
 * One server of the proxy's benchmarks, in a process of its own: its first argument says which. It tells its port, and
 * on request what it has used so far.
 */
import { createHash } from "node:crypto";
import { createServer, type RequestListener, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { digestOf } from "../../core/crypto/digest.ts";
import { defaultLimits } from "../../core/limits.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import { createLog } from "../../proxy/log.ts";
import { createMetrics } from "../../proxy/metrics.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { createRegistryProxy } from "../../proxy/registry/registry-proxy.ts";
import { readConfig, requireConfig } from "../../proxy/serve/read-config.ts";
import { Server } from "../../proxy/serve/server.ts";
import { openRegistry } from "../../proxy/upstream/registry/open-registry.ts";
import { serveBench } from "./server-process.ts";

/** A manifest as registries have them, of some 2 KB. */
export const benchManifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(Buffer.from("{}")), size: 2 },
    layers: Array.from({ length: 10 }, (_, index) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      digest: digestOf(Buffer.from(`layer ${index}`)),
      size: 1_000_000 + index,
    })),
  }),
);
export const benchDigest = digestOf(benchManifest);
const headers = {
  "Docker-Content-Digest": benchDigest,
  "Content-Type": mediaTypes.manifest,
  "Content-Length": benchManifest.length,
};

/** A piece that is sent again and again; the digest of a layer of `count` of them. */
export const piece = Buffer.alloc(256 * 1024, "layer of a benchmark ");
export function digestOfPieces(count: number): string {
  const hash = createHash("sha256");
  for (let at = 0; at < count; at++) hash.update(piece);
  return `sha256:${hash.digest("hex")}`;
}

/** A registry that has one layer. */
const layerServer: RequestListener = (request, response) => {
  const count = Number(process.env.PIECES);
  if (request.url === "/v2/") return void response.end("{}");
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": count * piece.length });
  let left = count;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(piece)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
};

/** What a plain pipe does that hashes: the least that a proxy can do. */
const bareHashingPipe: RequestListener = (request, response) => {
  const outgoing = ask(
    { host: "127.0.0.1", port: Number(process.env.UPSTREAM), path: request.url ?? "" },
    (incoming) => {
      const hash = createHash("sha256");
      response.writeHead(200, incoming.headers);
      incoming.on("data", (bytes: Buffer) => {
        hash.update(bytes);
        if (!response.write(bytes)) {
          incoming.pause();
          response.once("drain", () => incoming.resume());
        }
      });
      incoming.on("end", () => {
        hash.digest();
        response.end();
      });
    },
  );
  outgoing.end();
};

function openProxy(folder: string) {
  const now = (): Date => new Date();
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  const upstream = `127.0.0.1:${process.env.UPSTREAM ?? "1"}`;
  const registry = openRegistry({
    hosts: {},
    credentials: { find: () => Promise.resolve(undefined) },
    connections: { env: {} },
    limits: defaultLimits,
    now,
  });
  const repository = "registry.example/org/app";
  const known = { at: now().toISOString(), from: "bench" };
  const value = { mediaType: mediaTypes.manifest, digest: benchDigest, size: benchManifest.length };
  mirror.writer().setAnswer({ kind: "tag", repository, tag: "1" }, { state: "present", value, ...known });
  mirror
    .writer()
    .setAnswer(
      { kind: "manifest", repository, digest: benchDigest },
      { state: "present", value: benchManifest, ...known },
    );
  return createRegistryProxy({
    mirror,
    registry,
    upstreams: [upstream, "registry.example"],
    failurePolicy: "Fail",
    refreshMs: 3_600_000,
    limits: defaultLimits,
    now,
    log: () => undefined,
    warn: () => undefined,
    report: (error) => process.stderr.write(`${error.code} ${error.message}\n`),
  });
}

/** As `serve` runs it: with its log, its metrics and its bounds. */
async function serveProxy(folder: string): Promise<number> {
  const { handle } = openProxy(folder);
  const flags = { store: folder, listen: ["127.0.0.1:0"] };
  const config = requireConfig(readConfig({ flags, env: {}, limits: defaultLimits }));
  const written = { bytes: 0 };
  const server = await Server.open(
    config,
    { mounts: [{ what: "registry", paths: ["/v2"], handle }], checks: [], close: () => Promise.resolve() },
    {
      readFile: () => "",
      ownCertificate: () => Promise.reject(new Error("no certificate")),
      log: createLog({
        level: "info",
        format: "json",
        write: (line) => {
          written.bytes += line.length;
        },
        now: () => new Date(),
      }),
      metrics: createMetrics("bench"),
      now: () => new Date(),
    },
  );
  return Number(new URL(server.listeners[0]?.url ?? "").port);
}

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const kinds: Readonly<Record<string, (folder: string) => Promise<number>>> = {
  bare: () =>
    listen((_, response) => {
      response.writeHead(200, headers);
      response.end(benchManifest);
    }),
  proxy: (folder) => listen(openProxy(folder).handle),
  serve: serveProxy,
  layers: () => listen(layerServer),
  pipe: () => listen(bareHashingPipe),
};

const [, , kind = "", folder = ""] = process.argv;
if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url))
  await serveBench(() => (kinds[kind] as (folder: string) => Promise<number>)(folder));
