/** What changed between two lists of rows in the order of the content id. Source: docs/spec/archive.md#entries. */
import { contentRow, type RowEntry, type Tombstone } from "../../core/archive/archive-entry.ts";
import { compareRows, compareText, type ContentRow } from "../../core/archive/order.ts";

/** Rows of one kind and key are one row that may change; the distrust list may have several, which never change. */
function compareKeys(left: ContentRow, right: ContentRow): number {
  if (left.kind === "distrust" && right.kind === "distrust") return compareRows(left, right);
  return compareText(left.kind, right.kind) || compareText(left.key, right.key);
}

const gone = ({ kind, key, digest }: ContentRow): Tombstone => ({ kind, key, digest, gone: true });

/** Entries that `before` does not have as they are, and tombstones of what only `before` has; in order. */
export function* rowChanges(before: Iterable<ContentRow>, now: Iterable<RowEntry>): Iterable<RowEntry | Tombstone> {
  const earlier = before[Symbol.iterator]();
  try {
    let old = earlier.next();
    for (const entry of now) {
      const row = contentRow(entry);
      for (; old.done !== true && compareKeys(old.value, row) < 0; old = earlier.next()) yield gone(old.value);
      if (old.done === true || compareKeys(old.value, row) > 0) {
        yield entry;
        continue;
      }
      if (old.value.digest !== row.digest) yield entry;
      old = earlier.next();
    }
    for (; old.done !== true; old = earlier.next()) yield gone(old.value);
  } finally {
    earlier.return?.();
  }
}
