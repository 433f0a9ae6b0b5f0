/**
 * The engine over images that cosign signed: what a request is told, in every combination of settings. Source:
 * docs/architecture.md#decide-then-ask, #three-values, #one-request-hop-by-hop; docs/spec/kyverno.md#deciding-a-rule,
 * #digest-patch, #failure-policy, #validating-pass.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { createEngine } from "../../../core/decide/engine.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureKnowledge, fixtureText } from "../../support/fixture-images.ts";
import {
  containers,
  decide,
  engineOf,
  entryOf,
  image,
  indent,
  key,
  load,
  now,
  type PolicyText,
  pod,
  policyText,
  statuses,
  without,
} from "../../support/fixture-policies.ts";

const test = suite("core/decide/engine");

test("an option that a caller in plain JavaScript left out is named", () => {
  const create = createEngine as (options?: object) => unknown;
  assert.is(throwsCode("invalid-usage", () => create()).subject, "policies");
  assert.is(throwsCode("invalid-usage", () => create({ policies: [] })).subject, "crypto");
});

test("a decision is plain JSON, the same from both verifiers", () => {
  const { policies } = load(policyText());
  const decisions = [nobleVerifier, nodeVerifier].map((crypto) =>
    createEngine({ policies, crypto }).decide(
      requestFor(pod(image("signed"), image("unsigned"))),
      fixtureKnowledge,
      now,
    ),
  );
  assert.is(JSON.stringify(decisions[0]), JSON.stringify(decisions[1]));
  assert.is(JSON.stringify(JSON.parse(JSON.stringify(decisions[0]))), JSON.stringify(decisions[0]));
});

test("several images: one that fails denies, each has its result, all are in the record", () => {
  const decision = decide(pod(image("signed"), image("unsigned"), "docker.io/library/nginx"));
  assert.not(decision.allowed);
  assert.equal(statuses(decision), ["pass", "fail"]);
  assert.ok(decision.read.includes(`tag ${image("signed").replace(":", " ")}`));
  assert.equal(decision.open, []);
  assert.equal(
    decision.patches.map(({ path }) => path),
    [
      "/spec/containers/0/image",
      "/spec/containers/1/image",
      "/metadata/annotations",
      "/metadata/annotations/kyverno.io~1verify-images",
      "/metadata/annotations/kyverno.io~1verify-images-scoped",
    ],
  );
});

test("init and ephemeral containers are images too", () => {
  const resource = {
    ...pod(image("signed")),
    spec: {
      containers: containers(image("signed")),
      initContainers: containers(image("signed")),
      ephemeralContainers: containers(image("unsigned")),
    },
  };
  assert.equal(statuses(decide(resource)), ["pass", "pass", "fail"]);
});

test("mutateDigest, verifyDigest and required, in all combinations, for a signed image by tag", () => {
  for (const mutate of [true, false])
    for (const verify of [true, false])
      for (const required of [true, false]) {
        const decision = decide(pod(image("signed")), {
          fields: `mutateDigest: ${mutate}\nverifyDigest: ${verify}\nrequired: ${required}`,
        });
        const text = JSON.stringify({ mutate, verify, required });
        assert.is(
          decision.patches.some(({ path }) => path.startsWith("/spec")),
          mutate,
          text,
        );
        const second = verify || required ? [verify && !mutate ? "fail" : "pass"] : [];
        assert.equal([statuses(decision), statuses(decision, "validate")], [["pass"], second], text);
        assert.is(decision.allowed, !(verify && !mutate), text);
      }
});

test("without attestors a digest is resolved and pinned; required is not satisfied by that", () => {
  assert.ok(decide(pod(image("unsigned")), { entries: [], fields: "required: false" }).allowed);
  const decision = decide(pod(image("unsigned")), { entries: [], fields: "required: true" });
  assert.not(decision.allowed);
  assert.equal(statuses(decision, "validate"), ["fail"]);
});

test("counting: k of n, nested, and several keys in one entry", () => {
  const both = [entryOf("a"), entryOf("b")];
  const allowed = (tag: string, policy: PolicyText) => decide(pod(image(tag)), policy).allowed;
  assert.not(allowed("signed", { entries: both }), "without count all are required");
  assert.ok(allowed("signed", { entries: both, count: 1 }));
  assert.ok(allowed("signed-by-both", { entries: both, count: 2 }));
  assert.not(allowed("unsigned", { entries: both, count: 1 }));
  const twoInOne =
    "- keys:\n" +
    "              publicKeys: |-\n" +
    "                " +
    `${indent(`${fixtureText("trust/release.pub").trim()}\n${fixtureText("trust/someone-else.pub")}`, 16)}\n` +
    "              rekor: { ignoreTlog: true }";
  assert.not(allowed("signed", { entries: [twoInOne] }));
  assert.ok(allowed("signed-by-both", { entries: [twoInOne] }));
  const nested =
    "- attestor:\n" +
    "              count: 1\n" +
    "              entries:\n" +
    "              - keys:\n" +
    `                  ${key("a", 18)}\n` +
    "              - keys:\n" +
    `                  ${key("b", 18)}`;
  assert.ok(allowed("signed-by-someone-else", { entries: [nested] }));
  assert.not(allowed("unsigned", { entries: [nested] }));
});

test("an unknown entry leaves the count open unless the others decide it", () => {
  const missing = "- keys: { kms: awskms:///nobody, rekor: { ignoreTlog: true } }";
  assert.equal(statuses(decide(pod(image("signed")), { entries: [entryOf("a"), missing], count: 1 })), ["pass"]);
  assert.equal(statuses(decide(pod(image("signed")), { entries: [missing, entryOf("a")], count: 1 })), ["pass"]);
  assert.equal(statuses(decide(pod(image("signed-by-someone-else")), { entries: [missing, entryOf("a")], count: 1 })), [
    "error",
  ]);
  assert.equal(
    statuses(decide(pod(image("unsigned")), { entries: [missing, entryOf("a")] })),
    ["fail"],
    "two of two cannot be reached any more",
  );
});

test("a broken entry is malformed, and the others go on", () => {
  const broken = "- keys: { publicKeys: 'neither PEM nor a reference', rekor: { ignoreTlog: true } }";
  const engine = engineOf(policyText({ entries: [broken, entryOf("a")], count: 1 }));
  assert.equal(
    engine.warnings.map(({ pointer, policy }) => [policy, pointer]),
    [["check", "/spec/rules/0/verifyImages/0/attestors/0/entries/0"]],
  );
  assert.ok(engine.decide(requestFor(pod(image("signed"))), fixtureKnowledge, now).allowed);
  const decision = engine.decide(requestFor(pod(image("unsigned"))), fixtureKnowledge, now);
  assert.ok(decision.results[0]?.failures.some(({ code }) => code === "malformed"));
});

test("never asked, unreachable and absent are three things", () => {
  const isTag = (question: Question) => question.kind === "tag" && question.tag === "signed";
  const codesOf = (knowledge: Knowledge, tag = "signed") =>
    decide(pod(image(tag)), {}, knowledge).results[0]?.failures.map(({ code }) => code);
  assert.equal(codesOf(without(isTag)), ["not-in-mirror"]);
  assert.equal(codesOf(without(isTag, "unreachable")), ["unreachable"]);
  assert.equal(codesOf(fixtureKnowledge, "no-such-tag"), ["image-not-found"]);
});

test("failurePolicy: Ignore overlooks an outage in both passes, and nothing else", () => {
  const isTag = (question: Question) => question.kind === "tag";
  for (const [failurePolicy, code, allowed] of [
    ["Ignore", "unreachable", true],
    ["Ignore", "access-denied", false],
    ["Ignore", undefined, true],
    ["Fail", "unreachable", false],
  ] as const) {
    const decision = decide(
      pod(image("signed")),
      { spec: `validationFailureAction: Enforce\nfailurePolicy: ${failurePolicy}` },
      without(isTag, code),
    );
    assert.equal(
      [decision.allowed, statuses(decision), statuses(decision, "validate")],
      [allowed, ["error"], ["error"]],
      `${failurePolicy} ${code}`,
    );
    assert.ok(decision.open.length > 0);
  }
  assert.not(
    decide(pod(image("unsigned")), { spec: "validationFailureAction: Enforce\nfailurePolicy: Ignore" }).allowed,
  );
});

test("Audit reports and lets pass; overrides go by namespace", () => {
  const audit = "validationFailureAction: Audit";
  const fields = "mutateDigest: false";
  const decision = decide(pod(image("unsigned")), { spec: audit, fields });
  assert.equal([decision.allowed, statuses(decision)], [true, ["fail"]]);
  assert.ok(decision.warnings.length > 0);
  const override = `${audit}\nvalidationFailureActionOverrides:\n- { action: Enforce, namespaces: ["sh*"] }`;
  assert.not(decide(pod(image("unsigned")), { spec: override, fields }).allowed);
  assert.ok(
    decide({ ...pod(image("unsigned")), metadata: { name: "web", namespace: "other" } }, { spec: override, fields })
      .allowed,
  );
  assert.not(
    decide(pod(image("unsigned")), { spec: audit, fields: `${fields}\nfailureAction: Enforce` }).allowed,
    "the rule wins",
  );
});

test("skipped references are not asked for and not mutated", () => {
  const decision = decide(
    pod(image("unsigned")),
    { fields: `skipImageReferences: ["*:unsigned"]` },
    without(() => true),
  );
  assert.equal(
    [
      decision.allowed,
      statuses(decision),
      decision.open,
      decision.patches.filter(({ path }) => path.startsWith("/spec")),
    ],
    [true, ["skip"], [], []],
  );
});

test("a malformed image fails, and its siblings are still judged", () => {
  const decision = decide(pod("UPPER CASE", image("signed")));
  assert.not(decision.allowed);
  assert.ok(decision.results.some(({ failures }) => failures.some(({ code }) => code === "malformed")));
  assert.ok(statuses(decision).includes("pass"));
});

test("an exhaustive look stops nowhere, whatever match and preconditions say", () => {
  const { policies } = load(
    policyText({
      match: "any: [{ resources: { kinds: [Pod], namespaces: [other] } }]",
      entries: [entryOf("a"), entryOf("b")],
      count: 1,
    }),
  );
  const engine = createEngine({ policies, crypto: nodeVerifier });
  const request = requestFor(pod(image("signed-by-both")));
  assert.equal(engine.decide(request, fixtureKnowledge, now).read, []);
  const { read, results } = engine.decide(request, fixtureKnowledge, now, { exhaustive: true });
  assert.ok(read.some((text) => text.startsWith("tag ")) && read.some((text) => text.startsWith("referrers ")));
  assert.is(results[0]?.image?.attestors[0]?.entries?.length, 2);
});

test("the memo changes nothing but the work", () => {
  const versioned: Knowledge = {
    answer: (question) => fixtureKnowledge.answer(question),
    state: () => ({ version: "1" }),
  };
  const engine = engineOf(policyText());
  const request = requestFor(pod(image("signed"), image("unsigned"), image("signed-by-both")));
  const first = JSON.stringify(engine.decide(request, versioned, now));
  assert.is(JSON.stringify(engine.decide(request, versioned, now)), first);
  assert.is(JSON.stringify(engine.decide(request, fixtureKnowledge, now)), first);
});

test("a policy that cannot be decided is refused when the engine is made, not when it is asked", () => {
  assert.ok(
    loadPolicies([
      {
        name: "p",
        text: policyText({
          spec:
            "validationFailureAction: Enforce\n" +
            "webhookConfiguration: { matchConditions: [{ name: a, expression: 'true' }] }",
        }),
      },
    ]).errors.some(({ code }) => code === "unsupported"),
  );
});

test.run();
