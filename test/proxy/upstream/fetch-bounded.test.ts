import { type AddressInfo, createServer as createTcpServer } from "node:net";
import type { RequestListener, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { Fetcher, shownUrl } from "../../../proxy/upstream/fetch-bounded.ts";
import { Connections } from "../../../proxy/upstream/connections.ts";
import { rejectsCode } from "../../support/assert.ts";
import { type LoopbackServer, serveLoopback } from "../../support/loopback-server.ts";
import { quickFetcher } from "../../support/quick-fetcher.ts";

const test = suite("proxy/upstream/fetch-bounded");
const never = new AbortController().signal;

async function withServer(handle: RequestListener, act: (server: LoopbackServer) => Promise<void>): Promise<void> {
  const server = await serveLoopback(handle);
  try {
    await act(server);
  } finally {
    await server.close();
  }
}
const get = (server: LoopbackServer, path: string, fetcher = quickFetcher(), maxBytes = 1000) =>
  fetcher.fetch({ url: new URL(path, server.url), maxBytes }, never);

test("an answer of any status, with its headers and the address that gave it", () =>
  withServer(
    ({ url }, response) => {
      response.setHeader("x-one", ["a", "b"]);
      response.writeHead(url === "/missing" ? 404 : 200).end(url);
    },
    async (server) => {
      const { status, headers, bytes, url } = await get(server, "/a?b=c");
      assert.equal(
        [status, headers["x-one"], decodeUtf8(bytes), url.href],
        [200, "a, b", "/a?b=c", `${server.url}/a?b=c`],
      );
      assert.is((await get(server, "/missing")).status, 404);
    },
  ));

test("too large is cut off, whether or not it says so; of a failure only the beginning is read", () =>
  withServer(
    ({ url }, response) => {
      if (url === "/endless") {
        const write = (): void => {
          while (!response.destroyed && response.write("x".repeat(1000)));
          if (!response.destroyed) response.once("drain", write);
        };
        write();
      } else if (url === "/failure") response.writeHead(404).end("x".repeat(1_000_000));
      else response.end("x".repeat(1001));
    },
    async (server) => {
      for (const path of ["/large", "/endless"]) await rejectsCode("over-limit", () => get(server, path));
      const { bytes } = await get(server, "/failure");
      assert.ok(bytes.length < 300_000 && bytes.length > 1000, String(bytes.length));
      server.asked();
      await get(server, "/large", quickFetcher(), 1001);
      assert.equal(server.asked(), ["GET /large"], "an answer too large is not asked for again");
    },
  ));

test("what may pass is tried again, as often as it says and no more", () =>
  withServer(
    ({ url }, response) => {
      const status = Number(url?.slice(1));
      if (Number.isNaN(status)) response.destroy();
      else response.writeHead(status).end();
    },
    async (server) => {
      for (const status of [408, 429, 500, 502, 503, 504]) {
        assert.is((await get(server, `/${status}`)).status, status);
        assert.is(server.asked().length, 4, String(status));
      }
      for (const status of [200, 400, 401, 403, 404, 405, 501]) {
        await get(server, `/${status}`);
        assert.is(server.asked().length, 1, String(status));
      }
      await rejectsCode("unreachable", () => get(server, "/reset", quickFetcher({ tries: 2 })));
      assert.is(server.asked().length, 2);
    },
  ));

test("pauses grow and are spread; the upstream's own pause is kept, unless it is too long", () => {
  let after: string | undefined;
  return withServer(
    (_, response) => response.writeHead(503, after === undefined ? {} : { "retry-after": after }).end(),
    async (server) => {
      const at = Date.parse("2026-11-24T12:00:00Z");
      const pausesWith = async (header: string | undefined): Promise<readonly number[]> => {
        after = header;
        const slept: number[] = [];
        const sleep = async (ms: number): Promise<void> => {
          slept.push(ms);
        };
        await get(server, "/", quickFetcher({ sleep, random: () => 0.5, now: () => at, tries: 7 }));
        return slept;
      };
      assert.equal(await pausesWith(undefined), [250, 500, 1000, 2000, 4000, 4000]);
      assert.equal((await pausesWith("3")).slice(0, 3), [3000, 3000, 3000]);
      assert.equal((await pausesWith("Tue, 24 Nov 2026 12:00:02 GMT")).slice(0, 2), [2000, 2000]);
      assert.equal((await pausesWith("soon")).length, 6);
      assert.equal(await pausesWith("3600"), []);
    },
  );
});

test("a host that could not be reached is left alone for a while: no storm of tries", async () => {
  const server = await serveLoopback((_, response) => void response.end());
  await server.close();
  let now = 0;
  let slept = 0;
  const sleep = async (): Promise<void> => {
    slept += 1;
  };
  const fetcher = quickFetcher({ now: () => now, sleep });
  for (let index = 0; index < 50; index++) await rejectsCode("unreachable", () => get(server, `/${index}`, fetcher));
  assert.is(slept, 3);
  now = 10_001;
  await rejectsCode("unreachable", () => get(server, "/again", fetcher));
  assert.is(slept, 6);
});

test("one slow answer says nothing of the host: all else is asked, and what goes on failing is sent once", async () => {
  const server = await serveLoopback(({ url }, response) => {
    if (url !== "/slow") response.end("ok");
  });
  const fetcher = quickFetcher({ tries: 2 }, { silenceMs: 100 });
  const slow = () => rejectsCode("timed-out", () => get(server, "/slow", fetcher));
  await slow();
  assert.is(server.asked().length, 2);
  await Promise.all([slow(), slow(), slow()]);
  assert.equal(server.asked(), ["GET /slow", "GET /slow", "GET /slow"]);
  await rejectsCode("timed-out", () =>
    fetcher.fetch({ url: new URL(`${server.url}/slow`), maxBytes: 10 }, AbortSignal.timeout(50)),
  );
  assert.is((await get(server, "/manifest", fetcher)).status, 200);
  await server.close();
});

test("a host at which connections are not accepted rests; of a redirect, the host to which it leads", async () => {
  const silent = createTcpServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as AddressInfo;
  let opened = 0;
  // TLS is waited for until the caller gives up.
  silent.on("connection", (socket) => {
    opened++;
    socket.on("error", () => undefined).resume();
  });
  const server = await serveLoopback(({ url }, response) => {
    if (url === "/there") response.writeHead(307, { location: `https://127.0.0.1:${port}/` });
    response.end();
  });
  const fetcher = quickFetcher({ tries: 2 });
  const ask = (): Promise<unknown> =>
    fetcher.fetch({ url: new URL(`${server.url}/there`), maxBytes: 10 }, AbortSignal.timeout(200));
  for (let time = 0; time < 5; time++) await rejectsCode("timed-out", ask);
  assert.is(opened, 1);
  assert.is((await get(server, "/", fetcher)).status, 200);
  silent.close();
  await server.close();
});

test("redirects are followed by hand: credentials stay with their origin", async () => {
  const seen: string[] = [];
  const other = await serveLoopback(({ headers }, response) => {
    seen.push(headers.authorization ?? "none");
    response.end("there");
  });
  await withServer(
    ({ url, headers }, response) => {
      seen.push(headers.authorization ?? "none");
      if (url === "/here") response.end("here");
      else response.writeHead(307, { location: url === "/away" ? `${other.url}/x` : "/here" }).end();
    },
    async (server) => {
      const send = (path: string) =>
        quickFetcher().fetch({ url: new URL(path, server.url), maxBytes: 10, authorization: "Bearer secret" }, never);
      assert.is(decodeUtf8((await send("/near")).bytes), "here");
      assert.equal(seen.splice(0), ["Bearer secret", "Bearer secret"]);
      const { bytes, url } = await send("/away");
      assert.equal([decodeUtf8(bytes), url.origin], ["there", other.url]);
      assert.equal(seen, ["Bearer secret", "none"]);
    },
  );
  await other.close();
});

test("redirects that are not followed", () =>
  withServer(
    ({ url }, response) => {
      const location = decodeURIComponent((url ?? "").slice(1));
      response.writeHead(302, { location: location === "loop" ? "/loop" : location }).end();
    },
    async (server) => {
      const go = (location: string) => get(server, `/${encodeURIComponent(location)}`);
      for (const location of ["loop", "file:///etc/passwd", "ftp://a/b", "data:,x", "http://[", "javascript:1"])
        await rejectsCode("upstream-error", () => go(location));
      for (const location of ["http://169.254.169.254/latest/", "http://[fe80::1]/", "http://2852039166/"])
        await rejectsCode("access-denied", () => go(location));
      server.asked();
      await rejectsCode("upstream-error", () => go("loop"));
      assert.is(server.asked().length, 6, "5 redirects, then no more");
    },
  ));

test("what was sent in a body is not sent on to another origin", async () => {
  const other = await serveLoopback((_, response) => void response.end());
  await withServer(
    ({ url }, response) =>
      void response.writeHead(Number(url?.slice(1)), { location: url === "/303" ? `${other.url}/` : other.url }).end(),
    async (server) => {
      const send = (status: number) =>
        quickFetcher().fetch(
          { method: "POST", url: new URL(`/${status}`, server.url), body: "password=secret", maxBytes: 10 },
          never,
        );
      for (const status of [307, 308]) await rejectsCode("upstream-error", () => send(status));
      assert.equal(other.asked(), []);
      await send(303);
      assert.equal(other.asked(), ["GET /"]);
    },
  );
  await other.close();
});

test("content of a digest: compared with it as it came; other content is none, and is not asked for again", () => {
  const text = "x".repeat(100_000);
  const digest = digestOf(encodeUtf8(text));
  const zipped = gzipSync(text);
  const html = { "content-type": "text/html; charset=utf-8" };
  let sent = 0;
  const endless = (response: ServerResponse): void => {
    while (!response.destroyed && response.write("x".repeat(1000))) sent += 1000;
    if (!response.destroyed) response.once("drain", () => endless(response));
  };
  return withServer(
    (request, response) => {
      if (request.url === "/endless") return endless(response);
      if (request.url === "/gzip") return void response.writeHead(200, { "content-encoding": "gzip" }).end(zipped);
      if (request.url === "/page") return void response.writeHead(200, html).end("<h1>Log in</h1>");
      if (request.url === "/failure") return void response.writeHead(404).end("none");
      response.end(request.url === "/other" ? `${text.slice(1)}y` : request.url === "/cut" ? text.slice(1) : text);
    },
    async (server) => {
      const fetcher = quickFetcher();
      const ofDigest = (path: string) =>
        fetcher.fetch({ url: new URL(path, server.url), maxBytes: text.length, digest }, never);
      for (const path of ["/whole", "/gzip"]) assert.is((await ofDigest(path)).bytes.length, text.length, path);
      assert.is((await ofDigest("/failure")).status, 404, "of a failure nothing is compared");
      server.asked();
      for (const path of ["/other", "/cut"])
        assert.match((await rejectsCode("upstream-error", () => ofDigest(path))).message, "another digest");
      assert.match((await rejectsCode("upstream-error", () => ofDigest("/page"))).message, "HTML");
      await rejectsCode("over-limit", () => ofDigest("/endless"));
      assert.ok(sent < 100 * text.length, `${sent} bytes were sent`);
      assert.equal(server.asked(), ["GET /other", "GET /cut", "GET /page", "GET /endless"]);
    },
  );
});

test("gzip is read within the bound, other encodings are refused", () =>
  withServer(
    ({ url, headers }, response) => {
      assert.is(headers["accept-encoding"], "identity");
      if (url === "/bomb") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x".repeat(1_000_000)));
      else if (url === "/small") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("small"));
      else if (url === "/bad") response.writeHead(200, { "content-encoding": "gzip" }).end("not gzip");
      else response.writeHead(200, { "content-encoding": "br" }).end("x");
    },
    async (server) => {
      assert.is(decodeUtf8((await get(server, "/small")).bytes), "small");
      await rejectsCode("over-limit", () => get(server, "/bomb", quickFetcher(), 10_000));
      for (const path of ["/bad", "/br"]) await rejectsCode("upstream-error", () => get(server, path));
    },
  ));

