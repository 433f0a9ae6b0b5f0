import { shownStatus } from "../../../core/admission/report-result.ts";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  countResults,
  renderBanner,
  renderCounts,
  renderRefusedPolicies,
  renderResponse,
  type Response,
} from "../../../cli/render/kyverno-apply.ts";
import type { RuleResult } from "../../../core/kyverno/image/result.ts";

const test = suite("cli/render/kyverno-apply");
const result = (status: RuleResult["status"], options: Partial<RuleResult> = {}): RuleResult => ({
  policy: "check",
  rule: "signed",
  pass: "mutate",
  status,
  message: `it is a ${status}`,
  action: "Enforce",
  failurePolicy: "Fail",
  position: { file: "check.yaml", line: 1, column: 1 },
  operation: "CREATE",
  failures: [],
  open: [],
  ...options,
});
const response = (...results: readonly RuleResult[]): Response => ({
  policy: "check",
  resource: "default/Pod/web",
  scored: true,
  results,
});
const plain = { auditWarn: false, refusedPolicies: 0 };

test("the banner counts rules, resources and exceptions", () => {
  assert.is(
    renderBanner({ rules: 2, resources: 3, exceptions: 0 }),
    "\nApplying 2 policy rule(s) to 3 resource(s)...\n",
  );
  assert.is(
    renderBanner({ rules: 2, resources: 3, exceptions: 1 }),
    "\nApplying 2 policy rule(s) to 3 resource(s) with 1 exception(s)...\n",
  );
});

test("only failures are listed, numbered from one", () => {
  assert.is(
    renderResponse(response(result("fail"), result("error"), result("fail", { rule: "other", message: "" })), false),
    "policy check -> resource default/Pod/web failed:\n1 - signed it is a fail\n2 - other validation failed\n\n",
  );
  assert.is(renderResponse(response(result("pass"), result("error"), result("skip")), false), "");
});

test("failures of Audit policies become warnings on request", () => {
  const audited = response(result("fail", { action: "Audit" }), result("fail"));
  assert.equal(countResults([audited], { ...plain, auditWarn: true }), {
    pass: 0,
    fail: 1,
    warn: 1,
    error: 0,
    skip: 0,
  });
  assert.match(renderResponse(response(result("fail", { action: "Audit" })), true), "failed as audit warning:\n");
  assert.is(shownStatus(result("fail", { action: "Audit" }), true, false), "fail");
});

test("an unscored policy warns", () => assert.is(shownStatus(result("fail"), false, false), "warn"));

test("a refused policy is one error", () =>
  assert.equal(countResults([response(result("pass"))], { ...plain, refusedPolicies: 2 }), {
    pass: 1,
    fail: 0,
    warn: 0,
    error: 2,
    skip: 0,
  }));

test("the counters line is Kyverno's, with its space at the end", () =>
  assert.is(
    renderCounts({ pass: 2, fail: 1, warn: 0, error: 0, skip: 1 }),
    "\npass: 2, fail: 1, warn: 0, error: 0, skip: 1 \n",
  ));

test("refused policies stand between lines", () => {
  const line = "-".repeat(70);
  assert.is(
    renderRefusedPolicies([{ policy: "a", reason: "bad" }]),
    `${line}\nPolicies Skipped:\n1. a: bad\n${line}\n`,
  );
  assert.is(renderRefusedPolicies([]), "");
});

test.run();
