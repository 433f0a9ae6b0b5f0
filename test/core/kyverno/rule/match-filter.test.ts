import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ResourceFilter } from "../../../../core/kyverno/policy/policy.ts";
import { compileFilter, filterMisses } from "../../../../core/kyverno/rule/match-filter.ts";
import { subjectOf } from "../../../../core/kyverno/rule/match-subject.ts";
import type { AdmissionRequest } from "../../../../core/kyverno/rule/request.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/rule/match-filter");
const pod = { metadata: { name: "web-1", labels: { app: "web" }, annotations: { "team/owner": "ada" } } };
const request: AdmissionRequest = {
  operation: "CREATE",
  kind: { group: "", version: "v1", kind: "Pod" },
  namespace: "shop",
  namespaceLabels: { stage: "prod" },
  userInfo: { username: "system:serviceaccount:ci:builder", groups: ["devs"] },
  roles: ["shop:edit"],
  clusterRoles: ["view"],
};
const misses = (filter: object, user: "judged" | "ignored" = "judged", changes: Partial<AdmissionRequest> = {}) => {
  const full = { ...request, ...changes };
  return filterMisses(compileFilter(filter as ResourceFilter, defaultLimits), subjectOf(full, pod, {}), user);
};

test("a filter of empty lists says nothing, but for those of users", () => {
  for (const filter of [{}, { names: [] }, { kinds: [], namespaces: [], operations: [], annotations: {}, name: "" }])
    assert.is(misses(filter), "no criteria");
  for (const filter of [{ roles: [] }, { clusterRoles: [] }, { subjects: [] }, { selector: {} }])
    assert.is(misses(filter), undefined);
  assert.is(misses({ roles: [] }, "ignored"), "no criteria");
});

test("criteria that hold, and the name of the first that does not", () => {
  const holding = {
    kinds: ["Pod"],
    name: "web-*",
    names: ["db-*", "web-?"],
    namespaces: ["sh*"],
    annotations: { "team/*": "a?a" },
    selector: { matchLabels: { app: "web" } },
    namespaceSelector: { matchLabels: { stage: "prod" } },
    operations: ["CREATE"],
    roles: ["shop:edit"],
    clusterRoles: ["view"],
    subjects: [{ kind: "ServiceAccount", name: "builder", namespace: "ci" }],
  };
  assert.is(misses(holding), undefined);
  const broken: Readonly<Record<string, unknown>> = {
    kind: { kinds: ["Service"] },
    name: { name: "db" },
    names: { names: ["db", "x?"] },
    namespaces: { namespaces: ["shop?"] },
    annotations: { annotations: { "team/owner": "bob" } },
    selector: { selector: { matchLabels: { app: "db" } } },
    namespaceSelector: { namespaceSelector: { matchLabels: { stage: "test" } } },
    operation: { operations: ["DELETE"] },
    roles: { roles: ["shop:admin"] },
    clusterRoles: { clusterRoles: ["admin"] },
    subjects: { subjects: [{ kind: "User", name: "ada" }] },
  };
  for (const [name, change] of Object.entries(broken))
    assert.is(misses({ ...holding, ...(change as object) }), name, name);
});

test("subjects: a user by wildcard, a group, a service account", () => {
  for (const subject of [
    { kind: "User", name: "system:serviceaccount:ci:*" },
    { kind: "Group", name: "dev?" },
    { kind: "ServiceAccount", name: "*", namespace: "ci" },
  ])
    assert.is(misses({ kinds: ["Pod"], subjects: [subject] }), undefined, subject.kind);
  assert.is(misses({ kinds: ["Pod"], subjects: [{ kind: "Robot", name: "*" }] }), "subjects");
});

test("without a known user, user criteria do not count", () => {
  assert.is(misses({ kinds: ["Pod"], subjects: [{ kind: "User", name: "nobody" }] }, "ignored"), undefined);
  assert.is(misses({ subjects: [{ kind: "User", name: "*" }] }, "ignored"), "no criteria");
  assert.is(misses({}), "no criteria");
});

test("a namespace is selected by its own name, and has no namespace with labels", () => {
  const changes = { kind: { group: "", version: "v1", kind: "Namespace" } };
  assert.is(misses({ namespaces: ["web-*"] }, "judged", changes), undefined);
  assert.is(misses({ namespaceSelector: { matchLabels: { stage: "prod" } } }, "judged", changes), "namespaceSelector");
});

test.run();
