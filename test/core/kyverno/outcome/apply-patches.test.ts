import jsonPatch from "fast-json-patch";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject, JsonValue } from "../../../../core/encoding/json.ts";
import { pointer } from "../../../../core/encoding/shape.ts";
import { applyPatches } from "../../../../core/kyverno/outcome/apply-patches.ts";
import type { PatchOperation } from "../../../../core/kyverno/outcome/digest-patch.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/outcome/apply-patches");
const resource = { metadata: { name: "a" }, spec: { containers: [{ image: "a" }, { image: "b" }], "a/b~c": 1 } };
const replace = (path: string, value: JsonValue = "new"): PatchOperation => ({ op: "replace", path, value });
const add = (path: string, value: JsonValue = "new"): PatchOperation => ({ op: "add", path, value });

test("a patched resource; the given one stays as it is and shares what no patch touches", () => {
  const before = JSON.stringify(resource);
  const patched = applyPatches(resource, [
    replace("/spec/containers/1/image"),
    replace("/spec/a~1b~0c"),
    add("/metadata/annotations", {}),
    add("/metadata/annotations/x~1y"),
  ]) as typeof resource;
  assert.equal(patched, {
    metadata: { name: "a", annotations: { "x/y": "new" } },
    spec: { containers: [{ image: "a" }, { image: "new" }], "a/b~c": "new" },
  });
  assert.is(JSON.stringify(resource), before);
  assert.is(patched.spec.containers[0], resource.spec.containers[0]);
});

test("values of patches are not changed by the patches after them", () => {
  const empty = {};
  applyPatches(resource, [add("/metadata/annotations", empty), add("/metadata/annotations/a")]);
  assert.equal(empty, {});
});

test("what does not fit is refused", () => {
  const own = JSON.parse('{ "__proto__": { "a": 1 } }') as JsonObject;
  assert.is(JSON.stringify(applyPatches(own, [replace("/__proto__/a", 2)])), '{"__proto__":{"a":2}}');
  assert.is(JSON.stringify(applyPatches({}, [add("/__proto__", { a: 1 })])), '{"__proto__":{"a":1}}');
  for (const patch of [
    replace("/spec/nothing"),
    replace("/spec/nothing/image"),
    add("/spec/nothing/image"),
    replace("/metadata/name/first"),
    replace("/spec/containers/2"),
    replace("/spec/containers/01"),
    replace("/spec/containers/-"),
    replace("/spec/containers/length"),
    add("/spec/containers/0"),
    add("/spec/containers/-"),
    replace("/__proto__/polluted"),
    replace("/constructor"),
    replace("spec"),
    replace(""),
  ])
    throwsCode("malformed", () => applyPatches(resource, [patch]));
});

test("the same as fast-json-patch makes of it", () => {
  const key = fc.constantFrom("a", "b", "a/b", "~", "~1", "0", "");
  const tree = fc.letrec<{ node: JsonValue }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<JsonValue>("x", 1, null, true),
      fc.dictionary(key, tie("node"), { maxKeys: 3 }) as fc.Arbitrary<JsonValue>,
      fc.array(tie("node"), { maxLength: 3 }),
    ),
  })).node;
  const root = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4 }) as fc.Arbitrary<JsonObject>;
  let compared = 0;
  fc.assert(
    fc.property(root, fc.nat(), fc.constantFrom<PatchOperation["op"]>("add", "replace"), (given, chosen, op) => {
      const places = placesIn(given);
      const path = places[chosen % places.length] ?? "";
      const patches = [{ op, path, value: { new: "value" } }, add(`${path}/more`)] as const;
      let expected: unknown;
      try {
        expected = jsonPatch.applyPatch(JSON.parse(JSON.stringify(given)), [...patches], true, true).newDocument;
      } catch {
        throwsCode("malformed", () => applyPatches(given, patches));
        return;
      }
      if (op === "add" && /\/\d*$/.test(path)) return;
      assert.equal(JSON.parse(JSON.stringify(applyPatches(given, patches))), expected);
      compared += 1;
    }),
    { numRuns: 1000, seed: 1 },
  );
  assert.ok(compared > 500, String(compared));
});

/** Pointers of everything in a document but itself. */
function placesIn(node: JsonValue, at = ""): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) => {
    const place = pointer(at, key);
    return [place, ...placesIn(child as JsonValue, place)];
  });
}

test.run();
