import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { MatchBlock, ResourceFilter } from "../../../../core/kyverno/policy/policy.ts";
import { compileMatch, type MatchOptions } from "../../../../core/kyverno/rule/match.ts";
import { openQuestions } from "../../../../core/knowledge/ask.ts";
import type { AdmissionRequest } from "../../../../core/kyverno/rule/request.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/rule/match");
const pod = (metadata: Record<string, unknown> = {}): AdmissionRequest => ({
  operation: "CREATE",
  kind: { group: "", version: "v1", kind: "Pod" },
  object: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web-1",
      namespace: "apps",
      labels: { app: "web" },
      annotations: { owner: "joe" },
      ...metadata,
    } as never,
  },
});
const clusterPolicy = { kind: "ClusterPolicy" } as const;
const matches = (
  match: MatchBlock,
  request: AdmissionRequest,
  exclude?: MatchBlock,
  options: MatchOptions = { absentNamespaceLabels: "none" },
): boolean =>
  compileMatch({ match, ...(exclude === undefined ? {} : { exclude }) }, clusterPolicy, defaultLimits).test(
    request,
    options,
  ).matched;
const one = (filter: ResourceFilter): MatchBlock => ({ bare: filter });

const criteria: readonly (readonly [name: string, filter: ResourceFilter, expected: boolean])[] = [
  ["kind", { kinds: ["Pod"] }, true],
  ["other kind", { kinds: ["Deployment", "Job"] }, false],
  ["name", { kinds: ["Pod"], name: "web-?" }, true],
  ["names", { kinds: ["Pod"], names: ["a*", "web-*"] }, true],
  ["names without a hit", { kinds: ["Pod"], names: ["a*"] }, false],
  ["namespaces", { kinds: ["Pod"], namespaces: ["ap*"] }, true],
  ["annotations", { kinds: ["Pod"], annotations: { "own*": "j?e" } }, true],
  ["annotations, one missing", { kinds: ["Pod"], annotations: { owner: "joe", team: "*" } }, false],
  ["selector", { kinds: ["Pod"], selector: { matchLabels: { app: "w*" } } }, true],
  ["operations", { kinds: ["Pod"], operations: ["UPDATE"] }, false],
  ["an empty list of kinds is any kind", { kinds: [], name: "web-1" }, true],
  ["no criterion at all", {}, false],
];
for (const [name, filter, expected] of criteria)
  test(`criterion: ${name}`, () => assert.is(matches(one(filter), pod()), expected));

test("the generated name counts where there is no name", () =>
  assert.ok(matches(one({ name: "batch-*" }), pod({ name: undefined, generateName: "batch-" }))));

test("any needs one filter, all needs every one, any wins over all", () => {
  const hit = { kinds: ["Pod"] };
  const miss = { kinds: ["Job"] };
  assert.ok(matches({ any: [miss, hit] }, pod()));
  assert.not.ok(matches({ all: [miss, hit] }, pod()));
  assert.ok(matches({ any: [hit], all: [miss] }, pod()));
});

test("exclude is checked after match; an empty filter excludes nothing", () => {
  const match = one({ kinds: ["Pod"] });
  assert.not.ok(matches(match, pod(), { any: [{ kinds: ["Job"] }, { namespaces: ["apps"] }] }));
  assert.ok(matches(match, pod(), { all: [{ kinds: ["Job"] }, { namespaces: ["apps"] }] }));
  assert.ok(matches(match, pod(), one({})));
});

test("user criteria count in match only when there is a user, in exclude always", () => {
  const filter = { kinds: ["Pod"], subjects: [{ kind: "User", name: "joe" }] };
  assert.ok(matches(one(filter), pod()));
  assert.not.ok(matches(one(filter), { ...pod(), userInfo: { username: "ann" } }));
  assert.ok(matches(one({ kinds: ["Pod"] }), pod(), one(filter)));
  assert.not.ok(matches(one({ kinds: ["Pod"] }), pod(), one({ subjects: [{ kind: "User", name: "*" }] })));
  assert.not.ok(matches(one({ subjects: [{ kind: "User", name: "joe" }] }), pod()));
});

