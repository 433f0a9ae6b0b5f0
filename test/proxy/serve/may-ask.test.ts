import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Policy } from "../../../core/kyverno/policy/policy.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { askableIn, namedOf, whyNotAskable } from "../../../proxy/serve/may-ask.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("proxy/serve/may-ask");

const isOnline = { mayAsk: [], isOnline: true, limits: defaultLimits };
const publicLog = ["https://rekor.sigstore.dev", "https://rekor.sigstore.dev/*"];
const inCluster = (policy: Parameters<typeof policyText>[0]) => askableIn(load(policyText(policy)).policies, isOnline);

test("by default the public log; of what the configuration lists, a log has what is below it", () => {
  const { ofNamespaces, ofCluster, secretsOnly } = askableIn([], {
    ...isOnline,
    mayAsk: ["https://rekor.corp/base/", "awskms:///*", "registry.corp/signatures"],
  });
  const listed = ["https://rekor.corp/base", "https://rekor.corp/base/*", "awskms:///*", "registry.corp/signatures"];
  assert.equal(ofNamespaces, [...publicLog, ...listed]);
  assert.equal(ofCluster, [...publicLog, ...listed, "k8s://*"]);
  assert.not(secretsOnly);
  const starred = askableIn([], { ...isOnline, mayAsk: ["https://rekor.corp/*"] });
  assert.equal(starred.ofNamespaces, [...publicLog, "https://rekor.corp/*"]);
  assert.ok(askableIn([], { ...isOnline, isOnline: false }).secretsOnly);
});

test("what ClusterPolicies write counts, wherever it stands; what Policies write does not", () => {
  const entries = [
    '- keys: { kms: "awskms:///alias/a", rekor: { url: "https://one.example" } }',
    "- keys: { secret: { name: key, namespace: trust } }",
    '- keys: { publicKeys: " hashivault://b " }',
    '- keyless: { subject: a, issuer: b, rekor: { url: "https://two.example" } }',
    "- attestor: { entries: [{ keys: { kms: gcpkms://c }, repository: registry.corp/nested }] }",
  ];
  const fields =
    "repository: org/signatures\n" +
    "attestations: [{ type: t, attestors: [{ entries: [{ keys: { kms: openbao://d } }] }] }]";
  const wanted = [
    ...["docker.io/org/signatures", "awskms:///alias/a", "https://one.example", "k8s://trust/key", "hashivault://b"],
    ...["https://two.example", "gcpkms://c", "registry.corp/nested", "openbao://d"],
  ];
  const { ofNamespaces, ofCluster } = inCluster({ entries, fields });
  assert.equal([...ofNamespaces].sort(), [...publicLog, ...wanted].sort());
  assert.equal(ofCluster, [...ofNamespaces, "k8s://*"]);
  assert.equal(inCluster({ kind: "Policy", namespace: "a", entries, fields }).ofNamespaces, publicLog);
});

test("of an attestor's keys only the first way is asked: what is written out, a Secret, a KMS", () => {
  const pem = "publicKeys: |-\n                  -----BEGIN PUBLIC KEY-----\n                  AA==";
  const kms = "kms: awskms:///alias/a";
  const secret = "secret: { name: key, namespace: trust }";
  const asked = (...keys: readonly string[]) => {
    const entries = [`- keys:\n              ${keys.join("\n              ")}`];
    const [policy] = load(policyText({ entries })).policies;
    return namedOf(policy as Policy, defaultLimits).map(({ text, isAsked }) => `${text} ${isAsked}`);
  };
  const log = 'rekor: { url: "https://one.example", ignoreTlog: ';
  assert.equal(asked(kms), ["awskms:///alias/a true"]);
  assert.equal(asked(secret, kms), ["k8s://trust/key true", "awskms:///alias/a false"]);
  assert.equal(asked(pem, kms), ["awskms:///alias/a false"]);
  assert.equal(asked(pem, secret), ["k8s://trust/key false"]);
  assert.equal(asked("publicKeys: hashivault://b", secret), ["hashivault://b true", "k8s://trust/key false"]);
  assert.equal(asked(kms, `${log}true }`), ["awskms:///alias/a true", "https://one.example false"]);
  assert.equal(asked(kms, `${log}false }`), ["awskms:///alias/a true", "https://one.example true"]);
});

