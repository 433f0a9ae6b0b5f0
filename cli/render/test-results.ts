/** Results of test files, as `kyverno test` shows them. Source: docs/spec/kyverno.md#test-command. */
import type { JsonValue } from "../../core/encoding/json.ts";
import { toYamlText } from "./yaml.ts";
import { type JunitCase, renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderLineTable, type TableStyle } from "./table.ts";

export type TestFormat = "json" | "yaml" | "markdown" | "junit";

export interface TestRow {
  readonly policy: string;
  readonly rule: string;
  readonly resource: string;
  readonly passed: boolean;
  /** `Ok`, `Excluded`, `Not found`, `Invalid Policy`, or the wanted and the actual result. */
  readonly reason: string;
  readonly message: string;
}

const headOf = (detailed: boolean): readonly string[] => [
  "ID",
  "POLICY",
  "RULE",
  "RESOURCE",
  "RESULT",
  "REASON",
  ...(detailed ? ["MESSAGE"] : []),
];
const cellsOf = (row: TestRow, index: number, detailed: boolean): readonly string[] => [
  String(index + 1),
  row.policy,
  row.rule,
  row.resource,
  row.passed ? "Pass" : "Fail",
  row.reason,
  ...(detailed ? [row.message] : []),
];

/** Kyverno's table. */
export const renderTestTable = (rows: readonly TestRow[], detailed: boolean, style: TableStyle): string =>
  renderLineTable(
    headOf(detailed),
    rows.map((row, index) => cellsOf(row, index, detailed)),
    style,
  );

/** A test that could not run belongs to no policy: its place is in `resource`. */
const toCase = (row: TestRow): JunitCase => ({
  suite: row.policy === "" ? "sallyport" : row.policy,
  classname: row.policy === "" ? "sallyport" : `${row.policy}.${row.rule}`,
  name: row.rule === "" ? row.resource : `${row.rule}: ${row.resource}`,
  status: row.passed ? "passed" : row.policy === "" ? "error" : "failed",
  ...(row.passed ? {} : { reason: row.reason }),
  lines: [
    ["Reason", row.reason],
    ["Policy", row.policy],
    ["Rule", row.rule],
    ["Resource", row.resource],
    ...(row.passed ? [] : [["Result", "Fail"] as const]),
    ...(row.message === row.reason ? [] : [["Message", row.message] as const]),
  ],
});

/** JSON as a value, the other formats as text. */
export function renderTestRows(rows: readonly TestRow[], format: TestFormat, detailed: boolean): JsonValue {
  if (format === "junit") return renderJunit(rows.map(toCase));
  if (format === "markdown")
    return renderMarkdown(
      headOf(detailed),
      rows.map((row, index) => cellsOf(row, index, detailed)),
    );
  const objects = rows.map((row, index) => ({
    ID: index + 1,
    ...(detailed ? { MESSAGE: row.message } : {}),
    POLICY: row.policy,
    REASON: row.reason,
    RESOURCE: row.resource,
    RESULT: row.passed ? "Pass" : "Fail",
    RULE: row.rule,
  }));
  return format === "yaml" ? toYamlText(objects) : objects;
}
