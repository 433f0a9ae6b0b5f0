/**
 * Attacks on what a policy covers: exceptions, overrides, namespaces, generated rules, volumes, patches, subresources.
 * Source: docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { createEngine, type Decision } from "../../core/decide/engine.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { fastVerifier, type Json, policyFor, type Signed, verifiers } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab, unsigned } from "./refuses.ts";

const { attack, run } = attackSuite("policy-gaps");

const good: Signed = accepts({ layout: "tag" });
const knowledge = joinedKnowledge([good.knowledge, unsigned.knowledge]);
const image = (signed: Signed): string => `${signed.repository}:${signed.tag}`;
const container = (signed: Signed): Json => ({ name: "app", image: image(signed) });
const pod = (spec: Json, metadata: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "app", namespace: "default", ...metadata },
  spec,
});

interface Asked {
  readonly policy?: (policy: Json) => Json;
  readonly documents?: readonly Json[];
  readonly request?: Json;
}
/** What the engine decides about a resource, the same under both adapters. */
function decided(resource: Json, { policy = (made) => made, documents = [], request = {} }: Asked = {}): Decision {
  const text = [policy(policyFor(good)), ...documents].map((one) => JSON.stringify(one)).join("\n---\n");
  const { policies, exceptions, errors } = loadPolicies([{ name: "lab.yaml", text }]);
  assert.equal(
    errors.map(({ message }) => message),
    [],
  );
  const [first, second] = verifiers.map((crypto) =>
    createEngine({ policies, exceptions, crypto }).decide({ ...requestFor(resource), ...request }, knowledge, lab.now),
  );
  assert.is(first?.allowed, second?.allowed);
  return first as Decision;
}
const allowed = (resource: Json, asked: Asked = {}): boolean => decided(resource, asked).allowed;
const exception = (spec: Json): Json => ({
  apiVersion: "kyverno.io/v2",
  kind: "PolicyException",
  metadata: { name: "e", namespace: "default" },
  spec,
});
const bad = pod({ containers: [container(unsigned)] });

attack(161, "an unsigned image as a volume, in a Pod and in what makes Pods", () => {
  const volume = (signed: Signed) => ({
    containers: [container(good)],
    volumes: [{ name: "tools", image: { reference: image(signed), pullPolicy: "Always" } }],
  });
  for (const make of [
    (spec: Json) => pod(spec),
    (spec: Json) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a", namespace: "default" },
      spec: { template: { spec } },
    }),
    (spec: Json) => ({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "a", namespace: "default" },
      spec: { jobTemplate: { spec: { template: { spec } } } },
    }),
  ]) {
    assert.is(allowed(make(volume(good))), true);
    assert.is(allowed(make(volume(unsigned))), false);
  }
});

attack(162, "the digest of a volume's image is written where the volume has it, not into a container", () => {
  const { patches } = decided(
    pod({ containers: [container(good)], volumes: [{ name: "v", image: { reference: image(good) } }] }),
  );
  const written = patches.filter(({ path }) => path.startsWith("/spec/")).map(({ path }) => path);
  assert.equal([...written].sort(), ["/spec/containers/0/image", "/spec/volumes/0/image/reference"]);
});

attack(163, "an exception for another rule, policy, name or namespace", () => {
  const of = (policyName: string, ruleNames: readonly string[], resources: Json) =>
    exception({ exceptions: [{ policyName, ruleNames }], match: { any: [{ resources }] } });
  assert.is(allowed(bad, { documents: [of("lab", ["verify"], { kinds: ["Pod"] })] }), true);
  for (const document of [
    of("lab2", ["verify"], { kinds: ["Pod"] }),
    of("la?", ["verify"], { kinds: ["Pod"] }),
    of("lab", ["verif"], { kinds: ["Pod"] }),
    of("lab", ["verify"], { kinds: ["Pod"], names: ["app2"] }),
    of("lab", ["verify"], { kinds: ["Pod"], namespaces: ["defaul"] }),
    of("default/lab", ["verify"], { kinds: ["Pod"] }),
  ])
    assert.is(allowed(bad, { documents: [document] }), false, JSON.stringify(document.spec));
});

