import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { openKms } from "../../../../proxy/upstream/kms/kms-keys.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { ecKey, loadFrom, pemOf } from "../../../support/kms.ts";
import { serveLoopback } from "../../../support/loopback-server.ts";
import { memoryFiles } from "../../../support/memory-files.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";

const test = suite("proxy/upstream/kms/kms-keys");
const at = "2026-11-24T12:00:00.000Z";
const { signal } = new AbortController();
const question = (reference: string) => ({ kind: "key", reference }) as const;

const open = (env = {}, modules = {}) =>
  openKms({
    fetcher: quickFetcher(),
    env,
    files: memoryFiles({}),
    limits: defaultLimits,
    now: () => new Date(at),
    load: loadFrom(modules),
  });

test("present in PEM, absent, or refused where the service contradicts itself", async () => {
  const pem = pemOf(ecKey());
  let body: unknown = { data: { type: "ecdsa-p256", latest_version: 1, keys: { 1: { public_key: pem } } } };
  let status = 200;
  const server = await serveLoopback((_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
  );
  try {
    const part = open({ VAULT_ADDR: server.url, VAULT_TOKEN: "t" });
    const asked = question("hashivault://app");
    const from = `the Vault at ${server.url}/`;
    assert.is(part.from(asked), from);
    assert.equal(await part.ask(asked, signal), { state: "present", value: pem, at, from });
    body = { data: { type: "rsa-2048", latest_version: 1, keys: { 1: { public_key: pem } } } };
    await rejectsCode("upstream-error", () => part.ask(asked, signal));
    [status, body] = [404, { errors: [] }];
    assert.equal(await part.ask(asked, signal), { state: "absent", at, from });
  } finally {
    await server.close();
  }
});

test("each scheme has its service; other schemes stay open", async () => {
  const part = open();
  const services = {
    "awskms:///alias/app": "AWS KMS",
    "awskms://localhost:4566/alias/app": "AWS KMS at localhost:4566",
    "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k": "Google Cloud KMS",
    "azurekms://corp.vault.azure.net/app": "the Key Vault corp.vault.azure.net",
  };
  for (const [reference, from] of Object.entries(services)) {
    assert.is(part.from(question(reference)), from);
    const missing = await rejectsCode("no-key", () => part.ask(question(reference), signal));
    assert.match(missing.message, /npm install @/);
  }
  await rejectsCode("invalid-config", () => part.ask(question("hashivault://app"), signal));
  assert.is(part.from(question("hashivault://app")), "Vault");
  assert.is(await part.ask(question("k8s://ns/name"), signal), undefined);
  await rejectsCode("malformed", () => part.ask(question("awskms:///app"), signal));
  assert.is(part.from(question("awskms:///app")), "the configuration");
});

test.run();
