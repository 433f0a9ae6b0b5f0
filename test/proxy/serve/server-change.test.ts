/** A server while it runs: another configuration, another certificate, and its end. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Server } from "../../../proxy/serve/server.ts";
import { rejectsCode } from "../../support/assert.ts";
import { get, held, local, portOf, serverConfig, serverWorld, urlOf, withServer } from "../../support/server-stage.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/serve/server-change");

test("at the end: not ready, no new connection, and requests in work get their answer", async () => {
  const { handle, release, arrives } = held();
  const seen = serverWorld();
  const server = await Server.open(serverConfig({ listeners: [local] }), seen.parts(handle), seen.host);
  const url = urlOf(server);
  const [arrival, first] = [arrives(), get(`${url}/v2/`)];
  await arrival;
  const closing = server.close();
  assert.is(
    await get(`${url}/readyz`).then(
      () => "answered",
      () => "refused",
    ),
    "refused",
  );
  release();
  assert.is((await first).text, "late");
  assert.ok(await closing);
  assert.is(seen.closed, 1);
});

test("at the end: a request that takes too long is cut off, and that is said", async () => {
  const { handle, arrives } = held();
  const seen = serverWorld();
  const config = serverConfig({ listeners: [local], limits: { drain: "0s" } });
  const server = await Server.open(config, seen.parts(handle), seen.host);
  const [arrival, first] = [arrives(), get(`${urlOf(server)}/v2/`).catch(() => "cut")];
  await arrival;
  assert.not.ok(await server.close());
  assert.is(await first, "cut");
  assert.ok(
    seen.lines.some(({ msg, working }) => msg === "shutdown took too long: requests are cut off" && working === 1),
  );
});

test("another configuration: the socket stays, requests in work end under the old one, then it is closed", async () => {
  const { handle, release, arrives } = held();
  const seen = serverWorld({ tokens: "0123456789abcdef" });
  const server = await Server.open(serverConfig({ listeners: [local] }), seen.parts(handle), seen.host);
  const url = urlOf(server);
  const [arrival, first] = [arrives(), get(`${url}/v2/`)];
  await arrival;
  const locked = serverConfig({
    listeners: [
      { ...local, auth: { by: "token", file: "tokens" } },
      { ...local, name: "b" },
    ],
  });
  await server.replace(locked, seen.parts());
  assert.is(urlOf(server), url);
  assert.is(seen.closed, 0);
  assert.is((await get(`${url}/v2/`)).status, 401);
  assert.is((await get(`${urlOf(server, 1)}/v2/`)).status, 200);
  release();
  assert.is((await first).text, "late");
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(seen.closed, 1);
  const second = urlOf(server, 1);
  await server.replace(serverConfig({ listeners: [local] }), seen.parts());
  assert.is(
    await get(`${second}/v2/`).then(
      () => "answered",
      () => "refused",
    ),
    "refused",
  );
  await server.close();
  assert.is(seen.closed, 3);
});

test("another configuration that cannot be used changes nothing", async () => {
  await withServer(local, async (server, seen) => {
    const bad = serverConfig({ listeners: [{ ...local, auth: { by: "token", file: "missing" } }] });
    await rejectsCode("invalid-config", () => server.replace(bad, seen.parts()));
    const taken = serverConfig({ listeners: [local, { address: `127.0.0.1:${portOf(server)}`, name: "b" }] });
    await rejectsCode("invalid-config", () => server.replace(taken, seen.parts()));
    assert.is(server.listeners.length, 1);
    assert.is((await get(`${urlOf(server)}/v2/`)).status, 200);
  });
});

test("a listener that is gone is in no metric; a configuration that cannot be used changes none", async () => {
  const authority = await tlsAuthority("one");
  const tls = await authority.issue(["127.0.0.1"]);
  const other = { ...local, name: "other", tls: { from: "files", certificate: "cert", key: "key" } };
  await withServer(
    local,
    async (server, seen) => {
      const linesOf = async (): Promise<readonly string[]> =>
        (await seen.metrics.render()).split("\n").filter((line) => line.includes('listener="other"'));
      await server.replace(serverConfig({ listeners: [local, other] }), seen.parts());
      const url = server.listeners.find(({ name }) => name === "other")?.url ?? "";
      assert.is((await get(`${url}/v2/`, { ca: authority.ca })).status, 200);
      const before = await linesOf();
      assert.ok(before.some((line) => line.startsWith("sallyport_tls_certificate_expiry")));
      assert.ok(before.some((line) => line.startsWith("sallyport_http_requests_total")));
      const taken = serverConfig({ listeners: [local, { address: `127.0.0.1:${portOf(server)}`, name: "b" }] });
      await rejectsCode("invalid-config", () => server.replace(taken, seen.parts()));
      assert.equal(await linesOf(), before);
      await server.replace(serverConfig({ listeners: [local] }), seen.parts());
      assert.equal(await linesOf(), []);
    },
    { files: { cert: tls.cert, key: tls.key } },
  );
});

test("a certificate is replaced without a new socket", async () => {
  const [one, two] = [await tlsAuthority("one"), await tlsAuthority("two")];
  const [first, second] = [await one.issue(["127.0.0.1"]), await two.issue(["127.0.0.1"])];
  const listener = { ...local, tls: { from: "files", certificate: "cert", key: "key" } };
  const files = { cert: first.cert, key: first.key };
  await withServer(
    listener,
    async (server, seen) => {
      const url = `${urlOf(server)}/v2/`;
      assert.is((await get(url, { ca: one.ca })).status, 200);
      Object.assign(seen.files, { cert: second.cert, key: second.key });
      await server.replace(serverConfig({ listeners: [listener] }), seen.parts());
      assert.is(`${urlOf(server)}/v2/`, url);
      assert.is((await get(url, { ca: two.ca })).status, 200);
      assert.is(
        await get(url, { ca: one.ca }).then(
          () => "answered",
          () => "refused",
        ),
        "refused",
      );
      Object.assign(seen.files, { key: first.key });
      await rejectsCode("invalid-config", () => server.replace(serverConfig({ listeners: [listener] }), seen.parts()));
      assert.is((await get(url, { ca: two.ca })).status, 200);
    },
    { files },
  );
});

test.run();
