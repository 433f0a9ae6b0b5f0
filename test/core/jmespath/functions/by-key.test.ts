import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { compileExpression } from "../../../../core/jmespath/expression.ts";
import { keyFunctions } from "../../../../core/jmespath/functions/by-key.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/jmespath/functions/by-key");
const query = (expression: string, root: JsonValue): unknown =>
  JSON.parse(
    JSON.stringify(compileExpression(expression, { functions: keyFunctions, limits: defaultLimits }).evaluate(root)),
  );
const people = [
  { n: "ana", age: 41 },
  { n: "bo", age: 7 },
  { n: "cy", age: 41 },
];

test("stable order, first of equals", () => {
  assert.equal(query("sort_by(@, &age)[*].n", people), ["bo", "ana", "cy"]);
  assert.equal(query("sort_by(@, &n)[*].age", people), [41, 7, 41]);
  assert.equal(query("[max_by(@, &age).n, min_by(@, &age).n, max_by(@, &n).n]", people), ["ana", "bo", "cy"]);
  assert.equal(query("sort_by(@, &@)", ["\uffee", "😀", "a"]), ["a", "\uffee", "😀"]);
});

test("keys are numbers throughout or strings throughout", () => {
  for (const list of [
    [{ age: "7" }, { age: 1 }],
    [{ age: null }, { age: null }],
    [{}, {}],
    [{ age: 1 }, {}],
    [{ age: [] }, { age: [] }],
  ])
    throwsCode("unresolved", () => query("sort_by(@, &age)", list));
  throwsCode("unresolved", () => query("min_by(@, &age)", [{}, {}]));
});

test("of none and of one", () => {
  assert.equal(query("sort_by(@, &age)", []), []);
  assert.is(query("max_by(@, &age)", []), null);
  assert.equal(query("min_by(@, &age)", [{ x: 1 }]), { x: 1 });
  assert.equal(query("sort_by(@, &age)", [{ x: 1 }]), [{ x: 1 }]);
  assert.equal(query("sort_by(@, &sort_by(@, &x))", [7]), [7]);
  assert.equal(query("map(&@, @)", []), []);
});

test("map keeps a place for everything", () =>
  assert.equal(query("map(&age, @)", [{ age: 1 }, {}, 2]), [1, null, null]));

test.run();
