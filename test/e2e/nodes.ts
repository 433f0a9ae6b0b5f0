/**
 * What `node-config` prints, read by the code that nodes pull with: containerd's resolver in two versions, and
 * containers/image, which CRI-O and podman are made of. A server on loopback stands for the proxy, another for the
 * registry itself; without fallback nobody ever speaks to that one.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { Agent, request } from "undici";
import * as assert from "uvu/assert";
import { type LoopbackServer, serveLoopback } from "../support/loopback-server.ts";
import { tlsAuthority } from "../support/tls-identity.ts";
import type { Component } from "./components.ts";
import { freePort } from "./processes.ts";
import type { Scenario, Tools } from "./scenario.ts";

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const layer = Buffer.from("layer ".repeat(1000));
const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
const part = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    config: part(config, "application/vnd.oci.image.config.v1+json"),
    layers: [part(layer, "application/vnd.oci.image.layer.v1.tar")],
  }),
);
const image = digestOf(manifest);
const blobs = new Map([layer, config].map((bytes) => [digestOf(bytes), bytes]));

/**
 * The image of `registry`, however the path says which registry is meant; without one the image of its own. Every other
 * path is 404.
 */
function answering(registry: string | undefined, status: () => number): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? "", "http://proxy");
    const isOwn = registry === undefined || url.searchParams.get("ns") === registry;
    const named = isOwn ? "/v2/" : `/v2/${registry}/`;
    const [, kind = "", reference = ""] = /^(manifests|blobs)\/([^/]+)$/.exec(
      url.pathname.startsWith(`${named}lib/app/`) ? url.pathname.slice(`${named}lib/app/`.length) : "",
    ) ?? ["", "", ""];
    const found =
      kind === "blobs"
        ? blobs.get(reference)
        : kind === "manifests" && ["1", image].includes(reference)
          ? manifest
          : undefined;
    if (status() !== 200) response.writeHead(status()).end('{"errors":[{"code":"UNKNOWN","message":"as it is"}]}');
    else if (url.pathname === "/v2/") response.writeHead(200).end();
    else if (found === undefined) response.writeHead(404).end();
    else {
      const type = kind === "manifests" ? manifestType : "application/octet-stream";
      response.writeHead(200, {
        "content-type": type,
        "content-length": found.length,
        "docker-content-digest": digestOf(found),
      });
      response.end(request.method === "HEAD" ? undefined : found);
    }
  };
}

/** The registry itself: counts who connects, and hangs up. */
async function lonelyRegistry(): Promise<{ readonly host: string; taken(): number; close(): void }> {
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = connections;
      connections = 0;
      return taken;
    },
    close: () => void server.close(),
  };
}

/** Puts what is printed in the place of a node's `/etc`, and returns where that is. */
async function print({ stage, sallyport }: Tools, name: string, words: readonly string[]): Promise<string> {
  const etc = join(stage.folder, name, "etc");
  const { exit, out, err } = await sallyport(["node-config", ...words, "-o", "json"]);
  assert.is(exit, 0, err);
  for (const { path, content } of JSON.parse(out).files) {
    const place = path.replace(/^\/etc/, etc);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content.replaceAll('"/etc/', `"${etc}/`));
  }
  mkdirSync(join(etc, "containers"), { recursive: true });
  writeFileSync(join(etc, "containers/registries.conf"), "");
  writeFileSync(join(etc, "containers/auth.json"), "{}");
  return etc;
}

/** What the program says of each reference: `ok DIGEST`, or `error TEXT`. */
async function pulled(
  { stage, program }: Tools,
  component: Component,
  etc: string,
  references: readonly string[],
): Promise<readonly string[]> {
  const folder = join(etc, component === "containers-image" ? "containers" : "containerd/certs.d");
  const { out, err } = await stage.run(program(component), [folder, ...references]);
  const lines = out.trim().split("\n");
  assert.is(lines.length, references.length, err);
  return lines;
}

interface Node {
  readonly tools: Tools;
  readonly proxy: LoopbackServer;
  /** What the proxy answers with; 200: with what it has. */
  status: number;
  print(...words: readonly string[]): Promise<string>;
  pull(component: Component, etc: string, ...references: readonly string[]): Promise<readonly string[]>;
}

/** Runs with a proxy that has the image of `registry`, encrypted by an authority of its own. */
async function withNode(tools: Tools, registry: string, use: (node: Node) => Promise<void>): Promise<void> {
  const authority = await tlsAuthority();
  const state = { status: 200 };
  const proxy = await serveLoopback(
    answering(registry, () => state.status),
    await authority.issue(["127.0.0.1"]),
  );
  tools.stage.write("ca.crt", authority.ca);
  let nodes = 0;
  const node: Node = Object.assign(state, {
    tools,
    proxy,
    print: (...words: readonly string[]) =>
      print(tools, `node-${++nodes}`, [...words, "--proxy", proxy.url, "--ca", "ca.crt"]),
    pull: (component: Component, etc: string, ...references: readonly string[]) =>
      pulled(tools, component, etc, references),
  });
  try {
    await use(node);
  } finally {
    await proxy.close();
  }
}

