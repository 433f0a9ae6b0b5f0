import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import { callSdk, loadSdk, sdkVersions } from "../../../../proxy/upstream/kms/sdk.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { loadFrom } from "../../../support/kms.ts";

const test = suite("proxy/upstream/kms/sdk");

test("what is not installed: the line that installs it, with all that is needed", async () => {
  assert.is(await loadSdk(loadFrom({ "@google-cloud/kms": 1 }), "@google-cloud/kms"), 1);
  const one = await rejectsCode("no-key", () => loadSdk(loadFrom({}), "@aws-sdk/client-kms"));
  assert.match(one.message, `\`npm install @aws-sdk/client-kms@${sdkVersions["@aws-sdk/client-kms"]}\``);
  const two = await rejectsCode("no-key", () =>
    loadSdk(loadFrom({}), "@azure/identity", ["@azure/keyvault-keys", "@azure/identity"]),
  );
  assert.match(two.message, /`npm install @azure\/keyvault-keys@[\d.]+ @azure\/identity@[\d.]+`/);
  await rejectsCode("no-key", () => loadSdk(() => Promise.reject(new SyntaxError("x")), "@google-cloud/kms"));
});

test("package.json names the same versions, none of which is installed by itself", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
  assert.equal(manifest.peerDependencies, { ...sdkVersions });
  for (const name of Object.keys(sdkVersions)) assert.is(manifest.peerDependenciesMeta[name]?.optional, true, name);
});

const failing = (error: unknown, known?: "access-denied") =>
  callSdk("reference", { codeOf: () => known, credentials: "the key of bot" }, () => Promise.reject(error));
const caused = (code: string) => new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) });

test("errors have the code that the vendor's stand for, or the network's", async () => {
  assert.is(await callSdk("a", { codeOf: () => undefined, credentials: "" }, () => Promise.resolve(7)), 7);
  const denied = await rejectsCode("access-denied", () => failing(new Error("no\nsecond line"), "access-denied"));
  assert.is(denied.message, "no (with the key of bot)");
  await rejectsCode("unreachable", () => failing(Object.assign(new Error("x"), { code: "ECONNREFUSED" })));
  await rejectsCode("unreachable", () => failing(caused("ENOTFOUND")));
  await rejectsCode("tls-failure", () => failing(caused("DEPTH_ZERO_SELF_SIGNED_CERT")));
  await rejectsCode("timed-out", () => failing(Object.assign(new Error("x"), { name: "AbortError" })));
  const long = await rejectsCode("upstream-error", () => failing(new Error("x".repeat(5000))));
  assert.ok(long.message.length < 400);
  await rejectsCode("over-limit", () => failing(new EngineError("over-limit", "x")));
  await failing("no error").then(assert.unreachable, (thrown: unknown) => assert.is(thrown, "no error"));
});

test.run();
