import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isClusterKind } from "../../../../core/kyverno/policy/cluster-kinds.ts";

const test = suite("core/kyverno/policy/cluster-kinds");

test("kinds of the cluster, spelt plainly", () => {
  assert.ok(isClusterKind("Namespace") && isClusterKind("ClusterRole"));
  // These are easily taken for kinds of the other sort.
  for (const kind of ["ComponentStatus", "IPAddress", "ResourceSlice", "ServiceCIDR", "VolumeAttributesClass"])
    assert.ok(isClusterKind(kind), kind);
  for (const kind of ["CSIStorageCapacity", "LocalSubjectAccessReview", "Lease", "ResourceClaim", "ResourceQuota"])
    assert.not.ok(isClusterKind(kind), kind);
  for (const kind of ["Pod", "namespace", "v1/Namespace", "", "toString"]) assert.not.ok(isClusterKind(kind), kind);
});

test.run();