attack(164, "an exception whose condition reads what the Pod's author leaves out", () => {
  const document = exception({
    exceptions: [{ policyName: "lab", ruleNames: ["verify"] }],
    match: { any: [{ resources: { kinds: ["Pod"] } }] },
    conditions: {
      all: [{ key: "{{ request.object.metadata.labels.approved }}", operator: "Equals", value: "yes" }],
    },
  });
  assert.is(allowed(bad, { documents: [document] }), false);
  const labelled = pod({ containers: [container(unsigned)] }, { labels: { approved: "yes" } });
  assert.is(allowed(labelled, { documents: [document] }), true);
});

attack(165, "an override of the failure action for a namespace whose labels nobody knows", () => {
  const policy = (made: Json): Json => {
    made.spec.validationFailureAction = "Audit";
    Object.assign(made.spec.rules[0].verifyImages[0], { mutateDigest: false });
    made.spec.validationFailureActionOverrides = [
      { action: "Enforce", namespaceSelector: { matchLabels: { tier: "prod" } } },
    ];
    return made;
  };
  assert.is(allowed(bad, { policy }), false);
});

attack(166, "a precondition that an author answers with a missing, empty or odd label", () => {
  const policy = (made: Json): Json => {
    made.spec.rules[0].preconditions = {
      all: [{ key: "{{ request.object.metadata.labels.team || '' }}", operator: "NotEquals", value: "trusted" }],
    };
    return made;
  };
  for (const labels of [undefined, {}, { team: "" }, { team: "Trusted" }, { team: " trusted" }, { team: "{{ x }}" }])
    assert.is(
      allowed(pod({ containers: [container(unsigned)] }, { labels }), { policy }),
      false,
      JSON.stringify(labels),
    );
});

attack(167, "a rule for Pods alone, and a controller, a bare template or a list that makes them", () => {
  const template = { spec: { containers: [container(unsigned)] } };
  const metadata = { name: "a", namespace: "default" };
  for (const resource of [
    { apiVersion: "apps/v1", kind: "ReplicaSet", metadata, spec: { template } },
    { apiVersion: "batch/v1", kind: "Job", metadata, spec: { template } },
    { apiVersion: "v1", kind: "ReplicationController", metadata, spec: { template } },
    { apiVersion: "apps/v1", kind: "DaemonSet", metadata, spec: { template } },
  ])
    assert.is(allowed(resource), false, resource.kind);
});

attack(168, "a Pod with names that end a pointer's step: slashes, tildes and signs of JSON Patch", () => {
  const odd = { ...container(good), name: "a/b~0~1" };
  const { patches, allowed: passes } = decided(pod({ containers: [odd] }, { annotations: { "a/b~1": "x" } }));
  assert.ok(passes);
  assert.ok(patches.some(({ path }) => path === "/spec/containers/0/image"));
});

attack(169, "annotations that say the image was verified, by this policy or in Kyverno's words", () => {
  for (const annotations of [
    { "kyverno.io/verify-images": JSON.stringify({ [image(unsigned)]: "pass" }) },
    { "kyverno.io/verify-images": JSON.stringify({ [`${unsigned.repository}@${unsigned.digest}`]: "pass" }) },
    { "kyverno.io/verify-images": "not JSON" },
  ])
    assert.is(allowed(pod({ containers: [container(unsigned)] }, { annotations })), false);
});

attack(170, "an update that changes the image only, or whose old object was allowed", () => {
  const request = { operation: "UPDATE", oldObject: pod({ containers: [container(good)] }) };
  assert.is(allowed(bad, { request }), false);
  assert.is(allowed(pod({ containers: [container(good)] }), { request: { ...request, oldObject: bad } }), true);
  assert.is(allowed(bad, { request: { operation: "UPDATE", oldObject: bad } }), false);
});

attack(171, "a dry run, a connection, or an operation in another case", () => {
  assert.is(allowed(bad, { request: { dryRun: true } }), false);
  for (const operation of ["CREATE", "UPDATE"])
    assert.is(allowed(bad, { request: { operation, ...(operation === "UPDATE" ? { oldObject: bad } : {}) } }), false);
});

attack(172, "two containers of one name, of which a map keeps the last", () => {
  for (const containers of [
    [container(unsigned), container(good)],
    [container(good), container(unsigned)],
  ])
    assert.is(allowed(pod({ containers })), false);
  assert.is(
    createEngine({
      policies: loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(good)) }]).policies,
      crypto: fastVerifier,
    }).decide(requestFor(pod({ containers: [container(good), container(good)] })), knowledge, lab.now).allowed,
    true,
  );
});

run();
