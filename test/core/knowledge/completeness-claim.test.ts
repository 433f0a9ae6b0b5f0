import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Answer } from "../../../core/knowledge/answer.ts";
import { claimedAbsence, contradicts } from "../../../core/knowledge/completeness-claim.ts";

const test = suite("core/knowledge/completeness-claim");
const origin = { at: "2026-01-01T00:00:00Z", from: "test" };
const present = (value: unknown): Answer => ({ state: "present", value, ...origin });
const absent: Answer = { state: "absent", ...origin };
const outage: Answer = { state: "unavailable", code: "timed-out", ...origin };
const one = { mediaType: "a/b", digest: `sha256:${"1".repeat(64)}`, size: 1 };
const two = { ...one, digest: `sha256:${"2".repeat(64)}` };
const bytes = new Uint8Array([1]);

const cases: readonly (readonly [what: string, later: Answer | undefined, earlier: Answer | undefined, boolean])[] = [
  ["a tag that was not there", present(one), absent, true],
  ["a referrer where there was none", present([one]), absent, true],
  ["bytes that were not there", present(bytes), absent, true],
  ["an empty list where there was none", present([]), absent, false],
  ["a tag that was moved", present(two), present(one), true],
  ["the same tag, described otherwise", present({ ...one, size: 2 }), present(one), false],
  ["a further referrer", present([one, two]), present([one]), true],
  ["a referrer instead of another", present([two]), present([one]), true],
  ["one referrer less", present([one]), present([two, one]), false],
  ["the same bytes", present(bytes), present(bytes), false],
  ["something that nobody spoke of", present(one), undefined, false],
  ["something that could not be asked for", present(one), outage, false],
  ["an absence", absent, present(one), false],
  ["an outage", outage, absent, false],
  ["nothing", undefined, absent, false],
];
for (const [what, later, earlier, wanted] of cases)
  test(`${what}: ${wanted ? "news" : "no news"}`, () => assert.is(contradicts(later, earlier), wanted));

test("an absence names the claim that it rests on", () =>
  assert.equal(claimedAbsence({ scope: "ghcr.io", ...origin }), { state: "absent", ...origin, claim: "ghcr.io" }));

test.run();
