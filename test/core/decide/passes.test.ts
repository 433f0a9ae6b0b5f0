/** Several policies over one request: what each sees, in which pass, and what it makes of it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { createEngine, type Decision } from "../../../core/decide/engine.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { applyPatches } from "../../../core/kyverno/outcome/apply-patches.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { fixtureKnowledge, fixtureText, testImages } from "../../support/fixture-images.ts";
import {
  decide,
  engineOf,
  entryOf,
  image,
  load,
  now,
  type PolicyText,
  pod,
  policyText,
  without,
} from "../../support/fixture-policies.ts";

const test = suite("core/decide/passes");

const pins: PolicyText = { name: "pins" };
const wantsDigest: PolicyText = { name: "wants-digest", fields: "mutateDigest: false\nverifyDigest: true" };
const saying = ({ results }: Decision, pass = "validate") =>
  results.filter((result) => result.pass === pass).map(({ policy, status }) => `${policy} ${status}`);
const imagePatches = ({ patches }: Decision) => patches.filter(({ path }) => path.startsWith("/spec"));
const annotationsOf = (resource: JsonObject, decision: Decision) => {
  const { metadata } = applyPatches(resource, decision.patches) as {
    readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  };
  return {
    flat: JSON.parse(metadata.annotations["kyverno.io/verify-images"] ?? "null") as Record<string, string>,
    scoped: JSON.parse(metadata.annotations["kyverno.io/verify-images-scoped"] ?? "null").policies as JsonObject,
  };
};

/** Policies that have nothing to do with each other beside their images. */
const variety: readonly (readonly [name: string, resource: JsonObject, policies: readonly PolicyText[]])[] = [
  ["pin, then verify", pod(image("signed")), [pins, wantsDigest]],
  ["verify, then pin", pod(image("signed")), [wantsDigest, pins]],
  ["two that pin", pod(image("signed"), image("signed-by-both")), [pins, { name: "too", entries: [entryOf("a")] }]],
  ["one that fails", pod(image("signed"), image("unsigned")), [pins, wantsDigest]],
  [
    "no policy verifies",
    pod(image("signed")),
    [{ name: "only-pins", entries: [], fields: "required: false" }, wantsDigest],
  ],
  ["a skip by tag", pod(image("unsigned")), [{ ...pins, fields: 'skipImageReferences: ["*:unsigned"]' }, wantsDigest]],
];

test("a policy that pins comes to the help of one that wants a digest, in either order", () => {
  for (const policies of [
    [pins, wantsDigest],
    [wantsDigest, pins],
  ]) {
    const decision = decide(pod(image("signed")), policies);
    assert.ok(decision.allowed, JSON.stringify(decision.results));
    assert.equal(saying(decision).sort(), ["pins pass", "wants-digest pass"]);
    assert.is(imagePatches(decision).length, 1);
  }
  assert.not(decide(pod(image("signed")), wantsDigest).allowed, "alone it does not get one");
});

test("results: every mutating pass in the order of the policies, then every validating one", () => {
  const decision = decide(pod(image("signed")), [pins, wantsDigest]);
  assert.equal(
    decision.results.map(({ pass, policy }) => `${pass} ${policy}`),
    ["mutate pins", "mutate wants-digest", "validate pins", "validate wants-digest"],
  );
});

test("a later policy sees the image that an earlier one pinned", () => {
  const seen = (policies: readonly PolicyText[]) =>
    decide(pod(image("signed")), policies)
      .results.filter(({ policy, pass }) => policy === "wants-digest" && pass === "mutate")
      .map((result) => result.image?.image ?? "");
  assert.equal(seen([wantsDigest, pins]), [image("signed")]);
  assert.match(seen([pins, wantsDigest])[0] ?? "", /@sha256:[0-9a-f]{64}$/);
});

test("what the validating passes say of the patched resource is what they say when it is decided by itself", () => {
  for (const [name, resource, policies] of variety) {
    const first = decide(resource, policies);
    const again = decide(applyPatches(resource, first.patches), policies);
    assert.equal(saying(again), saying(first), name);
    assert.equal(imagePatches(again), [], name);
  }
});

test("two that pin the same image: it is pinned once, and both are on record", () => {
  const resource = pod(image("signed"));
  const decision = decide(resource, [pins, { name: "too" }]);
  assert.ok(decision.allowed);
  assert.is(imagePatches(decision).length, 1);
  const { flat, scoped } = annotationsOf(resource, decision);
  assert.equal(Object.values(flat), ["pass"]);
  assert.equal(scoped, { "/pins": { verify: flat }, "/too": { verify: flat } });
});

