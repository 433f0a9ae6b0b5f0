import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ArchiveStatement } from "../../../core/archive/archive-statement.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { requireOrder } from "../../../proxy/crossing/archive-order.ts";
import type { SeenArchives } from "../../../proxy/mirror/import-state.ts";
import { throwsCode } from "../../support/assert.ts";
import { sampleStatement } from "../../support/archive-sample.ts";

const test = suite("proxy/crossing/archive-order");
const now = new Date("2026-05-01T00:00:00Z");
const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const archive = (sequence: number, statement: Digest) => ({
  sequence,
  statement,
  contentId: digest("c"),
  created: "2026-03-01T00:00:00Z",
  at: "2026-03-02T00:00:00Z",
  from: "test",
});
const seen = (last: number, base = last): SeenArchives => ({
  last: archive(last, digest(String(last))),
  base: archive(base, digest(String(base))),
});
const full = (sequence: number, more: Partial<ArchiveStatement> = {}): ArchiveStatement => {
  const { base: _, previous: __, ...plain } = sampleStatement({});
  return { ...plain, kind: "full", sequence, created: "2026-04-01T00:00:00Z", ...more };
};
const delta = (sequence: number, base: number, more: Partial<ArchiveStatement["base"]> = {}): ArchiveStatement =>
  full(sequence, {
    kind: "delta",
    base: { sequence: base, statement: digest(String(base)), contentId: digest("c"), ...more },
  });
const accept = (statement: ArchiveStatement, before: SeenArchives, restart = false) =>
  requireOrder(statement, digest("9"), before, { restart, now });
const refuse = (statement: ArchiveStatement, before: SeenArchives, restart = false) =>
  throwsCode("archive-sequence", () => accept(statement, before, restart));

test("a full archive may be the first, the next, or come after a gap", () => {
  for (const before of [{}, seen(3)]) for (const sequence of [4, 8]) accept(full(sequence), before);
});

test("what was imported, and what is older, is refused", () => {
  throwsCode("archive-sequence", () => requireOrder(full(3), digest("3"), seen(3), { restart: false, now }));
  throwsCode("archive-sequence", () => requireOrder(full(3), digest("3"), seen(4, 3), { restart: true, now }));
  for (const sequence of [1, 3]) refuse(full(sequence), seen(3));
  for (const kind of ["trust", "full"] as const) refuse(full(2, { kind }), seen(3));
});

test("the last archive again: what was unpinned here is named, with what brings it back", () => {
  const again = (statement: ArchiveStatement, away: readonly string[]) =>
    throwsCode("archive-sequence", () => requireOrder(statement, digest("3"), seen(3), { restart: false, now, away }));
  assert.match(again(full(3), []).message, /all that it brought is here$/);
  const away = ["the key k8s://a/b", "the trusted root corp"];
  assert.match(
    again(full(3), away).message,
    /is here, but for what was unpinned: the key k8s:\/\/a\/b, the trusted root corp; with --accept-pins it brings/,
  );
  const many = Array.from({ length: 7 }, (_, index) => `the key k8s://a/${index}`);
  assert.match(
    again(full(3), many).message,
    /unpinned: the key k8s:\/\/a\/0, .*the key k8s:\/\/a\/4, and 2 more; with/,
  );
  assert.match(again(delta(3, 2), away).message, /with --accept-pins a full archive brings that back$/);
  assert.is(again(full(3), away).remedy, "archive-here");
});

test("the next archive follows the one that is here, and not another of its number", () => {
  accept(full(4, { previous: digest("3") }), seen(3));
  refuse(full(4, { previous: digest("8") }), seen(3));
  // Of one that is missing here nobody can say more.
  accept(full(5, { previous: digest("8") }), seen(3));
});

test("a delta changes the archive that is here, and no other", () => {
  accept(delta(4, 3), seen(3));
  accept(delta(6, 3), seen(5, 3));
  refuse(delta(4, 3), {});
  refuse(delta(6, 4), seen(3));
  refuse(delta(6, 2), seen(3));
  refuse(delta(6, 3, { statement: digest("8") }), seen(3));
  refuse(delta(6, 3, { contentId: digest("8") }), seen(3));
});

test("a counter that began again is taken if that is said, with a full archive that was made later", () => {
  refuse(full(1), seen(3));
  accept(full(1), seen(3), true);
  refuse(full(1, { created: "2026-02-01T00:00:00Z" }), seen(3), true);
  refuse(delta(2, 1), seen(3), true);
});

test("the future is refused, and no archive was made after it was imported", () => {
  for (const created of ["2026-05-02T00:00:00.001Z", "2099-01-01T00:00:00Z"]) refuse(full(4, { created }), seen(3));
  accept(full(4, { created: "2026-05-02T00:00:00Z" }), seen(3));
  // By an earlier program, or a clock that was ahead here too.
  const before = { last: { ...archive(9, digest("9")), statement: digest("8"), created: "2099-01-01T00:00:00Z" } };
  accept(full(1, { created: "2026-03-02T00:00:01Z" }), before, true);
  refuse(full(1, { created: "2026-03-02T00:00:00Z" }), before, true);
});

test.run();
