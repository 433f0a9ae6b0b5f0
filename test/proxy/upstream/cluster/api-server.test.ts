import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { ApiServer, type ApiServerOptions } from "../../../../proxy/upstream/cluster/api-server.ts";
import {
  type ApiStub,
  kubeconfigOf,
  type StubServer,
  serveApi,
  statusBody,
  stubTime,
} from "../../../support/api-server.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";
import { serveLoopback } from "../../../support/loopback-server.ts";
import { tlsAuthority } from "../../../support/tls-identity.ts";

const test = suite("proxy/upstream/cluster/api-server");
const { signal } = new AbortController();
const request = { path: "/api/v1/secrets?x=1", doing: "list secrets", maxBytes: 1000 };
const credential = (status: object) =>
  JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status });

const apiServer = (url: string, user?: object, cluster?: object, more: Partial<ApiServerOptions> = {}) =>
  new ApiServer({
    env: { HOME: "/home/bot" },
    files: memoryFiles({ "/home/bot/.kube/config": kubeconfigOf(url, user, cluster) }),
    limits: defaultLimits,
    now: () => new Date(stubTime),
    sleep: () => Promise.resolve(),
    run: () => Promise.reject(new Error("no program is run")),
    ...more,
  });

/** One answer to everything. */
async function answering(
  stub: ApiStub,
  use: (server: ApiServer, served: StubServer) => Promise<void>,
  user?: object,
  more: Partial<ApiServerOptions> = {},
): Promise<void> {
  const served = await serveApi({ "/api/v1/secrets": stub });
  const server = apiServer(served.url, user, {}, more);
  try {
    await use(server, served);
  } finally {
    await server.close();
    await served.close();
  }
}
const failing =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () => ({ status, body, headers });

test("found, with the token and the form that is wanted", async () => {
  await answering({ kind: "SecretList" }, async (server, served) => {
    assert.is(server.name, "the cluster");
    const answer = await server.get({ ...request, accept: "application/json;v=2" }, signal);
    assert.is(answer.state === "found" && JSON.stringify(answer.json), '{"kind":"SecretList"}');
    assert.is(server.name, `the API server ${served.url}`);
    const [call] = served.calls;
    assert.equal([call?.authorization, call?.accept], ["Bearer t0ken", "application/json;v=2"]);
    assert.equal(served.asked(), ["GET /api/v1/secrets?x=1"]);
    await rejectsCode("over-limit", () => server.get({ ...request, maxBytes: 3 }, signal));
  });
});

test("absent and gone only in the API server's own words", async () => {
  const plain = { "content-type": "text/plain" };
  const states = [
    [failing(404, statusBody(404, "NotFound", "x")), "absent"],
    [failing(404, "404 page not found\n", plain), "absent"],
    [failing(410, statusBody(410, "Expired", "x")), "gone"],
  ] as const;
  for (const [stub, state] of states)
    await answering(stub, async (server) => assert.equal(await server.get(request, signal), { state }));
  const portal = await serveLoopback((_, response) =>
    response.writeHead(404, { "content-type": "text/html" }).end("<html>"),
  );
  const server = apiServer(portal.url);
  try {
    await rejectsCode("upstream-error", () => server.get(request, signal));
  } finally {
    await server.close();
    await portal.close();
  }
});

test("a refusal names who may not do what; other statuses are outages", async () => {
  const words = 'secrets is forbidden: User "bot" cannot list resource "secrets"';
  await answering(failing(403, statusBody(403, "Forbidden", `${words}\nmore`)), async (server) => {
    const error = await rejectsCode("access-denied", () => server.get(request, signal));
    assert.match(error.message, `user bot of ~/.kube/config may not list secrets (403): ${words}`);
    assert.not.match(error.message, /more|t0ken/);
  });
  await answering(failing(401, statusBody(401, "Unauthorized", "Unauthorized")), async (server, served) => {
    const error = await rejectsCode("access-denied", () => server.get(request, signal));
    assert.match(error.message, /user bot of ~\/\.kube\/config/);
    assert.is(served.calls.length, 1);
  });
  const codes = [
    [400, "upstream-error", 1],
    [410, "upstream-error", 1],
    [429, "rate-limited", 4],
    [500, "upstream-error", 4],
    [503, "upstream-error", 4],
  ] as const;
  for (const [status, code, tries] of codes)
    await answering(failing(status, "x", { "content-type": "text/plain" }), async (server, served) => {
      await rejectsCode(code, () => server.get(request, signal));
      assert.is(served.calls.length, tries, String(status));
    });
  await answering(failing(200, "<html>"), async (server) => {
    await rejectsCode("upstream-error", () => server.get(request, signal));
  });
});

