/** Attacks by which host, key or resource a policy names, or a Pod by a variable of it. */
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/encoding/json.ts";
import { type EngineInput, encodeEngineDocument, readEngineDocument } from "../../core/decide/engine-document.ts";
import { createEngine } from "../../core/decide/engine.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { askableIn } from "../../proxy/serve/may-ask.ts";
import { fixtureKnowledge, fixtureText } from "../support/fixture-images.ts";
import { entryOf, image, load, now, pod, policyText } from "../support/fixture-policies.ts";
import { insteadPresent } from "../support/instead.ts";
import { keyWith, kms, ofOne } from "../support/policy-asks.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("policy-names");

const at = now.toISOString();

/** By an engine as the one of `serve`: what is refused, and what is asked for next. */
function decided(texts: readonly string[], { mayAsk = [] as readonly string[], object = pod(image("signed")) } = {}) {
  const { policies } = load(...texts);
  const askable = askableIn(policies, { mayAsk, isOnline: true, limits: defaultLimits });
  const engine = createEngine({ policies, crypto: nodeVerifier, settings: { absentNamespaceLabels: "none", askable } });
  const { results, open } = engine.decide(requestFor(object), fixtureKnowledge, now, { pass: "mutate" });
  return {
    codes: results.map(({ policy, status, failures }) => `${policy} ${status} ${failures[0]?.code ?? ""}`.trim()),
    open: open.map((question: Question) =>
      question.kind === "key" ? question.reference : question.kind === "log-entry" ? question.log : question.kind,
    ),
  };
}

const refused = { codes: ["check error access-denied"], open: [] };

const variableOf = (path: string): string => `{{ request.object.metadata.annotations.${path} }}`;
const annotated = (annotations: JsonObject): JsonObject => {
  const { metadata, ...rest } = pod(image("signed")) as { readonly metadata: JsonObject };
  return { ...rest, metadata: { ...metadata, annotations } };
};

attack(
  293,
  "keys that no host is dialled for: files, variables of the environment, Google's and Azure's services",
  () => {
    for (const reference of [
      "/var/run/secrets/kubernetes.io/serviceaccount/token",
      "env://VAULT_TOKEN",
      "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k",
      "azurekms://vault.example/key",
      "awskms:///arn:aws:kms:eu-central-1:111122223333:alias/other",
      "awskms:///alias/prod",
      "k8s://kube-system/token",
      "cosign.key",
    ])
      assert.equal(decided([policyText({ ...ofOne, entries: [kms(reference)] })]), refused, reference);
    const secret = (namespace: string): string =>
      policyText({
        ...ofOne,
        entries: [`- keys: { secret: { name: key, namespace: ${namespace} }, rekor: { ignoreTlog: true } }`],
      });
    assert.equal(decided([secret("kube-system")]), refused);
    assert.equal(decided([secret("shop")]).open, ["k8s://shop/key"]);
  },
);

attack(293, "of a key that is written for all namespaces, another name or version", () => {
  const written = policyText({ name: "all", references: '["other.example/*"]', entries: [kms("awskms:///alias/a")] });
  const one = (reference: string) => decided([written, policyText({ ...ofOne, entries: [kms(reference)] })]);
  assert.equal(one("awskms:///alias/a").open, ["awskms:///alias/a"]);
  for (const other of ["awskms:///alias/ab", "awskms:///alias/", "awskms:///alias/*", "awskms://a/alias/a"])
    assert.equal(one(other), refused, other);
  const star = policyText({ name: "all", references: '["other.example/*"]', entries: [kms("awskms:///*")] });
  assert.equal(decided([star, policyText({ ...ofOne, entries: [kms("awskms:///alias/b")] })]), refused);
});

attack(293, "and again where its record is replayed", () => {
  const { policies } = load(policyText({ ...ofOne, entries: [kms("hashivault://release")] }));
  const askable = askableIn(policies, { mayAsk: [], isOnline: true, limits: defaultLimits });
  const input = { policies, settings: { absentNamespaceLabels: "none", askable } } as const;
  const resultsOf = (one: EngineInput) =>
    createEngine({ ...one, crypto: nodeVerifier }).decide(requestFor(pod(image("signed"))), fixtureKnowledge, now)
      .results;
  const again = readEngineDocument(encodeEngineDocument(input), "", defaultLimits);
  assert.equal(resultsOf(again), resultsOf(input));
  assert.is(resultsOf(again)[0]?.failures[0]?.code, "access-denied");
});

