import { suite } from "uvu";
import * as assert from "uvu/assert";
import { googleReader } from "../../../../proxy/upstream/kms/google-keys.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { ecKey, loadFrom, pemOf } from "../../../support/kms.ts";

const test = suite("proxy/upstream/kms/google-keys");
const pem = pemOf(ecKey());
const key = "projects/p/locations/l/keyRings/r/cryptoKeys/k";
const version = (number: number | string, state: string | number = "ENABLED") => ({
  name: `${key}/cryptoKeyVersions/${number}`,
  state,
});

interface Stub {
  readonly answer?: unknown;
  readonly versions?: readonly unknown[];
  readonly options?: object[];
  readonly asked?: unknown[];
  readonly closed?: unknown[];
  /** Credentials cannot be found. */
  readonly begins?: Error;
}

const sdk = ({ answer, versions = [], options = [], asked = [], closed = [], begins }: Stub) =>
  loadFrom({
    "@google-cloud/kms": {
      KeyManagementServiceClient: class {
        constructor(given: object) {
          options.push(given);
        }
        readonly auth = "auth";
        initialize() {
          return begins === undefined ? Promise.resolve() : Promise.reject(begins);
        }
        getPublicKey(request: object) {
          asked.push(request);
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve([answer]);
        }
        async *listCryptoKeyVersionsAsync(request: object) {
          asked.push(request);
          yield* versions;
        }
        close() {
          closed.push(1);
          return Promise.resolve();
        }
      },
    },
  });

const read = (stub: Stub, named?: string, env = {}) =>
  googleReader({ env, load: sdk(stub) })(
    { service: "google", key, ...(named === undefined ? {} : { version: named }) },
    "gcpkms://k",
    new AbortController().signal,
  );
const good = { pem, algorithm: "EC_SIGN_P256_SHA256", name: `${key}/cryptoKeyVersions/3` };
const failed = (code: unknown, message = "words") => Object.assign(new Error(message), { code });

test("a version that is named, and the newest that is enabled", async () => {
  const asked: unknown[] = [];
  const closed: unknown[] = [];
  const options: object[] = [];
  assert.equal(await read({ answer: good, asked, closed, options }, "3"), { key: pem, kind: "P-256" });
  assert.equal(asked.splice(0), [{ name: good.name }]);
  assert.equal([closed.length, options], [1, [{ fallback: true }]]);
  const versions = [
    version(9),
    version(10),
    version(2),
    version(11, "DISABLED"),
    version("x"),
    {},
    null,
    version(8, 1),
  ];
  assert.equal(await read({ answer: { ...good, name: "" }, versions, asked }), { key: pem, kind: "P-256" });
  assert.equal(asked, [{ parent: key, filter: "state=ENABLED" }, { name: `${key}/cryptoKeyVersions/10` }]);
  await rejectsCode("no-key", () => read({ versions: [] }));
  await rejectsCode("over-limit", () => read({ versions: Array.from({ length: 1001 }, (_, at) => version(at + 1)) }));
});

test("algorithms: those of signatures that can be verified here", async () => {
  const kindOf = async (algorithm: string) => (await read({ answer: { ...good, algorithm } }, "3"))?.kind;
  assert.is(await kindOf("EC_SIGN_P384_SHA384"), "P-384");
  assert.is(await kindOf("EC_SIGN_ED25519"), "Ed25519");
  assert.is(await kindOf("RSA_SIGN_PKCS1_3072_SHA256"), "RSA 3072");
  assert.is(await kindOf("RSA_SIGN_PKCS1_4096_SHA512"), "RSA 4096");
  for (const algorithm of ["RSA_SIGN_PSS_2048_SHA256", "RSA_DECRYPT_OAEP_2048_SHA256", "EC_SIGN_SECP256K1_SHA256", "x"])
    await rejectsCode("no-key", () => kindOf(algorithm));
  for (const answer of [undefined, {}, { ...good, pem: 1 }, { ...good, name: `${key}/cryptoKeyVersions/4` }])
    await rejectsCode("upstream-error", () => read({ answer }, "3"));
});

test("absent only by Google's word; other errors by their codes", async () => {
  const closed: unknown[] = [];
  assert.is(await read({ answer: failed(5), closed }, "3"), undefined);
  const rest = (status: number, name: string, message = "words") =>
    failed(status, JSON.stringify({ error: { code: status, status: name, message } }));
  assert.is(await read({ answer: rest(404, "NOT_FOUND"), closed: [] }, "3"), undefined);
  await rejectsCode("upstream-error", () => read({ answer: failed(404, "{}"), closed: [] }, "3"));
  await rejectsCode("upstream-error", () => read({ answer: failed(404, "{<html>"), closed: [] }, "3"));
  await rejectsCode("no-key", () => read({ answer: rest(400, "FAILED_PRECONDITION"), closed: [] }, "3"));
  const refused = await rejectsCode("access-denied", () => read({ answer: rest(403, "PERMISSION_DENIED", "no") }, "3"));
  assert.match(refused.message, /^no \(with /);
  const codes = [
    [3, "no-key"],
    [4, "timed-out"],
    [7, "access-denied"],
    [8, "rate-limited"],
    [9, "no-key"],
    [13, "upstream-error"],
    [14, "unreachable"],
    [16, "access-denied"],
    ["400", "access-denied"],
    [404, "upstream-error"],
    [503, "upstream-error"],
    ["ECONNREFUSED", "unreachable"],
    [undefined, "upstream-error"],
  ] as const;
  for (const [code, wanted] of codes) await rejectsCode(wanted, () => read({ answer: failed(code), closed }, "3"));
  assert.is(closed.length, codes.length + 1);
  const file = { GOOGLE_APPLICATION_CREDENTIALS: "/etc/bot.json" };
  const words = "Could not load the default credentials. Browse to …";
  const denied = await rejectsCode("access-denied", () =>
    read({ answer: good, begins: failed(undefined, words), closed }, "3", file),
  );
  assert.match(denied.message, /\/etc\/bot\.json/);
  assert.is(closed.length, codes.length + 1);
});

test("credentials are found once", async () => {
  const options: object[] = [];
  const reader = googleReader({ env: {}, load: sdk({ answer: good, options }) });
  for (let time = 0; time < 2; time++)
    await reader({ service: "google", key, version: "3" }, "gcpkms://k", new AbortController().signal);
  assert.equal(options, [{ fallback: true }, { fallback: true, auth: "auth" }]);
});

test("another address of the service", async () => {
  const options: object[] = [];
  const at = (CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS: string) =>
    read({ answer: good, options }, "3", { CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS });
  await at("http://127.0.0.1:9000/");
  await at("https://kms.example/");
  assert.equal(options, [
    { fallback: true, apiEndpoint: "127.0.0.1", port: 9000, protocol: "http" },
    { fallback: true, apiEndpoint: "kms.example", port: 443, protocol: "https" },
  ]);
  await rejectsCode("invalid-config", () => at("kms.example"));
});

test.run();
