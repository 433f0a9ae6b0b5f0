/** Tables: Kyverno's with lines, kubectl's without. Source: docs/spec/command-line.md#width-and-signs. */
import CliTable from "cli-table3";
import type { Style } from "./style.ts";
import { widthOf, wrapText } from "./wrap.ts";

type Row = readonly string[];

/** What a table needs to know of the screen. */
export type TableStyle = Pick<Style, "width" | "unicode" | "text">;

const narrowestColumn = 6;

/** Cells in lines, so that the table fits. `frame` is what lines and spaces of a row take beside the cells. */
function fitted(head: Row, rows: readonly Row[], frame: number, { width, text }: TableStyle): readonly Row[] {
  const all = [head, ...rows].map((row) => row.map((cell) => text(cell.replace(/\s+/g, " ").trim())));
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  for (let over = widths.reduce((sum, one) => sum + one, frame) - width; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= narrowestColumn) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return all.map((row) =>
    row.map((cell, column) =>
      wrapText(cell, { width: widths[column] ?? 0, narrow: true, first: "", rest: "" }).join("\n"),
    ),
  );
}

const asciiBox = {
  ...{ top: "-", "top-mid": "+", "top-left": "+", "top-right": "+" },
  ...{ bottom: "-", "bottom-mid": "+", "bottom-left": "+", "bottom-right": "+" },
  ...{ left: "|", "left-mid": "+", mid: "-", "mid-mid": "+", right: "|", "right-mid": "+", middle: "|" },
};

/** Kyverno's: a line around every cell. */
export function renderBoxTable(head: Row, rows: readonly Row[], style: TableStyle): string {
  const [heads = [], ...cells] = fitted(head, rows, 3 * head.length + 1, style);
  const chars = style.unicode ? {} : { chars: asciiBox };
  const table = new CliTable({ head: [...heads], style: { head: [], border: [] }, ...chars });
  for (const row of cells) table.push([...row]);
  return `${table.toString()}\n`;
}

/** The table of Kyverno's tests: lines between columns, one below the head. */
export function renderLineTable(head: Row, rows: readonly Row[], style: TableStyle): string {
  const lines = fitted(head, rows, 3 * head.length + 1, style).map((row) => row.map((cell) => cell.split("\n")));
  const widths = head.map((_, column) => Math.max(...lines.flatMap((row) => (row[column] ?? []).map(widthOf))));
  const [bar, dash] = style.unicode ? ["│", "─"] : ["|", "-"];
  const rule = `${bar}${widths.map((width) => dash.repeat(width + 2)).join(bar)}${bar}\n`;
  const line = (row: readonly (readonly string[])[]): string =>
    Array.from({ length: Math.max(...row.map((cell) => cell.length)) }, (_, at) => {
      const cells = row.map((cell, column) => padded(cell[at] ?? "", widths[column] ?? 0));
      return `${bar} ${cells.join(` ${bar} `)} ${bar}\n`;
    }).join("");
  const [first = [], ...rest] = lines;
  return `${rule}${line(first)}${rule}${rest.map(line).join("")}${rule}`;
}

/** A text that is cut at its front, where a name tells least. */
export function cutFront(text: string, length: number, { ellipsis, ...style }: Style): string {
  const shown = [...style.text(text)];
  return shown.length > length
    ? ellipsis + shown.slice(shown.length - length + ellipsis.length).join("")
    : shown.join("");
}

/** A text that is cut at its end. */
export function cutEnd(text: string, length: number, { ellipsis, ...style }: Style): string {
  const shown = [...style.text(text)];
  return shown.length > length ? shown.slice(0, length - ellipsis.length).join("") + ellipsis : shown.join("");
}

const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

/**
 * kubectl's: upper-case heads, two spaces between columns, nothing at the end of a line. With a width, a first cell
 * that is too long has a line of its own: it is a name, and names stay whole.
 */
export function renderColumns(
  head: Row,
  rows: readonly Row[],
  options: { readonly headers?: boolean; readonly width?: number } = {},
): string {
  const all = options.headers === false ? rows : [head, ...rows];
  const widths = head.map((_, column) => Math.max(0, ...all.map((row) => widthOf(row[column] ?? ""))));
  const [first = 0, ...others] = widths;
  const room = (options.width ?? Number.POSITIVE_INFINITY) - others.reduce((sum, one) => sum + one + 2, 0);
  const lead = Math.min(first, Math.max(room, widthOf(head[0] ?? "")));
  return all
    .map(([name = "", ...cells]) => {
      const rest = cells.map((cell, column) => `  ${padded(cell, others[column] ?? 0)}`).join("");
      if (widthOf(name) <= lead) return `${`${padded(name, lead)}${rest}`.trimEnd()}\n`;
      return `${name}\n${`${" ".repeat(lead)}${rest}`.trimEnd()}\n`;
    })
    .join("");
}
