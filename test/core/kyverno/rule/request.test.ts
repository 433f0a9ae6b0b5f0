import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AdmissionRequest, requestTo } from "../../../../core/kyverno/rule/request.ts";

const test = suite("core/kyverno/rule/request");

test("values for one policy replace the request's own, for that policy only", () => {
  const request: AdmissionRequest = {
    operation: "CREATE",
    kind: { group: "", version: "v1", kind: "Pod" },
    variables: { a: 1 },
    byPolicy: { one: { operation: "UPDATE", variables: { b: 2 } }, two: { variables: {} } },
  };
  assert.equal(requestTo("one", request), { ...request, operation: "UPDATE", variables: { b: 2 } });
  assert.equal(requestTo("two", request), { ...request, variables: {} });
  for (const other of ["three", "toString"]) assert.is(requestTo(other, request), request);
});

test.run();
