/** Tables: Kyverno's with lines, kubectl's without. */
import CliTable from "cli-table3";

/** Kyverno's: a line around every cell. */
export function renderBoxTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new CliTable({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return `${table.toString()}\n`;
}

/** The table of Kyverno's tests: lines between columns, one below the head. */
export function renderLineTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => cell.replace(/\s*\n\s*/g, " ")));
  const widths = head.map((_, column) => Math.max(...lines.map((row) => [...(row[column] ?? "")].length)));
  const rule = `│${widths.map((width) => "─".repeat(width + 2)).join("│")}│\n`;
  const line = (row: readonly string[]): string =>
    `│ ${row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - [...cell].length)).join(" │ ")} │\n`;
  const [first = [], ...rest] = lines;
  return `${rule}${line(first)}${rule}${rest.map(line).join("")}${rule}`;
}

/** kubectl's: upper-case heads, two spaces between columns, nothing at the end of a line. */
export function renderColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: { readonly headers?: boolean } = {},
): string {
  const all = options.headers === false ? rows : [head, ...rows];
  const widths = head.map((_, column) => Math.max(0, ...all.map((row) => (row[column] ?? "").length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
