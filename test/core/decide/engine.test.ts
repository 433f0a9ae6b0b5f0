/**
 * The engine over images that cosign signed: what a request is told, in every combination of settings. Source:
 * design.md sections 1, 3, 4; kyverno.md sections 5, 8, 10, 17.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { codes, type ErrorCode } from "../../../core/errors.ts";
import { createEngine, type Decision, isAllowed, mayOverlook } from "../../../core/decide/engine.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import type { RuleStatus } from "../../../core/kyverno/image/result.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import type { AdmissionRequest } from "../../../core/kyverno/rule/request.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import type { AnswerTo, Knowledge, Question } from "../../../core/knowledge/question.ts";
import { nodeVerifier } from "../../../proxy/crypto-node.ts";
import { fixtureKnowledge, fixtureText, testImages } from "../../support/fixture-images.ts";

const test = suite("core/decide/engine");
const now = new Date("2026-11-26T12:00:00Z");
const indent = (text: string, spaces: number) => text.trim().replaceAll("\n", `\n${" ".repeat(spaces)}`);
const files = { a: "release", b: "someone-else" };
const key = (name: "a" | "b", spaces: number) =>
  `publicKeys: |-\n${" ".repeat(spaces + 2)}${indent(fixtureText(`trust/${files[name]}.pub`), spaces + 2)}\n${" ".repeat(spaces)}rekor: { ignoreTlog: true }`;
const entryOf = (name: "a" | "b") => `- keys:\n              ${key(name, 14)}`;

interface PolicyText {
  readonly name?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly spec?: string;
  readonly match?: string;
  readonly references?: string;
  readonly entries?: readonly string[];
  readonly count?: number;
  /** Further fields of the verifyImages entry. */
  readonly fields?: string;
  readonly rule?: string;
}

const policyText = ({
  name = "check",
  kind = "ClusterPolicy",
  namespace,
  spec = "validationFailureAction: Enforce",
  match = "any: [{ resources: { kinds: [Pod] } }]",
  references = `["${testImages}*"]`,
  entries = [entryOf("a")],
  count,
  fields = "",
  rule = "",
}: PolicyText = {}) => `apiVersion: kyverno.io/v1
kind: ${kind}
metadata: { name: ${name}${namespace === undefined ? "" : `, namespace: ${namespace}`} }
spec:
  ${spec.replaceAll("\n", "\n  ")}
  rules:
  - name: verify
    match: { ${match} }
${rule === "" ? "" : `    ${rule.replaceAll("\n", "\n    ")}\n`}    verifyImages:
    - imageReferences: ${references}
${fields === "" ? "" : `      ${fields.replaceAll("\n", "\n      ")}\n`}${
  entries.length === 0
    ? ""
    : `      attestors:
      - ${count === undefined ? "" : `count: ${count}\n        `}entries:
          ${entries.join("\n          ")}
`
}`;

function load(...texts: readonly string[]) {
  const loaded = loadPolicies(texts.map((text, index) => ({ name: `p${index}.yaml`, text })));
  assert.equal(loaded.errors, [], texts.join("---\n"));
  return loaded;
}
const engineOf = (...texts: readonly string[]) => {
  const { policies, exceptions } = load(...texts);
  return createEngine({ policies, exceptions, crypto: nodeVerifier, settings: { absentNamespaceLabels: "none" } });
};
const containers = (...images: readonly string[]) => images.map((image, index) => ({ name: `c${index}`, image }));
const pod = (...images: readonly string[]): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop" },
  spec: { containers: containers(...images) },
});
const image = (tag: string) => `${testImages}:${tag}`;
const decide = (
  resource: JsonObject | AdmissionRequest,
  policy: PolicyText | readonly PolicyText[] = {},
  knowledge: Knowledge = fixtureKnowledge,
): Decision => {
  const list = Array.isArray(policy) ? (policy as readonly PolicyText[]) : [policy as PolicyText];
  return engineOf(...list.map(policyText)).decide(
    "operation" in resource ? (resource as unknown as AdmissionRequest) : requestFor(resource),
    knowledge,
    now,
  );
};
const statuses = (decision: Decision, pass: "mutate" | "validate" = "mutate"): readonly RuleStatus[] =>
  decision.results.filter((result) => result.pass === pass).map(({ status }) => status);
const without = (matches: (question: Question) => boolean, state?: ErrorCode): Knowledge => ({
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    if (!matches(question)) return fixtureKnowledge.answer(question);
    return state === undefined
      ? undefined
      : ({ state: "unavailable", code: state, at: now.toISOString(), from: "registry" } as AnswerTo<Q>);
  },
});

test("allowed: exhaustively, over status, action, failure policy and code", () => {
  for (const status of ["pass", "fail", "warn", "error", "skip"] as const)
    for (const action of ["Enforce", "Audit"] as const)
      for (const failurePolicy of ["Fail", "Ignore"] as const)
        for (const code of Object.keys(codes) as ErrorCode[])
          for (const open of [
            [],
            [{ kind: "tag", repository: "r", tag: "t" }],
            [{ kind: "trusted-root", name: "n" }],
          ] as const) {
            const result = {
              status,
              action,
              failurePolicy,
              failures: [{ check: "c", code, reason: "", stage: 0 }],
              open,
            };
            const { truth, ignorable } = codes[code];
            const overlooked =
              failurePolicy === "Ignore" &&
              truth !== "refuted" &&
              (ignorable === "always" || (ignorable === "artifact" && open.every(({ kind }) => kind === "tag")));
            const expected = status === "fail" ? action === "Audit" : status === "error" ? overlooked : true;
            assert.is(isAllowed([result]), expected, JSON.stringify(result));
          }
  assert.ok(isAllowed([]));
});

test("several causes: all must be such as may be overlooked, and refuted ones beside them do not count", () => {
  const result = (...list: readonly ErrorCode[]) => ({
    failurePolicy: "Ignore" as const,
    failures: list.map((code) => ({ check: "c", code, reason: "", stage: 0 })),
    open: [],
  });
  assert.ok(mayOverlook(result("unreachable", "timed-out", "wrong-key")));
  assert.not(mayOverlook(result("unreachable", "no-trust")));
  assert.not(mayOverlook(result("wrong-key")));
  assert.not(mayOverlook(result()));
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
  const twoInOne = `- keys:\n              publicKeys: |-\n                ${indent(`${fixtureText("trust/release.pub").trim()}\n${fixtureText("trust/someone-else.pub")}`, 16)}\n              rekor: { ignoreTlog: true }`;
  assert.not(allowed("signed", { entries: [twoInOne] }));
  assert.ok(allowed("signed-by-both", { entries: [twoInOne] }));
  const nested = `- attestor:\n              count: 1\n              entries:\n              - keys:\n                  ${key("a", 18)}\n              - keys:\n                  ${key("b", 18)}`;
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
  assert.is(engine.warnings.length, 1);
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
  const reading = `${own}\npreconditions: { all: [{ key: "{{ images.containers || '' }}", operator: Equals, value: "*" }] }`;
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

test("a malformed image fails, and its siblings are judged all the same", () => {
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
  const versioned: Knowledge = { answer: (question) => fixtureKnowledge.answer(question), version: () => "1" };
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
          spec: "validationFailureAction: Enforce\nwebhookConfiguration: { matchConditions: [{ name: a, expression: 'true' }] }",
        }),
      },
    ]).errors.some(({ code }) => code === "unsupported"),
  );
});

test.run();
