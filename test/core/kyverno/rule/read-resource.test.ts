import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { type ResourceSink, takeResources } from "../../../../core/kyverno/rule/read-resource.ts";

const test = suite("core/kyverno/rule/read-resource");

function taken(value: JsonValue): { readonly found: readonly unknown[]; readonly faulty: readonly string[] } {
  const sink: ResourceSink = { resources: [], faulty: [] };
  takeResources(value, "", (at) => ({ file: at, line: 1, column: 1 }), sink);
  return {
    found: sink.resources.map(({ value: { kind }, position, place }) => [kind, position.file, place?.("/x").file]),
    faulty: sink.faulty.map(({ position, fault }) => `${fault.code} ${position.file}`),
  };
}

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } };

test("a resource by itself, and each item of a list, with its place", () => {
  assert.equal(taken(pod), { found: [["Pod", "", "/x"]], faulty: [] });
  const list = { apiVersion: "v1", kind: "PodList", items: [pod, { metadata: { name: "b" } }] };
  assert.equal(taken({ apiVersion: "v1", kind: "List", items: [list] }), {
    found: [
      ["Pod", "/items/0/items/0", "/items/0/items/0/x"],
      ["Pod", "/items/0/items/1", "/items/0/items/1/x"],
    ],
    faulty: [],
  });
});

test("what cannot be the object of a request is a fault, and ends nothing", () => {
  const odd = { ...pod, metadata: JSON.parse('{"name": "a", "__proto__": {}}') };
  assert.equal(taken({ apiVersion: "v1", kind: "List", items: [1, odd, { ...pod, items: {} }, pod] }), {
    found: [["Pod", "/items/3", "/items/3/x"]],
    faulty: ["malformed /items/0", "malformed /items/1", "malformed /items/2"],
  });
});

test.run();