const containerd = (component: Component, version: string): Scenario => ({
  name: `node-config containerd, read by ${component}`,
  needs: [component],
  async run(tools) {
    const registry = await lonelyRegistry();
    try {
      await withNode(tools, registry.host, async (node) => {
        const references = [`${registry.host}/lib/app:1`, `${registry.host}/lib/app@${image}`];
        const good = [`ok ${image}`, `ok ${image}`];
        const pull = (etc: string) => node.pull(component, etc, ...references);
        const forms = [[], ["--version", version], ["--upstream", registry.host, "--version", version]];
        for (const words of forms) {
          const etc = await node.print("containerd", ...words);
          node.status = 200;
          assert.equal(await pull(etc), good, words.join(" "));
          const asked = node.proxy.asked();
          assert.ok(asked.length >= 6, asked.join("\n"));
          for (const line of asked) assert.match(line, `?ns=${encodeURIComponent(registry.host)}`);
          for (const status of [403, 404, 429, 500, 503]) {
            node.status = status;
            for (const line of await pull(etc)) assert.match(line, /^error /, String(status));
            assert.ok(node.proxy.asked().length >= 2);
          }
          assert.is(registry.taken(), 0, "without fallback nobody speaks to the registry");
        }
        for (const words of forms) {
          const etc = await node.print("containerd", "--with-fallback", ...words);
          node.status = 200;
          assert.equal(await pull(etc), good, words.join(" "));
          assert.is(registry.taken(), 0);
          node.status = 503;
          await pull(etc);
          assert.ok(node.proxy.asked().length >= 8);
          assert.ok(registry.taken() > 0, "with fallback the registry is asked last");
        }
      });
    } finally {
      registry.close();
    }
  },
});

/** Why a version decides what is printed. */
const tooNew: Scenario = {
  name: "node-config containerd for a newer version: the older one drops the file",
  needs: ["containerd-2.1.6", "containerd-2.4.2"],
  async run(tools) {
    const registry = await lonelyRegistry();
    try {
      await withNode(tools, registry.host, async (node) => {
        const etc = await node.print("containerd", "--with-fallback", "--version", "2.4.2");
        const pull = (component: Component) => node.pull(component, etc, `${registry.host}/lib/app:1`);
        assert.equal(await pull("containerd-2.4.2"), [`ok ${image}`]);
        node.proxy.asked();
        assert.match((await pull("containerd-2.1.6"))[0] ?? "", /^error /);
        assert.equal(node.proxy.asked(), []);
      });
    } finally {
      registry.close();
    }
  },
};

const containersImage: Scenario = {
  name: "node-config crio, read by containers/image",
  needs: ["containers-image"],
  async run(tools) {
    for (const [registry, references] of [
      ["registry.invalid", ["registry.invalid/lib/app:1", `registry.invalid/lib/app@${image}`]],
      ["docker.io", ["docker.io/lib/app:1", "lib/app:1"]],
    ] as const)
      await withNode(tools, registry, async (node) => {
        const pull = (etc: string) => node.pull("containers-image", etc, ...references);
        for (const words of [[], ["--with-fallback"]]) {
          const etc = await node.print("crio", "--upstream", `${registry},ghcr.io`, ...words);
          node.status = 200;
          assert.equal(await pull(etc), [`ok ${image}`, `ok ${image}`], `${registry} ${words.join(" ")}`);
          const asked = node.proxy.asked().filter((line) => !line.endsWith(" /v2/"));
          assert.ok(asked.length >= 6, asked.join("\n"));
          for (const line of asked) assert.match(line, ` /v2/${registry}/lib/app/`);
          if (words.length > 0) continue;
          for (const status of [403, 404, 500, 503]) {
            node.status = status;
            // The proxy is the only source that the error names.
            for (const line of await pull(etc)) {
              assert.match(line, /^error /, String(status));
              assert.not.match(line, /Mirrors also failed|dial tcp|lookup /, line);
            }
          }
        }
      });
    await withNode(tools, "ghcr.io", async (node) => {
      const etc = await node.print("crio", "--upstream", "ghcr.io");
      const [said = ""] = await node.pull("containers-image", etc, "lib/app:1");
      assert.match(said, /^error short-name/, "without docker.io, names without a registry mean nothing");
    });
  },
};

