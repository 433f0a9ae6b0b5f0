/**
 * Hosts that know Fetch: workerd, Deno, and a bare context with Fetch's globals. `edge.mjs` is loaded as a user would
 * load it; each decides the corpus, and answers the reviews of an API server by the handler.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContext, runInContext, runInThisContext } from "node:vm";
import { createHandler } from "../../proxy/edge/handler.ts";
import { bundleText } from "../../scripts/build-engine.ts";
import { componentFolder } from "../../scripts/component/tools.ts";
import { reviewOf } from "../support/admission.ts";
import type { Scene } from "./corpus.ts";
import type { Decided, Host } from "./hosts.ts";

/** What a worker or a context is told to do, as an expression of JavaScript over the global `sallyport`. */
export const decideScript = `
(scenes, bytesOf) => scenes.flatMap(({ capsule, keys, cases }) => {
  const { openCapsule, createEngine, nobleVerifier, parsePublicKeysPem, requestFor, defaultLimits } = sallyport;
  const accepted = keys.flatMap((text) => parsePublicKeysPem(text, defaultLimits));
  const opened = openCapsule(bytesOf(capsule), { keys: accepted, verifier: nobleVerifier, limits: defaultLimits });
  const engine = createEngine({ ...opened.engine, crypto: nobleVerifier });
  return cases.map(({ request, now }) =>
    JSON.stringify(engine.decide(requestFor(JSON.parse(request)), opened.knowledge, new Date(now))));
})`;

/** Where each case's review is sent. */
export const reviewPaths = ["/mutate/fail", "/validate/ignore"] as const;

/** The handler's answers, with the capsule embedded or, where `from` is a URL, fetched. */
const reviewScript = `
async (scenes, bytesOf, from) => {
  const texts = [];
  for (const [index, { capsule, keys, cases }] of scenes.entries()) {
    let now = cases[0].now;
    const handler = sallyport.createHandler({
      capsule: from === undefined ? bytesOf(capsule) : from + "/" + index,
      keys,
      now: () => new Date(now),
    });
    for (const one of cases) {
      now = one.now;
      for (const path of ${JSON.stringify(reviewPaths)}) {
        const asked = new Request("https://edge.example" + path, { method: "POST", body: one.review });
        const response = await handler(asked);
        texts.push('{"status":' + response.status + ',"answer":' + (await response.text()) + "}");
      }
    }
  }
  return texts;
}`;

const bytesScript = "(text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))";

const workerScript = `import * as sallyport from "./edge.mjs";
const bytesOf = ${bytesScript};
const ways = { decide: ${decideScript}, review: ${reviewScript} };
export default {
  async fetch(request) {
    const { way, scenes, from } = await request.json();
    return new Response(JSON.stringify(await ways[way](scenes, bytesOf, from)));
  },
};
`;

/** Any address that a capsule has is of loopback. */
const workerdConfiguration = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "edge.mjs", esModule = embed "edge.mjs"),
  ],
  compatibilityDate = "2026-11-01",
);
`;

interface Runtime {
  readonly name: "workerd" | "deno";
  readonly version: string;
  /** What starts it in a folder with `worker.mjs`, and how it says its port. */
  readonly words: readonly string[];
  readonly port: RegExp;
}

const workerd: Runtime = {
  name: "workerd",
  version: "1.20261117.1",
  words: ["serve", "--control-fd=1", "workerd.capnp"],
  port: /"port":\s*(\d+)/,
};

const deno: Runtime = {
  name: "deno",
  version: "2.9.6",
  words: ["serve", "--no-lock", "--allow-net=127.0.0.1", "--host=127.0.0.1", "--port=0", "worker.mjs"],
  port: /127\.0\.0\.1:(\d+)/,
};

/** The program, installed below `.component/` when it is first wanted; undefined where it cannot be had or run. */
function findProgram(root: string, { name, version }: Runtime): string | undefined {
  const folder = join(componentFolder(root), `${name}-${version}`);
  const program = join(folder, "node_modules/.bin", name);
  const runs = (): boolean => spawnSync(program, ["--version"], { timeout: 30_000 }).status === 0;
  if (existsSync(program)) return runs() ? program : undefined;
  mkdirSync(folder, { recursive: true });
  const words = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", `${name}@${version}`];
  const { status } = spawnSync("npm", ["--prefix", folder, ...words], { shell: process.platform === "win32" });
  return status === 0 && runs() ? program : undefined;
}

const lateAfter = 10 * 60_000;

/** Runs the worker in a program while `use` talks to it. */
async function withWorker<T>(root: string, runtime: Runtime, program: string, use: (url: string) => Promise<T>) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-worker-"));
  writeFileSync(join(folder, "edge.mjs"), await bundleText(root, "edge", "module"));
  writeFileSync(join(folder, "worker.mjs"), workerScript);
  writeFileSync(join(folder, "workerd.capnp"), workerdConfiguration);
  // Its own group: npm's program of that name starts the real one.
  const child = spawn(program, runtime.words, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  try {
    const port = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString("utf8");
        const found = runtime.port.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${runtime.name} ended with ${code}: ${said.slice(-2000)}`)));
    });
    return await use(`http://127.0.0.1:${port}/`);
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    await gone;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The corpus as JSON has it: bytes in base64, and the review of each request. */
export const plainScenes = (scenes: readonly Scene[]) =>
  scenes.map(({ name, capsule, keys, cases }) => ({
    name,
    keys,
    capsule: Buffer.from(capsule).toString("base64"),
    cases: cases.map((one) => ({ ...one, review: JSON.stringify(reviewOf(JSON.parse(one.request))) })),
  }));

