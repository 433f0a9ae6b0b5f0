import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readContext, readExtractors } from "../../../../core/kyverno/policy/read-context.ts";

const test = suite("core/kyverno/policy/read-context");

test("entries of every kind, with their pointers", () => {
  const entries = readContext(
    [
      { name: "a", variable: { value: [1n], jmesPath: "x", default: false } },
      { name: "b", configMap: { name: "m", namespace: "n" } },
      { name: "c", apiCall: { urlPath: "/x" } },
      { name: "d", apiCall: { method: "POST", service: { url: "u" }, data: [{ key: "k", value: 1n }], default: 0n } },
      { name: "e", imageRegistry: { reference: "r", jmesPath: "j" } },
      { name: "f", globalReference: { name: "g" } },
    ],
    "/context",
  );
  assert.equal(entries, [
    { name: "a", pointer: "/context/0", variable: { value: [1n], jmesPath: "x", default: false } },
    { name: "b", pointer: "/context/1", configMap: { name: "m", namespace: "n" } },
    { name: "c", pointer: "/context/2", apiCall: { method: "GET", data: [], urlPath: "/x" } },
    {
      name: "d",
      pointer: "/context/3",
      apiCall: { method: "POST", data: [{ key: "k", value: 1n }], service: { url: "u" }, default: 0n },
    },
    { name: "e", pointer: "/context/4", imageRegistry: { reference: "r", jmesPath: "j" } },
    { name: "f", pointer: "/context/5", globalReference: { name: "g" } },
  ]);
});

test("extractors by kind; a kind with an empty list is kept", () => {
  assert.is(readExtractors(undefined), undefined);
  const extractors = readExtractors({ Task: [{ path: "/a/*", value: "image", key: "name" }], Other: [] });
  assert.equal({ ...extractors }, { Task: [{ path: "/a/*", value: "image", key: "name" }], Other: [] });
});

test.run();
