/** Tables in Markdown, as Kyverno's command line writes them. */

const cell = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replace(/\s*\n\s*/g, " ");

export const renderMarkdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `| ${head.join(" | ")} | `,
    `|${head.map(() => "----|").join("")}`,
    ...rows.map((row) => `| ${row.map(cell).join(" | ")} |`),
  ]
    .map((line) => `${line}\n`)
    .join("");
