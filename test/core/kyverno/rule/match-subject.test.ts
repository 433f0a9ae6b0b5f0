import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAnonymous, resourceOf, subjectOf } from "../../../../core/kyverno/rule/match-subject.ts";
import type { AdmissionRequest } from "../../../../core/kyverno/rule/request.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/rule/match-subject");
const request = (changes: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  operation: "CREATE",
  kind: { group: "", version: "v1", kind: "Pod" },
  namespace: "shop",
  ...changes,
});
const question = { kind: "cluster", verb: "get", apiVersion: "v1", resource: "namespaces", name: "shop" } as const;

test("a request that says nothing of its user", () => {
  assert.ok(isAnonymous(request()));
  assert.ok(isAnonymous(request({ userInfo: { username: "", groups: [] }, roles: [] })));
  for (const changes of [
    { userInfo: { username: "a" } },
    { userInfo: { groups: ["g"] } },
    { userInfo: { extra: { a: 1 } } },
    { roles: ["r"] },
    { clusterRoles: ["r"] },
  ])
    assert.not(isAnonymous(request(changes)));
});

test("the new resource, else the old one", () => {
  assert.equal(resourceOf(request({ object: { a: 1 }, oldObject: { b: 1 } })), { a: 1 });
  assert.equal(resourceOf(request({ oldObject: { b: 1 } })), { b: 1 });
  assert.is(resourceOf(request()), undefined);
});

test("names, labels and annotations are text; anything else is not there", () => {
  const subject = subjectOf(
    request(),
    { metadata: { generateName: "web-", labels: { a: "b", c: 1 }, annotations: [] } },
    {},
  );
  assert.equal(
    [subject.name, { ...subject.labels }, { ...subject.annotations }, subject.namespace],
    ["web-", { a: "b" }, {}, "shop"],
  );
  assert.is(subjectOf(request({ namespace: "" }), { metadata: { namespace: "own" } }, {}).namespace, "own");
  assert.is(subjectOf(request({ kind: { group: "", version: "v1", kind: "Namespace" } }), {}, {}).namespace, "");
});

test("a namespace's labels: given, asked for, none, or unavailable", () => {
  const labels = (changes: Partial<AdmissionRequest>, options = {}) => ({
    ...subjectOf(request(changes), {}, options).namespaceLabels(),
  });
  assert.equal(labels({ namespaceLabels: { team: "a" } }), { team: "a" });
  assert.equal(labels({}, { absentNamespaceLabels: "none" }), {});
  assert.equal(labels({ namespace: "" }), {});
  const known = new MemoryKnowledge(defaultLimits).present(question, { metadata: { labels: { team: "b" } } });
  assert.equal(labels({}, { knowledge: known }), { team: "b" });
  throwsCode("not-in-mirror", () => labels({}, { knowledge: new MemoryKnowledge(defaultLimits) }));
  throwsCode("unresolved", () => labels({}, { knowledge: new MemoryKnowledge(defaultLimits).absent(question) }));
});

test.run();
