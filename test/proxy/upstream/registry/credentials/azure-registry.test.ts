import { suite } from "uvu";
import * as assert from "uvu/assert";
import { azureCredentials } from "../../../../../proxy/upstream/registry/credentials/azure-registry.ts";
import { rejectsCode } from "../../../../support/assert.ts";
import { providerOptions, withCloud } from "../../../../support/cloud.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/azure-registry");
const host = "corp.azurecr.io";
const env = { AZURE_TENANT_ID: "tenant", AZURE_CLIENT_ID: "client" };
const answers = { "/tenant/oauth2/v2.0/token": { access_token: "aad" }, "/exchange": { refresh_token: "acr" } };
const find = (more: Readonly<Record<string, string>>, url: string, files = {}, asked = host) =>
  azureCredentials({
    ...providerOptions({ ...env, AZURE_AUTHORITY_HOST: url, ...more }, files),
    exchangeAt: () => new URL(`${url}/exchange`),
  }).find({ host: asked, path: "a" }, never);

test("a client's secret is exchanged for a token of the directory, and that for one of the registry", () =>
  withCloud(answers, async (url, asked) => {
    const found = await find({ AZURE_CLIENT_SECRET: "x" }, url);
    assert.equal(found, { secret: { form: "identity", token: "acr" }, who: "Azure's client client" });
    assert.equal(
      asked().map(({ form }) => form),
      [
        {
          grant_type: "client_credentials",
          client_id: "client",
          scope: "https://containerregistry.azure.net/.default",
          client_secret: "x",
        },
        { grant_type: "access_token", service: host, tenant: "tenant", access_token: "aad" },
      ],
    );
  }));

test("the token of a workload in place of a secret", () =>
  withCloud(answers, async (url, asked) => {
    assert.ok(await find({ AZURE_FEDERATED_TOKEN_FILE: "/token" }, url, { "/token": "jwt" }));
    assert.is(asked()[0]?.form.client_assertion, "jwt");
    await rejectsCode("access-denied", () => find({ AZURE_FEDERATED_TOKEN_FILE: "/none" }, url));
  }));

test("other hosts are asked nothing, and without a client nobody is", () =>
  withCloud(answers, async (url, asked) => {
    for (const other of ["ghcr.io", "azurecr.io", "corp.azurecr.io.evil.example", "corp.azurecr.evil"])
      assert.is(await find({ AZURE_CLIENT_SECRET: "x" }, url, {}, other), undefined);
    assert.is(await find({}, url), undefined);
    assert.is(await find({ AZURE_TENANT_ID: "", AZURE_CLIENT_SECRET: "x" }, url), undefined);
    assert.equal(asked(), []);
  }));

test("a refusal of either", async () => {
  for (const [path, answer, code] of [
    ["/tenant/oauth2/v2.0/token", 401, "access-denied"],
    ["/tenant/oauth2/v2.0/token", {}, "upstream-error"],
    ["/exchange", 401, "access-denied"],
    ["/exchange", {}, "upstream-error"],
  ] as const)
    await withCloud({ ...answers, [path]: answer }, async (url) => {
      await rejectsCode(code, () => find({ AZURE_CLIENT_SECRET: "x" }, url));
    });
});

test.run();
