import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../../core/encoding/json.ts";
import { defaultLimits as limits } from "../../../../../core/limits.ts";
import { pullSecretSource } from "../../../../../proxy/upstream/registry/credentials/pull-secret.ts";
import { throwsCode } from "../../../../support/assert.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/pull-secret");
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64");
const auths = { "ghcr.io": { username: "bot", password: "s3cr3t" } };
const found = async (secret: JsonValue) =>
  (await pullSecretSource(secret, "apps/regcred", limits).find({ host: "ghcr.io", path: "a" }, never))?.who;

test("both types, as the API server and as manifests have them", async () => {
  for (const secret of [
    { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": encode({ auths }) } },
    { type: "kubernetes.io/dockercfg", data: { ".dockercfg": encode(auths) } },
    { stringData: { ".dockerconfigjson": JSON.stringify({ auths }) } },
    { data: { ".dockercfg": encode({}) }, stringData: { ".dockercfg": JSON.stringify(auths) } },
  ])
    assert.is(await found(secret), "user bot from secret apps/regcred");
});

test("a Secret runs no program on this machine", async () => {
  const config = { auths, credsStore: "evil", credHelpers: { "ghcr.io": "evil" } };
  assert.is(await found({ data: { ".dockerconfigjson": encode(config) } }), "user bot from secret apps/regcred");
});

test("what is no pull secret is refused, without its content", () => {
  for (const secret of [
    {},
    null,
    [],
    { data: { password: "czNjcjN0" } },
    { data: { ".dockerconfigjson": 7 } },
    { data: { ".dockerconfigjson": "%" } },
    { data: { ".dockerconfigjson": Buffer.from("s3cr3t").toString("base64") } },
    { data: { ".dockercfg": encode([]) } },
  ] as const) {
    const { message } = throwsCode("access-denied", () => pullSecretSource(secret as JsonValue, "a/b", limits));
    assert.not.match(message, /s3cr3t/);
  }
});

test.run();
