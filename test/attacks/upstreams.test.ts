/** Attacks by registries on whoever asks them, and by clients on what is pulled for them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createConnection } from "node:net";
import * as assert from "uvu/assert";
import { everyCapability } from "../../proxy/upstream/registry/endpoint.ts";
import { AuthorizedRequests } from "../../proxy/upstream/registry/authorized.ts";
import type { Fetcher } from "../../proxy/upstream/fetch-bounded.ts";
import { defaultLimits } from "../../core/limits.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { rejectsCode } from "../support/assert.ts";
import { type ProxyStage, withProxy } from "../support/proxy-stage.ts";
import { askRegistries, serveRegistry } from "../support/registry-server.ts";
import { sendRaw } from "../support/raw-http.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli } from "../cli/command-io.ts";
import { serving } from "../cli/serving.ts";
import { newKey } from "../lab/keys.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("upstreams");
const layer = Buffer.alloc(1_000_000, "layer");
const path = `org/app/blobs/${digestOf(layer)}`;

attack(237, "each page names a next one, and holds no tag, or the same one", async () => {
  for (const tags of [[], ["1"]]) {
    let pages = 0;
    const server = await serveRegistry(() => {
      pages += 1;
      return {
        headers: { link: `</v2/org/app/tags/list?n=1&last=${pages}>; rel="next"` },
        body: { name: "org/app", tags },
      };
    });
    const registry = askRegistries({ tries: 1 });
    try {
      await rejectsCode("upstream-error", () =>
        registry.listTags(`${server.host}/org/app`, new AbortController().signal),
      );
      assert.ok(pages < 200, String(pages));
    } finally {
      await registry.close();
      await server.close();
    }
  }
});

const addresses = [
  "169.254.169.254",
  "2852039166",
  "0xa9.254.169.254",
  "[::ffff:169.254.169.254]",
  "[::a9fe:a9fe]",
  "[64:ff9b::a9fe:a9fe]",
  "[2002:a9fe:a9fe::1]",
  "[fe80::1]",
  "[fd00:ec2::254]",
  "100.100.100.200",
  "[::ffff:100.100.100.200]",
  "192.0.0.192",
  "168.63.129.16",
];
const denied = async ({ get, events }: ProxyStage, what: string): Promise<void> => {
  assert.is((await get("org/app/manifests/1")).status, 503, what);
  assert.is(events.at(-1)?.facts?.code, "access-denied", what);
};

attack(238, "as the end of a redirect, as the place of tokens, as a registry", async () => {
  for (const address of addresses) {
    await withProxy({}, async (stage) => {
      stage.answers = () => ({ status: 307, headers: { location: `http://${address}/v2/org/app/manifests/1` } });
      await denied(stage, `redirect to ${address}`);
    });
    await withProxy({}, async (stage) => {
      const realm = `Bearer realm="http://${address}/token",service="x"`;
      stage.answers = () => ({ status: 401, headers: { "www-authenticate": realm } });
      await denied(stage, `token of ${address}`);
    });
  }
  const { exit, out } = await runCli([
    "mirror",
    "sync",
    "--store",
    tempFolder(),
    "169.254.169.254/app:1",
    "-o",
    "json",
  ]);
  assert.is.not(exit, 0);
  assert.match(out, /"access-denied"/);
});

/** A layer that comes slowly and without end, and how many streams of it are open. */
function endless(stage: ProxyStage): { open: number; begun: number } {
  const seen = { open: 0, begun: 0 };
  stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
    seen.open += 1;
    seen.begun += 1;
    const timer = setInterval(() => response.write(Buffer.alloc(1000)), 5);
    response.once("close", () => {
      clearInterval(timer);
      seen.open -= 1;
    });
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": "100000000" });
  };
  return seen;
}

