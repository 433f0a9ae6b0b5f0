import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type JunitCase, renderJunit } from "../../../cli/render/junit.ts";
import { junitFaults } from "../../support/junit-rules.ts";
import { parseXml } from "../../support/xml.ts";

const test = suite("cli/render/junit");
const passed: JunitCase = {
  suite: "a",
  classname: "a.rule",
  name: "rule: Pod/x",
  status: "passed",
  lines: [["Reason", "Ok"]],
};

test("suites with their counts, outcomes with a reason and a code", () => {
  assert.is(
    renderJunit([
      passed,
      { ...passed, name: "y", status: "failed", reason: "Want pass, got fail", type: "wrong-key" },
      { ...passed, suite: "b", classname: "b.rule", status: "skipped", reason: "excluded" },
    ]),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0">
 <testsuite name="a" tests="2" failures="1" errors="0" skipped="0">
  <testcase classname="a.rule" name="rule: Pod/x">
   <system-out>
    Reason: Ok
   </system-out>
  </testcase>
  <testcase classname="a.rule" name="y">
   <failure type="wrong-key" message="Want pass, got fail">
    Reason: Ok
   </failure>
  </testcase>
 </testsuite>
 <testsuite name="b" tests="1" failures="0" errors="0" skipped="1">
  <testcase classname="b.rule" name="rule: Pod/x">
   <skipped message="excluded">
    Reason: Ok
   </skipped>
  </testcase>
 </testsuite>
</testsuites>
`,
  );
});

test("every outcome is valid for Jenkins, and so is a report of nothing", () => {
  for (const cases of [
    [],
    [passed],
    (["passed", "failed", "error", "skipped"] as const).map((status) => ({ ...passed, status, reason: status })),
  ])
    assert.equal(junitFaults(parseXml(renderJunit(cases))), []);
});

test("the rules find a missing count, an unknown attribute, a strange element and a repeated case", () => {
  const faults = (text: string): readonly string[] =>
    junitFaults(parseXml(`<?xml version="1.0" encoding="UTF-8"?>${text}`));
  assert.equal(faults('<testsuites><testsuite name="a" tests="0" failures="0"></testsuite></testsuites>'), [
    "testsuite lacks errors",
  ]);
  assert.equal(faults('<testsuites skipped="0"></testsuites>'), ["testsuites has no skipped"]);
  assert.equal(faults('<testsuites tests="1"></testsuites>'), ["testsuites tests is not 0"]);
  assert.equal(faults("<testsuites><warning></warning></testsuites>"), [
    "warning in testsuites",
    "there is no element warning",
  ]);
  const twice = '<testcase classname="c" name="n"></testcase>'.repeat(2);
  assert.equal(
    faults(`<testsuites><testsuite name="a" tests="2" failures="0" errors="0">${twice}</testsuite></testsuites>`),
    ['two cases are ["c","n"]'],
  );
});

test("a repeated class and name gets a number that no other case has", () => {
  const { children } = parseXml(renderJunit([passed, passed, { ...passed, name: "rule: Pod/x (2)" }, passed]));
  const names = children[0]?.children.map(({ attributes }) => attributes.name);
  assert.equal(names, ["rule: Pod/x", "rule: Pod/x (2)", "rule: Pod/x (2) (2)", "rule: Pod/x (3)"]);
});

test("any text comes back as it was, but for what XML 1.0 cannot hold, which is written as an escape", () => {
  const texts = ["a\"<&>'", "]]>", "<!--", "tab\tnewline\ncr\rcrlf\r\n", "é 日本 😀", "&amp;"];
  for (const text of texts) {
    const root = parseXml(
      renderJunit([{ suite: text, classname: text, name: text, status: "failed", reason: text, lines: [["x", text]] }]),
    );
    assert.equal(junitFaults(root), []);
    const [found] = root.children;
    const [one] = found?.children ?? [];
    assert.equal([found?.attributes.name, one?.attributes.name, one?.attributes.classname], [text, text, text]);
    assert.is(one?.children[0]?.attributes.message, text);
    assert.ok(one?.children[0]?.text.includes(text));
  }
  const written = renderJunit([{ ...passed, name: "a\u0000b\u001b[31m\ud800c\uffff", lines: [["x", "\u0008"]] }]);
  assert.match(written, 'name="a\\u0000b\\u001b[31m\\ud800c\\uffff"');
  assert.match(written, "x: \\u0008\n");
  parseXml(written);
});

test.run();