attack(294, "capitals, a dot behind it, a port, a user, other addresses of it, a longer name", () => {
  const log = (url: string) =>
    decided([policyText({ ...ofOne, entries: [keyWith(`{ url: "${url}" }`)] })], {
      mayAsk: ["https://rekor.corp", "azurekms://keys.corp/*", "awskms://kms.corp/*"],
    });
  for (const url of [
    "https://rekor.corp",
    "https://rekor.corp/",
    "https://rekor.corp/a/b",
    "https://rekor.sigstore.dev",
  ])
    assert.equal(log(url).open, [url], url);
  for (const url of [
    "https://REKOR.corp",
    "HTTPS://rekor.corp",
    "https://rekor.corp.",
    "https://rekor.corp:8443",
    "https://rekor.corp:443",
    "http://rekor.corp",
    "https://rekor.corp@evil.example",
    "https://rekor.corp:x@evil.example/",
    "https://user@rekor.corp",
    "https://rekor.corp.evil.example",
    "https://rekor.corpevil.example",
    "https://rekor.corp%2eevil.example",
    "https://rekor.corp%00.evil.example",
    "https://rekor.corp?@evil.example/",
    "https://rekor.corp#@evil.example/",
    "//rekor.corp",
    "https:rekor.corp",
    "https:///rekor.corp",
    "https:////evil.example",
    " https://rekor.corp",
    "https://[::1]",
    "https://[::ffff:7f00:1]",
    "https://2130706433",
    "https://0x7f.1",
    "https://127.1",
    "https://localhost",
  ])
    assert.equal(log(url).open, [], url);
  const key = (reference: string) =>
    decided([policyText({ ...ofOne, entries: [kms(reference)] })], {
      mayAsk: ["azurekms://keys.corp/*", "awskms://kms.corp/*", "k8s://trust/*"],
    });
  assert.equal(key("azurekms://keys.corp/a").open, ["azurekms://keys.corp/a"]);
  for (const reference of [
    "azurekms://keys.corp.evil.example/a",
    "azurekms://keys.corp:444/a",
    "azurekms://KEYS.corp/a",
    "azurekms://keys.corp./a",
    "azurekms://evil.example/keys.corp/a",
    "AZUREKMS://keys.corp/a",
    "awskms://kms.corp:1/alias/a",
    "awskms:///alias/a",
    "k8s://trusted/key",
    "k8s://trust",
    "k8s://shop",
    "k8s://shopping/key",
    "k8s://SHOP/key",
  ])
    assert.equal(key(reference), refused, reference);
});

attack(295, "the whole reference, the host alone, and a name behind a host that is written", () => {
  const by = (entry: string, annotations: JsonObject, mayAsk: readonly string[] = []) =>
    decided([policyText({ entries: [entry] })], { object: annotated(annotations), mayAsk });
  const whole = kms(variableOf("key"));
  assert.equal(by(whole, { key: "awskms://evil.example/alias/a" }), refused);
  assert.equal(by(whole, { key: "awskms:///alias/a" }), refused);
  assert.equal(by(whole, { key: "awskms:///alias/a" }, ["awskms:///*"]).open, ["awskms:///alias/a"]);
  assert.equal(by(kms(`azurekms://${variableOf("host")}/key`), { host: "evil.example" }), refused);
  assert.equal(by(kms(`azurekms://${variableOf("host")}.vault.azure.net/key`), { host: "evil.example/a?" }), refused);
  assert.equal(by(kms(`awskms:///alias/${variableOf("name")}`), { name: "a" }).open, ["awskms:///alias/a"]);
  assert.equal(by(keyWith(`{ url: "https://${variableOf("host")}" }`), { host: "evil.example" }).open, []);
  assert.equal(by(keyWith(`{ url: "https://rekor.corp${variableOf("rest")}" }`), { rest: ".evil.example" }).open, []);
  assert.equal(by(keyWith(`{ url: "https://rekor.corp/${variableOf("rest")}" }`), { rest: "@evil.example" }).open, [
    "https://rekor.corp/@evil.example",
  ]);
  const repository = `${entryOf("a")}\n            repository: "${variableOf("repository")}"`;
  assert.equal(by(repository, { repository: "registry.example/private/a" }), refused);
  // By whoever may write for all namespaces a Secret may be the Pod's own.
  assert.equal(by(kms(`k8s://${variableOf("namespace")}/key`), { namespace: "shop" }).open, ["k8s://shop/key"]);
});

