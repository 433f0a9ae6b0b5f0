import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isAllowed, mayOverlook } from "../../../core/decide/allowed.ts";
import { codes, type ErrorCode } from "../../../core/errors.ts";

const test = suite("core/decide/allowed");

test("allowed: exhaustively, over status, action, failure policy and code", () => {
  for (const status of ["pass", "fail", "warn", "error", "skip"] as const)
    for (const action of ["Enforce", "Audit"] as const)
      for (const failurePolicy of ["Fail", "Ignore"] as const)
        for (const code of Object.keys(codes) as ErrorCode[])
          for (const open of [
            [],
            [{ kind: "tag", repository: "r", tag: "t" }],
            [{ kind: "trusted-root", name: "n" }],
          ] as const) {
            const result = {
              status,
              action,
              failurePolicy,
              failures: [{ check: "c", code, reason: "", stage: 0 }],
              open,
            };
            const { truth, ignorable } = codes[code];
            const overlooked =
              failurePolicy === "Ignore" &&
              truth !== "refuted" &&
              ignorable === "artifact" &&
              open.every(({ kind }) => kind === "tag");
            const expected = status === "fail" ? action === "Audit" : status === "error" ? overlooked : true;
            assert.is(isAllowed([result]), expected, JSON.stringify(result));
          }
  assert.ok(isAllowed([]));
});

test("several causes: all must be such as may be overlooked, and refuted ones beside them do not count", () => {
  const result = (...list: readonly ErrorCode[]) => ({
    failurePolicy: "Ignore" as const,
    failures: list.map((code) => ({ check: "c", code, reason: "", stage: 0 })),
    open: [],
  });
  assert.ok(mayOverlook(result("unreachable", "timed-out", "wrong-key")));
  assert.not(mayOverlook(result("unreachable", "no-trust")));
  assert.not(mayOverlook(result("unreachable", "unresolved")), "nor an unset variable");
  assert.not(mayOverlook(result("unresolved")));
  assert.not(mayOverlook(result("wrong-key")));
  assert.not(mayOverlook(result()));
});

test.run();
