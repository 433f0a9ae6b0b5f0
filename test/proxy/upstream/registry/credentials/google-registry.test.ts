import { generateKeyPairSync, verify } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { googleCredentials } from "../../../../../proxy/upstream/registry/credentials/google-registry.ts";
import { rejectsCode } from "../../../../support/assert.ts";
import { providerOptions, withCloud } from "../../../../support/cloud.ts";
import { fixedNow, never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/google-registry");
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const target = { host: "europe-docker.pkg.dev", path: "project/repository/app" };
const path = "/home/me/.config/gcloud/application_default_credentials.json";
const find = (content: object | string, more: Readonly<Record<string, string>> = {}, where = path) =>
  googleCredentials(providerOptions({ HOME: "/home/me", ...more }, { [where]: content })).find(target, never);
const decode = (text: string | undefined): unknown => JSON.parse(Buffer.from(text ?? "", "base64url").toString());

test("a user's refresh token is exchanged", () =>
  withCloud({ "/token": { access_token: "ya29" } }, async (url, asked) => {
    const user = { type: "authorized_user", client_id: "id", client_secret: "x", refresh_token: "r" };
    const found = await find({ ...user, token_uri: `${url}/token` });
    assert.equal(found?.secret, { form: "password", username: "oauth2accesstoken", password: "ya29" });
    assert.equal(asked()[0]?.form, {
      grant_type: "refresh_token",
      client_id: "id",
      client_secret: "x",
      refresh_token: "r",
    });
  }));

test("a service account signs for its token", () =>
  withCloud({ "/token": { access_token: "ya29" } }, async (url, asked) => {
    const account = { type: "service_account", client_email: "a@b", private_key: pem, token_uri: `${url}/token` };
    const found = await find(account, { GOOGLE_APPLICATION_CREDENTIALS: "/key.json" }, "/key.json");
    assert.is(found?.who, "service account a@b of /key.json");
    const { grant_type, assertion = "" } = asked()[0]?.form ?? {};
    assert.is(grant_type, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [header, claims, signature = ""] = assertion.split(".");
    assert.equal(decode(header), { alg: "RS256", typ: "JWT" });
    const issued = fixedNow().getTime() / 1000;
    assert.equal(decode(claims), {
      iss: "a@b",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: `${url}/token`,
      iat: issued,
      exp: issued + 3600,
    });
    assert.ok(verify("sha256", Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, "base64url")));
  }));

test("for Google's registries only, and without a file for nobody", async () => {
  const source = googleCredentials(providerOptions({ HOME: "/home/me" }, { [path]: "broken" }));
  for (const host of ["ghcr.io", "gcr.io.evil.example", "evilgcr.io", "pkg.dev.evil"])
    assert.is(await source.find({ host, path: "a" }, never), undefined);
  for (const host of ["gcr.io", "eu.gcr.io", "us-docker.pkg.dev"])
    await rejectsCode("access-denied", () => source.find({ host, path: "a" }, never));
  assert.is(await googleCredentials(providerOptions({ HOME: "/home/me" })).find(target, never), undefined);
  assert.is(await googleCredentials(providerOptions({})).find(target, never), undefined);
});

test("what cannot be used is named, without its content", async () => {
  for (const content of [
    "[]",
    {},
    { type: "authorized_user" },
    {
      type: "authorized_user",
      client_id: "id",
      client_secret: "s3cr3t",
      refresh_token: "s3cr3t",
      token_uri: "http://plain.example",
    },
    { type: "authorized_user", client_id: "id", client_secret: "s3cr3t", refresh_token: "s3cr3t", token_uri: "x" },
    { type: "service_account", client_email: "a@b", private_key: "s3cr3t" },
    { type: "external_account" },
  ]) {
    const { message } = await rejectsCode("access-denied", () => find(content));
    assert.not.match(message, /s3cr3t/);
  }
  const { message } = await rejectsCode("access-denied", () => find({ type: "external_account" }));
  assert.match(message, /docker-credential-gcloud/);
  await rejectsCode("access-denied", () => find({}, { GOOGLE_APPLICATION_CREDENTIALS: "/none" }));
});

test.run();
