import { suite } from "uvu";
import * as assert from "uvu/assert";
import { autogenAnnotation, autogenKinds, expandRules } from "../../../../core/kyverno/policy/autogen.ts";
import type { Rule } from "../../../../core/kyverno/policy/policy.ts";
import { filtersOf } from "../../../../core/kyverno/policy/read-match.ts";
import { runGoldenAutogen } from "../../../conformance/golden-autogen.ts";
import { goldenDir, skipped } from "../../../support/vectors.ts";
import { entryWith, loaded, policyText, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/autogen");
type Fields = Record<string, unknown>;

function expand(rules: readonly Fields[], controllers?: string, forKind?: string): readonly Rule[] {
  const metadata = {
    name: "p",
    ...(controllers === undefined ? {} : { annotations: { [autogenAnnotation]: controllers } }),
  };
  return expandRules(loaded(policyText(rules, {}, { metadata })), forKind);
}
const names = (rules: readonly Fields[], controllers?: string, forKind?: string): readonly string[] =>
  expand(rules, controllers, forKind).map(({ name }) => name);
const kindsOf = (rule: Rule | undefined): readonly string[] =>
  rule === undefined ? [] : filtersOf(rule.match).flatMap(({ kinds = [] }) => kinds);
const on = (...filters: Fields[]): Fields => ruleWith({ match: { any: filters.map((resources) => ({ resources })) } });
const pod = { kinds: ["Pod"] };
const all = ["check", "autogen-check", "autogen-cronjob-check"];

test("two rules are made of one, in Kyverno's kinds", () => {
  const [, generated, cronJob] = expand([ruleWith()]);
  assert.equal(kindsOf(generated), [
    "apps/v1/DaemonSet",
    "apps/v1/Deployment",
    "batch/v1/Job",
    "apps/v1/ReplicaSet",
    "v1/ReplicationController",
    "apps/v1/StatefulSet",
  ]);
  assert.equal(kindsOf(cronJob), ["batch/v1/CronJob"]);
  assert.is(generated?.pointer, "/spec/rules/0");
});

const annotations: readonly (readonly [controllers: string | undefined, names: readonly string[]])[] = [
  [undefined, all],
  ["none", ["check"]],
  ["", ["check"]],
  ["Deployment", ["check", "autogen-check"]],
  ["CronJob", ["check", "autogen-cronjob-check"]],
  ["Deployment, CronJob", all],
  ["CronJob,", ["check", "autogen-cronjob-check"]],
  ["all,Job", all],
  ["deployment", ["check", "autogen-check"]],
  ["Deployment,Foo", ["check", "autogen-check"]],
];
for (const [controllers, found] of annotations)
  test(`annotation ${controllers}`, () => assert.equal(names([ruleWith()], controllers), found));

test("names that are no controllers: dropped beside those that are, alone taken for kinds", () => {
  for (const [controllers, kinds] of [
    ["Job,Foo", ["batch/v1/Job"]],
    ["Job,Job", ["batch/v1/Job"]],
    ["deployment", ["deployment"]],
    ["Pod", ["v1/Pod"]],
  ] as const)
    assert.equal(kindsOf(expand([ruleWith()], controllers)[1]), kinds);
  // Asked for one kind, the name has to be exact.
  assert.equal(names([ruleWith()], "Deployment, CronJob", "CronJob"), ["check"]);
});

test("for CronJob every filter gets the kind, for the others those that name Pod", () => {
  const rule = {
    ...on({ kinds: ["v1/Pod/status"] }, { kinds: ["Service"] }),
    exclude: { any: [{ resources: pod }, { resources: { namespaces: ["a"] } }] },
  };
  const [, others, cronJob] = expand([rule], "Deployment,CronJob");
  const excluded = (found: Rule | undefined) => (found?.exclude?.any ?? []).map(({ kinds }) => kinds);
  assert.equal(kindsOf(others), ["apps/v1/Deployment", "Service"]);
  assert.equal(excluded(others), [["apps/v1/Deployment"], undefined]);
  assert.equal(kindsOf(cronJob), ["batch/v1/CronJob", "batch/v1/CronJob"]);
  assert.equal(excluded(cronJob), [["batch/v1/CronJob"], ["batch/v1/CronJob"]]);
});

const eligibility: readonly (readonly [name: string, rules: readonly Fields[], expanded: boolean])[] = [
  ["names", [on({ ...pod, names: ["a"] })], false],
  ["a name", [ruleWith({ match: { resources: { ...pod, name: "a" } } })], false],
  ["a selector", [on({ ...pod, selector: { matchLabels: { a: "b" } } })], false],
  ["annotations", [on({ ...pod, annotations: { a: "b" } })], false],
  ["Pod beside another kind in one filter", [on({ kinds: ["Pod", "Deployment"] })], false],
  ["Pod beside another kind in two filters", [on(pod, { kinds: ["Deployment"] })], true],
  [
    "namespaces, namespaceSelector and operations",
    [on({ ...pod, namespaces: ["a"], operations: ["CREATE"], namespaceSelector: { matchLabels: { a: "b" } } })],
    true,
  ],
  ["v1/Pod alone", [on({ kinds: ["v1/Pod"] })], false],
  [
    "v1/Pod beside a rule for Deployments",
    [on({ kinds: ["v1/Pod"] }), { ...on({ kinds: ["Deployment"] }), name: "other" }],
    true,
  ],
  ["a rule that blocks the others", [ruleWith(), { ...on({ ...pod, names: ["a"] }), name: "other" }], false],
  [
    "a rule that generates",
    [ruleWith(), ruleWith({ name: "other", verifyImages: undefined, generate: { kind: "a" } })],
    false,
  ],
  [
    "a mutation by JSON patches",
    [ruleWith(), ruleWith({ name: "other", verifyImages: undefined, mutate: { patchesJson6902: "- op: add" } })],
    false,
  ],
  [
    "a selector in exclude",
    [ruleWith({ exclude: { any: [{ resources: { selector: { matchLabels: { a: "b" } } } }] } })],
    false,
  ],
  ["an exclude of other kinds", [ruleWith({ exclude: { any: [{ resources: { kinds: ["Job"] } }] } })], false],
  ["an exclude without kinds", [ruleWith({ exclude: { any: [{ resources: { namespaces: ["a"] } }] } })], true],
  ["a rule for ConfigMaps", [on({ kinds: ["ConfigMap"] })], false],
];
for (const [name, rules, expanded] of eligibility)
  test(`${expanded ? "expanded" : "not expanded"}: ${name}`, () =>
    assert.is(names(rules).includes("autogen-check"), expanded));

test("rules named as generated ones are not expanded, and leave where others come", () => {
  assert.equal(names([ruleWith({ name: "autogen-a" })]), ["autogen-a"]);
  assert.equal(names([ruleWith({ name: "autogen-a" }), ruleWith()]), all);
});

test("names are cut to 63", () =>
  assert.equal(
    names([ruleWith({ name: "x".repeat(60) })]).map(({ length }) => length),
    [60, 63, 63],
  ));

test("for one kind: that kind alone, or the rules as they are", () => {
  assert.equal(names([ruleWith()], undefined, "Deployment"), ["check", "autogen-check"]);
  assert.equal(kindsOf(expand([ruleWith()], undefined, "Deployment")[1]), ["apps/v1/Deployment"]);
  assert.equal(names([ruleWith()], undefined, "CronJob"), ["check", "autogen-cronjob-check"]);
  assert.equal(names([ruleWith()], "Job", "Deployment"), ["check"]);
  assert.equal(names([ruleWith()], undefined, "ConfigMap"), ["check"]);
  for (const kind of autogenKinds) assert.is(names([ruleWith()], undefined, kind).length, 2);
});

test("paths of the Pod become those of its template, in values and keys, everywhere in the rule", () => {
  const rule = ruleWith({
    preconditions: {
      all: [
        {
          key: "{{ request.object.spec.x }}",
          operator: "Equals",
          value: "{{ request.oldObject.metadata.labels.a || '' }}",
        },
      ],
    },
    context: [{ name: "c", variable: { jmesPath: "request.object.metadata.name" } }],
    reportProperties: { "a-{{ request.object.spec.y }}": "{{ request.object.kind }}" },
    verifyImages: [
      entryWith({
        attestors: [{ entries: [{ keys: { publicKeys: "k8s://{{ request.object.metadata.namespace }}/x" } }] }],
      }),
    ],
  });
  const [plain, generated, cronJob] = expand([rule]);
  const text = (found: Rule | undefined): string =>
    JSON.stringify(found, (_, value) => (typeof value === "bigint" ? Number(value) : value));
  assert.match(text(plain), /request\.object\.spec\.x/);
  for (const [found, template] of [
    [generated, "spec.template"],
    [cronJob, "spec.jobTemplate.spec.template"],
  ] as const) {
    for (const path of [
      `object.${template}.spec.x`,
      `oldObject.${template}.metadata.labels`,
      `object.${template}.metadata.name`,
      `object.${template}.spec.y }}":`,
      `object.${template}.metadata.namespace`,
      "object.kind",
    ]) {
      assert.ok(text(found).includes(`request.${path}`), path);
    }
  }
});

test("image extractors are not copied", () => {
  const [plain, generated] = expand([ruleWith({ imageExtractors: { Pod: [{ path: "/a" }] } })]);
  assert.ok(plain?.imageExtractors !== undefined);
  assert.is(generated?.imageExtractors, undefined);
});

test("exclude gets the kinds too", () => {
  const [, generated] = expand(
    [
      ruleWith({
        match: { resources: { kinds: ["Pod"] } },
        exclude: { resources: { kinds: ["Pod"], namespaces: ["a"] }, roles: ["a:b"] },
      }),
    ],
    "Job",
  );
  assert.equal(generated?.exclude, { bare: { kinds: ["batch/v1/Job"], namespaces: ["a"], roles: ["a:b"] } });
  const [, without] = expand(
    [
      ruleWith({
        match: { resources: { kinds: ["Pod"], namespaces: ["c"] } },
        exclude: { resources: { namespaces: ["a"] } },
      }),
    ],
    "Job",
  );
  assert.equal(without?.exclude, { bare: { namespaces: ["a"] } });
});

const golden = goldenDir();
if (golden === undefined) skipped("core/kyverno/policy/autogen", 424, "SALLYPORT_GOLDEN is not set");
else {
  test("golden results of generated rules", () => {
    const { passed, list } = runGoldenAutogen(golden);
    assert.equal(list, []);
    assert.ok(passed > 400);
  });
}

test.run();
