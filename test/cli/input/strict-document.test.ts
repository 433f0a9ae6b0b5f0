import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitStrictly, readOnly, scalarTexts } from "../../../cli/input/strict-document.ts";
import { Findings } from "../../../core/kyverno/policy/findings.ts";
import { list, map, text } from "../../../core/kyverno/policy/schema.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/strict-document");
const shape = map({ name: text, parts: list(map({ size: text })) });
const only = (content: string) => readOnly("a.yaml", "thing", testIO({ files: { "a.yaml": content } }).io);

test("one document, of its shape; null is nothing", () => {
  assert.is(JSON.stringify(fitStrictly(only("name: a\nparts: null\n"), shape)), '{"name":"a"}');
  for (const content of ["", "a: 1\n---\nb: 2\n", "a: ["]) throwsCode("invalid-usage", () => only(content));
});

test("every unknown or wrongly typed field is reported with its place", () => {
  const error = throwsCode("invalid-usage", () => fitStrictly(only("nam: a\nparts:\n- sizes: b\n"), shape));
  assert.is(error.subject, "a.yaml:1:1");
  assert.match(error.message, /did you mean "name"\?; 1 more: a\.yaml:3:3: .*did you mean "size"/);
  throwsCode("invalid-usage", () => fitStrictly(only("- a\n"), shape));
  throwsCode("invalid-usage", () => fitStrictly(only("name: [a]\n"), shape));
  throwsCode("invalid-usage", () =>
    fitStrictly(only("name: a\n"), shape, (_, findings) => findings.refuse("/name", "is taken")),
  );
});

test("numbers and booleans become texts, nothing else does", () => {
  const findings = new Findings();
  assert.equal(
    { ...scalarTexts({ a: 1n, b: true, c: "x", d: 1.5 }, "", findings) },
    { a: "1", b: "true", c: "x", d: "1.5" },
  );
  assert.ok(findings.isClean);
  scalarTexts({ a: [] }, "/labels", findings);
  assert.not.ok(findings.isClean);
  assert.equal({ ...scalarTexts(undefined, "", findings) }, {});
  const labels = new Findings();
  const asked: string[] = [];
  scalarTexts({ "app.kubernetes.io/name": [] }, "/labels", labels);
  labels.problems((at) => {
    asked.push(at);
    return { file: "a.yaml", line: 1, column: 1 };
  }, undefined);
  assert.equal(asked, ["/labels/app.kubernetes.io~1name"]);
});

test.run();
