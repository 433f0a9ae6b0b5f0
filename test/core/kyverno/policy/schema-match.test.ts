import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ruleFaults } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/schema-match");

test("every criterion and every context entry is known", () => {
  const resources = {
    kinds: ["Pod"],
    names: ["a*"],
    namespaces: ["b"],
    annotations: { a: "b" },
    selector: { matchLabels: { a: "b" }, matchExpressions: [{ key: "c", operator: "Exists" }] },
    namespaceSelector: { matchLabels: { a: "b" } },
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  };
  const filter = {
    resources,
    roles: ["a:b"],
    clusterRoles: ["c"],
    subjects: [{ kind: "ServiceAccount", name: "d", namespace: "e", apiGroup: "f" }],
  };
  const context = [
    { name: "a", variable: { value: { x: 1 }, jmesPath: "x", default: 2 } },
    { name: "b", configMap: { name: "x", namespace: "y" } },
    {
      name: "c",
      apiCall: { urlPath: "/api", method: "POST", data: [{ key: "k", value: 1 }], jmesPath: "x", default: 1 },
    },
    { name: "d", apiCall: { service: { url: "https://x", caBundle: "y", headers: [{ key: "a", value: "b" }] } } },
    {
      name: "e",
      imageRegistry: {
        reference: "{{ images.containers.main.reference }}",
        jmesPath: "x",
        imageRegistryCredentials: { providers: ["amazon"], secrets: ["s"], allowInsecureRegistry: false },
      },
    },
    { name: "f", globalReference: { name: "x", jmesPath: "y" } },
  ];
  assert.equal(
    ruleFaults({
      match: { any: [filter] },
      exclude: { all: [{ ...filter, roles: ["x:y"] }] },
      context,
      imageExtractors: { Task: [{ path: "/a", value: "b", name: "c", key: "d" }] },
    }),
    [],
  );
});

test("unknown operations, subjects without a name, entries of unknown kinds", () => {
  const match = {
    any: [{ resources: { kinds: ["Pod"], operations: ["create"] }, subjects: [{ kind: "User" }], resource: {} }],
  };
  assert.equal([...ruleFaults({ match })].sort(), [
    "invalid-policy /match/any/0/resource",
    "invalid-policy /match/any/0/resources/operations/0",
    "invalid-policy /match/any/0/subjects/0/name",
  ]);
  assert.ok(
    ruleFaults({ context: [{ name: "a", configmap: { name: "x" } }] }).includes("invalid-policy /context/0/configmap"),
  );
});

test.run();
