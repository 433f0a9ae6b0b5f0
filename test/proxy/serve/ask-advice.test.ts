import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../../../core/index.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { requireAskableOf } from "../../../core/kyverno/policy/askable.ts";
import { adviseAsking, mayAskOf } from "../../../proxy/serve/ask-advice.ts";
import { askableIn } from "../../../proxy/serve/may-ask.ts";
import { readConfig } from "../../../proxy/serve/read-config.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("proxy/serve/ask-advice");
const limits = defaultLimits;
const variable = "{{ request.namespace }}";
const attestor = (kms: string) => `- keys: { kms: "${kms}" }`;
const log = (url: string) => `- keyless: { subject: a, issuer: b, rekor: { url: "${url}" } }`;

type Text = Parameters<typeof policyText>[0];
const ofOne = (more: Text) => load(policyText({ kind: "Policy", namespace: "team", ...more })).policies;
const ofAll = (more: Text) => load(policyText({ name: "all", ...more })).policies;
const online = (...mayAsk: readonly string[]) => ({ mayAsk, isOnline: true, limits });
type Policies = ReturnType<typeof ofOne>;
const advise = (policies: Policies, mayAsk?: ReturnType<typeof online>, others: Policies = []) =>
  adviseAsking(policies, { others, ...(mayAsk === undefined ? {} : { mayAsk }) }, limits);
const pointers = (...args: Parameters<typeof advise>) => advise(...args).map(({ pointer }) => pointer);
const entry = (place: number) => `/spec/rules/0/verifyImages/0/attestors/0/entries/${place}`;

test("each kind of thing that a Policy of one namespace has asked, at its own field", () => {
  const policies = ofOne({
    entries: [
      '- keys: { kms: "awskms:///alias/a", rekor: { url: "https://rekor.corp" } }',
      '- keys: { publicKeys: "hashivault://team" }',
      "- keys: { secret: { name: key, namespace: other } }",
      log("https://two.corp"),
      "- attestor: { entries: [{ keys: { kms: gcpkms://c }, repository: registry.corp/nested }] }",
    ],
    fields: "repository: org/signatures",
  });
  const found = advise(policies);
  assert.equal(
    found.map(({ pointer }) => pointer),
    [
      "/spec/rules/0/verifyImages/0/repository",
      `${entry(0)}/keys/kms`,
      `${entry(0)}/keys/rekor/url`,
      `${entry(1)}/keys/publicKeys`,
      `${entry(2)}/keys/secret`,
      `${entry(3)}/keyless/rekor/url`,
      `${entry(4)}/attestor/entries/0/keys/kms`,
      `${entry(4)}/attestor/entries/0/repository`,
    ],
  );
  assert.ok(found.every(({ code, policy, line }) => code === "not-asked" && policy === "check" && line > 1));
});

test("nothing about what is asked: the public log, own Secrets, what needs no log, what a ClusterPolicy writes", () => {
  const entries = [
    log("https://rekor.sigstore.dev"),
    "- keys: { secret: { name: key, namespace: team } }",
    '- keys: { kms: "k8s://team/key" }',
    `- keys: { kms: "k8s://${variable}/key" }`,
    '- keys: { kms: "awskms:///alias/a", rekor: { url: "https://rekor.corp", ignoreTlog: true } }',
  ];
  const writes = ofAll({ entries: [attestor("awskms:///alias/a")] });
  assert.equal(pointers(ofOne({ entries }), undefined, writes), []);
  assert.equal(pointers([...ofOne({ entries }), ...writes]), []);
  assert.equal(pointers(ofOne({ entries })), [`${entry(4)}/keys/kms`]);
  const open = ofAll({ entries: [attestor("awskms:///alias/a"), log("https://rekor.corp")] });
  assert.equal(pointers(open), [], "what a ClusterPolicy writes is asked");
});

test("a key that another one of the same entry makes needless is not asked", () => {
  const both = ofOne({ entries: ['- keys: { publicKeys: "hashivault://a", kms: "awskms:///alias/a" }'] });
  assert.equal(pointers(both), [`${entry(0)}/keys/publicKeys`]);
});

test("variables: a host that is written is covered for a ClusterPolicy, one that a variable says is not", () => {
  const entries = [attestor(`awskms:///alias/${variable}`), attestor(variable), log(`https://${variable}.corp/log`)];
  assert.equal(pointers(ofAll({ entries })), [`${entry(1)}/keys/kms`, `${entry(2)}/keyless/rekor/url`]);
  assert.is(pointers(ofOne({ entries })).length, 3);
  assert.match(advise(ofOne({ entries }))[0]?.message ?? "", '"awskms:///alias/*"');
});

