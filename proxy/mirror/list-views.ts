/**
 * The views of a mirror: signatures, attestations, log entries, TUF roots and what was said to be complete, as `mirror
 * ls` shows them. Everything is as stored, unverified. Source: docs/spec/offline.md#mirror.
 */
import type { Database } from "better-sqlite3";
import { decodeBase64 } from "../../core/encoding/base64.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { EngineError } from "../../core/errors.ts";
import { sqlText } from "./statements.ts";

/** A layer that claims to hold a signature of an image. */
export interface StoredSignature {
  readonly repository: string;
  readonly image: string;
  readonly layout: "tag" | "artifact" | "bundle";
  readonly manifest: string;
  readonly layer: string;
  readonly mediaType: string | null;
  /** When the mirror learnt of it, RFC 3339. */
  readonly at: string;
}

export interface StoredAttestation extends StoredSignature {
  /** As the tag's layer or the list of referrers claims; the statement itself decides. */
  readonly predicateType: string | null;
}

/** An entry that a signature carries, or one asked of a log: then `layer` is the question. */
export interface StoredLogEntry {
  readonly repository: string | null;
  readonly image: string | null;
  readonly layer: string;
  /** Hexadecimal. */
  readonly logId: string | null;
  readonly logIndex: string | null;
  /** RFC 3339; absent if the entry has none, as in Rekor v2. */
  readonly integratedTime: string | null;
}

export interface StoredRoot {
  /** The name of the trusted root. */
  readonly name: string;
  readonly version: number;
  readonly expires: string | null;
  readonly digest: string;
}

/** A claim of completeness. */
export interface StoredClaim {
  readonly scope: string;
  readonly grain: string;
  readonly at: string;
  /** Who said so. */
  readonly source: string;
}

export interface MirrorViews {
  readonly signatures: StoredSignature;
  readonly attestations: StoredAttestation;
  readonly "log-entries": StoredLogEntry;
  readonly roots: StoredRoot;
  readonly claims: StoredClaim;
}

export type ViewName = keyof MirrorViews;

const statements = {
  signatures: "list-signatures",
  attestations: "list-attestations",
  "log-entries": "list-log-entries",
  roots: "list-roots",
  claims: "list-claims",
} as const satisfies Record<ViewName, string>;

export const viewNames = Object.keys(statements) as readonly ViewName[];

/** The rows of a view. */
export function listView<N extends ViewName>(database: Database, name: N): readonly MirrorViews[N][] {
  const rows = database.prepare<[], MirrorViews[N]>(sqlText(statements[name])).all();
  return name === "log-entries" ? ((rows as StoredLogEntry[]).map(toLogEntry) as unknown as MirrorViews[N][]) : rows;
}

/** Bundles have log ids in base64 and times as numbers, some of them 0. */
const toLogEntry = (row: StoredLogEntry): StoredLogEntry => ({
  ...row,
  logId: row.logId === null ? null : toHex(row.logId),
  integratedTime: toTime(row.integratedTime),
});

function toHex(logId: string): string {
  if (/^[0-9a-f]{64}$/.test(logId)) return logId;
  try {
    return encodeHex(decodeBase64(logId));
  } catch (error) {
    // Nothing here is verified, so an invalid log id is shown unchanged.
    if (!(error instanceof EngineError)) throw error;
    return logId;
  }
}

function toTime(seconds: string | null): string | null {
  const time = new Date(Number(seconds ?? 0) * 1000);
  return seconds === null || seconds === "0" || Number.isNaN(time.getTime()) ? null : time.toISOString();
}
