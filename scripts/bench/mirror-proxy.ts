/** The registry proxy beside a bare handler of Node, and beside a bare pipe that hashes; in processes of their own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { mediaTypes } from "../../core/oci/manifest.ts";
import { type Bench, type BenchRow, median } from "./bench.ts";
import { buildBundled } from "./bundled.ts";
import { benchDigest, benchManifest, digestOfPieces, piece } from "./proxy-process.ts";
import { costOf, load, type Running, startServer, usedBy } from "./server-process.ts";

/** Of the built program: it is built once. */
let program: Promise<string> | undefined;

async function start(kind: string, folder: string, env?: Readonly<Record<string, string>>): Promise<Running> {
  program ??= buildBundled("proxy-process");
  return startServer(await program, [kind, folder], env);
}

const breakAfter = 4 * 2 ** 20;

const asking = (path: string) => ({
  requests: [Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: ${mediaTypes.manifest}\r\n\r\n`)],
});

/** A layer once; the time in milliseconds. A slow client takes so long a break after each 4 MiB. */
function read(port: number, path: string, size: number, breakMs = 0): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      let bytes = 0;
      response.on("data", (data: Buffer) => {
        const hasBreak = breakMs > 0 && bytes % breakAfter > (bytes + data.length) % breakAfter;
        bytes += data.length;
        if (!hasBreak) return;
        response.pause();
        setTimeout(() => response.resume(), breakMs);
      });
      response.on("end", () =>
        bytes === size ? resolve(performance.now() - begun) : reject(new Error(`${bytes} of ${size} bytes`)),
      );
      response.on("error", reject);
    }).on("error", reject);
  });
}

/** Where `npm run e2e` keeps the programs of others. */
const toolsFolder = process.env.SALLYPORT_E2E_TOOLS ?? join(homedir(), ".cache", "sallyport-e2e", "bin");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** distribution's registry, with the same manifest on its disk; none where its program is not here. */
async function startDistribution(folder: string): Promise<Running | undefined> {
  const registry = join(toolsFolder, "distribution");
  if (!existsSync(registry) || process.platform !== "linux") return undefined;
  const root = join(folder, "docker", "registry", "v2");
  const hex = benchDigest.slice("sha256:".length);
  const tag = "repositories/org/app/_manifests/tags/1";
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    [`blobs/sha256/${hex.slice(0, 2)}/${hex}/data`, benchManifest],
    [`repositories/org/app/_manifests/revisions/sha256/${hex}/link`, benchDigest],
    [`${tag}/current/link`, benchDigest],
    [`${tag}/index/sha256/${hex}/link`, benchDigest],
  ];
  for (const [name, content] of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const port = await freePort();
  const config = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: `127.0.0.1:${port}`, secret: "a secret of the bench" },
  };
  // JSON is YAML.
  writeFileSync(join(folder, "config.yml"), JSON.stringify(config));
  const env = { ...process.env, OTEL_TRACES_EXPORTER: "none" };
  const child = spawn(registry, ["serve", join(folder, "config.yml")], { stdio: "ignore", env });
  for (let tries = 0; tries < 100; tries++) {
    const isThere = await fetch(`http://127.0.0.1:${port}${manifest}`, {
      headers: { accept: mediaTypes.manifest },
    }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return { port, use: async () => ({ cpu: usedBy(child.pid), most: 0 }), end: () => void child.kill() };
    await wait(100);
  }
  child.kill();
  throw new Error("distribution's registry does not serve the manifest of the bench");
}

const manifest = "/v2/org/app/manifests/1?ns=registry.example";

async function manifests(folder: string, quick: boolean): Promise<readonly BenchRow[]> {
  const servers = await Promise.all(["bare", "proxy", "serve"].map((kind) => start(kind, join(folder, kind))));
  const distribution = await startDistribution(join(folder, "distribution"));
  if (distribution !== undefined) servers.push(distribution);
  const count = quick ? 200 : process.env.N ? Number(process.env.N) : 20_000;
  const costs = servers.map((): number[] => []);
  for (const server of servers) await load({ port: server.port, ...asking(manifest) }, count);
  for (let round = 0; round < (quick ? 1 : 7); round++)
    for (const [index, server] of servers.entries()) costs[index]?.push(await costOf(server, asking(manifest), count));
  for (const server of servers) server.end();
  const [bare = 0, proxy, serve = Number.NaN, theirs] = costs.map(median);
  return [
    {
      what: "a warm manifest, as many a second of one processor as a bare handler of the same bytes",
      ratio: bare / (proxy ?? Number.NaN),
      ...(quick ? {} : { atLeast: 0.5 }),
    },
    {
      what: "the same through all of serve: bounds, log, metrics",
      ratio: bare / serve,
      ...(quick ? {} : { atLeast: 0.5 }),
    },
    ...(theirs === undefined
      ? []
      : [
          {
            what: "the same through all of serve, times as many as distribution's registry from its disk",
            ratio: theirs / serve,
            ...(quick ? {} : { atLeast: 1 }),
          },
        ]),
  ];
}

async function layers(folder: string, quick: boolean): Promise<readonly BenchRow[]> {
  const count = quick ? 16 : 4096;
  const size = count * piece.length;
  const env = { PIECES: String(count) };
  const source = await start("layers", folder, env);
  const between = { ...env, UPSTREAM: String(source.port) };
  const pipe = await start("pipe", folder, between);
  const proxy = await start("proxy", join(folder, "streams"), between);
  const path = `/v2/bench/app/blobs/${digestOfPieces(count)}?ns=127.0.0.1:${source.port}`;
  await load({ port: proxy.port, ...asking(manifest) }, 200);
  const idle = (await proxy.use()).most;
  for (const { port } of [pipe, proxy]) await read(port, path, size);
  const [bare, ours]: [number[], number[]] = [[], []];
  let { most } = await proxy.use();
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    bare.push(await read(pipe.port, path, size));
    await proxy.use();
    ours.push(await read(proxy.port, path, size));
    most = Math.max(most, (await proxy.use()).most);
  }
  await Promise.all([0, 0, 5, 20, 60].map((breakMs) => read(proxy.port, path, size, breakMs)));
  const several = (await proxy.use()).most;
  for (const server of [source, pipe, proxy]) server.end();
  return [
    {
      what: `a layer of ${Math.round(size / 2 ** 20)} MiB, times the speed of a bare pipe that hashes`,
      ratio: median(bare) / median(ours),
      ...(quick ? {} : { atLeast: 0.8 }),
    },
    {
      what: "memory while it streams, MiB above what the proxy had before",
      ratio: Math.max(0, most - idle) / 2 ** 20,
      ...(quick ? {} : { atMost: 64 }),
    },
    {
      what: "the same while five clients read it, some of them much more slowly",
      ratio: Math.max(0, several - idle) / 2 ** 20,
      ...(quick ? {} : { atMost: 64 }),
    },
  ];
}

export const mirrorProxy: Bench = {
  name: "proxy",
  says: "the registry proxy beside bare programs of Node, each in a process of its own, interleaved",
  async run({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    try {
      return [...(await manifests(folder, quick)), ...(await layers(folder, quick))];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
