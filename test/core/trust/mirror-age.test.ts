import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Mirrored } from "../../../core/knowledge/knowledge.ts";
import { joinedKnowledge } from "../../../core/knowledge/joined-knowledge.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { ageOf, defaultMirrorBudget, judgeMirrorAge } from "../../../core/trust/mirror-age.ts";

const test = suite("core/trust/mirror-age");
const hour = 3_600_000;
const day = 24 * hour;
const made = new Date("2026-11-01T10:00:00Z");
const after = (ms: number): Date => new Date(made.getTime() + ms);
const judge = (mirrored: Mirrored, now: Date, budget = {}) => judgeMirrorAge(mirrored, { now, budget });

test("an age is at least zero; a time that is yet to come gives none", () => {
  assert.is(ageOf(made, after(hour)), hour);
  assert.is(ageOf(made, after(-4 * 60_000)), 0, "two clocks of one site");
  assert.is(ageOf(made, after(-6 * 60_000)), undefined);
  assert.is(ageOf(undefined, made), undefined);
  assert.is(ageOf(new Date(Number.NaN), made), undefined);
});

test("by default a mirror warns from 30 days on, and never denies", () => {
  const at = (now: Date) => judge({ at: made, by: "archive" }, now, defaultMirrorBudget);
  assert.equal([at(after(30 * day - 1000)).warning, at(after(30 * day - 1000)).error], [undefined, undefined]);
  assert.match(
    at(after(30 * day)).warning ?? "",
    /2026-11-01T10:00:00\.000Z, when its last archive was made, 30 d ago/,
  );
  assert.is(at(after(3000 * day)).error, undefined);
  assert.equal(judge({}, made, defaultMirrorBudget), {});
});

test("past its budget it is stale, by a second", () => {
  const budget = { deny: 72 * hour };
  const at = (ms: number) => judge({ at: made, by: "sync" }, after(ms), budget);
  assert.equal([at(72 * hour).error, at(72 * hour).age], [undefined, 72 * hour]);
  assert.equal([at(72 * hour + 1000).error?.code, at(72 * hour + 1000).error?.remedy], ["stale", "old-mirror"]);
});

test("an attack: a sync while the clock was years ahead does not keep a mirror fresh", () => {
  const { error, warning } = judge({ at: after(365 * day), by: "sync" }, made, { warn: day, deny: 72 * hour });
  assert.equal([error?.code, warning], ["stale", undefined]);
  assert.match(error?.message ?? "", "yet to come");
});

test("a mirror of which nobody knows the age spends a budget that denies", () => {
  assert.is(judge({}, made, { deny: 3650 * day }).error?.code, "stale");
  assert.equal(judge({}, made, { warn: 0 }), {});
});

test("of several copies the oldest counts, and one without an age is the oldest", () => {
  const source = (mirrored?: Mirrored) => {
    const knowledge = new MemoryKnowledge(defaultLimits);
    return mirrored === undefined ? knowledge : knowledge.setMirrored(mirrored);
  };
  const of = (...all: readonly (Mirrored | undefined)[]) => joinedKnowledge(all.map(source)).state?.().mirrored;
  const [old, young] = [{ at: made }, { at: after(day) }];
  assert.is(of(undefined, undefined), undefined);
  assert.is(of(undefined, young), young);
  assert.is(of(young, old, young), old);
  assert.equal(of(old, {}, young), {});
  assert.equal(of({}, old), {});
});

test.run();
