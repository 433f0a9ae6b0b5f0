/**
 * Pairs that an operator compares as durations or as quantities before it looks at them as text. Source:
 * docs/spec/kyverno.md#equality, #ordering.
 */
import { durationOf as durationOfNumber, parseDuration } from "../../quantity/duration.ts";
import { compareQuantity, parseQuantity } from "../../quantity/quantity.ts";
import type { PolicyValue } from "../../policy/policy.ts";

const nanosecondsPerSecond = 1_000_000_000n;

/**
 * A number of seconds as Go's `time.Duration(seconds) * time.Second`: the fraction is cut, what does not fit wraps
 * around.
 */
const secondsOf = (value: number): bigint => BigInt.asIntN(64, durationOfNumber(value) * nanosecondsPerSecond);

/** A side as a duration in nanoseconds: a duration text, or a number of seconds. */
export function durationOf(value: PolicyValue): bigint | undefined {
  if (typeof value === "number") return secondsOf(value);
  return typeof value === "string" ? parseDuration(value) : undefined;
}

/**
 * Both sides as durations, provided that one of them is a duration text other than `0`; any other text is not read as
 * seconds.
 */
export function durationPair(key: PolicyValue, value: PolicyValue): readonly [bigint, bigint] | undefined {
  const marked = (side: PolicyValue): bigint | undefined =>
    typeof side === "string" && side !== "0" ? parseDuration(side) : undefined;
  const [left, right] = [marked(key), marked(value)];
  if (left === undefined && right === undefined) return undefined;
  const first = left ?? (typeof key === "number" ? secondsOf(key) : undefined);
  const second = right ?? (typeof value === "number" ? secondsOf(value) : undefined);
  return first === undefined || second === undefined ? undefined : [first, second];
}

/** How two quantity texts compare: -1, 0, 1. `no-key`, `no-value`: that side is not a quantity. */
export function quantityOrder(key: string, value: PolicyValue): -1 | 0 | 1 | "no-key" | "no-value" {
  const left = parseQuantity(key);
  if (left === undefined) return "no-key";
  const right = typeof value === "string" ? parseQuantity(value) : undefined;
  return right === undefined ? "no-value" : compareQuantity(left, right);
}