async function ended(seen: { readonly open: number }): Promise<void> {
  for (let times = 0; times < 1000 && seen.open > 0; times++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(seen.open, 0);
}

attack(239, "by range, and the client goes away before it came", () =>
  withProxy({}, async (stage) => {
    const seen = endless(stage);
    for (let count = 0; count < 5; count++) {
      const socket = createConnection(stage.port, "127.0.0.1");
      socket.write(`GET /v2/${path}?ns=${stage.host} HTTP/1.1\r\nHost: x\r\nRange: bytes=99999998-\r\n\r\n`);
      while (seen.begun <= count) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
      await ended(seen);
    }
  }),
);

attack(240, "over and over, and none of it is read", () =>
  withProxy({}, async (stage) => {
    const seen = endless(stage);
    for (let count = 0; count < 10; count++)
      assert.is((await stage.get(path, { range: "bytes=100000000-" })).status, 416);
    await ended(seen);
  }),
);

attack(241, "nothing comes after the header: who waits gets an answer, and no connection is left", () =>
  withProxy({}, async (stage) => {
    const seen = { open: 0 };
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      seen.open += 1;
      response.once("close", () => (seen.open -= 1));
      response.writeHead(200, { "content-type": "application/octet-stream", "content-length": String(layer.length) });
      response.flushHeaders();
    };
    const got = await Promise.all([stage.get(path), stage.get(path), stage.get(path)]);
    assert.equal(
      got.map(({ status, headers }) => [status, headers["retry-after"]]),
      got.map(() => [503, "10"]),
    );
    await ended(seen);
  }),
);

const somePem = newKey().pem;
const smuggled = "GET /v2/smuggled/app/manifests/1 HTTP/1.1\r\nHost: x\r\n\r\n";
const get = (more: string): string => `GET /v2/ HTTP/1.1\r\nHost: x\r\n${more}`;

attack(242, "two lengths, a length and chunks, chunks in odd spellings, folded and bare lines", async () => {
  const odd: readonly string[] = [
    get(`Content-Length: 5\r\nContent-Length: 0\r\n\r\n${smuggled}`),
    get(`Content-Length: 0, 5\r\n\r\n${smuggled}`),
    get(`Content-Length: +5\r\n\r\n${smuggled}`),
    get(`Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`),
    get(`Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`),
    get(`Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`),
    get(`Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${smuggled}`),
    get(`Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`),
    get(`Transfer-Encoding: chunked\r\n\r\n0;x\n\r\n${smuggled}`),
    get(`X: y\n\r\n${smuggled}`),
    get(`X\0: y\r\n\r\n${smuggled}`),
    `GET /v2/ HTTP/1.1\r\n\r\n${smuggled}`,
  ];
  const store = tempFolder();
  await runCli(["mirror", "pin-key", "--store", store, "k8s://a/b", "k.pub"], { files: { "k.pub": somePem } });
  await serving(["--store", store, "--listen", "127.0.0.1:0"], async ({ urls: [url = ""], lines }) => {
    const port = Number(new URL(url).port);
    for (const text of odd) {
      const got = await sendRaw(port, text);
      assert.match(got, /^HTTP\/1\.1 4\d\d /, JSON.stringify(text));
      assert.not.match(got, /HTTP\/1\.1 200/, JSON.stringify(text));
      assert.match(got, /Connection: close/i, JSON.stringify(text));
    }
    assert.equal(
      lines().filter((line) => String(line.path).includes("smuggled")),
      [],
    );
    const plain = await sendRaw(port, get("Connection: close\r\n\r\n"));
    assert.match(plain, /^HTTP\/1\.1 200 /);
  });
});

attack(304, "a mirror of two registries refuses a path of one, gives that of the other, and then limits", async () => {
  let limits = false;
  const fetch: Fetcher["fetch"] = ({ url }) => {
    const status = limits ? 429 : url.searchParams.get("ns") === "secret.example" ? 403 : 200;
    return Promise.resolve({ status, headers: {}, bytes: new Uint8Array(), url });
  };
  const requests = new AuthorizedRequests({
    fetcher: { fetch } as unknown as Fetcher,
    credentials: { find: () => Promise.resolve(undefined) },
    now: () => 0,
    limits: defaultLimits,
  });
  const mirror = {
    host: "mirror.example",
    scheme: "https",
    root: "/v2/",
    path: "org/app",
    knowsAbsence: true,
  } as const;
  const ask = (namespace: string) => {
    const endpoint = { ...mirror, capabilities: everyCapability, namespace };
    return requests.send(endpoint, { path: "org/app/manifests/1", maxBytes: 9 }, new AbortController().signal);
  };
  assert.is((await ask("secret.example")).status, 403);
  assert.is((await ask("open.example")).status, 200);
  limits = true;
  await rejectsCode("access-denied", () => ask("secret.example"));
  await rejectsCode("rate-limited", () => ask("open.example"));
});

run();
