import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withMarks, withPlaceholders } from "../../scripts/pure-marks.ts";

const test = suite("scripts/pure-marks");
const marked = async (text: string): Promise<string> => withMarks(await withPlaceholders(text));
/** How many values have a mark. */
const marksIn = (text: string): number => text.split("/*@__PURE__*/").length - 1;

const cases: readonly (readonly [what: string, text: string, marks: number])[] = [
  ["a literal, a function and a list", 'var a = 1, b = "f(x)", c = () => f(), d = [1, 2];\n', 0],
  ["arithmetic with numbers", "var a = 2n ** 63n - 1n;\n", 0],
  ["a call", "function f() {\n}\nvar a = f();\n", 1],
  ["a call beside others", "function f() {\n}\nvar a = 1, b = f(1, { c: 2 }), d = () => f();\n", 1],
  ["a call that had a mark", "function f() {\n}\nvar a = /* @__PURE__ */ f();\n", 1],
  ["a call in a list in an object", "function f() {\n}\nvar a = { b: [f()] };\n", 1],
  ["a member", "var a = { b: 1 };\nvar c = a.b;\n", 1],
  ["a class with a table", "var A = class {\n  static b = Object.freeze([1]);\n};\n", 1],
  ["a class of methods", "var A = class {\n  b() {\n    return f();\n  }\n};\n", 0],
  ["what a function makes when it is called", "function f() {\n  var a = g();\n  return a;\n}\n", 0],
  ["a text that looks like code", "var a = `\nvar b = f();\n`, c = /[;,(]/;\n", 0],
];
for (const [what, text, marks] of cases)
  test(`${what}: ${marks} marks`, async () => assert.is(marksIn(await marked(text)), marks));

test("values are what they were", async () => {
  const text = "function f(x) {\n  return [x];\n}\nvar a = f(1), b = f(a), c = `${f(b)};`, d = b[0];\n";
  const values = (code: string): unknown => new Function(`${code}return { a, b, c, same: d === a };`)();
  assert.equal(values(await marked(text)), values(text));
  assert.is(marksIn(await marked(text)), 4);
});

test("a name that marks need stops the build", async () => {
  try {
    await withPlaceholders("var $PURE$ = 1;\n");
  } catch (error) {
    assert.match(String(error), /is a name of the bundle/);
    return;
  }
  assert.unreachable();
});

test.run();
