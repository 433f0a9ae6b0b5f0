import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseYaml, readYaml } from "../../../../core/kyverno/policy/yaml.ts";
import { toJson } from "../../../../core/kyverno/policy/policy-value.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { onlyEngineErrors, throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml");
const one = (text: string): unknown =>
  JSON.parse(JSON.stringify(toJson(parseYaml(text, "f.yaml", { limits: defaultLimits })[0]?.value ?? null)));
const problems = (text: string): readonly string[] =>
  readYaml(text, "f.yaml", { limits: defaultLimits }).problems.map(
    ({ code, line, column }) => `${line}:${column} ${code}`,
  );

test("documents: several, empty ones left out, ends of documents", () => {
  const values = (text: string): unknown =>
    parseYaml(text, "f", { limits: defaultLimits }).map(({ value }) => toJson(value));
  assert.equal(JSON.stringify(values("a: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")), '[{"a":1},{"b":2}]');
  assert.equal(values(""), []);
  assert.equal(values("# only a comment\n"), []);
});

test("JSON is read, tabs as indentation included", () =>
  assert.equal(one('{\n\t"a": [1, true, null, "x"],\n\t"b": {"c": 1.5}\n}'), {
    a: [1, true, null, "x"],
    b: { c: 1.5 },
  }));

test("quoted scalars and blocks are text", () =>
  assert.equal(one("a: 'yes'\nb: \"5\"\nc: |\n  1\n  2\nd: >-\n  x\n  y\n"), {
    a: "yes",
    b: "5",
    c: "1\n2\n",
    d: "x y",
  }));

test("maps have no prototype", () => {
  const [document] = parseYaml("__proto__: {a: 1}\nconstructor: x", "f", { limits: defaultLimits });
  assert.is(Object.getPrototypeOf(document?.value), null);
  assert.equal(Object.keys(document?.value as object), ["__proto__", "constructor"]);
});

test("anchors, aliases and merge keys; earlier maps of a list win", () => {
  assert.equal(one("a: &x {k: 1}\nb: *x\nc: {<<: *x, l: 2}\nd:\n  <<: [{k: 3}, *x]"), {
    a: { k: 1 },
    b: { k: 1 },
    c: { k: 1, l: 2 },
    d: { k: 3 },
  });
});

test("positions of values and of their keys, nearest ancestors, aliases and merged members included", () => {
  const [document] = parseYaml(
    "base: &b\n  image: x\nlist:\n- name: a\n  k/e~y: 1\nuse: *b\nmerged:\n  <<: *b\n",
    "f.yaml",
    { limits: defaultLimits },
  );
  const at = (pointer: string) => document && `${document.position(pointer).line}:${document.position(pointer).column}`;
  assert.is(at(""), "1:1");
  assert.is(at("/list/0/name"), "4:9");
  assert.is(at("/list/0/k~1e~0y"), "5:10");
  assert.is(at("/list/0/nothing/below"), "4:3");
  assert.is(at("/list/7"), "4:1");
  assert.is(at("/use/image"), "2:10");
  assert.is(at("/merged/image"), "2:10");
  const key = document?.keyPosition("/list");
  assert.equal(key, { file: "f.yaml", line: 3, column: 1 });
});

const refused: readonly (readonly [name: string, text: string, problem: string])[] = [
  ["a repeated key", "a: 1\nb: 2\na: 3", "3:1 malformed"],
  ["keys that are one as text", "1: a\n'1': b", "2:1 malformed"],
  ["a repeated merge key", "a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a", "4:3 malformed"],
  ["a key before the << that sets it", "a: &a {x: 1}\nb: {x: 2, <<: *a}", "2:15 malformed"],
  ["a << of no map", "a: {<<: 5}", "1:9 malformed"],
  ["an alias without anchor", "a: *x", "1:4 malformed"],
  ["an alias inside its anchor", "a: &x [*x]", "1:8 malformed"],
  ["a map as a key", "? {a: b}\n: c", "1:3 malformed"],
  ["null as a key", "~: a", "1:1 malformed"],
  ["a tag of an application", "a: !secret x", "1:12 malformed"],
  ["a tag on a map", "a: !!set {x}", "1:10 malformed"],
  ["infinity", "a: .inf", "1:4 malformed"],
  ["a tab as indentation", "a:\n\tb: c", "2:1 malformed"],
  ["an unclosed quote", 'a: "x', "1:6 malformed"],
  ["a control character", "a: x\u0001", "1:5 malformed"],
  ["a lone surrogate", "a: x\ud800", "1:5 malformed"],
  ["unquoted braces", "a: {{x}}/{{y}}", "1:9 malformed"],
];
for (const [name, text, problem] of refused) test(`refused: ${name}`, () => assert.equal(problems(text), [problem]));

test("a fault in one document leaves the others", () => {
  const { documents, problems: found } = readYaml("a: 1\n---\nb: *x\n---\nc: 3\n", "f", { limits: defaultLimits });
  assert.is(documents.length, 2);
  assert.is(found.length, 1);
});

test("parseYaml names file, line and column", () =>
  assert.is(
    throwsCode("malformed", () => parseYaml("a: 1\na: 2", "f.yaml", { limits: defaultLimits })).subject,
    "f.yaml:2:1",
  ));

test("bounds: size, depth, documents, values with aliases written out", () => {
  assert.equal(problems("a".repeat(defaultLimits.policyBytes + 1)), ["1:1 over-limit"]);
  for (const text of ["[".repeat(100_000), "- ".repeat(5000), "{a: ".repeat(50_000), "? ".repeat(5000)])
    assert.match(problems(text).join(), /^\d+:\d+ over-limit$/);
  let bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (let index = 1; index < 9; index++)
    bomb += `a${index}: &a${index} [${Array(10)
      .fill(`*a${index - 1}`)
      .join(",")}]\n`;
  assert.match(problems(bomb).join(), /over-limit/);
  assert.match(problems("--- a\n".repeat(defaultLimits.documentsPerFile + 10)).join(), /over-limit/);
  let chain = "a0: &a0 [x]\n";
  for (let index = 1; index < 200; index++) chain += `a${index}: &a${index} [*a${index - 1}]\n`;
  assert.match(problems(chain).join(), /over-limit/);
});

test("whatever stands in a file, it is read or refused", () => {
  const piece = fc.constantFrom(
    "a",
    ": ",
    "- ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    "&x ",
    "*x",
    "<<",
    "|",
    ">",
    "'",
    '"',
    "#",
    "!",
    "?",
    ",",
    "---",
    "...",
    "\t",
    "%",
    "{{",
    "~",
    "0x",
    "\u0000",
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 24 }),
      (pieces) => void onlyEngineErrors(() => parseYaml(pieces.join(""), "f", { limits: defaultLimits })),
    ),
    { numRuns: 400 },
  );
});

test("a file that opens more than it may is refused before anything is closed", () => {
  for (const unit of [": ", "- ", "? ", "[", "{", "{a: ", "!!map ", "&a "]) {
    const { documents, problems } = readYaml(unit.repeat(60_000), "deep.yaml", { limits: defaultLimits });
    assert.is(documents.length, 0, unit);
    assert.ok(problems.length > 0, unit);
  }
  const deep = (levels: number) =>
    readYaml(`${"- ".repeat(levels)}x`, "deep.yaml", { limits: { ...defaultLimits, jsonDepth: 10 } }).problems.map(
      ({ code }) => code,
    );
  assert.equal(deep(10), []);
  assert.equal(deep(12), ["over-limit"]);
});

test.run();
