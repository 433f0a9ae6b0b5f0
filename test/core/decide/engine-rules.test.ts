/**
 * Which rules of which policies a request is judged by: match, preconditions, exceptions, namespaces, generated rules,
 * several policies. Source: docs/spec/kyverno.md#deciding-a-rule, #digest-patch, #failure-policy, #validating-pass.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, type Decision } from "../../../core/decide/engine.ts";
import { type Knowledge, nothingKnown } from "../../../core/knowledge/knowledge.ts";
import { questionText } from "../../../core/knowledge/question.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import type { AdmissionRequest } from "../../../core/kyverno/rule/request.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { fixtureKnowledge, fixtureText } from "../../support/fixture-images.ts";
import {
  containers,
  decide,
  engineOf,
  entryOf,
  image,
  load,
  now,
  type PolicyText,
  pod,
  policyText,
  statuses,
} from "../../support/fixture-policies.ts";

const test = suite("core/decide/engine-rules");

test("rules: match, preconditions and exceptions decide whether it is asked at all", () => {
  assert.equal(
    decide(pod(image("unsigned")), { match: "any: [{ resources: { kinds: [Pod], namespaces: [other] } }]" }).results,
    [],
  );
  const skipped = decide(pod(image("unsigned")), {
    rule: 'preconditions: { all: [{ key: "{{ request.operation }}", operator: Equals, value: UPDATE }] }',
  });
  assert.equal([skipped.allowed, statuses(skipped)], [true, ["skip"]]);
  const exception = `apiVersion: kyverno.io/v2
kind: PolicyException
metadata: { name: let-it, namespace: shop }
spec:
  exceptions: [{ policyName: check, ruleNames: ["ver*"] }]
  match: { any: [{ resources: { kinds: [Pod], names: ["web"] } }] }
`;
  const excused = engineOf(policyText(), exception).decide(requestFor(pod(image("unsigned"))), fixtureKnowledge, now);
  assert.equal([excused.allowed, statuses(excused)], [true, ["skip"]]);
  const other = engineOf(policyText(), exception.replace('["web"]', '["db"]')).decide(
    requestFor(pod(image("unsigned"))),
    fixtureKnowledge,
    now,
  );
  assert.not(other.allowed);
});

test("images that the default extractors cannot find stop a rule with its own, once it reads them", () => {
  const own = "imageExtractors: { Pod: [{ path: /metadata/annotations/image }] }";
  const condition = `{ key: "{{ images.containers || '' }}", operator: Equals, value: "*" }`;
  const reading = `${own}\npreconditions: { all: [${condition}] }`;
  const fields = "mutateDigest: false\nverifyDigest: false";
  for (const [name, rule, expected] of [
    ["web", own, "pass"],
    ["web", reading, "skip"],
    [undefined, own, "pass"],
    [undefined, reading, "error"],
  ] as const) {
    const resource = {
      ...pod(),
      metadata: { name: "web", namespace: "shop", annotations: { image: image("signed") } },
    };
    const spec = { containers: [{ ...(name === undefined ? {} : { name }), image: "nginx" }] };
    const decision = decide({ ...resource, spec }, { rule, fields });
    assert.equal([name, rule, statuses(decision)[0]], [name, rule, expected]);
    assert.is(decision.allowed, expected !== "error");
  }
});

test("an exception under conditions excuses if they hold, and has no effect if they cannot be resolved", () => {
  const under = (condition: string) => {
    const exception = `apiVersion: kyverno.io/v2
kind: PolicyException
metadata: { name: let-it, namespace: shop }
spec:
  exceptions: [{ policyName: check, ruleNames: ["verify"] }]
  match: { any: [{ resources: { kinds: [Pod] } }] }
  conditions: { all: [${condition}] }
`;
    return engineOf(policyText(), exception).decide(requestFor(pod(image("unsigned"))), fixtureKnowledge, now).allowed;
  };
  assert.ok(under('{ key: "{{ request.object.metadata.name }}", operator: Equals, value: web }'));
  assert.ok(under('{ key: "{{ images.containers.c0.tag }}", operator: Equals, value: unsigned }'));
  assert.not(under('{ key: "{{ request.object.metadata.name }}", operator: Equals, value: db }'));
  assert.not(under('{ key: "{{ request.object.metadata.labels.nothing }}", operator: Equals, value: x }'));
});

test("a namespaced policy applies to its namespace only", () => {
  assert.equal(decide(pod(image("unsigned")), { kind: "Policy", namespace: "other" }).results, []);
  assert.not(decide(pod(image("unsigned")), { kind: "Policy", namespace: "shop" }).allowed);
});

test("generated rules: controllers and their templates", () => {
  const template = { metadata: { labels: {} }, spec: { containers: containers(image("unsigned")) } };
  for (const [apiVersion, kind] of [
    ["apps/v1", "Deployment"],
    ["apps/v1", "StatefulSet"],
    ["apps/v1", "DaemonSet"],
    ["apps/v1", "ReplicaSet"],
    ["batch/v1", "Job"],
    ["v1", "ReplicationController"],
  ] as const) {
    const decision = decide({ apiVersion, kind, metadata: { name: "web" }, spec: { template } });
    assert.equal([decision.allowed, decision.results[0]?.rule], [false, "autogen-verify"], kind);
  }
  const cron = decide({
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "web" },
    spec: { jobTemplate: { spec: { template } } },
  });
  assert.equal([cron.allowed, cron.results[0]?.rule], [false, "autogen-cronjob-verify"]);
  assert.is(cron.patches[0]?.path, "/spec/jobTemplate/spec/template/spec/containers/0/image");
});

test("deletion is not decided", () => {
  assert.equal(
    decide({ ...requestFor(pod(image("unsigned"))), operation: "DELETE" } as unknown as AdmissionRequest).results,
    [],
  );
});

test("applyRules One: the first rule that says something ends it", () => {
  const two = (spec: string) => {
    const text = policyText({ spec });
    const second = text
      .slice(text.indexOf("  - name: verify"))
      .replace("name: verify", "name: second")
      .replace(
        fixtureText("trust/release.pub").split("\n")[1] ?? "",
        fixtureText("trust/someone-else.pub").split("\n")[1] ?? "",
      )
      .replace(
        fixtureText("trust/release.pub").split("\n")[2] ?? "",
        fixtureText("trust/someone-else.pub").split("\n")[2] ?? "",
      );
    return engineOf(text + second).decide(requestFor(pod(image("signed"))), fixtureKnowledge, now);
  };
  assert.not(two("validationFailureAction: Enforce").allowed);
  assert.ok(two("validationFailureAction: Enforce\napplyRules: One").allowed);
});

test("several policies: one refutation denies, each keeps its results, annotations are scoped", () => {
  const decision = decide(pod(image("signed")), [{}, { name: "other", entries: [entryOf("b")] }]);
  assert.not(decision.allowed);
  assert.equal(
    decision.results.filter(({ pass }) => pass === "mutate").map(({ policy, status }) => [policy, status]),
    [
      ["check", "pass"],
      ["other", "fail"],
    ],
  );
  const scoped = JSON.parse(String(decision.patches.at(-1)?.value));
  assert.equal(Object.keys(scoped.policies), ["/check", "/other"]);
  assert.is(
    Object.values(JSON.parse(String(decision.patches.at(-2)?.value)))[0],
    "fail",
    "one failure fails the image",
  );
});

test("two entries over one image: both must hold", () => {
  const text = policyText();
  const second = text
    .slice(text.indexOf("    - imageReferences"))
    .replaceAll(
      fixtureText("trust/release.pub").split("\n")[1] ?? "",
      fixtureText("trust/someone-else.pub").split("\n")[1] ?? "",
    )
    .replaceAll(
      fixtureText("trust/release.pub").split("\n")[2] ?? "",
      fixtureText("trust/someone-else.pub").split("\n")[2] ?? "",
    );
  const run = (tag: string) => engineOf(text + second).decide(requestFor(pod(image(tag))), fixtureKnowledge, now);
  assert.not(run("signed").allowed);
  assert.ok(run("signed-by-both").allowed);
});

const inProd = { kind: "cluster", verb: "get", apiVersion: "v1", resource: "namespaces", name: "shop" } as const;
const origin = { at: now.toISOString(), from: "the cluster" };
const labelled = (labels: Readonly<Record<string, string>>): Knowledge => ({
  ...nothingKnown,
  answer: (question) =>
    questionText(question) === questionText(inProd)
      ? ({ state: "present", value: { metadata: { name: "shop", labels } }, ...origin } as never)
      : fixtureKnowledge.answer(question),
});
const enforcedInProd = (action: string, override: string, failurePolicy = "Fail"): PolicyText => ({
  spec:
    `validationFailureAction: ${action}\nfailurePolicy: ${failurePolicy}\n` +
    `validationFailureActionOverrides: [{ action: ${override}, namespaceSelector: { matchLabels: { env: prod } } }]`,
  fields: "mutateDigest: false\nverifyDigest: false\nrequired: false",
});
const asking = (policy: PolicyText, knowledge: Knowledge, tag = "unsigned") =>
  createEngine({ policies: load(policyText(policy)).policies, crypto: nodeVerifier }).decide(
    requestFor(pod(image(tag))),
    knowledge,
    now,
  );

test("an override by the labels of the namespace asks for them, as match does", () => {
  const strict = enforcedInProd("Audit", "Enforce");
  const prod = asking(strict, labelled({ env: "prod" }));
  assert.equal([prod.allowed, prod.results[0]?.action, statuses(prod)], [false, "Enforce", ["fail"]]);
  const staging = asking(strict, labelled({ env: "test" }));
  assert.equal([staging.allowed, staging.results[0]?.action, statuses(staging)], [true, "Audit", ["fail"]]);
  const lax = enforcedInProd("Enforce", "Audit");
  assert.ok(asking(lax, labelled({ env: "prod" })).allowed);
  assert.not(asking(lax, labelled({})).allowed);
});

test("unknown labels: a failure is an unknown that obeys the failure policy, a pass stays one", () => {
  const strict = enforcedInProd("Audit", "Enforce");
  const unknown = asking(strict, fixtureKnowledge);
  assert.equal([unknown.allowed, statuses(unknown)], [false, ["error"]]);
  assert.equal(
    unknown.results[0]?.failures.map(({ code }) => code),
    ["no-signature", "not-in-mirror"],
  );
  assert.equal(unknown.open.map(questionText), [questionText(inProd)]);
  assert.ok(asking(enforcedInProd("Audit", "Enforce", "Ignore"), fixtureKnowledge).allowed);
  const signed = asking(strict, fixtureKnowledge, "signed");
  assert.equal([signed.allowed, statuses(signed)], [true, ["pass"]]);
});

test("labels are not asked for if the rule has no result", () => {
  const decision = asking(
    { ...enforcedInProd("Audit", "Enforce"), references: '["elsewhere.example/*"]' },
    nothingKnown,
  );
  assert.equal([decision.allowed, decision.results, decision.read], [true, [], []]);
});

test("what one entry skips stays subject to the others", () => {
  const quiet = "mutateDigest: false\nverifyDigest: false\nrequired: false";
  const first = policyText({ fields: `skipImageReferences: ["*:unsigned", "*:signed"]\n${quiet}` });
  const ask = (tag: string, second = "") =>
    engineOf(first + second).decide(requestFor(pod(image(tag))), fixtureKnowledge, now);
  const entry = (fields: string) => `    - imageReferences: ["*"]\n      ${fields.replaceAll("\n", "\n      ")}\n`;
  const signers = `attestors:\n- entries:\n    ${entryOf("a").replace(/\n {8}/g, "\n    ")}`;
  const recorded = (decision: Decision) =>
    Object.values(JSON.parse(String(decision.patches.find(({ path }) => path.endsWith("1verify-images"))?.value)));
  const alone = ask("unsigned");
  assert.equal([alone.allowed, statuses(alone), recorded(alone)], [true, ["skip"], ["skip"]]);

  const digest = ask("unsigned", entry("mutateDigest: false\nverifyDigest: true\nrequired: false"));
  assert.equal([digest.allowed, statuses(digest, "validate")], [false, ["fail"]]);
  assert.match(digest.results.at(-1)?.message ?? "", /^missing digest for /);
  const required = ask("unsigned", entry("mutateDigest: false\nverifyDigest: false\nrequired: true"));
  assert.equal([required.allowed, statuses(required, "validate")], [false, ["fail"]]);

  const refused = ask("unsigned", entry(`${quiet.replace("required: false", "required: true")}\n${signers}`));
  assert.equal([refused.allowed, statuses(refused)], [false, ["skip", "fail"]]);
  assert.equal([statuses(refused, "validate"), recorded(refused)], [["fail"], ["fail"]]);
  const proven = ask("signed", entry(`${quiet.replace("required: false", "required: true")}\n${signers}`));
  assert.equal([proven.allowed, statuses(proven)], [true, ["skip", "pass"]]);
  assert.equal([statuses(proven, "validate"), recorded(proven)], [["pass"], ["pass"]]);
});

test("a deny condition that reads an open question is an unknown; one that cannot be evaluated fails", () => {
  const policy = fixtureText("policies/03-attestation-code-review.yaml");
  const ask = (value: string, context = "[]") => {
    const conditions = JSON.stringify({ any: [{ key: value, operator: "Equals", value: "main" }] });
    const text = policy
      .replace("      verifyImages:", `      context: ${context}\n      verifyImages:`)
      .replace(
        "          attestations:",
        `          validate: { deny: { conditions: ${conditions} } }\n          attestations:`,
      )
      .replace("- predicateType:", "- name: review\n              predicateType:")
      .replace("publicKeys: |- #", "rekor: { ignoreTlog: true }\n                        publicKeys: |- #");
    return statuses(engineOf(text).decide(requestFor(pod("registry.io/org/app:reviewed")), fixtureKnowledge, now));
  };
  const called = JSON.stringify([{ name: "called", apiCall: { service: { url: "https://svc" }, method: "GET" } }]);
  const listed = JSON.stringify([{ name: "listed", apiCall: { urlPath: "/api/v1/nodes" } }]);
  assert.equal(ask("other"), ["pass"]);
  assert.equal(ask("main"), ["fail"]);
  assert.equal(ask("{{ review.nothing }}"), ["fail"]);
  assert.equal(ask("{{ listed }}", listed), ["error"]);
  assert.equal(ask("{{ called }}", called), ["error"]);
});

test("a distrusted image is refuted where nothing but its digest is asked for", () => {
  const { policies } = load(
    policyText({ entries: [], fields: "mutateDigest: true\nverifyDigest: true\nrequired: false" }),
  );
  const ask = (reference: string, distrusted: readonly string[]) =>
    createEngine({
      policies,
      crypto: nodeVerifier,
      distrust: distrusted.map((value) => ({ kind: "digest", value })),
    }).decide(requestFor(pod(reference)), fixtureKnowledge, now);
  const free = ask(image("signed"), []);
  const pinned = String(free.patches[0]?.value);
  const digest = pinned.slice(pinned.indexOf("@") + 1);
  assert.equal([free.allowed, ask(pinned, []).allowed], [true, true]);
  assert.ok(ask(image("signed"), [`sha256:${"0".repeat(64)}`]).allowed);
  for (const reference of [image("signed"), pinned]) {
    const { allowed, results } = ask(reference, [digest]);
    assert.equal([allowed, results[0]?.status, results[0]?.failures[0]?.code], [false, "fail", "distrusted"]);
  }
});

test.run();
