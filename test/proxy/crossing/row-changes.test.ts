import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contentRow, type RowEntry } from "../../../core/archive/archive-entry.ts";
import { compareRows } from "../../../core/archive/order.ts";
import { rowChanges } from "../../../proxy/crossing/row-changes.ts";

const test = suite("proxy/crossing/row-changes");
const known = { at: "2026-01-01T00:00:00Z", from: "x" };
const digestOf = (number: number) => `sha256:${String(number).repeat(64)}` as const;

/** Keys with a digest each; those of the distrust list may come with several. */
const state = fc
  .uniqueArray(fc.tuple(fc.constantFrom("checkpoint", "distrust", "pin key"), fc.nat(4), fc.nat(2)), {
    selector: ([kind, key, digest]) => (kind === "distrust" ? `${kind} ${key} ${digest}` : `${kind} ${key}`),
  })
  .map((rows) =>
    rows
      .map(([kind, key, digest]) => ({ kind, key: String(key), digest: digestOf(digest), ...known }) as RowEntry)
      .sort((left, right) => compareRows(contentRow(left), contentRow(right))),
  );
const nameOf = ({ kind, key, digest }: ReturnType<typeof contentRow>) =>
  kind === "distrust" ? `${kind} ${key} ${digest}` : `${kind} ${key}`;

test("what changed, put on what was, gives what is", () => {
  fc.assert(
    fc.property(state, state, (before, now) => {
      const rows = new Map(before.map(contentRow).map((row) => [nameOf(row), row.digest]));
      const changes = [...rowChanges(before.map(contentRow), now)];
      for (const entry of changes) {
        const row = contentRow(entry);
        if ("gone" in entry) assert.ok(rows.delete(nameOf(row)));
        else {
          assert.is.not(rows.get(nameOf(row)), row.digest);
          rows.set(nameOf(row), row.digest);
        }
      }
      assert.equal(
        [...rows].sort(),
        now
          .map(contentRow)
          .map((row) => [nameOf(row), row.digest])
          .sort(),
      );
      for (const [index, entry] of changes.slice(1).entries())
        assert.ok(compareRows(contentRow(changes[index] as RowEntry), contentRow(entry)) < 0);
    }),
  );
});

test.run();
