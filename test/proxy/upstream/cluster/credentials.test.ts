import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { CredentialSource } from "../../../../proxy/upstream/cluster/credentials.ts";
import type { RunProgram } from "../../../../proxy/upstream/run-program.ts";
import { readAccess } from "../../../../proxy/upstream/cluster/kubeconfig.ts";
import { kubeconfigOf, stubTime } from "../../../support/api-server.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/cluster/credentials");
const { signal } = new AbortController();
const unused: RunProgram = () => Promise.reject(new Error("no program is run"));

function sourceOf(user: object, texts: Record<string, string> = {}, run = unused) {
  texts["/home/bot/.kube/config"] = kubeconfigOf("https://a", user);
  const clock = { now: Date.parse(stubTime) };
  const options = {
    env: { HOME: "/home/bot" },
    files: memoryFiles(texts),
    limits: defaultLimits,
    now: () => new Date(clock.now),
    run,
  };
  return { source: new CredentialSource(readAccess(options), options), texts, clock };
}
const authorization = async (user: object, texts: Record<string, string> = {}) =>
  (await sourceOf(user, texts).source.get(signal)).authorization;

test("tokens, files with tokens, passwords, nobody", async () => {
  assert.is(await authorization({ token: "t0ken" }), "Bearer t0ken");
  assert.is(
    await authorization({ token: "other", tokenFile: "token" }, { "/home/bot/.kube/token": " t\n" }),
    "Bearer t",
  );
  assert.is(await authorization({ username: "bot", password: "pa55" }), `Basic ${btoa("bot:pa55")}`);
  assert.is(await authorization({}), undefined);
  assert.is((await sourceOf({ token: "t0ken" }).source.get(signal)).who, "user bot of ~/.kube/config");
});

test("a client certificate, alone or beside a token", async () => {
  const pair = { "client-certificate-data": "Q0VSVA==", "client-key": "key.pem" };
  const texts = { "/home/bot/.kube/key.pem": "KEY" };
  const { authorization: none, cert, key } = await sourceOf(pair, texts).source.get(signal);
  assert.equal([none, cert, key], [undefined, "CERT", "KEY"]);
  assert.is(await authorization({ ...pair, token: "t" }, texts), "Bearer t");
  await rejectsCode("invalid-config", () => authorization({ "client-certificate-data": "Q0VSVA==" }));
});

test("a file with a token is read again after a minute, and when it is refused", async () => {
  const { source, texts, clock } = sourceOf({ tokenFile: "/token" }, { "/token": "one" });
  const first = await source.get(signal);
  texts["/token"] = "two";
  assert.is(await source.get(signal), first);
  const others = await Promise.all([source.get(signal, first), source.get(signal, first)]);
  assert.equal(
    others.map(({ authorization: header }) => header),
    ["Bearer two", "Bearer two"],
  );
  assert.is(others[0], others[1]);
  texts["/token"] = "three";
  clock.now += 60_000;
  assert.is((await source.get(signal)).authorization, "Bearer three");
});

test("a program is run once until its credentials expire", async () => {
  let ran = 0;
  const run: RunProgram = () => {
    ran += 1;
    const status = { token: `t${ran}`, expirationTimestamp: "2026-11-24T12:10:00Z" };
    const stdout = JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status });
    return Promise.resolve({ stdout: ran === 2 ? "" : stdout, stderr: "", failure: undefined });
  };
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "x" };
  const { source, clock } = sourceOf({ exec }, {}, run);
  const both = await Promise.all([source.get(signal), source.get(signal)]);
  assert.equal(
    both.map(({ authorization: header }) => header),
    ["Bearer t1", "Bearer t1"],
  );
  clock.now = Date.parse("2026-11-24T12:10:00Z");
  await rejectsCode("access-denied", () => source.get(signal));
  assert.is((await source.get(signal)).authorization, "Bearer t3");
  // What is fixed beside it comes first.
  assert.is((await sourceOf({ exec, token: "own" }).source.get(signal)).authorization, "Bearer own");
});

test("the identity token of OpenID Connect, while it is valid", async () => {
  const token = (exp: unknown) => `e30.${Buffer.from(JSON.stringify({ sub: "bot", exp })).toString("base64url")}.c2ln`;
  const user = (idToken: unknown) => ({ "auth-provider": { name: "oidc", config: { "id-token": idToken } } });
  const seconds = Date.parse(stubTime) / 1000;
  assert.is(await authorization(user(token(seconds + 1))), `Bearer ${token(seconds + 1)}`);
  for (const wrong of [token(seconds), token("x"), "s3cret", "", 1, undefined]) {
    const error = await rejectsCode("access-denied", () => authorization(user(wrong)));
    assert.not.match(error.message, /s3cret/);
  }
  assert.is(await authorization({ ...user(token(0)), token: "own" }), "Bearer own");
});

test("nobody is impersonated, and what cannot be used is refused without being shown", async () => {
  for (const user of [
    { as: "admin" },
    { "as-groups": ["system:masters"] },
    { "as-uid": "1" },
    { "auth-provider": { name: "gcp" } },
  ])
    await rejectsCode("unsupported", () => authorization({ token: "t", ...user }));
  for (const user of [
    { token: "s3cret\nx" },
    { token: "s3crét" },
    { token: 1 },
    { token: "s3cret", username: "bot" },
    { tokenFile: "/none" },
  ]) {
    const error = await rejectsCode("invalid-config", () => authorization(user));
    assert.not.match(`${error.message} ${error.subject}`, /s3cr/);
  }
});

test.run();
