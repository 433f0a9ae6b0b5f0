import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ErrorCode } from "../../../core/errors.ts";
import { type Failure, leadingFailure } from "../../../core/verdict.ts";
import { nothingFoundWords, refutedButOthers, satisfiedButOthers } from "../../../core/verify/found-words.ts";

const test = suite("core/verify/found-words");

const failure = (code: ErrorCode, stage = 9, reason: string = code): Failure => ({ check: "c", code, reason, stage });
const unasked: Failure = {
  check: "question.referrers",
  code: "not-in-mirror",
  reason: "the list is not in the mirror",
  subject: "r@d",
  question: { kind: "tag", repository: "r", tag: "t" },
  stage: 0,
};
const said = (found: readonly Failure[], reasons: readonly Failure[]): string | undefined =>
  refutedButOthers("signature", found, reasons)[0]?.reason;

test("what was refuted leads, and that others are unknown follows", () => {
  const others = "; whether there are others is unknown";
  assert.is(said([unasked], [failure("wrong-key")]), `1 signature is here, by another key${others}`);
  assert.is(
    said([unasked], [failure("wrong-key"), failure("wrong-key")]),
    `2 signatures are here, by other keys${others}`,
  );
  assert.is(
    said([unasked], [failure("wrong-identity", 12, "subject mismatch")]),
    `1 signature is here, by another identity: subject mismatch${others}`,
  );
  assert.is(
    said([unasked], [failure("wrong-key", 9), failure("wrong-annotations", 13, "no env")]),
    `2 signatures are here, and none holds: no env${others}`,
  );
  assert.is(
    said([failure("malformed", 0, "no JSON"), unasked], []),
    `1 signature is here, and does not hold: no JSON${others}`,
  );
  assert.match(
    refutedButOthers("attestation", [unasked], [failure("wrong-key")])[0]?.reason ?? "",
    /^1 attestation is/,
  );
});

test("it has the code of what is unknown, its question, and the fix of completeness, and is shown first", () => {
  const [lead] = refutedButOthers("signature", [unasked], [failure("wrong-key")]);
  assert.equal([lead?.code, lead?.question, lead?.remedy], ["not-in-mirror", unasked.question, "completeness"]);
  assert.is(leadingFailure("unknown", [...(lead === undefined ? [] : [lead]), unasked, failure("wrong-key")]), lead);
  const [outage] = refutedButOthers("signature", [{ ...unasked, code: "timed-out" }], [failure("wrong-key")]);
  assert.equal([outage?.code, outage?.remedy], ["timed-out", undefined]);
});

test("nothing leads where nothing is here, where a candidate is unknown, and where all is known", () => {
  assert.is(said([unasked], []), undefined);
  assert.is(said([unasked, failure("over-limit", 0)], []), undefined, "a bound is no candidate");
  assert.is(said([unasked], [failure("wrong-key"), failure("no-trust")]), undefined);
  assert.is(said([], [failure("wrong-key")]), undefined);
});

test("attestations that satisfy, while there may be others", () => {
  assert.is(
    satisfiedButOthers(1, [unasked])[0]?.reason,
    "1 attestation is here and satisfies the conditions; whether there are others is unknown",
  );
  assert.match(
    satisfiedButOthers(2, [unasked])[0]?.reason ?? "",
    /^2 attestations are here and satisfy the conditions;/,
  );
  assert.equal(satisfiedButOthers(1, [failure("over-limit")]), []);
});

test("where nothing is found: what was asked for, and the types that are there", () => {
  const none = new Set<string>();
  assert.is(nothingFoundWords(undefined, none, "all"), "no signature found, neither as a tag nor as a referrer");
  assert.is(
    nothingFoundWords("https://a/b", none, "all"),
    "no attestation of type https://a/b found, neither as a tag nor as a referrer",
  );
  assert.is(
    nothingFoundWords("https://a/b", new Set(["https://c", "https://b"]), "all"),
    "no attestation of type https://a/b found, neither as a tag nor as a referrer; found: https://b, https://c",
  );
  assert.is(
    nothingFoundWords(undefined, new Set(["https://b"]), "all"),
    "no signature found, neither as a tag nor as a referrer; found: attestations of type https://b",
  );
  const many = nothingFoundWords(
    "t",
    new Set(Array.from({ length: 9 }, (_, index) => `${index}${"x".repeat(999)}`)),
    "bundles",
  );
  assert.match(many, "found in the bundles that refer to the image; found:");
  assert.ok(many.length < 1200 && many.endsWith(" and 4 more"), many);
});

test.run();
