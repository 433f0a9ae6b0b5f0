/** The bounds of a server: headers, bodies, connections, requests in work. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sendRaw } from "../../support/raw-http.ts";
import { get, held, local, portOf, urlOf, withServer } from "../../support/server-stage.ts";

const test = suite("proxy/serve/http-listener");

test("what breaks a bound gets its status and a count: headers, bodies, forms", async () => {
  const limits = { headers: "2KiB", body: "1KiB" };
  const seen = await withServer(
    { ...local, serves: ["registry", "admission"] },
    async (server) => {
      const port = portOf(server);
      const head = "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
      const table: readonly (readonly [string, RegExp])[] = [
        [`GET /v2/ ${head}X: ${"x".repeat(5000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
        [`GET /${"x".repeat(5000)} ${head}\r\n`, /^HTTP\/1\.1 431 /],
        [`POST /v2/ ${head}Content-Length: 1025\r\n\r\n`, /^HTTP\/1\.1 413 /],
        // A review may be as large as an API server makes one.
        [`POST /mutate/fail ${head}Content-Length: ${27 * 1024 * 1024}\r\n\r\n`, /^HTTP\/1\.1 200 /],
        [`POST /mutate/fail ${head}Content-Length: ${54 * 1024 * 1024}\r\n\r\n`, /^HTTP\/1\.1 413 /],
        [`POST /mutate/fail ${head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`, /^HTTP\/1\.1 200 /],
        [`POST /v2/ ${head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`, /^HTTP\/1\.1 411 /],
        // One whose length Node would leave out.
        [`POST /mutate/fail ${head}${"A: b\r\n".repeat(99)}Content-Length: 3\r\n\r\nabc`, /^HTTP\/1\.1 431 /],
        [`POST /v2/ ${head}${"A: b\r\n".repeat(150)}Transfer-Encoding: chunked\r\n\r\n`, /^HTTP\/1\.1 431 /],
        [`GET /v2/ ${head}${"A: b\r\n".repeat(98)}\r\n`, /^HTTP\/1\.1 200 /],
        ["GET /v2/ HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
        [`GET /v2/ ${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, /^HTTP\/1\.1 400 /],
        [`GET /v2/ ${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, /^HTTP\/1\.1 400 /],
        ["\u0016\u0003\u0001 no http\r\n\r\n", /^HTTP\/1\.1 400 /],
        [`GET /v2/ ${head}\r\n`, /^HTTP\/1\.1 200 /],
      ];
      for (const [bytes, status] of table) assert.match(await sendRaw(port, bytes), status, bytes.slice(0, 60));
    },
    { more: { limits, policies: { folders: ["policies"] } } },
  );
  const text = await seen.metrics.render();
  for (const [reason, count] of [
    ["headers", 4],
    ["body", 3],
  ] as const)
    assert.match(text, new RegExp(`refused_total\\{listener="127.0.0.1:0",reason="${reason}"\\} ${count}`));
});

test("connections beyond the bound are dropped, and counted; those that send nothing are ended as slow", async () => {
  const seen = await withServer(
    local,
    async (server) => {
      const port = portOf(server);
      const silent = Array.from({ length: 3 }, () => sendRaw(port, "GET /v2/ HTTP/1.1\r\nHost: a\r\n"));
      const answers = await Promise.all(silent);
      const [slow, dropped] = [
        answers.filter((one) => one.startsWith("HTTP/1.1 408 ")),
        answers.filter((one) => one === ""),
      ];
      assert.equal([slow.length, dropped.length], [2, 1]);
    },
    { more: { limits: { connections: 2, headerTimeout: "1s", requestTimeout: "1s" } } },
  );
  const text = await seen.metrics.render();
  assert.match(text, /reason="connections"\} 1/);
  assert.match(text, /reason="slow"\} 2/);
});

test("more requests than may be in work are told to try again; health is not", async () => {
  const { handle, release, arrives } = held();
  await withServer(
    local,
    async (server) => {
      const url = urlOf(server);
      const [arrival, first] = [arrives(), get(`${url}/v2/`)];
      await arrival;
      const { status, headers } = await get(`${url}/v2/`);
      assert.equal([status, headers["retry-after"]], [503, "1"]);
      assert.is((await get(`${url}/readyz`)).status, 200);
      release();
      assert.is((await first).text, "late");
    },
    { handle, more: { limits: { requests: 1 } } },
  );
});

test.run();
