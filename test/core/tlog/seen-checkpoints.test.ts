import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { SeenCheckpoints, twoTrees } from "../../../core/tlog/seen-checkpoints.ts";
import { throwsCode } from "../../support/assert.ts";
import { sampleNote } from "../../support/archive-store.ts";

const test = suite("core/tlog/seen-checkpoints");

test("the newest of each log, in whatever order they come; another tree of the same size is said", () => {
  const seen = new SeenCheckpoints(defaultLimits);
  for (const note of [sampleNote(7), sampleNote(9), sampleNote(8), sampleNote(9)]) seen.add(note);
  const [newest, ...others] = seen.newest();
  assert.equal([newest?.origin, newest?.size, newest?.note], ["rekor.example", 9n, sampleNote(9)]);
  assert.equal([others, seen.forks()], [[], []]);
  seen.add(sampleNote(9, 1));
  assert.equal(seen.forks(), [twoTrees({ origin: "rekor.example", treeSize: 9n })]);
  assert.is(seen.newest()[0]?.note, sampleNote(9));
  seen.add(sampleNote(9).replace("rekor.example\n", "other.example\n"));
  assert.equal(
    seen.newest().map(({ origin }) => origin),
    ["rekor.example", "other.example"],
  );
});

test("what is no checkpoint is refused", () => {
  throwsCode("malformed", () => new SeenCheckpoints(defaultLimits).add("note"));
});

test.run();