attack(295, "and by a Policy of one namespace a name behind a host that a ClusterPolicy writes", () => {
  const all = policyText({
    name: "all",
    references: '["other.example/*"]',
    entries: [kms(`awskms:///alias/${variableOf("name")}`)],
  });
  const object = annotated({ name: "a" });
  for (const reference of ["awskms:///alias/a", `awskms:///alias/${variableOf("name")}`])
    assert.equal(decided([all, policyText({ ...ofOne, entries: [kms(reference)] })], { object }), refused, reference);
});

attack(298, "by the API's paths of its own namespace", () => {
  const by = (path: string) =>
    decided([
      policyText({
        ...ofOne,
        rule:
          `context: [{ name: of, apiCall: { urlPath: "${path}" } }]\n` +
          'preconditions: { all: [{ key: "{{ of.a }}", operator: Equals, value: a }] }',
      }),
    ]);
  assert.equal(by("/api/v1/namespaces/shop/configmaps/a").open, ["cluster"]);
  for (const path of [
    "/api/v1/namespaces/shop/secrets",
    "/api/v1/namespaces/shop/secrets/token",
    "/api/v1/namespaces/shop/secrets?limit=1",
    "/api/v1/namespaces/shop/services/http:inside:80/proxy/admin",
    "/api/v1/namespaces/shop/services/inside/proxy",
    "/api/v1/namespaces/shop/pods/web/proxy/",
    "/api/v1/namespaces/shop/s%65crets/token",
    "/api/v1/namespaces/shop//secrets/token",
  ])
    assert.equal(by(path), { codes: ["check error unresolved"], open: [] }, path);
});

attack(300, "steps and queries in an annotation that a ClusterPolicy reads", () => {
  const path = `/api/v1/namespaces/${variableOf("team")}/configmaps/settings`;
  const policy = policyText({
    rule:
      `context: [{ name: of, apiCall: { urlPath: "${path}" } }]\n` +
      'preconditions: { all: [{ key: "{{ of.a }}", operator: Equals, value: a }] }',
  });
  const by = (team: string) => decided([policy], { object: annotated({ team }) });
  assert.equal(by("shop").open, ["cluster"]);
  for (const team of ["kube-system/secrets/token?", "kube-system/secrets", "shop?", "", "a&b", "a/../b"])
    assert.equal(by(team), { codes: ["check error unresolved"], open: [] }, team);
});

attack(299, "in one decision, in either order, and from one decision to the next", () => {
  const key = "awskms:///alias/shop";
  const entry = kms(key);
  // In a variable, so that the same text is nowhere written.
  const all = policyText({ name: "all", entries: [kms("awskms:///alias/{{ request.namespace }}")] });
  const one = policyText({ ...ofOne, name: "one", entries: [entry] });
  const known = insteadPresent(fixtureKnowledge, "key", fixtureText("trust/release.pub"), { at, from: "AWS KMS" });
  for (const texts of [
    [all, one],
    [one, all],
  ]) {
    const { policies } = load(...texts);
    const askable = askableIn(policies, { mayAsk: [], isOnline: true, limits: defaultLimits });
    const engine = createEngine({
      policies,
      crypto: nodeVerifier,
      settings: { absentNamespaceLabels: "none", askable },
    });
    const codes = (knowledge: typeof known): readonly string[] =>
      engine
        .decide(requestFor(pod(image("signed"))), knowledge, now, { pass: "mutate" })
        .results.map(({ policy, status, failures }) => `${policy} ${status} ${failures[0]?.code ?? ""}`.trim())
        .sort();
    assert.equal(codes(fixtureKnowledge), ["all error no-key", "one error access-denied"]);
    for (let times = 0; times < 2; times++) assert.equal(codes(known), ["all pass", "one error access-denied"]);
  }
});

run();