test("a length that is wrong, a body that ends early, a caller that gives up, one that never answers", () =>
  withServer(
    ({ url }, response) => {
      if (url === "/short") {
        response.writeHead(200, { "content-length": "100" }).write("x");
        setTimeout(() => response.destroy(), 5);
      } else if (url === "/slow") response.writeHead(200).write("x");
    },
    async (server) => {
      await rejectsCode("unreachable", () => get(server, "/short", quickFetcher({ tries: 1 })));
      for (const path of ["/slow", "/never"])
        await rejectsCode("timed-out", () =>
          quickFetcher().fetch({ url: new URL(path, server.url), maxBytes: 10 }, AbortSignal.timeout(50)),
        );
      const silent = new Fetcher({ connections: new Connections({ env: {}, silenceMs: 50 }), tries: 1 });
      await rejectsCode("timed-out", () => get(server, "/never", silent));
      await rejectsCode("timed-out", () =>
        quickFetcher().fetch({ url: new URL("/x", server.url), maxBytes: 1 }, AbortSignal.abort()),
      );
    },
  ));

test("a connection is kept after HEAD; what an upstream sends after it is nobody's answer", async () => {
  for (const more of ["", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfalse"]) {
    let opened = 0;
    const server = createTcpServer((socket) => {
      opened += 1;
      socket.on("error", () => undefined);
      socket.on("data", (request) => {
        const isHead = request.toString("latin1").startsWith("HEAD");
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n${isHead ? more : "true"}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const connections = new Connections({ env: {}, perOrigin: 1 });
    const fetcher = new Fetcher({ connections, sleep: () => Promise.resolve() });
    for (let round = 0; round < 3; round++) {
      assert.is((await fetcher.fetch({ method: "HEAD", url, maxBytes: 0 }, never)).status, 200);
      assert.is(decodeUtf8((await fetcher.fetch({ url, maxBytes: 10 }, never)).bytes), "true");
    }
    if (more === "") assert.is(opened, 1);
    else assert.ok(opened > 1, "a connection with more on it is not used again");
    await connections.close();
    server.close();
  }
});

test("each request is told in a line without secrets", () =>
  withServer(
    (_, response) => void response.writeHead(200).end("body"),
    async (server) => {
      const lines: string[] = [];
      const url = new URL("/v2/?scope=repository:a:pull&service=secret", server.url);
      url.username = "user";
      url.password = "secret";
      await quickFetcher({ log: (line) => lines.push(line), now: () => 0 }).fetch(
        { url, maxBytes: 10, authorization: "Bearer secret" },
        never,
      );
      await server.close();
      await rejectsCode("unreachable", () =>
        quickFetcher({ log: (line) => lines.push(line), tries: 1 }).fetch({ url, maxBytes: 10 }, never),
      );
      assert.equal(lines, [
        `GET ${server.url}/v2/?scope=…&service=… 200, 4 bytes, 0 ms`,
        `GET ${server.url}/v2/?scope=…&service=… unreachable: connection refused (ECONNREFUSED)`,
      ]);
      assert.not.match(lines.join(), "secret");
      assert.is(shownUrl(new URL("https://a/b")), "https://a/b");
      assert.is(shownUrl(new URL("https://ada:secret@a:8443/b#part")), "https://a:8443/b");
    },
  ));

test("headers for the first origin stay there; a request may have tries of its own; HEAD has no content", async () => {
  const seen: (string | undefined)[] = [];
  await withServer(
    ({ headers }, response) => {
      seen.push(headers["x-tenant"] as string | undefined);
      response.writeHead(headers.accept === "gone" ? 503 : 200, { "content-encoding": "gzip" }).end();
    },
    (other) =>
      withServer(
        ({ url, headers }, response) => {
          seen.push(headers["x-tenant"] as string | undefined);
          response.writeHead(302, { location: url === "/a" ? "/b" : `${other.url}/c` }).end();
        },
        async (server) => {
          const originHeaders = { "x-tenant": "ours" };
          const url = new URL("/a", server.url);
          const head = { method: "HEAD", url, originHeaders, maxBytes: 0 } as const;
          assert.is((await quickFetcher().fetch(head, never)).status, 200);
          assert.equal(seen.splice(0), ["ours", "ours", undefined]);
          await quickFetcher().fetch(
            { ...head, url: new URL(other.url), headers: { accept: "gone" }, tries: 1 },
            never,
          );
          assert.is(seen.length, 1);
        },
      ),
  );
});

test.run();
