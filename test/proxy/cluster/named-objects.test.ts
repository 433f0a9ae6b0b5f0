import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { namedObjectsIn, withoutClusters } from "../../../proxy/cluster/named-objects.ts";

const test = suite("proxy/cluster/named-objects");

test("keys and ConfigMaps by their whole names, each once; with variables they are not known before", () => {
  const spec = {
    rules: [
      {
        context: [
          { name: "a", configMap: { name: "keys", namespace: "apps" } },
          { name: "b", configMap: { name: "keys" } },
          { name: "c", configMap: { name: "{{ request.namespace }}", namespace: "apps" } },
        ],
        verifyImages: [{ attestors: [{ entries: [{ keys: { publicKeys: "k8s://apps/one, k8s://apps/two" } }] }] }],
      },
      { verifyImages: [{ key: "k8s://apps/one" }, { key: "k8s://{{ns}}/one" }, { key: "awskms:///alias" }] },
    ],
  };
  assert.equal(
    namedObjectsIn(spec).map(({ resource, namespace, name }) => `${resource} ${namespace}/${name}`),
    ["configmaps apps/keys", "configmaps default/keys", "secrets apps/one", "secrets apps/two"],
  );
});

test("what a mirror says of clusters does not count beside one that is watched", () => {
  const answer = { state: "present" as const, value: "x", at: "", from: "" };
  const known: Knowledge = { answer: () => answer as never, state: () => ({ version: "7" }) };
  const { answer: ask, state } = withoutClusters(known);
  const namespaces = { kind: "cluster" as const, verb: "get" as const, apiVersion: "v1", resource: "namespaces" };
  assert.is(ask({ ...namespaces, name: "a" }), undefined);
  assert.is(ask({ kind: "key", reference: "k8s://a/b" }), undefined);
  assert.is(ask({ kind: "key", reference: "awskms:///x" }), answer);
  assert.is(ask({ kind: "tag", repository: "ghcr.io/a", tag: "1" }), answer);
  assert.equal(state?.(), { version: "7" });
});

test.run();
