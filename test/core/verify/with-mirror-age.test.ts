/** What the age of a mirror does to an outcome. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Failure, proven, refuted, unknown } from "../../../core/verdict.ts";
import type { ImageOutcome } from "../../../core/verify/verify-image.ts";
import { withMirrorAge } from "../../../core/verify/with-mirror-age.ts";

const test = suite("core/verify/with-mirror-age");

const old: Failure = { check: "freshness.mirror", code: "stale", reason: "too old", stage: 0 };
const found: Failure = { check: "image", code: "no-signature", reason: "none", stage: 1 };
const outcomeOf = (verification: ImageOutcome["verification"]): ImageOutcome => ({
  verification,
  candidates: [],
  undecided: { failures: [], open: [] },
  claims: [],
  saidNone: [],
});

test("what was proven is unknown, and what was unknown says so first", () => {
  assert.equal(withMirrorAge(outcomeOf(proven([])), old).verification, unknown([old], []));
  const question = { kind: "tag", repository: "ghcr.io/a/b", tag: "1" } as const;
  assert.equal(
    withMirrorAge(outcomeOf(unknown([found], [question])), old).verification,
    unknown([old, found], [question]),
  );
});

test("what was refuted stays so, and a mirror that is young enough changes nothing", () => {
  const refutedOutcome = outcomeOf(refuted(found));
  assert.is(withMirrorAge(refutedOutcome, old), refutedOutcome);
  const provenOutcome = outcomeOf(proven([]));
  assert.is(withMirrorAge(provenOutcome, undefined), provenOutcome);
});

test.run();
