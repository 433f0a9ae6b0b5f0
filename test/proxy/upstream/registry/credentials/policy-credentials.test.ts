import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../../core/encoding/json.ts";
import type { CredentialSource } from "../../../../../proxy/upstream/registry/credentials/credential.ts";
import { policyCredentials } from "../../../../../proxy/upstream/registry/credentials/policy-credentials.ts";
import { rejectsCode, throwsCode } from "../../../../support/assert.ts";
import { providerOptions } from "../../../../support/cloud.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/policy-credentials");
const secret = (host: string): JsonValue => ({
  stringData: { ".dockercfg": JSON.stringify({ [host]: { username: "bot", password: "x" } }) },
});
const ofFiles: CredentialSource = {
  find: () => Promise.resolve({ secret: { form: "registry", token: "x" }, who: "files" }),
};

function made(secrets: readonly string[], providers: readonly string[]) {
  const read: string[] = [];
  const source = policyCredentials({
    ...providerOptions({ GITHUB_TOKEN: "t" }),
    secrets,
    providers,
    ofFiles,
    readSecret(namespace, name) {
      read.push(`${namespace}/${name}`);
      return Promise.resolve(name === "none" ? undefined : secret(name));
    },
  });
  return { who: async (host: string) => (await source.find({ host, path: "a" }, never))?.who, read };
}

test("Secrets in their order, read once and when they are needed, then providers in Kyverno's order", async () => {
  const { who, read } = made(["ns/ghcr.io", "ns/quay.io"], ["github", "default"]);
  assert.equal(read, []);
  assert.is(await who("ghcr.io"), "user bot from secret ns/ghcr.io");
  assert.is(await who("quay.io"), "user bot from secret ns/quay.io");
  assert.is(await who("quay.io"), "user bot from secret ns/quay.io");
  assert.equal(read, ["ns/ghcr.io", "ns/quay.io"]);
  assert.is(await who("a.example"), "files");
  assert.is(await made([], ["github"]).who("ghcr.io"), "GITHUB_TOKEN");
  assert.is(await made([], ["github", "default"]).who("ghcr.io"), "files");
});

test("what the policy does not name is not used", async () => {
  assert.is(await made([], []).who("ghcr.io"), undefined);
  assert.is(await made([], ["google", "amazon", "azure"]).who("ghcr.io"), undefined);
});

test("a Secret that is not there stops the question, and may be there later", async () => {
  const { who, read } = made(["ns/none"], ["default"]);
  await rejectsCode("access-denied", () => who("ghcr.io"));
  await rejectsCode("access-denied", () => who("ghcr.io"));
  assert.is(read.length, 2);
});

test("a provider that Kyverno does not have", () => {
  throwsCode("unsupported", () => made([], ["oracle"]));
});

test.run();