test("of a text with a variable what stands before it counts for ClusterPolicies, if it names the host whole", () => {
  const variable = "{{ request.namespace }}";
  const entry = (kms: string) => inCluster({ entries: [`- keys: { kms: "${kms}" }`] });
  for (const [text, beginning] of [
    [`awskms:///alias/${variable}`, "awskms:///alias/*"],
    [`azurekms://keys.corp/${variable}`, "azurekms://keys.corp/*"],
    [`hashivault://${variable}`, "hashivault://*"],
    ["awskms:///alias/$(./../images)", "awskms:///alias/*"],
  ] as const) {
    assert.equal(entry(text).ofCluster, [...publicLog, beginning, "k8s://*"], text);
    assert.equal(entry(text).ofNamespaces, publicLog, text);
  }
  for (const text of [variable, `awskms://${variable}/alias/a`, `azurekms://keys${variable}/a`])
    assert.equal(entry(text).ofCluster, [...publicLog, "k8s://*"], text);
});

test("what is empty is asked for nowhere, and what is no repository stays as it is written", () => {
  const repository = (text: string) => inCluster({ fields: `repository: "${text}"` });
  assert.equal(repository("").ofNamespaces, publicLog);
  assert.equal(repository("NO REPOSITORY").ofNamespaces, [...publicLog, "NO REPOSITORY"]);
  assert.equal(repository("registry.corp/{{ request.namespace }}").ofCluster, [
    ...publicLog,
    "registry.corp/*",
    "k8s://*",
  ]);
  const log = inCluster({ entries: ['- keys: { kms: "awskms:///alias/a", rekor: { url: "" } }'] });
  assert.equal(log.ofNamespaces, [...publicLog, "awskms:///alias/a"]);
});

test("each is named where it is written: with keys, with certificates, or keyless", () => {
  const rekor = 'rekor: { url: "https://one.example" }';
  const at = (entry: string) => {
    const [policy] = load(policyText({ entries: [entry] })).policies;
    return namedOf(policy as Policy, defaultLimits).map(({ pointer }) => pointer.replace(/^.*entries\/0/, ""));
  };
  assert.equal(at(`- keys: { kms: "awskms:///alias/a", ${rekor} }`), ["/keys/kms", "/keys/rekor/url"]);
  assert.equal(at(`- certificates: { cert: a, ${rekor} }`), ["/certificates/rekor/url"]);
  assert.equal(at(`- keyless: { subject: a, issuer: b, ${rekor} }`), ["/keyless/rekor/url"]);
  assert.equal(at('- { keys: { secret: { name: a, namespace: b } }, repository: "registry.corp/a" }'), [
    "/keys/secret",
    "/repository",
  ]);
});

test("what ends with a star covers nothing where a policy writes it", () => {
  assert.equal(inCluster({ entries: ['- keys: { kms: "awskms:///*" }'] }).ofNamespaces, publicLog);
});

test("a beginning fixes the host behind which anything may follow", () => {
  for (const one of [
    ...["k8s://", "gcpkms://", "hashivault://", "openbao://a", "awskms:///", "awskms://host:1/alias/", "azurekms://h/"],
    ...["https://h/", "http://[::1]:80/a", "registry.corp/", "localhost/a", "registry:5000/a/b"],
  ])
    assert.is(whyNotAskable(`${one}*`), undefined, one);
  for (const one of [
    ...["", "awskms://", "awskms://host", "azurekms://", "azurekms:///", "https://", "https://host", "https:///", "a"],
    ...["registry.corp", "org/app", "ftp://host/", "/etc/"],
  ])
    assert.match(whyNotAskable(`${one}*`) ?? "", /behind the host/, one);
});

test("entries of the setting: keys, logs and repositories, with a star at the end only, behind a host", () => {
  for (const entry of [
    ...[
      "https://rekor.corp",
      "https://rekor.corp/*",
      "awskms:///*",
      "awskms:///alias/a",
      "azurekms://h/*",
      "k8s://ns/*",
    ],
    ...["hashivault://*", "gcpkms://projects/p/*", "registry.corp/*", "registry.corp/signatures", "/keys/a.pub"],
  ])
    assert.is(whyNotAskable(entry), undefined, entry);
  for (const entry of [
    "*",
    "https://*",
    "https://*.corp/",
    "https://rekor.corp*",
    "registry.corp*",
    "awskms://*",
    "a/*/b",
    "awskms:///alias/*/key",
    "awskms:///alias/*a",
  ])
    assert.match(whyNotAskable(entry) ?? "", /star at its end only/, entry);
  for (const entry of ["", "signatures", "org/app", "ftp://host/a"])
    assert.match(whyNotAskable(entry) ?? "", /reference of a key/, entry);
});

test.run();