/** The proxy itself: what it brought through is there when nobody else is. */
const throughServe = (component: Component, runtime: string): Scenario => ({
  name: `${component} pulls through serve by what node-config prints, with its upstream and when that is gone`,
  needs: [component],
  async run(tools) {
    const { stage, main } = tools;
    const upstream = await serveLoopback(answering(undefined, () => 200));
    const address = `127.0.0.1:${await freePort()}`;
    const registry = "registry.invalid";
    const settings = {
      apiVersion: "sallyport.dev/v1alpha1",
      kind: "Config",
      store: join(stage.folder, "mirror"),
      listeners: [{ address, tls: { from: "own" } }],
      upstreams: [{ host: registry, mirrors: [upstream.url], authoritative: true }],
      proxy: { layers: { store: true } },
    };
    stage.write("serve.yaml", JSON.stringify(settings));
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    const isReady = async (): Promise<boolean> => {
      const { statusCode } = await request(`https://${address}/v2/`, { dispatcher });
      return statusCode === 200;
    };
    const serve = (mode: string) => stage.serve(process.execPath, [main, "serve", "-c", "serve.yaml", mode], isReady);
    const references = [`${registry}/lib/app:1`, `${registry}/lib/app@${image}`];
    try {
      await serve("--online");
      const words = [runtime, "--proxy", `https://${address}`, "--ca", "mirror/tls/ca.pem", "--upstream", registry];
      const etc = await print(tools, "node", words);
      assert.equal(await pulled(tools, component, etc, references), [`ok ${image}`, `ok ${image}`]);
      assert.ok(upstream.asked().length >= 3);
      assert.equal(await pulled(tools, component, etc, references), [`ok ${image}`, `ok ${image}`]);
      assert.equal(upstream.asked(), [], "what is known is not asked for again");
      assert.match((await pulled(tools, component, etc, [`${registry}/lib/other:1`]))[0] ?? "", /^error /);
      await upstream.close();
      const alone = await pulled(tools, component, etc, references);
      assert.equal(alone, [`ok ${image}`, `ok ${image}`], alone.join("\n"));
      assert.match((await pulled(tools, component, etc, [`${registry}/lib/app:2`]))[0] ?? "", /^error /);
      await stage.stopServers();
      await serve("--offline");
      const offline = await pulled(tools, component, etc, references);
      assert.equal(offline, [`ok ${image}`, `ok ${image}`], offline.join("\n"));
      assert.match((await pulled(tools, component, etc, [`${registry}/lib/app:2`]))[0] ?? "", /^error .*503/);
    } finally {
      await upstream.close().catch(() => undefined);
      await dispatcher.close();
    }
  },
});

/** The login that a node is told to send reaches the proxy, and no other host. */
const loggedIn = (component: Component, runtime: string): Scenario => ({
  name: `node-config ${runtime} --username, read by ${component}`,
  needs: [component],
  async run(tools) {
    const login = `Basic ${Buffer.from("node:a good password").toString("base64")}`;
    const answer = answering("registry.invalid", () => 200);
    const proxy = await serveLoopback((request, response) => {
      if (request.headers.authorization === login) answer(request, response);
      else response.writeHead(401, { "www-authenticate": 'Basic realm="proxy"' }).end();
    });
    try {
      const words = [runtime, "--proxy", proxy.url, "--upstream", "registry.invalid", "--username", "node"];
      const etc = await print(tools, "node", words);
      const references = ["registry.invalid/lib/app:1", `registry.invalid/lib/app@${image}`];
      for (const line of await pulled(tools, component, etc, references)) assert.match(line, /^error /);
      const place = join(
        etc,
        runtime === "crio" ? "crio/sallyport-auth.json" : "containerd/certs.d/registry.invalid/hosts.toml",
      );
      const filled = readFileSync(place, "utf8").replace("BASE64", login.slice("Basic ".length));
      writeFileSync(runtime === "crio" ? join(etc, "containers/auth.json") : place, filled);
      assert.equal(await pulled(tools, component, etc, references), [`ok ${image}`, `ok ${image}`]);
    } finally {
      await proxy.close();
    }
  },
});

export const nodeScenarios: readonly Scenario[] = [
  containerd("containerd-2.1.6", "2.1.6"),
  containerd("containerd-2.4.2", "2.4.2"),
  tooNew,
  containersImage,
  throughServe("containerd-2.1.6", "containerd"),
  throughServe("containerd-2.4.2", "containerd"),
  throughServe("containers-image", "crio"),
  loggedIn("containerd-2.1.6", "containerd"),
  loggedIn("containerd-2.4.2", "containerd"),
  loggedIn("containers-image", "crio"),
];
