/** What differs between two archives, by kind and key. Source: docs/spec/archive.md#entries. */
import { contentRow, isTombstone } from "../../core/archive/archive-entry.ts";
import type { ContentRow } from "../../core/archive/order.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import { pairRows } from "./row-changes.ts";

export interface ArchiveChange {
  readonly change: "added" | "changed" | "removed";
  readonly kind: string;
  readonly key: string;
  /** Digests, or the words in their place. */
  readonly before?: string;
  readonly after?: string;
}

function* rowsOf(archive: ArchiveReader): Iterable<ContentRow> {
  for (const entry of archive.entries()) if (!isTombstone(entry)) yield contentRow(entry);
}

/** A delta says itself what it takes away; of any other archive what it lacks is gone. */
export function* diffArchives(old: ArchiveReader, fresh: ArchiveReader): Iterable<ArchiveChange> {
  const isDelta = fresh.statement.kind === "delta";
  for (const { before, now } of pairRows(rowsOf(old), fresh.entries())) {
    if (now === undefined) {
      if (before !== undefined && !isDelta) yield removed(before);
      continue;
    }
    const after = contentRow(now);
    const { kind, key } = after;
    if (isTombstone(now)) yield removed(before ?? after);
    else if (before === undefined) yield { change: "added", kind, key, after: after.digest };
    else if (before.digest !== after.digest)
      yield { change: "changed", kind, key, before: before.digest, after: after.digest };
  }
}

const removed = ({ kind, key, digest }: ContentRow): ArchiveChange => ({
  change: "removed",
  kind,
  key,
  before: digest,
});
