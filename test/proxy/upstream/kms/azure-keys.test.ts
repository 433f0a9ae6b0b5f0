import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { azureReader } from "../../../../proxy/upstream/kms/azure-keys.ts";
import { checkedPem } from "../../../../proxy/upstream/kms/checked-key.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { derOf, ecKey, loadFrom, rsaKey } from "../../../support/kms.ts";

const test = suite("proxy/upstream/kms/azure-keys");
const { signal } = new AbortController();
const bytes = (text: unknown) => new Uint8Array(Buffer.from(String(text), "base64url"));

const sdk = (answer: unknown, seen: unknown[] = []) =>
  loadFrom({
    "@azure/keyvault-keys": {
      KeyClient: class {
        constructor(url: string) {
          seen.push(url);
        }
        getKey(name: string, { abortSignal: _, ...options }: Record<string, unknown>) {
          seen.push([name, options]);
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        }
      },
    },
    "@azure/identity": {
      DefaultAzureCredential: class {
        constructor(options: object) {
          seen.push(options);
        }
      },
    },
  });

const read = (load: ReturnType<typeof sdk>, more = {}, env = {}) =>
  azureReader({ env, load })(
    { service: "azure", vault: "corp.vault.azure.net", key: "app", ...more },
    "azurekms://corp.vault.azure.net/app",
    signal,
  );

const ec = ecKey("P-384");
const { x, y } = ec.export({ format: "jwk" });
const ecAnswer = { key: { kty: "EC", crv: "P-384", x: bytes(x), y: bytes(y) }, properties: { version: "7" } };
const failed = (more: object) => Object.assign(new Error("words"), more);

test("keys of either store, with a version and without", async () => {
  const seen: unknown[] = [];
  assert.equal(await read(sdk(ecAnswer, seen)), { key: derOf(ec), kind: "P-384" });
  assert.equal(seen.splice(0), [{}, "https://corp.vault.azure.net/", ["app", {}]]);
  await read(sdk(ecAnswer, seen), { version: "7" }, { AZURE_ENVIRONMENT: "AZURECHINACLOUD" });
  assert.equal(seen[0], { authorityHost: "https://login.chinacloudapi.cn", disableInstanceDiscovery: false });
  assert.equal(seen[2], ["app", { version: "7" }]);
  seen.length = 0;
  await read(sdk(ecAnswer, seen), {}, { AZURE_AUTHORITY_HOST: "https://login.corp.example" });
  assert.equal(seen[0], { authorityHost: "https://login.corp.example", disableInstanceDiscovery: true });
  const hardware = { ...ecAnswer, key: { ...ecAnswer.key, kty: "EC-HSM" } };
  assert.equal(await read(sdk(hardware)), { key: derOf(ec), kind: "P-384" });
  const rsa = rsaKey();
  const { n, e } = rsa.export({ format: "jwk" });
  for (const kty of ["RSA", "RSA-HSM"])
    assert.equal(await read(sdk({ key: { kty, n: bytes(n), e: bytes(e) } })), { key: derOf(rsa), kind: undefined });
});

test("keys that cannot be used, and answers that are none", async () => {
  for (const key of [{ kty: "oct" }, { kty: "EC", crv: "P-256K" }, { kty: "EC", crv: "toString" }, {}])
    await rejectsCode("no-key", () => read(sdk({ key })));
  await rejectsCode("no-key", () => read(sdk(undefined)));
  const wrong = { ...ecAnswer.key, crv: "P-256" };
  for (const key of [wrong, { ...ecAnswer.key, y: bytes(x) }, { kty: "RSA", n: bytes("AQAB") }])
    await rejectsCode("upstream-error", async () => {
      const returned = await read(sdk({ key }));
      return returned && checkedPem(returned, "reference", defaultLimits);
    });
  await rejectsCode("upstream-error", () => read(sdk(ecAnswer), { version: "8" }));
});

test("absent only by the vault's word; other errors by their status", async () => {
  assert.is(await read(sdk(failed({ statusCode: 404, code: "KeyNotFound" }))), undefined);
  await rejectsCode("upstream-error", () => read(sdk(failed({ statusCode: 404, code: "VaultNotFound" }))));
  await rejectsCode("access-denied", () => read(sdk(failed({ statusCode: 403, code: "Forbidden" }))));
  await rejectsCode("rate-limited", () => read(sdk(failed({ statusCode: 429 }))));
  await rejectsCode("unreachable", () => read(sdk(failed({ name: "RestError", code: "ENOTFOUND" }))));
  for (const name of ["CredentialUnavailableError", "AuthenticationError", "AggregateAuthenticationError"]) {
    const denied = await rejectsCode("access-denied", () =>
      read(sdk(failed({ name })), {}, { AZURE_CLIENT_ID: "bot" }),
    );
    assert.match(denied.message, /client bot/);
  }
  await rejectsCode("no-key", () => read(loadFrom({})));
  await rejectsCode("access-denied", () => read(sdk(ecAnswer), { vault: "169.254.169.254" }));
});

test.run();
