import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Question } from "../../../core/knowledge/question.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openUpstream, type Outside } from "../../../proxy/upstream/open-upstream.ts";
import { openStub, serveApi } from "../../support/api-server.ts";
import { ecKey, pemOf } from "../../support/kms.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { memoryFiles } from "../../support/memory-files.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/upstream/open-upstream");

test("a fetcher that tells what it does, and whose connections end", async () => {
  const server = await serveLoopback((_, response) => void response.end("ok"));
  const lines: string[] = [];
  const upstream = openUpstream({ env: {}, log: (line) => lines.push(line) });
  const request = { url: new URL(server.url), maxBytes: 10 };
  assert.is((await upstream.fetcher.fetch(request, AbortSignal.timeout(10_000))).status, 200);
  assert.is(lines.length, 1);
  await upstream.close();
  await server.close();
});

test("an asker with a part for each kind; a Vault has the certificates of its own variables", async () => {
  const authority = await tlsAuthority();
  const pem = pemOf(ecKey());
  const data = { type: "ecdsa-p256", latest_version: 1, keys: { 1: { public_key: pem } } };
  const vault = await serveLoopback(
    (_, response) => void response.end(JSON.stringify({ data })),
    await authority.issue(["127.0.0.1"]),
  );
  const log = await serveLoopback((_, response) => void response.end("[]"));
  const api = await serveApi({ "/version": { major: "1" } });
  const cluster = openStub(api);
  const upstream = openUpstream({ env: { VAULT_ADDR: vault.url, VAULT_TOKEN: "t", VAULT_CACERT: "/ca.pem" } });
  const options = { limits: defaultLimits, now: () => new Date("2026-11-24T12:00:00.000Z") };
  const outside: Outside = {
    registries: { hosts: {}, credentials: { find: () => Promise.resolve(undefined) } },
    files: memoryFiles({ "/ca.pem": authority.ca }),
    trust: { from: () => "a", ask: () => Promise.resolve(undefined) },
  };
  const asker = upstream.asker({ ...options, outside, cluster });
  const stateOf = async (question: Question, of = asker) => (await of.ask(question))?.state;
  const version = { kind: "cluster", verb: "raw", apiVersion: "", resource: "", path: "/version" } as const;
  try {
    const key = await asker.ask({ kind: "key", reference: "hashivault://app" });
    assert.is(key?.state === "present" && key.value, pem);
    assert.is(await stateOf({ kind: "key", reference: "k8s://keys/app" }), "absent");
    assert.is(await stateOf({ kind: "log-entry", log: log.url, hash: `sha256:${"0".repeat(64)}` }), "absent");
    assert.is(await stateOf(version), "present");
    assert.is(await stateOf({ kind: "trusted-root", name: "a" }), undefined);
    api.asked();
    const alone = upstream.asker({ ...options, outside });
    assert.is(await stateOf(version, alone), undefined);
    assert.is(await stateOf({ kind: "key", reference: "k8s://keys/app" }, alone), undefined);
    assert.equal(api.asked(), []);
    vault.asked();
    const clusterOnly = upstream.asker({ ...options, cluster });
    assert.is(await stateOf(version, clusterOnly), "present");
    assert.is(await stateOf({ kind: "key", reference: "hashivault://app" }, clusterOnly), undefined);
    assert.equal(vault.asked(), []);
  } finally {
    await Promise.all([upstream.close(), cluster.close(), vault.close(), log.close(), api.close()]);
  }
});

test.run();
