import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isClusterKind } from "../../../../core/kyverno/policy/cluster-kinds.ts";

const test = suite("core/kyverno/policy/cluster-kinds");

test("kinds of the cluster, spelt plainly", () => {
  assert.ok(isClusterKind("Namespace") && isClusterKind("ClusterRole"));
  for (const kind of ["Pod", "namespace", "v1/Namespace", "", "toString"]) assert.not.ok(isClusterKind(kind), kind);
});

test.run();
