/** Tables: Kyverno's with lines, kubectl's without. */
import CliTable from "cli-table3";

/** Kyverno's: a line around every cell. */
export function renderBoxTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new CliTable({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return `${table.toString()}\n`;
}

/** kubectl's: upper-case heads, two spaces between columns, nothing at the end of a line. */
export function renderColumns(head: readonly string[], rows: readonly (readonly string[])[], options: { readonly headers?: boolean } = {}): string {
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
