import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exitOf, exitOfCounts, exitOfVerification, gravest } from "../../cli/exit-code.ts";
import { codes, type ErrorCode } from "../../core/errors.ts";
import { proven, refuted, unknown } from "../../core/verdict.ts";

const test = suite("cli/exit-code");

test("exit codes are those of the table", () => {
  for (const [code, row] of Object.entries(codes)) assert.is(exitOf(code as ErrorCode), row.exit);
});

test("of several codes the gravest counts", () => {
  assert.is(gravest([]), 0);
  assert.is(gravest([0, 0]), 0);
  const order = [6, 3, 4, 5, 12, 10, 11, 13, 14, 15, 1, 0];
  for (let index = 1; index < order.length; index++)
    assert.is(gravest([order[index] ?? 0, order[index - 1] ?? 0]), order[index - 1]);
});

test("exit codes: failures before errors before warnings", () => {
  const none = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  const settings = { warnExitCode: 3, warnNoPass: true };
  assert.equal(exitOfCounts({ ...none, fail: 1, error: 1, warn: 1 }, settings), {
    code: 1,
    text: "Error: exit as there are policy violations",
  });
  assert.equal(exitOfCounts({ ...none, error: 1, warn: 1 }, settings), {
    code: 1,
    text: "Error: exit as there are policy errors",
  });
  assert.equal(exitOfCounts({ ...none, warn: 1 }, settings), { code: 3, text: "exit as warnExitCode is 3" });
  assert.equal(exitOfCounts({ ...none, warn: 1, pass: 1 }, { warnExitCode: 0, warnNoPass: false }), { code: 0 });
  assert.equal(exitOfCounts(none, settings), { code: 3, text: "exit as no objects satisfied policy" });
  assert.equal(exitOfCounts({ ...none, skip: 1 }, { warnExitCode: 0, warnNoPass: false }), { code: 0 });
});

test("an image's exit code is that of the failure that leads", () => {
  const failure = (code: ErrorCode, stage: number) => ({ check: "x", code, reason: code, stage });
  assert.is(exitOfVerification(proven([])), 0);
  assert.is(exitOfVerification(refuted(failure("no-certificate", 1), failure("no-log-proof", 2))), 14);
  assert.is(exitOfVerification(unknown([failure("not-in-mirror", 1), failure("wrong-key", 2)])), 5);
  assert.is(exitOfVerification(unknown([])), 1);
});

test.run();