test("with a configuration only what it does not list, of a variable where it lists nothing of its kind", () => {
  const entries = [attestor("awskms:///alias/a"), attestor(`awskms:///alias/${variable}`), attestor(variable)];
  const policies = ofOne({ entries: [...entries, log("https://rekor.corp/a"), log(`https://${variable}.corp`)] });
  const at = (place: number) => `${entry(place)}/${place > 2 ? "keyless/rekor/url" : "keys/kms"}`;
  assert.equal(pointers(policies, online()), [at(0), at(1), at(2), at(3), at(4)]);
  assert.equal(pointers(policies, online("awskms:///*")), [at(3), at(4)]);
  assert.equal(pointers(policies, online("https://rekor.corp")), [at(0), at(1), at(2)]);
  assert.equal(pointers(policies, online("awskms:///alias/b")), [at(0), at(3), at(4)]);
  const secrets = ofOne({ entries: ["- keys: { secret: { name: key, namespace: other } }", ...entries] });
  assert.equal(
    pointers(secrets, { ...online(), isOnline: false }),
    [`${entry(0)}/keys/secret`],
    "nobody but the cluster is asked",
  );
});

test("a variable in place of a repository is covered by listed repositories alone", () => {
  const written = ofAll({ entries: [attestor("k8s://own/key")], fields: `repository: "${variable}"` });
  const at = "/spec/rules/0/verifyImages/0/repository";
  assert.equal(pointers(written, online("awskms:///alias/a", "https://rekor.corp")), [at]);
  assert.equal(pointers(written, online("registry.corp/signatures")), []);
  const host = ofAll({ entries: [attestor(`k8s://${variable}`)] });
  assert.is(pointers(host, online()).length, 0, "k8s:// names the cluster");
});

test("a key of a Secret makes that of a key service needless", () => {
  const both = ofOne({ entries: ["- keys: { secret: { name: key, namespace: other }, kms: awskms:///alias/a }"] });
  assert.equal(pointers(both), [`${entry(0)}/keys/secret`]);
});

test("a log is found at the field of its form", () => {
  const certificates = ofOne({ entries: ['- certificates: { cert: x, rekor: { url: "https://rekor.corp" } }'] });
  assert.equal(pointers(certificates), [`${entry(0)}/certificates/rekor/url`]);
});

test("what is advised to be listed serve then asks; a user is not shown, what cannot be listed has no line", () => {
  for (const kms of ["awskms:///alias/a", "hashivault://team", "k8s://other/key", "gcpkms://projects/p"]) {
    const policies = ofOne({ entries: [attestor(kms)] });
    const [, listed = ""] = /"(.*)"$/.exec(advise(policies)[0]?.message ?? "") ?? [];
    assert.is(listed, kms);
    const settings = { askable: askableIn(policies, online(listed)) };
    requireAskableOf({ kind: "Policy", namespace: "team", name: "check" }, settings.askable)(kms);
    assert.equal(createEngine({ policies, exceptions: [], crypto: nodeVerifier, settings }).warnings, []);
    assert.equal(pointers(policies, online(listed)), []);
  }
  assert.not.match(advise(ofOne({ entries: [log("https://me:secret@rekor.corp")] }))[0]?.message ?? "", "secret");
  assert.not.match(advise(ofOne({ entries: [attestor("env://KEY")] }))[0]?.message ?? "", "mayAsk");
});

test("a configuration by which nobody is asked has nothing to say", () => {
  const head = "apiVersion: sallyport.dev/v1alpha1\nkind: Config\nstore: m\n";
  const of = (text: string) =>
    readConfig({ file: { name: "c", text: head + text }, flags: {}, env: {}, limits }).config;
  const offline = of("");
  assert.is(offline && mayAskOf(offline, limits), undefined);
  const asks = of("mode: online\nupstreams: [{ host: a.io }]\npolicies: { mayAsk: [hashivault://a] }\n");
  assert.equal(asks && mayAskOf(asks, limits), { mayAsk: ["hashivault://a"], isOnline: true, limits });
  const cluster = of("policies: { cluster: true }\n");
  assert.equal(cluster && mayAskOf(cluster, limits), { mayAsk: [], isOnline: false, limits });
});

test.run();