test("subjects and roles", () => {
  const request = {
    ...pod(),
    userInfo: { username: "system:serviceaccount:apps:builder", groups: ["dev"] },
    roles: ["apps:editor"],
    clusterRoles: ["view"],
  };
  assert.ok(matches(one({ subjects: [{ kind: "ServiceAccount", name: "b*", namespace: "apps" }] }), request));
  assert.ok(matches(one({ subjects: [{ kind: "Group", name: "d?v" }] }), request));
  assert.not.ok(matches(one({ subjects: [{ kind: "Robot", name: "*" }] }), request));
  assert.ok(matches(one({ roles: ["x:y", "apps:editor"] }), request));
  assert.not.ok(matches(one({ roles: ["apps:*"] }), request));
  assert.not.ok(matches(one({ clusterRoles: ["edit"] }), request));
});

test("a deletion is matched by the old object", () => {
  const { object, ...rest } = pod();
  assert.ok(matches(one({ name: "web-1" }), { ...rest, operation: "DELETE", oldObject: object ?? {} }));
  assert.not.ok(matches(one({ name: "*" }), { ...rest, operation: "DELETE" }));
});

test("a namespaced policy applies to its own namespace only", () => {
  const compiled = compileMatch(
    { match: one({ kinds: ["Pod"] }) },
    { kind: "Policy", namespace: "apps" },
    defaultLimits,
  );
  assert.ok(compiled.test(pod()).matched);
  assert.not.ok(compiled.test(pod({ namespace: "other" })).matched);
});

const selector = { kinds: ["Pod"], namespaceSelector: { matchLabels: { env: "prod" } } };
const namespaceQuestion = {
  kind: "cluster",
  verb: "get",
  apiVersion: "v1",
  resource: "namespaces",
  name: "apps",
} as const;

test("labels of the namespace are given, asked for, or assumed to be none", () => {
  assert.ok(matches(one(selector), { ...pod(), namespaceLabels: { env: "prod" } }));
  assert.not.ok(matches(one(selector), pod()));
  const knowledge = new MemoryKnowledge(defaultLimits).present(namespaceQuestion, {
    metadata: { labels: { env: "prod" } },
  });
  assert.ok(matches(one(selector), pod(), undefined, { knowledge }));
});

test("unknown labels are an open question, not a mismatch", () => {
  const error = throwsCode("not-in-mirror", () =>
    matches(one(selector), pod(), undefined, { knowledge: new MemoryKnowledge(defaultLimits) }),
  );
  assert.equal(openQuestions(error), [namespaceQuestion]);
  throwsCode("unresolved", () =>
    matches(one(selector), pod(), undefined, {
      knowledge: new MemoryKnowledge(defaultLimits).absent(namespaceQuestion),
    }),
  );
});

test("unknown labels do not matter where they decide nothing", () => {
  const open: MatchOptions = { knowledge: new MemoryKnowledge(defaultLimits) };
  assert.ok(matches({ any: [selector, { kinds: ["Pod"] }] }, pod(), undefined, open));
  assert.not.ok(matches({ all: [selector, { kinds: ["Job"] }] }, pod(), undefined, open));
  assert.not.ok(matches(one({ ...selector, kinds: ["Job"] }), pod(), undefined, open));
  assert.not.ok(matches(one(selector), pod(), one({ name: "web-1" }), open));
  throwsCode("not-in-mirror", () => matches(one({ kinds: ["Pod"] }), pod(), one(selector), open));
});

test("a namespace selector never matches a Namespace", () => {
  const request: AdmissionRequest = {
    operation: "CREATE",
    kind: { group: "", version: "v1", kind: "Namespace" },
    object: { metadata: { name: "apps", labels: { env: "prod" } } },
    namespaceLabels: { env: "prod" },
  };
  assert.not.ok(matches(one({ namespaceSelector: { matchLabels: { env: "prod" } } }), request));
  assert.ok(matches(one({ namespaces: ["ap*"] }), request));
});

test("kinds for an index", () => {
  const kindsOf = (match: MatchBlock) => compileMatch({ match }, clusterPolicy, defaultLimits).index;
  const { named, others } = kindsOf({ any: [{ kinds: ["Pod", "apps/v1/Deployment"] }, { kinds: ["Pod"] }] });
  assert.equal([...named], ["Pod", "Deployment"]);
  assert.not.ok(others);
  assert.ok(kindsOf({ any: [{ kinds: ["Pod"] }, { kinds: ["D*"] }] }).others);
  assert.ok(kindsOf({ bare: { names: ["x"] } }).others);
});

test.run();
