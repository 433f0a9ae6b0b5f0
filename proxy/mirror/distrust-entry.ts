/** Rows of the table `distrust`: entries with where they came from. Source: docs/spec/offline.md#distrust. */
import type { Digest } from "../../core/crypto/digest.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import type { DistrustKind, DistrustRow } from "../../core/knowledge/knowledge.ts";
import { hasChecksum, rowChecksum, textDigest } from "./row-checksum.ts";
import { corrupt } from "./store-error.ts";

/** An entry as a mirror holds it. */
export interface DistrustEntry {
  readonly digest: Digest;
  readonly row: DistrustRow;
  /** When it was added, RFC 3339, and from where. */
  readonly at: string;
  readonly from: string;
}

export interface DistrustTableRow {
  readonly digest: string;
  readonly kind: string;
  readonly value: string;
  readonly reason: string | null;
  readonly date: string | null;
  readonly at: string;
  readonly source: string;
  readonly checksum: Buffer;
}

/** The digest of an entry, independent of its origin. */
export const distrustDigest = (row: DistrustRow): Digest => textDigest(encodeCanonicalJson({ ...row }));

/** The columns in their order. */
export function toDistrustColumns(
  row: DistrustRow,
  { at, from }: Pick<DistrustEntry, "at" | "from">,
): readonly (string | null | Buffer)[] {
  const columns = [distrustDigest(row), row.kind, row.value, row.reason ?? null, row.date ?? null, at, from];
  return [...columns, rowChecksum(...columns)];
}

/** @throws EngineError `mirror-corrupt` when the row was changed since it was written. */
export function readDistrustEntry(stored: DistrustTableRow): DistrustEntry {
  const { digest, kind, value, reason, date, at, source, checksum } = stored;
  const row: DistrustRow = {
    kind: kind as DistrustKind,
    value,
    ...(reason === null ? {} : { reason }),
    ...(date === null ? {} : { date }),
  };
  const isWhole = hasChecksum(checksum, digest, kind, value, reason, date, at, source);
  const found = isWhole ? distrustDigest(row) : undefined;
  if (found === undefined || found !== digest)
    throw corrupt(String(digest), "an entry of the distrust list was changed since it was written");
  return { digest: found, row, at, from: source };
}