test("credentials that expired are renewed once", async () => {
  let ran = 0;
  const run = () => {
    ran += 1;
    return Promise.resolve({ stdout: credential({ token: `t${ran}` }), stderr: "", failure: undefined });
  };
  const user = { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "x" } };
  const accepted = new Set(["Bearer t2"]);
  const stub: ApiStub = ({ authorization }) =>
    accepted.has(authorization)
      ? { body: { kind: "SecretList" } }
      : { status: 401, body: statusBody(401, "Unauthorized", "Unauthorized") };
  await answering(
    stub,
    async (server, served) => {
      assert.is((await server.get(request, signal)).state, "found");
      assert.is((await server.get(request, signal)).state, "found");
      assert.equal(
        served.calls.map(({ authorization }) => authorization),
        ["Bearer t1", "Bearer t2", "Bearer t2"],
      );
      accepted.clear();
      await rejectsCode("access-denied", () => server.get(request, signal));
      assert.equal([served.calls.length, ran], [5, 3]);
    },
    user,
    { run },
  );
});

test("TLS: the cluster's authority alone, its name, and client certificates", async () => {
  const [authority, other] = [await tlsAuthority(), await tlsAuthority("Other")];
  const [mine, first, second] = [
    await authority.issue(["kubernetes"]),
    await authority.issue(["one"]),
    await authority.issue(["two"]),
  ];
  const tls = { ...mine, ca: authority.ca, requestCert: true, rejectUnauthorized: false };
  const served = await serveApi({ "/api/v1/secrets": { kind: "SecretList" } }, tls);
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const cluster = { "certificate-authority-data": base64(authority.ca), "tls-server-name": "kubernetes" };
  const pair = { "client-certificate-data": base64(first.cert), "client-key-data": base64(first.key) };
  const get = async (user: object, own: object, more: Partial<ApiServerOptions> = {}) => {
    const server = apiServer(served.url, user, own, more);
    try {
      return (await server.get(request, signal)).state;
    } finally {
      await server.close();
    }
  };
  try {
    assert.is(await get(pair, cluster), "found");
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "x" };
    const stdout = credential({ clientCertificateData: second.cert, clientKeyData: second.key });
    assert.is(
      await get({ exec }, cluster, { run: () => Promise.resolve({ stdout, stderr: "", failure: undefined }) }),
      "found",
    );
    assert.equal(
      served.calls.map(({ certificate }) => certificate),
      ["one", "two"],
    );
    await rejectsCode("tls-failure", () => get(pair, { ...cluster, "tls-server-name": undefined }));
    await rejectsCode("tls-failure", () => get(pair, { "tls-server-name": "kubernetes" }));
    // An authority of every host does not count where the cluster names its own.
    const foreign = { ...cluster, "certificate-authority-data": base64(other.ca) };
    await rejectsCode("tls-failure", () => get(pair, foreign, { authorities: () => [authority.ca] }));
    assert.is(await get(pair, { "tls-server-name": "kubernetes" }, { authorities: () => [authority.ca] }), "found");
    assert.is(await get(pair, { "insecure-skip-tls-verify": true }), "found");
    await rejectsCode("invalid-config", () => get({ ...pair, "client-key-data": base64("no key") }, cluster));
  } finally {
    await served.close();
  }
});

test("credentials stay with the server, and need TLS", async () => {
  const elsewhere = await serveApi({ "/api/v1/secrets": { kind: "SecretList" } });
  try {
    const redirect = failing(302, "", { location: `${elsewhere.url}/api/v1/secrets` });
    await answering(redirect, async (server) => {
      await rejectsCode("upstream-error", () => server.get(request, signal));
      assert.equal(
        elsewhere.calls.map(({ authorization }) => authorization),
        [""],
      );
    });
  } finally {
    await elsewhere.close();
  }
  await rejectsCode("access-denied", () => apiServer("http://api.example").get(request, signal));
  await rejectsCode("access-denied", () => apiServer("https://169.254.169.254").get(request, signal));
});

test.run();
