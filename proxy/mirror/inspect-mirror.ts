/**
 * Reading all of a mirror once: every digest and checksum, and SQLite's own structure. For people; decisions check what
 * they read anyway.
 */
import type { Database } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { type AnswerRow, checkRow, loadRootSource, loadValue } from "./answer-row.ts";
import { type DistrustTableRow, readDistrustEntry } from "./distrust-entry.ts";
import {
  checkBytes,
  checkPin,
  type CompleteRow,
  type MirrorKnowledge,
  type PinRow,
  readComplete,
} from "./mirror-knowledge.ts";
import { textDigest } from "./row-checksum.ts";
import { type StatementName, sqlText } from "./statements.ts";
import { readSignedTime, type SignedTimeRow } from "./signed-time-row.ts";
import { corrupt, toStoreError } from "./store-error.ts";
import { checkFloor, type FloorRow } from "./tuf-floors.ts";
import type { Limits } from "../../core/limits.ts";

export interface Inspection {
  /** Rows read. */
  readonly answers: number;
  readonly blobs: number;
  /** The damage: a digest, a question, a table or the file, and why. */
  readonly damage: readonly { readonly subject: string; readonly reason: string }[];
}

/** A failed check of one row becomes one line. Damage to a table's structure ends that table, not the inspection. */
export function inspectMirror(database: Database, knowledge: MirrorKnowledge, limits: Limits): Inspection {
  const damage: { subject: string; reason: string }[] = [];
  const attempt = (subject: string, check: () => void): void => {
    try {
      check();
    } catch (error) {
      const stored = toStoreError(error, subject);
      if (!(stored instanceof EngineError)) throw stored;
      damage.push({ subject: stored.subject ?? subject, reason: stored.message });
    }
  };
  const each = <Row>(statement: StatementName, check: (row: Row) => void): number => {
    let count = 0;
    attempt(statement, () => {
      for (const row of database.prepare<[], Row>(sqlText(statement)).iterate()) {
        count += 1;
        attempt(statement, () => check(row));
      }
    });
    return count;
  };
  attempt("mirror.db", () => {
    const report = database.pragma("quick_check", { simple: true });
    if (report !== "ok") throw corrupt("mirror.db", String(report));
  });
  const blobs = each<{ digest: string; bytes: Uint8Array }>("list-blobs", ({ digest, bytes }) =>
    checkBytes(bytes, digest),
  );
  const answers = each<AnswerRow>("list-answers", (row) => {
    checkRow(row);
    if (row.state !== "present") return;
    if (row.kind === "manifest" || row.kind === "blob") knowledge.bytes(row.digest as Digest);
    else if (row.kind === "trusted-root") loadRootSource(row, limits);
    else loadValue(row, limits);
  });
  each<PinRow>("list-pins", checkPin);
  each<SignedTimeRow>("find-signed-time", readSignedTime);
  each<DistrustTableRow>("list-distrust", readDistrustEntry);
  each<FloorRow>("list-tuf-floors", checkFloor);
  each<CompleteRow>("list-complete", readComplete);
  each<{ digest: string; bytes: Uint8Array }>("list-tuf-metadata", ({ digest, bytes }) => checkBytes(bytes, digest));
  each<{ origin: string; digest: string; note: string }>("list-checkpoints", ({ origin, digest, note }) => {
    if (textDigest(note) !== digest) throw corrupt(origin, "a checkpoint was changed since it was written");
  });
  return { answers, blobs, damage };
}
