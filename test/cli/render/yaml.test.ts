import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { toYamlText } from "../../../cli/render/yaml.ts";
import { toJson } from "../../../core/kyverno/policy/policy-value.ts";
import { parseYaml } from "../../../core/kyverno/policy/yaml.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("cli/render/yaml");

/** What our own reader and another one, by YAML 1.1 and by 1.2, make of a value that was written. */
function readBack(value: unknown): readonly string[] {
  const text = toYamlText(value);
  const [document] = parseYaml(text, "f", { limits: defaultLimits });
  const values = [toJson(document?.value ?? null), parse(text, { version: "1.1" }), parse(text, { version: "1.2" })];
  return values.map((one) => JSON.stringify(one));
}
const staysAlike = (value: unknown): void => {
  const wanted = JSON.stringify(value);
  assert.equal(readBack(value), [wanted, wanted, wanted], toYamlText(value));
};

test("long lines are not folded, and nothing is an alias", () => {
  assert.is(toYamlText({ a: "x ".repeat(100).trim() }), `a: ${"x ".repeat(100).trim()}\n`);
  const shared = { b: 1 };
  assert.is(toYamlText({ a: shared, c: shared }), "a:\n  b: 1\nc:\n  b: 1\n");
});

test("a manifest looks as one that is written by hand", () =>
  assert.is(
    toYamlText({
      apiVersion: "v1",
      metadata: { labels: {}, annotations: { note: '{"a":1}', yes: "no", text: "a\nb\n\n  c\n" } },
      spec: {
        containers: [{ image: "ghcr.io/a/b:1@sha256:0a", args: ["-c", "a b", "0644"], ports: [80, [1.5]] }, null],
      },
    }),
    `apiVersion: v1
metadata:
  labels: {}
  annotations:
    note: '{"a":1}'
    "yes": "no"
    text: |
      a
      b

        c
spec:
  containers:
    - image: ghcr.io/a/b:1@sha256:0a
      args:
        - "-c"
        - a b
        - "0644"
      ports:
        - 80
        - - 1.5
    - null
`,
  ));

test("what plain JSON cannot write", () =>
  assert.is(
    toYamlText({ index: 2n ** 64n, gone: undefined, at: new Date(0) }),
    'index: "18446744073709551616"\nat: "1970-01-01T00:00:00.000Z"\n',
  ));

test("what readers read differently is quoted", () => {
  const texts =
    "yes|No|ON|off|y|N|True|NULL|~||0|0644|0o17|0b1|1_000|1:30|1e3|.5|+1|-0|.inf|.NaN|2001-01-01|=|<<|- a|? a|: a|" +
    "a: b|a #b|#a|&a|*a|!a|%a|@a|`a|'a|[a|{a|a,|]|a:| a|a |a\tb|\t|a::b|---|--- a|...|\\|a\\b|\u2028|a\u0085b|" +
    '"a|it\'s "so"';
  for (const text of [...texts.split("|"), "|", "\ufeffz", "x\ry", "\u007f", "\0", "\u{1f600}", "é", "\u00a0"]) {
    staysAlike({ a: text, b: [text, { c: text }] });
    if (text !== "<<") staysAlike({ [text]: 1, z: { [text]: { [text]: 2 } } });
  }
});

test("texts of several lines are blocks where they are the same in each", () => {
  const texts = [
    "a\nb",
    "a\n",
    "\na",
    " a\nb",
    "a\n b\n",
    "a\n\n",
    "a\n  \nb",
    "a \nb\t\n",
    "\ta\n",
    "a\n\tb",
    "\n",
    "---\na",
  ];
  for (const text of texts) staysAlike({ a: text, b: [text, [text]] });
});

test("numbers, empty collections, lists in lists, no map at the root", () => {
  for (const value of [1, -1, 0.1, 1e21, 1e-7, 1.5e300, 2 ** 53, 123456789012345680000, 5e-324])
    staysAlike({ a: value });
  staysAlike({ a: {}, b: [], c: [[], {}, [[1], { d: [] }]], e: null, f: true, g: { h: { i: {} } } });
  for (const value of [[1, "a"], {}, [], "a", null, [[["a"]]]]) staysAlike(value);
});

test("keys that readers differ in are refused, and numbers that none has", () => {
  throwsCode("unsupported", () => toYamlText({ "<<": {} }));
  throwsCode("unsupported", () => toYamlText({ ["a".repeat(1001)]: 1 }));
  throwsCode("malformed", () => toYamlText({ a: Number.NaN }));
});

test("whatever a value is, it is read back", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc
      .array(fc.constantFrom("a", " ", "\n", ":", "-", "#", "'", '"', "\t", "{", "1", "\u2029", "\r"), { maxLength: 8 })
      .map((parts) => parts.join("")),
  );
  const name = text.filter((found) => found !== "<<" && found !== "__proto__");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: "small" }, text, fc.integer(), fc.boolean(), tie("map"), tie("list")),
    map: fc.dictionary(name, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
    list: fc.array(tie("tree"), { maxLength: 4 }),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("p", "q", "r"), tree, { noNullPrototype: true }), (value) => {
      const [ours] = readBack(value);
      assert.is(canonical(JSON.parse(ours ?? "")), canonical(value));
    }),
    { numRuns: 500 },
  );
});

/** Integer-like keys come first whatever their order was. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

test.run();
