/** What people read of a decision at admission. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import type { AdmissionRequest, RuleResult } from "../../../core/index.ts";
import { admissionWarnings, denialBlock, resourceName } from "../../../core/admission/denial.ts";

const test = suite("core/admission/denial");

const request: AdmissionRequest = {
  operation: "CREATE",
  kind: { group: "", version: "v1", kind: "Pod" },
  namespace: "default",
  name: "unsigned",
};
const result = (message: string, more: Partial<RuleResult> = {}): RuleResult => ({
  policy: "check-image",
  rule: "check-image",
  pass: "mutate",
  status: "fail",
  message,
  action: "Enforce",
  failurePolicy: "Fail",
  position: { file: "p.yaml", line: 1, column: 1 },
  operation: "CREATE",
  failures: [],
  open: [],
  ...more,
});
const head = "\n\nresource Pod/default/unsigned was blocked due to the following policies \n\n";
const read = (block: string): unknown => parse(block.slice(head.length));

test("the block of the documentation, to the letter", () => {
  const sentence = "image verification failed for ghcr.io/kyverno/test-verify-image:unsigned: signature not found";
  assert.is(
    denialBlock(request, [result(sentence)]),
    `${head}check-image:\n  check-image: 'image verification failed for ghcr.io/kyverno/test-verify-image:unsigned:\n` +
      "    signature not found'\n",
  );
});

test("every rule that did not pass, sorted, each sentence once", () => {
  const results = [
    result("b: 1", { policy: "z", rule: "two" }),
    result("a: 1", { policy: "z", rule: "one" }),
    result("a: 1", { policy: "z", rule: "one", pass: "validate" }),
    result("a: 2", { policy: "z", rule: "one" }),
    result("passed", { policy: "y", status: "pass" }),
    result("skipped", { policy: "y", status: "skip" }),
    result("unknown", { policy: "a", status: "error" }),
  ];
  const block = denialBlock(request, results);
  assert.equal(read(block), { a: { "check-image": "unknown" }, z: { one: "a: 1; a: 2", two: "b: 1" } });
  assert.ok(block.indexOf("\na:") < block.indexOf("\nz:"));
  assert.ok(block.includes("check-image: unknown\n"), "no quotes where none are needed");
});

test("whatever a message holds, YAML reads it back", () => {
  const texts = [
    "it's: 'quoted' \"twice\"",
    "true",
    "null",
    "",
    " spaces  around ",
    "# a comment: no",
    "- a list",
    "a\nline\tand \u0001\u001b[31m",
    "ä ö ü 漢字 \u{1f512}",
    `${"word ".repeat(60)}end`,
    `two  spaces ${"x".repeat(100)}  and  more`,
    "x".repeat(400),
    "{ a: [b] }",
    "%percent @at `tick",
  ];
  for (const text of texts)
    assert.equal(read(denialBlock(request, [result(text, { policy: text, rule: text })])), {
      [text]: { [text]: text },
    });
});

test("the name of the resource, with and without a namespace", () => {
  assert.is(resourceName(request), "Pod/default/unsigned");
  const { namespace: _, ...cluster } = request;
  assert.is(resourceName({ ...cluster, kind: { ...request.kind, kind: "Namespace" }, name: "shop" }), "Namespace/shop");
});

test("warnings: short enough for the API server, each once, with the code where a text is cut", () => {
  const failures = [{ check: "c", code: "unreachable", reason: "r", stage: 0 }] as const;
  const long = `image verification could not decide for ghcr.io/${"a/".repeat(200)}app; x: [unreachable] refused`;
  const warnings = admissionWarnings(
    [
      result("short"),
      result("short", { pass: "validate" }),
      result(long, { status: "error", failures }),
      result("fine", { status: "pass" }),
    ],
    ["the trust is old\nand on two lines"],
  );
  assert.equal(warnings.slice(0, 1), ["policy check-image.check-image: short"]);
  assert.match(
    warnings[1] ?? "",
    /^policy check-image\.check-image \[unreachable\]: image verification could not decide .*…$/,
  );
  assert.is(warnings[2], "the trust is old and on two lines");
  assert.is(warnings.length, 3);
  for (const warning of warnings) assert.ok([...warning].length <= 250);
});

test("all warnings together stay below what the API server passes on", () => {
  const many = Array.from({ length: 100 }, (_, index) => result(`${index} ${"x".repeat(200)}`));
  const warnings = admissionWarnings(many, []);
  assert.ok(warnings.join("").length <= 4096);
  assert.ok(warnings.length > 10);
});

test.run();
