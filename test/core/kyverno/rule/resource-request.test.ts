import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { requestFor } from "../../../../core/kyverno/rule/resource-request.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/resource-request");

test("group, version and kind; a namespace of its own, else default", () => {
  const request = requestFor({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
  });
  assert.equal(
    [request.kind, request.namespace, request.name, request.operation],
    [{ group: "apps", version: "v1", kind: "Deployment" }, "shop", "web", "CREATE"],
  );
  const pod = requestFor({ apiVersion: "v1", kind: "Pod", metadata: { generateName: "web-" } });
  assert.equal([pod.kind.group, pod.namespace, pod.name], ["", "default", "web-"]);
  assert.equal(pod.object?.metadata, { generateName: "web-", namespace: "default" });
});

test("kinds outside of namespaces have none", () => {
  for (const kind of ["Namespace", "Node", "ClusterRole"])
    assert.not("namespace" in requestFor({ apiVersion: "v1", kind, metadata: { name: "x" } }));
});

test("what is no resource", () => {
  const wrong: readonly JsonObject[] = [
    {},
    { apiVersion: "v1" },
    { kind: "Pod" },
    { apiVersion: "v1", kind: "Pod" },
    { apiVersion: "v1", kind: "Pod", metadata: {} },
    { apiVersion: 1, kind: "Pod", metadata: { name: "x" } },
    { apiVersion: "v1", kind: "Pod", metadata: { name: 1 } },
    { apiVersion: "v1", kind: "Pod", metadata: [] },
  ];
  for (const resource of wrong) throwsCode("malformed", () => requestFor(resource));
});

test.run();
