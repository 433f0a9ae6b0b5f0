/**
 * Which rules of which policies a request is judged by: match, preconditions, exceptions, namespaces, generated rules,
 * several policies. Source: docs/spec/kyverno.md#deciding-a-rule, #digest-patch, #failure-policy, #validating-pass.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AdmissionRequest } from "../../../core/kyverno/rule/request.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { fixtureKnowledge, fixtureText } from "../../support/fixture-images.ts";
import {
  containers,
  decide,
  engineOf,
  entryOf,
  image,
  now,
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

test("an exception under conditions excuses where they hold, and nobody where they cannot be resolved", () => {
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

test("a policy of a namespace speaks of that one alone", () => {
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

test.run();
