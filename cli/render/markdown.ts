/** Tables in Markdown, as Kyverno's command line writes them. */
import { markdownCell } from "./escape.ts";

export const renderMarkdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `| ${head.join(" | ")} | `,
    `|${head.map(() => "----|").join("")}`,
    ...rows.map((row) => `| ${row.map(markdownCell).join(" | ")} |`),
  ]
    .map((line) => `${line}\n`)
    .join("");