test("annotations: each image under the name by which a policy judged it, a failure before a pass", () => {
  const resource = pod(image("signed"));
  const byBoth = annotationsOf(resource, decide(resource, [wantsDigest, pins]));
  assert.equal(
    Object.keys(byBoth.flat)
      .map((name) => name.replace(/@sha256:.*/, "@"))
      .sort(),
    [image("signed"), `${testImages}@`],
  );
  const decision = decide(resource, [pins, { name: "strict", fields: "mutateDigest: false", entries: [entryOf("b")] }]);
  assert.not(decision.allowed);
  const { flat, scoped } = annotationsOf(resource, decision);
  assert.equal(Object.values(flat), ["fail"]);
  assert.equal(
    Object.values(scoped).map((rules) => Object.values((rules as { verify: JsonObject }).verify)),
    [["pass"], ["fail"]],
  );
});

test("annotations: Audit changes nothing, whoever wrote them; an Enforce beside it is on record alone", () => {
  const audited = { name: "audited", spec: "validationFailureAction: Audit", fields: "mutateDigest: false" };
  const written = pod(image("signed"));
  const metadata = { ...(written.metadata as JsonObject), annotations: { "kyverno.io/verify-images": "theirs" } };
  for (const entry of ["a", "b"] as const) {
    const alone = decide({ ...written, metadata }, { ...audited, entries: [entryOf(entry)] });
    assert.ok(alone.allowed);
    assert.equal(alone.patches, []);
    const beside = decide(written, [pins, { ...audited, entries: [entryOf(entry)] }]);
    const { flat, scoped } = annotationsOf(written, beside);
    assert.equal([Object.values(flat), Object.keys(scoped)], [["pass"], ["/pins"]]);
  }
});

test("a mutating pass that denies: the others still run", () => {
  const strict = { name: "strict", entries: [entryOf("b")] };
  const decision = decide(pod(image("signed")), [strict, pins, wantsDigest]);
  assert.not(decision.allowed);
  assert.equal(saying(decision, "mutate"), ["strict fail", "pins pass", "wants-digest pass"]);
  assert.equal(saying(decision), ["strict fail", "pins pass", "wants-digest pass"]);
});

test("Enforce and Audit: each policy's own action counts", () => {
  const audit = { name: "audit", spec: "validationFailureAction: Audit", entries: [entryOf("b")] };
  const fields = "mutateDigest: false\nverifyDigest: false";
  assert.ok(decide(pod(image("signed")), [pins, { ...audit, fields }]).allowed);
  const enforced = { ...audit, name: "enforce", spec: "validationFailureAction: Enforce", fields };
  assert.not(decide(pod(image("signed")), [pins, { ...audit, fields }, enforced]).allowed);
});

test("an outage that Ignore overlooks leaves the image as it is, and another policy may still want a digest", () => {
  const outage = without(({ kind }) => kind === "tag", "unreachable");
  const ignoring = { ...pins, spec: "validationFailureAction: Enforce\nfailurePolicy: Ignore" };
  const alone = decide(pod(image("signed")), ignoring, outage);
  assert.equal([alone.allowed, imagePatches(alone)], [true, []]);
  const decision = decide(pod(image("signed")), [ignoring, { ...wantsDigest, spec: ignoring.spec }], outage);
  assert.not(decision.allowed);
  assert.equal(saying(decision), ["pins error", "wants-digest fail"]);
});

test("required is not satisfied by a policy that only pins, nor by another policy's verification", () => {
  const onlyPins = { name: "only-pins", entries: [], fields: "required: false" };
  assert.ok(decide(pod(image("unsigned")), onlyPins).allowed);
  const required = { name: "required", entries: [], fields: "mutateDigest: false\nrequired: true" };
  assert.equal(saying(decide(pod(image("signed")), [pins, required])), ["pins pass", "required fail"]);
});

test("match and preconditions: each pass is asked about the resource that it sees", () => {
  const annotated = 'any: [{ resources: { kinds: [Pod], annotations: { "kyverno.io/verify-images": "*" } } }]';
  const recorded = { ...wantsDigest, name: "recorded", match: annotated };
  const decision = decide(pod(image("signed")), [pins, recorded]);
  assert.equal(saying(decision, "mutate"), ["pins pass"], "the record is written when all have mutated");
  assert.equal(saying(decision), ["pins pass", "recorded pass"]);
  const untouched = decide(pod(image("signed")), [{ ...pins, references: '["ghcr.io/other/*"]' }, recorded]);
  assert.equal(untouched.results, []);

  const pinned = "{{ contains(images.containers.c0.reference, '@') }}";
  const conditional = {
    ...wantsDigest,
    name: "conditional",
    rule: `preconditions: { all: [{ key: "${pinned}", operator: Equals, value: true }] }`,
  };
  assert.equal(saying(decide(pod(image("signed")), [conditional, pins]), "mutate"), ["conditional skip", "pins pass"]);
  assert.equal(saying(decide(pod(image("signed")), [conditional, pins])), ["conditional pass", "pins pass"]);
  assert.equal(saying(decide(pod(image("signed")), [pins, conditional]), "mutate"), ["pins pass", "conditional pass"]);
});

