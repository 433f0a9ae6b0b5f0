/** Servers on loopback: every login right and wrong, TLS, bounds, change and end. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { hashSync } from "bcryptjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { createLog } from "../../../proxy/log.ts";
import { createMetrics } from "../../../proxy/metrics.ts";
import { readConfig, requireConfig } from "../../../proxy/serve/read-config.ts";
import { type Mount, type Parts, Server, type ServerHost } from "../../../proxy/serve/server.ts";
import type { Config } from "../../../proxy/serve/settings.ts";
import { rejectsCode } from "../../support/assert.ts";
import { sendRaw } from "../../support/raw-http.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/serve/server");

const configOf = (document: object): Config =>
  requireConfig(
    readConfig({
      file: {
        name: "c.yaml",
        text: JSON.stringify({ apiVersion: "sallyport.dev/v1alpha1", kind: "Config", ...document }),
      },
      flags: {},
      env: {},
      limits: defaultLimits,
    }),
  );

interface World {
  readonly files: Record<string, string>;
  readonly lines: Record<string, unknown>[];
  readonly host: ServerHost;
  readonly metrics: ReturnType<typeof createMetrics>;
  closed: number;
  parts(handle?: Mount["handle"]): Parts;
}

function world(files: Record<string, string> = {}): World {
  const lines: Record<string, unknown>[] = [];
  const metrics = createMetrics("test");
  const made: World = {
    files,
    lines,
    metrics,
    closed: 0,
    host: {
      readFile: (path) => files[path] ?? "",
      ownCertificate: async () => {
        throw new Error("not asked for here");
      },
      log: createLog({
        level: "debug",
        format: "json",
        now: () => new Date("2026-11-30T00:00:00Z"),
        write: (line) => lines.push(JSON.parse(line)),
      }),
      metrics,
      now: () => new Date("2026-11-30T00:00:00Z"),
    },
    parts: (handle = (request, response) => void response.end(`${request.method} ${request.url}`)) => ({
      mounts: [
        { what: "registry", paths: ["/v2"], handle },
        { what: "admission", paths: ["/mutate/fail"], handle },
      ],
      checks: [{ name: "mirror", look: () => undefined }],
      close: async () => {
        made.closed += 1;
      },
    }),
  };
  return made;
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function get(url: string, options: RequestOptions = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const call = url.startsWith("https") ? httpsRequest : httpRequest;
    const sent = call(url, { agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}

const local = { address: "127.0.0.1:0" };
const urlOf = (server: Server, index = 0): string => server.listeners[index]?.url ?? "";
const portOf = (server: Server): number => Number(new URL(urlOf(server)).port);
const basic = (login: string): RequestOptions => ({
  headers: { authorization: `Basic ${Buffer.from(login).toString("base64")}` },
});
const bearer = (token: string): RequestOptions => ({ headers: { authorization: `Bearer ${token}` } });

async function withServer(
  listener: object,
  body: (server: Server, seen: World) => Promise<void>,
  { files = {}, more = {}, handle }: { files?: Record<string, string>; more?: object; handle?: Mount["handle"] } = {},
): Promise<World> {
  const seen = world(files);
  const server = await Server.open(configOf({ listeners: [listener], ...more }), seen.parts(handle), seen.host);
  try {
    await body(server, seen);
  } finally {
    await server.close();
  }
  return seen;
}

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
    const seen = world(files);
    const config = configOf({ listeners: [{ ...local, ...listener }] });
    await rejectsCode("invalid-config", () => Server.open(config, seen.parts(), seen.host));
  }
});

test("an address that is taken is named", async () => {
  await withServer(local, async (server) => {
    const taken = `127.0.0.1:${portOf(server)}`;
    const seen = world();
    const config = configOf({ listeners: [{ address: "127.0.0.1:0", name: "first" }, { address: taken }] });
    const error = await rejectsCode("invalid-config", () => Server.open(config, seen.parts(), seen.host));
    assert.is(error.subject, taken);
  });
});

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
        [`POST /v2/ ${head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`, /^HTTP\/1\.1 411 /],
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
    ["headers", 2],
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

/** Requests that are held until the test lets them go. */
function held() {
  const waiting: (() => void)[] = [];
  let arrived = (): void => undefined;
  const handle: Mount["handle"] = (_, response) => {
    waiting.push(() => void response.end("late"));
    arrived();
  };
  return {
    handle,
    release: () => {
      for (const go of waiting.splice(0)) go();
    },
    arrives: () =>
      new Promise<void>((resolve) => {
        arrived = resolve;
      }),
  };
}

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

test("at the end: not ready, no new connection, and requests in work get their answer", async () => {
  const { handle, release, arrives } = held();
  const seen = world();
  const server = await Server.open(configOf({ listeners: [local] }), seen.parts(handle), seen.host);
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
  const seen = world();
  const config = configOf({ listeners: [local], limits: { drain: "0s" } });
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
  const seen = world({ tokens: "0123456789abcdef" });
  const server = await Server.open(configOf({ listeners: [local] }), seen.parts(handle), seen.host);
  const url = urlOf(server);
  const [arrival, first] = [arrives(), get(`${url}/v2/`)];
  await arrival;
  const locked = configOf({
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
  await server.replace(configOf({ listeners: [local] }), seen.parts());
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
    const bad = configOf({ listeners: [{ ...local, auth: { by: "token", file: "missing" } }] });
    await rejectsCode("invalid-config", () => server.replace(bad, seen.parts()));
    const taken = configOf({ listeners: [local, { address: `127.0.0.1:${portOf(server)}`, name: "b" }] });
    await rejectsCode("invalid-config", () => server.replace(taken, seen.parts()));
    assert.is(server.listeners.length, 1);
    assert.is((await get(`${urlOf(server)}/v2/`)).status, 200);
  });
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
      await server.replace(configOf({ listeners: [listener] }), seen.parts());
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
      await rejectsCode("invalid-config", () => server.replace(configOf({ listeners: [listener] }), seen.parts()));
      assert.is((await get(url, { ca: two.ca })).status, 200);
    },
    { files },
  );
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
