import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../../core/encoding/json.ts";
import type { CredentialHelper } from "../../../../../proxy/upstream/registry/credentials/credential-helper.ts";
import {
  dockerConfigSource,
  readDockerConfig,
  readLegacyConfig,
} from "../../../../../proxy/upstream/registry/credentials/docker-config.ts";
import { rejectsCode, throwsCode } from "../../../../support/assert.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/docker-config");
const auth = (text: string): string => Buffer.from(text).toString("base64");
const noHelper: CredentialHelper = () => Promise.reject(new Error("no helper is to be run"));
const find = (config: JsonValue, host: string, path = "org/app", helper = noHelper) =>
  dockerConfigSource(readDockerConfig(config, "~/.docker/config.json"), helper).find({ host, path }, never);
const secretOf = async (...asked: Parameters<typeof find>) => (await find(...asked))?.secret;

test("each form of an entry", async () => {
  const password = { form: "password", username: "bot", password: "a:b" };
  for (const [entry, secret] of [
    [{ auth: auth("bot:a:b") }, password],
    [{ auth: `${auth("bot:a:b").slice(0, 4)}\n${auth("bot:a:b").slice(4)}` }, password],
    [{ auth: auth("bot:a:b\0\0") }, password],
    [{ username: "bot", password: "a:b" }, password],
    [
      { auth: auth("x:y"), identitytoken: "t" },
      { form: "identity", token: "t" },
    ],
    [{ auth: auth("<token>:t") }, { form: "identity", token: "t" }],
    [
      { registrytoken: "t", auth: auth("x:y") },
      { form: "registry", token: "t" },
    ],
    [{}, undefined],
    [{ auth: "" }, undefined],
    [{ email: "a@b" }, undefined],
  ] as const)
    assert.equal(await secretOf({ auths: { "ghcr.io": entry } }, "ghcr.io"), secret);
  assert.is(
    (await find({ auths: { "ghcr.io": { auth: auth("bot:x") } } }, "ghcr.io"))?.who,
    "user bot from ~/.docker/config.json",
  );
});

test("keys as docker writes them", async () => {
  for (const [key, host] of [
    ["https://index.docker.io/v1/", "docker.io"],
    ["index.docker.io", "docker.io"],
    ["docker.io", "docker.io"],
    ["https://ghcr.io", "ghcr.io"],
    ["http://a.example:5000/v2/", "a.example:5000"],
    ["GHCR.io", "ghcr.io"],
  ] as const)
    assert.ok(await find({ auths: { [key]: { auth: auth("a:b") } } }, host), key);
  for (const [key, host] of [
    ["ghcr.io.evil.example", "ghcr.io"],
    ["ghcr.io", "ghcr.io.evil.example"],
    ["ghcr.io", "ghcr.io:5000"],
    ["io", "ghcr.io"],
    ["*", "ghcr.io"],
    ["*.io", "a.ghcr.io"],
  ] as const)
    assert.is(await find({ auths: { [key]: { auth: auth("a:b") } } }, host), undefined, key);
});

test("the longest path counts, and a name before a pattern", async () => {
  const named = (name: string) => ({ auth: auth(`${name}:x`) });
  const auths = Object.fromEntries(
    ["quay.io", "quay.io/org", "quay.io/org/app", "*.io", "*.corp.example", "q*y.example", "*.corp.example/a"].map(
      (key) => [key, named(key.replace(/[^a-z*/]/g, ""))],
    ),
  );
  const who = async (host: string, path: string) => {
    const secret = await secretOf({ auths }, host, path);
    return secret?.form === "password" ? secret.username : undefined;
  };
  assert.is(await who("quay.io", "org/app"), "quayio/org/app");
  assert.is(await who("quay.io", "org/app2"), "quayio/org");
  assert.is(await who("quay.io", "organisation/app"), "quayio");
  assert.is(await who("gcr.io", "a"), "*io");
  assert.is(await who("x.corp.example", "b"), "*corpexample");
  assert.is(await who("x.corp.example", "a/b"), "*corpexample/a");
  assert.is(await who("qxy.example", "a"), "q*yexample");
  assert.is(await who("qy.example", "a"), "q*yexample");
  assert.is(await who("q.example", "a"), undefined);
});

test("a helper of the host, else the store, else the entry", async () => {
  const asked: string[] = [];
  const helper: CredentialHelper = (name, host) => {
    asked.push(`${name} ${host}`);
    return Promise.resolve(name === "empty" ? undefined : { secret: { form: "registry", token: name }, who: name });
  };
  const config = {
    auths: { "a.io": { auth: auth("in:file") }, "b.io": {} },
    credHelpers: { "gcr.io": "gcloud", "https://index.docker.io/v1/": "hub", "a.io": "empty" },
    credsStore: "desktop",
  };
  assert.equal(await secretOf(config, "gcr.io", "x", helper), { form: "registry", token: "gcloud" });
  assert.equal(await secretOf(config, "docker.io", "x", helper), { form: "registry", token: "hub" });
  assert.equal(await secretOf(config, "b.io", "x", helper), { form: "registry", token: "desktop" });
  assert.equal(await secretOf(config, "a.io", "x", helper), { form: "password", username: "in", password: "file" });
  assert.equal(asked, ["gcloud gcr.io", "hub docker.io", "desktop b.io", "empty a.io"]);
});

test("what cannot be read is said without its content, and only when it is needed", async () => {
  for (const config of [[], null, "x", { auths: [] }, { credHelpers: { a: 7 } }, { credHelpers: "x" }] as const)
    throwsCode("access-denied", () => readDockerConfig(config as JsonValue, "f"));
  for (const entry of [
    "x",
    { auth: 7 },
    { auth: "%s3cr3t%" },
    { auth: auth("s3cr3t") },
    { auth: "//79" },
    { username: 7 },
  ] as const) {
    const config = { auths: { "ghcr.io": entry, "ok.io": { auth: auth("a:b") } } };
    const { message, subject } = await rejectsCode("access-denied", () => find(config, "ghcr.io"));
    assert.not.match(`${message} ${subject ?? ""}`, /s3cr3t/);
    assert.ok(await find(config, "ok.io"));
    assert.is(await find(config, "other.io"), undefined);
  }
});

test("the older file is the entries alone", async () => {
  const config = readLegacyConfig({ "ghcr.io": { auth: auth("a:b") } }, "~/.dockercfg");
  const found = await dockerConfigSource(config, noHelper).find({ host: "ghcr.io", path: "a" }, never);
  assert.is(found?.who, "user a from ~/.dockercfg");
  throwsCode("access-denied", () => readLegacyConfig([], "f"));
});

test.run();