/** Serves each scene's capsule by its number. */
async function withCapsules<T>(scenes: readonly Scene[], use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    const scene = scenes[Number((request.url ?? "").slice(1))];
    response.writeHead(scene === undefined ? 404 : 200, { "content-type": "application/x-tar" });
    response.end(scene?.capsule);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
  }
}

async function ask(url: string, body: object): Promise<readonly string[]> {
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(lateAfter),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`the worker answered ${response.status}: ${text.slice(0, 2000)}`);
  return JSON.parse(text) as readonly string[];
}

type Way = "decide" | "review";

const inProgram = (root: string, runtime: Runtime, way: Way, project: (texts: Decided) => Decided): Host => ({
  name: runtime.name,
  decide: async (scenes) => {
    const program = findProgram(root, runtime);
    if (program === undefined) return { missing: `${runtime.name} ${runtime.version} of npm` };
    return withWorker(root, runtime, program, (url) =>
      withCapsules(scenes, async (from) => project(await ask(url, { way, scenes: plainScenes(scenes), from }))),
    );
  },
});

/** workerd and Deno, which decide the corpus. */
export const workerHosts = (root: string, project: (texts: Decided) => Decided): readonly Host[] => [
  inProgram(root, workerd, "decide", project),
  inProgram(root, deno, "decide", project),
];

type Review = (given: ReturnType<typeof plainScenes>, bytesOf: (text: string) => Uint8Array) => Promise<Decided>;

const handlerInNode: Host = {
  name: "handler in Node",
  decide: (scenes) => {
    const make = runInThisContext(`(sallyport) => (${reviewScript})`) as (engine: object) => Review;
    return make({ createHandler })(plainScenes(scenes), (text) => new Uint8Array(Buffer.from(text, "base64")));
  },
};

/** Nothing but the language and what Fetch's standards give. */
const handlerInContext = (root: string): Host => ({
  name: "handler in a bare context",
  decide: async (scenes) => {
    const { fetch, Request, Response, Headers, ReadableStream, URL, AbortSignal, atob } = globalThis;
    const given = { fetch, Request, Response, Headers, ReadableStream, URL, AbortSignal, atob };
    const context = createContext(Object.assign(Object.create(null), given) as object);
    runInContext(await bundleText(root, "edge", "script"), context, { filename: "engine.iife.js" });
    return withCapsules(scenes, async (from) => {
      const call = `(${reviewScript})(${JSON.stringify(plainScenes(scenes))}, ${bytesScript}, ${JSON.stringify(from)})`;
      return [...((await runInContext(call, context)) as Decided)];
    });
  },
});

/** Handlers without other programs: an embedded capsule in Node, a fetched one in a bare context. */
export const ownHandlers = (root: string): readonly Host[] => [handlerInNode, handlerInContext(root)];

/** Who answers reviews. Each case has two answers: of a mutating and of a validating webhook. */
export const handlerHosts = (root: string): readonly Host[] => [
  ...ownHandlers(root),
  ...[workerd, deno].map((runtime) => {
    const host = inProgram(root, runtime, "review", (texts) => texts);
    return { ...host, name: `handler in ${host.name}` };
  }),
];
