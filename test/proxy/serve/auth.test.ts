/** Logins to a server: each kind, right and wrong in every way. */
import { hashSync } from "bcryptjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Server } from "../../../proxy/serve/server.ts";
import { rejectsCode } from "../../support/assert.ts";
import { basic, bearer, get, local, serverConfig, serverWorld, urlOf, withServer } from "../../support/server-stage.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/serve/auth");

test("htpasswd: the right password, and every wrong form of it; health needs none", async () => {
  const seen = await withServer(
    { ...local, auth: { by: "htpasswd", file: "users" } },
    async (server) => {
      const url = `${urlOf(server)}/v2/`;
      assert.is((await get(url, basic("ada:lovelace"))).status, 200);
      for (const options of [
        {},
        basic("ada:wrong"),
        basic("bob:lovelace"),
        basic("ada"),
        bearer("lovelace"),
        { headers: { authorization: "Basic !!!" } },
        { headers: { authorization: "Basic" } },
      ]) {
        const { status, headers, text } = await get(url, options);
        assert.is(status, 401);
        assert.is(headers["www-authenticate"], 'Basic realm="sallyport", charset="UTF-8"');
        assert.is(headers["docker-distribution-api-version"], "registry/2.0");
        assert.is(JSON.parse(text).errors[0].code, "UNAUTHORIZED");
      }
      assert.is((await get(`${urlOf(server)}/metrics`)).status, 401);
      assert.is((await get(`${urlOf(server)}/readyz`)).status, 200);
    },
    { files: { users: `ada:${hashSync("lovelace", 4)}\n` } },
  );
  assert.is(seen.lines.find(({ user }) => user !== undefined)?.user, "ada");
  assert.not.match(JSON.stringify(seen.lines), /lovelace|Basic/);
});

test("a token: as bearer, or as the password of any user; the challenge is what a client there can send", async () => {
  const [one, two] = ["0123456789abcdef", "fedcba9876543210"];
  await withServer(
    { ...local, auth: { by: "token", file: "tokens" } },
    async (server) => {
      const url = urlOf(server);
      for (const options of [bearer(one), bearer(two), basic(`any:${one}`)])
        assert.is((await get(`${url}/v2/`, options)).status, 200);
      for (const options of [
        {},
        bearer(one.slice(1)),
        bearer(`${one}0`),
        basic(`${one}:`),
        bearer(""),
        bearer("# x"),
      ]) {
        const { status, headers } = await get(`${url}/v2/`, options);
        assert.equal([status, headers["www-authenticate"]], [401, 'Basic realm="sallyport", charset="UTF-8"']);
      }
      assert.is((await get(`${url}/metrics`)).headers["www-authenticate"], 'Bearer realm="sallyport"');
      assert.is((await get(`${url}/metrics`, bearer(one))).status, 200);
    },
    { files: { tokens: `# tokens\n${one}\n${two}\n` } },
  );
});

test("client certificates: of the authority and with the name; without one the answer says so", async () => {
  const [ours, theirs] = [await tlsAuthority("ours"), await tlsAuthority("theirs")];
  const server = await ours.issue(["127.0.0.1"]);
  const files = { cert: server.cert, key: server.key, ca: ours.ca };
  const [node, other, foreign] = [
    await ours.issue(["node-1"]),
    await ours.issue(["x"]),
    await theirs.issue(["node-1"]),
  ];
  const listener = {
    ...local,
    tls: { from: "files", certificate: "cert", key: "key" },
    auth: { by: "certificate", file: "ca", subjects: ["node-1"] },
  };
  const seen = await withServer(
    listener,
    async (opened) => {
      const url = `${urlOf(opened)}/v2/`;
      assert.is((await get(url, { ca: ours.ca, ...node })).status, 200);
      for (const client of [other, foreign, undefined]) {
        const { status, headers, text } = await get(url, { ca: ours.ca, ...client });
        assert.equal([status, headers["www-authenticate"]], [403, undefined]);
        assert.is(JSON.parse(text).errors[0].code, "DENIED");
      }
      assert.is((await get(`${urlOf(opened)}/healthz`, { ca: ours.ca })).status, 200);
      assert.is((await get(url).catch(() => ({ status: "refused" }))).status, "refused");
    },
    { files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text])) },
  );
  assert.is(seen.lines.find(({ user }) => user !== undefined)?.user, "node-1");
});

test("files of logins and certificates that cannot be used: nothing is opened", async () => {
  const authority = await tlsAuthority();
  const [one, two] = [await authority.issue(["a"]), await authority.issue(["b"])];
  const tls = { from: "files", certificate: "cert", key: "key" };
  const table: readonly (readonly [object, Record<string, string>])[] = [
    [{ auth: { by: "htpasswd", file: "f" } }, { f: "ada:lovelace" }],
    [{ auth: { by: "htpasswd", file: "f" } }, {}],
    [{ auth: { by: "token", file: "f" } }, { f: "short" }],
    [{ auth: { by: "token", file: "f" } }, { f: "two words that are long" }],
    [{ auth: { by: "token", file: "f" } }, {}],
    [{ tls }, { cert: one.cert, key: two.key }],
    [{ tls }, { cert: "x", key: one.key }],
    [{ tls }, { cert: one.cert }],
  ];
  for (const [listener, files] of table) {
    const seen = serverWorld(files);
    const config = serverConfig({ listeners: [{ ...local, ...listener }] });
    await rejectsCode("invalid-config", () => Server.open(config, seen.parts(), seen.host));
  }
});

test.run();