test("an exception that goes by an annotation excuses in the pass in which the annotation is there", () => {
  const exception = `apiVersion: kyverno.io/v2
kind: PolicyException
metadata: { name: recorded, namespace: ops }
spec:
  exceptions: [{ policyName: wants-digest, ruleNames: [verify] }]
  match: { any: [{ resources: { kinds: [Pod], annotations: { "kyverno.io/verify-images": "*" } } }] }
`;
  const engine = engineOf(policyText(wantsDigest), exception);
  const decision = engine.decide(requestFor(pod(image("signed"))), fixtureKnowledge, now);
  assert.equal([saying(decision, "mutate"), saying(decision)], [["wants-digest pass"], ["wants-digest skip"]]);
});

test("a skip by tag ends where another policy pins: only the reference with the digest counts then", () => {
  const skipping = {
    ...wantsDigest,
    name: "skipping",
    fields: 'mutateDigest: false\nskipImageReferences: ["*:unsigned"]',
  };
  const onlyPins = { name: "only-pins", entries: [], fields: "required: false" };
  assert.ok(decide(pod(image("unsigned")), skipping).allowed);
  for (const policies of [
    [skipping, onlyPins],
    [onlyPins, skipping],
  ])
    assert.not(decide(pod(image("unsigned")), policies).allowed);
});

test("a reference by digest selects what another policy pinned: once it is pinned, or always if exhaustive", () => {
  const byDigest = {
    ...wantsDigest,
    name: "by-digest",
    references: `["${testImages}@sha256:*"]`,
    entries: [entryOf("b")],
  };
  assert.equal(saying(decide(pod(image("signed")), [pins, byDigest]), "mutate"), ["pins pass", "by-digest fail"]);
  assert.equal(saying(decide(pod(image("signed")), [byDigest, pins]), "mutate"), ["pins pass"]);
  const exhaustive = engineOf(...[byDigest, pins].map(policyText)).decide(
    requestFor(pod(image("signed"))),
    fixtureKnowledge,
    now,
    { exhaustive: true },
  );
  assert.equal([...new Set(saying(exhaustive))], ["by-digest fail", "pins pass"]);
});

test("both passes together verify a signature once, remembered or not, with variables or without", () => {
  const variable = policyText({
    ...pins,
    entries: ['- keys: { publicKeys: "{{ wanted }}", rekor: { ignoreTlog: true } }'],
    rule: "context: [{ name: wanted, configMap: { name: c, namespace: shop } }]",
  });
  const texts = [policyText(pins), policyText({ ...pins, fields: "useCache: false" }), variable];
  for (const text of texts) {
    let checks = 0;
    const crypto: SignatureVerifier = {
      ...nodeVerifier,
      verify: (...given) => {
        checks += 1;
        return nodeVerifier.verify(...given);
      },
    };
    const engine = createEngine({ policies: load(text).policies, crypto });
    const request = { ...requestFor(pod(image("signed"))), variables: { wanted: fixtureText("trust/release.pub") } };
    const decision = engine.decide(request, fixtureKnowledge, now);
    assert.equal([decision.allowed, decision.results.length, checks], [true, 2, 1], text);
  }
});

test("what the command line says to one policy alone", () => {
  const conditional = (name: string): PolicyText => ({
    name,
    rule:
      "context: [{ name: wanted, configMap: { name: c, namespace: shop } }]\n" +
      'preconditions: { all: [{ key: "{{ wanted }}", operator: Equals, value: "yes" }] }',
  });
  const engine = engineOf(...["a", "b", "c"].map(conditional).map(policyText));
  const request = {
    ...requestFor(pod(image("signed"))),
    variables: { wanted: "yes" },
    byPolicy: { b: { variables: { wanted: "no" } }, c: { variables: { wanted: "yes" }, operation: "DELETE" as const } },
  };
  const decision = engine.decide(request, fixtureKnowledge, now);
  assert.equal(saying(decision, "mutate"), ["a pass", "b skip"]);
  assert.equal(saying(decision), ["a pass", "b skip"]);
  assert.is(imagePatches(decision).length, 1);
});

test.run();
