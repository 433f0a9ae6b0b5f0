import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultTrustBudget, judgeExpiry } from "../../../core/trust/freshness.ts";
import type { Metadata } from "../../../core/tuf/metadata.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/trust/freshness");
const expires = new Date("2026-06-01T00:00:00Z");
const timestamp = { role: "timestamp", version: 3n, expires } as Metadata<unknown>;
const day = 86_400_000;
const after = (milliseconds: number): Date => new Date(expires.getTime() + milliseconds);
const judge = (now: Date, mode: "enforce" | "budget", budget = defaultTrustBudget): string | undefined =>
  judgeExpiry("corp", timestamp, now, mode, budget);

test("no warning before its expiry; from that instant on it has expired", () => {
  assert.is(judge(after(-1), "enforce"), undefined);
  throwsCode("stale", () => judge(after(0), "enforce"));
});

test("a budget is silent, warns, and ends, each at its instant", () => {
  assert.is(judge(after(7 * day - 1), "budget"), undefined);
  assert.match(
    judge(after(7 * day), "budget") ?? "",
    /^freshness has ended: timestamp version 3 expired at 2026-06-01/,
  );
  assert.match(judge(after(90 * day), "budget") ?? "", /90 d ago; maxTrustAge allows 90 d$/);
  throwsCode("stale", () => judge(after(90 * day + 1), "budget"));
});

test("a budget of nothing is as strict as enforce, one instant later", () => {
  assert.match(judge(after(0), "budget", { warn: 0, deny: 0 }) ?? "", /^freshness has ended/);
  throwsCode("stale", () => judge(after(1), "budget", { warn: 0, deny: 0 }));
});

test("a time or a budget that is no number allows nothing", () => {
  throwsCode("stale", () => judge(new Date(Number.NaN), "budget"));
  throwsCode("stale", () => judge(after(8 * day), "budget", { warn: 0, deny: Number.NaN }));
});

test.run();
