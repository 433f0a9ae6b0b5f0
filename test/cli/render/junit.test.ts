import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderJunit } from "../../../cli/render/junit.ts";

const test = suite("cli/render/junit");

test("suites with their counts, failures with a reason", () => {
  const passed = { suite: "a", classname: "rule", name: "Pod/x", lines: [["Reason", "Ok"]] } as const;
  assert.is(
    renderJunit([passed, { ...passed, failure: "Want pass, got fail" }, { ...passed, suite: "b" }]),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1">
 <testsuite name="a" tests="2" failures="1">
  <testcase classname="rule" name="Pod/x">
   <system-out><![CDATA[
    Reason: Ok
   ]]></system-out>
  </testcase>
  <testcase classname="rule" name="Pod/x">
   <failure message="Want pass, got fail">
    Reason: Ok
   </failure>
  </testcase>
 </testsuite>
 <testsuite name="b" tests="1" failures="0">
  <testcase classname="rule" name="Pod/x">
   <system-out><![CDATA[
    Reason: Ok
   ]]></system-out>
  </testcase>
 </testsuite>
</testsuites>
`,
  );
});

test("nothing in a text ends an element, and what XML does not have is replaced", () => {
  const text = renderJunit([{ suite: 'a"<&>', classname: "c", name: "n\u0001\ud800", lines: [["x", "]]>"]] }]);
  assert.match(text, '<testsuite name="a&quot;&lt;&amp;&gt;"');
  assert.match(text, 'name="n\ufffd\ufffd"');
  assert.match(text, "]]]]><![CDATA[>");
});

test.run();
