import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { vaultReader, vaultName } from "../../../../proxy/upstream/kms/vault-keys.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { derOf, ecKey, ed25519Key, pemOf } from "../../../support/kms.ts";
import { serveLoopback } from "../../../support/loopback-server.ts";
import { memoryFiles } from "../../../support/memory-files.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";

const test = suite("proxy/upstream/kms/vault-keys");
const [first, second] = [pemOf(ecKey()), pemOf(ecKey())];
const key = {
  type: "ecdsa-p256",
  latest_version: 2,
  keys: {
    1: { name: "P-256", public_key: first, creation_time: "2026-01-01T00:00:00Z" },
    2: { name: "P-256", public_key: second, creation_time: "2026-02-01T00:00:00Z" },
  },
};

interface Heard {
  readonly url: string;
  readonly authorization: string;
  readonly namespace: string;
  readonly own: string;
}

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown };

async function asking(
  { status = 200, headers = {}, body = { data: key } }: Answer,
  use: (
    read: (
      env?: Record<string, string | undefined>,
      files?: Record<string, string>,
    ) => ReturnType<ReturnType<typeof vaultReader>>,
    server: { readonly url: string; readonly heard: Heard[] },
  ) => Promise<void>,
): Promise<void> {
  const heard: Heard[] = [];
  const server = await serveLoopback((request, response) => {
    const { authorization = "", "x-vault-namespace": namespace = "", "x-vault-token": own = "" } = request.headers;
    heard.push({ url: request.url ?? "", authorization, namespace: String(namespace), own: String(own) });
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  const read = (env: Record<string, string | undefined> = {}, files: Record<string, string> = {}) =>
    vaultReader({
      fetcher: quickFetcher(),
      env: { VAULT_ADDR: server.url, VAULT_TOKEN: "hvs.s3cret", HOME: "/home/bot", ...env },
      files: memoryFiles(files),
      limits: defaultLimits,
    })({ service: "vault", key: "app" }, "hashivault://app", new AbortController().signal);
  try {
    await use(read, { url: server.url, heard });
  } finally {
    await server.close();
  }
}

test("the latest version, or the one of cosign's variable", async () => {
  await asking({}, async (read, { heard }) => {
    assert.equal(await read(), { key: second, kind: "P-256" });
    assert.equal(heard.splice(0), [
      { url: "/v1/transit/keys/app", authorization: "Bearer hvs.s3cret", namespace: "", own: "" },
    ]);
    assert.equal(await read({ VAULT_KEY_PREFIX: "vault:v1:" }), { key: first, kind: "P-256" });
    await rejectsCode("no-key", () => read({ VAULT_KEY_PREFIX: "vault:v3:" }));
    for (const wrong of ["v1", "vault:v0:", "vault:vx:"])
      await rejectsCode("invalid-config", () => read({ VAULT_KEY_PREFIX: wrong }));
  });
  const ed25519 = ed25519Key();
  const bare = derOf(ed25519).slice(-32);
  const public_key = Buffer.from(bare).toString("base64");
  const data = { type: "ed25519", latest_version: 1, keys: { 1: { name: "ed25519", public_key } } };
  await asking({ body: { data } }, async (read) =>
    assert.equal(await read(), { key: derOf(ed25519), kind: "Ed25519" }),
  );
});

test("address, token, engine and namespace by their variables, or the file that a login writes", async () => {
  await asking({}, async (read, { heard, url }) => {
    await read({ TRANSIT_SECRET_ENGINE_PATH: "/team a/transit/", VAULT_NAMESPACE: "corp/team" });
    await read({ VAULT_ADDR: "", BAO_ADDR: `${url}/vault/`, VAULT_TOKEN: "", BAO_TOKEN: " bao " });
    await read({ VAULT_TOKEN: undefined }, { "/home/bot/.vault-token": "from-file\n" });
    assert.equal(
      heard.splice(0).map(({ url: path, authorization, namespace }) => [path, authorization, namespace]),
      [
        ["/v1/team%20a/transit/keys/app", "Bearer hvs.s3cret", "corp/team"],
        ["/vault/v1/transit/keys/app", "Bearer bao", ""],
        ["/v1/transit/keys/app", "Bearer from-file", ""],
      ],
    );
    await rejectsCode("access-denied", () => read({ VAULT_TOKEN: "" }));
    await rejectsCode("invalid-config", () => read({ VAULT_ADDR: "" }));
    await rejectsCode("invalid-config", () => read({ TRANSIT_SECRET_ENGINE_PATH: "a/../sys" }));
    const secret = { VAULT_ADDR: "https://bot:pa55@vault.example" };
    const error = await rejectsCode("invalid-config", () => read(secret));
    assert.not.match(`${error.message} ${error.subject} ${vaultName(secret)}`, /pa55/);
    assert.is(heard.length, 0);
  });
});

test("absent only where the engine has looked", async () => {
  await asking({ status: 404, body: { errors: [] } }, async (read) => assert.is(await read(), undefined));
  const html = { "content-type": "text/html" };
  const answers: readonly (readonly [Answer, Parameters<typeof rejectsCode>[0]])[] = [
    [{ status: 404, body: { errors: ['no handler for route "transit/keys/app"'] } }, "upstream-error"],
    [{ status: 404, headers: html, body: "<html>" }, "upstream-error"],
    [{ status: 404, body: "<html>" }, "upstream-error"],
    [{ status: 404, body: [] }, "upstream-error"],
    [{ status: 400, body: { errors: ["missing client token"] } }, "upstream-error"],
    [{ status: 403, body: { errors: ["permission denied"] } }, "access-denied"],
    [{ status: 429 }, "rate-limited"],
    [{ status: 503, body: { errors: ["Vault is sealed"] } }, "upstream-error"],
    [{ body: "<html>" }, "upstream-error"],
    [{ body: {} }, "upstream-error"],
    [{ body: { data: { ...key, latest_version: 3 } } }, "upstream-error"],
    [{ body: { data: { ...key, latest_version: "toString" } } }, "upstream-error"],
    [{ body: { data: { ...key, keys: { 2: 1760000000 } } } }, "upstream-error"],
    [{ body: { data: { ...key, type: "ed25519" } } }, "upstream-error"],
    [{ body: { data: { ...key, type: "aes256-gcm96" } } }, "no-key"],
    [{ body: { data: { ...key, type: "toString" } } }, "no-key"],
  ];
  for (const [answer, code] of answers)
    await asking(answer, async (read) => {
      const error = await rejectsCode(code, () => read());
      assert.not.match(`${error.message} ${error.subject}`, /s3cret/);
    });
});

test("a redirect to another host is followed without the token", async () => {
  const heard: string[] = [];
  const other = await serveLoopback((request, response) => {
    heard.push(JSON.stringify(request.headers));
    response.writeHead(403, { "content-type": "application/json" }).end("{}");
  });
  try {
    await asking({ status: 307, headers: { location: `${other.url}/v1/transit/keys/app` } }, async (read) => {
      const error = await rejectsCode("access-denied", () => read());
      assert.match(error.message, other.url);
      assert.is(heard.length, 1);
      assert.not.match(heard[0] ?? "", /s3cret/);
    });
  } finally {
    await other.close();
  }
});

test.run();
