/** Snapshots, for people and for machines. Source: docs/spec/snapshot.md. */
import type { SnapshotRow, SnapshotRows } from "../../proxy/snapshot/list-snapshots.ts";
import type { CommandIO } from "../command.ts";
import { shortDigest } from "./digest.ts";
import { toProblem } from "./problem.ts";
import { toSizeText } from "./size.ts";
import { styleOf } from "./style.ts";
import { renderColumns } from "./table.ts";
import { toUtcText } from "./time.ts";
import { visible } from "./escape.ts";

const utc = (at: string): string => toUtcText(new Date(at));

/** `SEQUENCE CREATED CONTENT SIZE KEY`, each line at most 80 columns. */
export function renderSnapshots({ rows, total }: SnapshotRows, keysGiven: boolean, io: CommandIO): string {
  const lines = rows.map(({ sequence, isNewest, statement, key, problem }) => [
    `${sequence}${isNewest ? "*" : ""}`,
    ...(statement === undefined
      ? ["-", "-", "-", keysGiven || problem?.code !== "archive-signature" ? (problem?.code ?? "-") : "not checked"]
      : [utc(statement.created), shortDigest(statement.contentId), toSizeText(statement.size), shortDigest(key ?? "")]),
  ]);
  const table = renderColumns(["SEQUENCE", "CREATED", "CONTENT ID", "SIZE", "SIGNED BY"], lines, {
    width: io.width.out,
  });
  const left = total - rows.length;
  return `${table}${left > 0 ? `${left} older; --last ${total} shows them all\n` : ""}`;
}

const rowJson = ({ sequence, manifest, isNewest, statement, key, problem }: SnapshotRow) => {
  const told = problem === undefined ? undefined : toProblem(problem);
  return {
    sequence,
    newest: isNewest,
    ...(manifest === undefined ? {} : { manifest }),
    ...(statement === undefined
      ? {}
      : {
          created: statement.created,
          contentId: statement.contentId,
          digest: statement.digest,
          size: statement.size,
          schema: statement.schema,
        }),
    ...(key === undefined ? {} : { signedBy: key }),
    ...(told === undefined ? {} : { problem: { code: told.code, message: told.what } }),
  };
};

export const toSnapshotListJson = (place: string, { rows, total }: SnapshotRows) => ({
  from: place,
  total,
  snapshots: rows.map(rowJson),
});

/** Lines of a name and a text. */
export const renderFacts = (rows: readonly (readonly [string, string])[], io: CommandIO): string =>
  rows.map(([name, text]) => `${name.padEnd(12)}${styleOf(io).text(visible(text))}\n`).join("");

/** That what was read before is no measure of what is read now. */
export const takenBackText = ({ sequence, key }: { readonly sequence: number; readonly key: string }): string =>
  `snapshot ${sequence}, which was read until now, was signed by ${key}, which is no longer accepted: what it said ` +
  "of numbers and trust does not count";
