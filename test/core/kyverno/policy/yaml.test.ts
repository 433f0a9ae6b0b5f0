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
  ["a quoted <<", 'a: {"<<": {b: c}}', "1:5 malformed"],
  ["a tagged <<", "a:\n  !!merge <<: {b: c}", "2:13 malformed"],
  ["an explicit <<", "a:\n  ? <<\n  : {b: c}", "2:3 malformed"],
  ["<< without a value", "{<<}", "1:4 malformed"],
  ["a tagged key", "!!str a: b", "1:8 malformed"],
  ["an anchored key", "a: b\n&x c: d", "2:1 malformed"],
  ["an alias as a key", "a: &x b\n*x : d", "2:1 malformed"],
  ["? in a map in braces", "{? a: b}", "1:2 malformed"],
  ["a pair in brackets", "[a: b]", "1:3 malformed"],
  ["a missing value in braces", "{a: , b: c}", "1:5 malformed"],
  ["no space after a colon", "{a:, b: c}", "1:3 malformed"],
  ["a carriage return alone", "a: b # c\r\nd: e # c\rf: g", "2:9 malformed"],
  ["U+0085", "a: b # c\u0085d: e", "1:9 malformed"],
  ["U+2028 in quotes", 'a: "b\u2028c"', "1:6 malformed"],
  ["U+2029", "a: |\n  b\u2029", "2:4 malformed"],
  ["a byte order mark within", "a: b\n---\n\ufeffc: d", "3:1 malformed"],
  ["a directive", "%YAML 1.1\n---\na: b", "1:1 malformed"],
  ["text after ---", "--- a\n", "1:1 malformed"],
  ["a line that begins with ---", "a: 'b\n---c'", "2:1 malformed"],
  ["text after ...", "a: b\n...\nc: d", "3:1 malformed"],
  ["NUL", "a\u0000:\u0000", "1:2 malformed"],
  ["a key over lines", '"a\n  b": c', "1:1 malformed"],
  ["a long key", `${"a".repeat(1001)}: c`, "1:1 malformed"],
  ["half a surrogate pair", 'a: "\\ud800"', "1:4 malformed"],
  ["a << of no map", "a: {<<: 5}", "1:9 malformed"],
  ["an alias without anchor", "a: *x", "1:4 malformed"],
  ["an alias inside its anchor", "a: &x [*x]", "1:8 malformed"],
  ["a map as a key", "? {a: b}\n: c", "1:1 malformed"],
  ["null as a key", "~: a", "1:1 malformed"],
  ["a tag of an application", "a: !secret x", "1:4 malformed"],
  ["a tag on a map", "a: !!set {x: y}", "1:4 malformed"],
  ["infinity", "a: .inf", "1:4 malformed"],
  ["a tab as indentation", "a:\n\tb: c", "2:1 malformed"],
  ["an unclosed quote", 'a: "x', "1:4 malformed"],
  ["a control character", "a: x\u0001", "1:5 malformed"],
  ["a lone surrogate", "a: x\ud800", "1:5 malformed"],
  ["unquoted braces", "a: {{x}}/{{y}}", "1:5 malformed"],
];
for (const [name, text, problem] of refused) test(`refused: ${name}`, () => assert.equal(problems(text), [problem]));

test("a stream whose lines are not certain has no documents", () => {
  for (const text of ["a: 1\n---\nb: \u0085\n", "a: 1\n---\nb: \u0001\n", "a: 1\n--- b\n", "a: 1\n---\nb: x\ry\n"])
    assert.is(readYaml(text, "f", { limits: defaultLimits }).documents.length, 0, text);
});

test("messages say what to do; hints are for text that is not where it belongs", () => {
  const message = (text: string): string => readYaml(text, "f", { limits: defaultLimits }).problems[0]?.message ?? "";
  assert.match(message("a: {{x}}"), /; quote a value that begins with braces/);
  assert.match(message("a:\n  key: |\n  -----BEGIN\n"), /; indent the text below "key: \|" deeper/);
  assert.match(message("a\u0000"), /UTF-16; save it as UTF-8/);
  assert.not.match(message("a: |\nb: !x y\n"), /indent/);
});

test("CRLF, a byte order mark at the beginning, text without a last line end", () => {
  assert.equal(one("\ufeffa: |\r\n  b\r\n  c\r\nd: 'e\r\n  f'"), { a: "b\nc\n", d: "e f" });
  assert.equal(one("\ufeff---\na: >\n  b"), { a: "b\n" });
});

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
  for (const text of ["[".repeat(100_000), "- ".repeat(5000), "{a: ".repeat(50_000), "{a: [".repeat(5000)])
    assert.match(problems(text).join(), /^\d+:\d+ over-limit$/);
  let bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (let index = 1; index < 9; index++)
    bomb += `a${index}: &a${index} [${Array(10)
      .fill(`*a${index - 1}`)
      .join(",")}]\n`;
  assert.match(problems(bomb).join(), /over-limit/);
  assert.match(problems("---\na\n".repeat(defaultLimits.documentsPerFile + 10)).join(), /over-limit/);
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
