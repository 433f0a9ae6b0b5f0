/** Servers on loopback: what listeners serve, what is counted and written, and a handler that fails. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Mount, Server } from "../../../proxy/serve/server.ts";
import { rejectsCode } from "../../support/assert.ts";
import { get, local, portOf, serverConfig, serverWorld, urlOf, withServer } from "../../support/server-stage.ts";

const test = suite("proxy/serve/server");

test("without a login: registry, health and metrics; nothing at other paths; a line and a count for each", async () => {
  const seen = await withServer({ ...local, name: "main" }, async (server) => {
    const url = urlOf(server);
    assert.is((await get(`${url}/v2/a/manifests/1?ns=ghcr.io&password=geheim`)).status, 200);
    assert.is((await get(`${url}/v2`)).text, "GET /v2");
    assert.is((await get(`${url}/v20`)).status, 404);
    assert.is((await get(`${url}/`)).status, 404);
    assert.equal(JSON.parse((await get(`${url}/healthz`)).text), { alive: true });
    assert.is((await get(`${url}/readyz`)).status, 200);
    const head = await get(`${url}/readyz`, { method: "HEAD" });
    assert.equal([head.status, head.text], [200, ""]);
    const metrics = await get(`${url}/metrics`);
    assert.match(
      metrics.text,
      /sallyport_http_requests_total\{listener="main",method="GET",route="none",code="404"\} 2/,
    );
    assert.match(metrics.text, /sallyport_http_connections\{listener="main"\} \d/);
    const given = await get(`${url}/v2/`, { headers: { "x-request-id": "abc-1" } });
    assert.is(given.headers["x-request-id"], "abc-1");
    const odd = await get(`${url}/v2/`, { headers: { "x-request-id": "a b" } });
    assert.match(String(odd.headers["x-request-id"]), /^[\w-]{16}-\d+$/);
  });
  const requests = seen.lines.filter(({ msg }) => msg === "request");
  assert.is(requests.length, 10);
  assert.equal([requests[0]?.path, requests[0]?.ns, requests[0]?.status], ["/v2/a/manifests/1", "ghcr.io", 200]);
  assert.is(requests.find(({ path }) => path === "/healthz")?.level, "debug");
  assert.not.match(JSON.stringify(seen.lines), /geheim/);
});

test("a listener serves what it was told to, and nothing else", async () => {
  await withServer({ ...local, serves: ["health"] }, async (server) => {
    assert.is((await get(`${urlOf(server)}/healthz`)).status, 200);
    for (const path of ["/v2/", "/metrics"]) assert.is((await get(`${urlOf(server)}${path}`)).status, 404);
  });
  await withServer({ ...local, serves: ["registry"] }, async (server) => {
    for (const path of ["/healthz", "/readyz", "/metrics"])
      assert.is((await get(`${urlOf(server)}${path}`)).status, 404);
  });
});

test("an address that is taken is named", async () => {
  await withServer(local, async (server) => {
    const taken = `127.0.0.1:${portOf(server)}`;
    const seen = serverWorld();
    const config = serverConfig({ listeners: [{ address: "127.0.0.1:0", name: "first" }, { address: taken }] });
    const error = await rejectsCode("invalid-config", () => Server.open(config, seen.parts(), seen.host));
    assert.is(error.subject, taken);
  });
});

test("a bug in a handler is a 500 that says so, and a line; the server goes on", async () => {
  const handle: Mount["handle"] = () => {
    throw new TypeError("planted");
  };
  const seen = await withServer(
    local,
    async (server) => {
      const { status, text } = await get(`${urlOf(server)}/v2/`);
      assert.is(status, 500);
      assert.not.match(text, /planted/);
      assert.is((await get(`${urlOf(server)}/healthz`)).status, 200);
    },
    { handle },
  );
  assert.ok(seen.lines.some(({ level, error }) => level === "error" && /planted/.test(String(error))));
});

test.run();
