/** What changed between two lists of rows in the order of the content id. Source: docs/spec/archive.md#entries. */
import { contentRow, type Entry, type RowEntry } from "../../core/archive/archive-entry.ts";
import { compareRows, compareText, type ContentRow } from "../../core/archive/order.ts";

/** Rows of one kind and key are one row that may change; the distrust list may have several, which never change. */
function compareKeys(left: ContentRow, right: ContentRow): number {
  if (left.kind === "distrust" && right.kind === "distrust") return compareRows(left, right);
  return compareText(left.kind, right.kind) || compareText(left.key, right.key);
}

/** A row before, what it is now, or both; in order. */
interface RowPair<E extends Entry> {
  readonly before: ContentRow | undefined;
  readonly now: E | undefined;
}

/** Pairs what is of one kind and key in two lists that are in order. */
export function* pairRows<E extends Entry>(before: Iterable<ContentRow>, now: Iterable<E>): Iterable<RowPair<E>> {
  const earlier = before[Symbol.iterator]();
  try {
    let old = earlier.next();
    for (const entry of now) {
      const row = contentRow(entry);
      for (; old.done !== true && compareKeys(old.value, row) < 0; old = earlier.next())
        yield { before: old.value, now: undefined };
      if (old.done === true || compareKeys(old.value, row) > 0) yield { before: undefined, now: entry };
      else {
        yield { before: old.value, now: entry };
        old = earlier.next();
      }
    }
    for (; old.done !== true; old = earlier.next()) yield { before: old.value, now: undefined };
  } finally {
    earlier.return?.();
  }
}

/** Entries that `before` does not have as they are, and tombstones of what only `before` has; in order. */
export function* rowChanges(before: Iterable<ContentRow>, now: Iterable<RowEntry>): Iterable<Entry> {
  for (const pair of pairRows(before, now)) {
    if (pair.now === undefined) {
      if (pair.before !== undefined) yield { ...pair.before, gone: true };
    } else if (pair.before?.digest !== contentRow(pair.now).digest) yield pair.now;
  }
}
