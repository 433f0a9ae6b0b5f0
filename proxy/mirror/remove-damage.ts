/**
 * Removing damaged rows, so that what they said is unknown and can be brought again. Nothing becomes absent by this:
 * the claims that covered what is removed end with it. Source: docs/spec/offline.md#damage.
 */
import { rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import { parseQuestion } from "../../core/knowledge/question.ts";
import { completenessScopes } from "../../core/oci/completeness.ts";
import type { Damage, DamagedPlace } from "./damage.ts";
import { type StatementName, sqlText } from "./statements.ts";

const statements: Readonly<Partial<Record<DamagedPlace, StatementName>>> = {
  attempt: "delete-attempt",
  checkpoint: "delete-checkpoint",
  complete: "delete-complete",
  distrust: "delete-distrust",
  import_key: "delete-import-key",
  import_seen: "delete-import-seen",
  pin: "delete-pin",
  run: "delete-run",
  signed_time: "delete-signed-time",
  tuf_floor: "delete-tuf-floor",
};

/** Those that were removed. Damage to the structure of the file is not: only a new mirror mends it. */
export function removeDamage(database: Database, damage: readonly Damage[]): readonly Damage[] {
  const removed = database.transaction(() => damage.filter((row) => removeRow(database, row)))();
  for (const { table, key } of removed) if (table === "layer") rmSync(key[0] ?? "", { force: true });
  return removed;
}

function removeRow(database: Database, { table, key }: Damage): boolean {
  const run = (statement: StatementName, ...values: readonly unknown[]): boolean =>
    database.prepare(sqlText(statement)).run(...values).changes > 0;
  /** Damage can make bytes of a text: that row goes first, since another may have come in its place. */
  const runByKey = (statement: StatementName, keys: readonly string[], ...more: readonly unknown[]): boolean =>
    asStored(keys).some((stored) => run(statement, ...stored, ...more));
  if (table === "layer") return key.length === 1;
  if (table === "mirror.db") return false;
  const removeAnswer = (kind: string, question: string): boolean => {
    for (const scope of scopesOf(question)) run("delete-complete", scope);
    return runByKey("delete-answer", [kind, question]);
  };
  const [first = "", second = "", third = ""] = key;
  if (table === "answer") return removeAnswer(first, second);
  if (table === "blob") {
    const answers = database
      .prepare<[string], { readonly kind: string; readonly question: string }>(sqlText("list-answers-of-bytes"))
      .all(first);
    for (const { kind, question } of answers) removeAnswer(kind, question);
    return runByKey("delete-blob", [first]);
  }
  if (table === "tuf_metadata") return runByKey("delete-tuf-metadata", [first, second], Number(third));
  const statement = statements[table];
  // A row without a key of its own, or a table that cannot be read at all.
  if (statement === undefined || (key.length === 0 && table !== "signed_time")) return false;
  return runByKey(statement, key);
}

/** A key in every form that SQLite keeps apart: each part as bytes or as text, the whole as text last. */
function asStored([first, ...others]: readonly string[]): readonly (readonly unknown[])[] {
  if (first === undefined) return [[]];
  const rest = asStored(others);
  return [Buffer.from(first), first].flatMap((part) => rest.map((more) => [part, ...more]));
}

/** What is damaged need not be a question any more; then it covered nothing. */
function scopesOf(question: string): readonly string[] {
  try {
    return completenessScopes(parseQuestion(question));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [];
  }
}
