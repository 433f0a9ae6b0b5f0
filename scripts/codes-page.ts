/** Writes `docs/codes.md` and the runbook from core/errors.ts and code-checks.ts; the check compares them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CodeRow, type CodeTruth, codes, type ErrorCode, fixes } from "../core/errors.ts";
import type { CheckReport } from "./check.ts";
import { checks } from "./code-checks.ts";

const truths: Readonly<Record<CodeTruth, string>> = {
  refuted: "refuted: the rule fails",
  unknown: "unknown: the rule is an error",
  usage: "usage and load: nothing was decided",
  store: "store: the mirror or an archive",
  trust: "trust: updates and imports",
  warning: "a warning beside the decision",
  bug: "a defect of this program",
};

const overlooks: Readonly<Record<CodeRow["ignorable"], string>> = { artifact: "yes¹", never: "no" };

/** The page as it should stand. */
export function codesPage(): string {
  const rows = Object.entries<CodeRow>(codes).map(
    ([code, { truth, ignorable, exit, when }]) =>
      `| \`${code}\` | ${truths[truth]} | ${truth === "unknown" ? overlooks[ignorable] : "–"} | ${exit} | ${when} |`,
  );
  return `# Codes

Every error, failure and warning carries one of these words. They are public: a code is never renamed, and never used
for something else.
This page is generated from \`core/errors.ts\` by \`npm run codes\`.

*Ignore*: may \`failurePolicy: Ignore\` let a request pass for this cause? *Exit*: the exit code of \`verify\` and
\`verify-attestation\`; \`apply\` uses 0 and 1 as Kyverno does, and 2 when nothing could be judged.

| Code | Says | Ignore | Exit | When |
|---|---|---|---|---|
${rows.join("\n")}

¹ for questions about artifacts (tag, manifest, blob, referrers) and the cluster; for log entries, trust and keys the
answer is no.

## What to do

Commands show one thing to do about each code. Where more is known than the code says, they say something closer.

| Code | Fix |
|---|---|
${Object.entries(fixes)
  .map(([code, fix]) => `| \`${code}\` | ${fix.replaceAll("|", "\\|")} |`)
  .join("\n")}
`;
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const sentence = (text: string): string => capital(/[.?]$/.test(text) ? text : `${text}.`);

/** A list item in lines of at most 120 columns; what is in backquotes stays on one line. */
function item(text: string): string {
  const lines = [""];
  for (const word of text.match(/[^\s`]*`[^`]*`\S*|\S+/g) ?? []) {
    const last = lines.length - 1;
    const longer = `${lines[last]}${lines[last] === "" ? "" : " "}${word}`;
    if (longer.length > 116 && lines[last] !== "") lines.push(word);
    else lines[last] = longer;
  }
  return `- ${lines.join("\n  ")}`;
}

/** The page for somebody who has a code and a problem. */
export function runbookPage(): string {
  const sections = Object.keys(truths).map((truth) => {
    const rows = Object.entries<CodeRow>(codes).filter(([, row]) => row.truth === truth);
    const entries = rows.map(
      ([code, { when }]) => `### ${code}

${item(`Cause: ${sentence(when)}`)}
${item(`Check: ${sentence(checks[code as ErrorCode])}`)}
${item(`Remedy: ${sentence(fixes[code as ErrorCode])}`)}
`,
    );
    return `## ${capital(truths[truth as CodeTruth])}\n\n${entries.join("\n")}`;
  });
  return `# Runbook

You have a code, the word after \`error\` or in brackets. Below, for each: what causes it, how to see that it is this,
and what helps. A command's own \`why:\` and \`fix:\` may know more; read them first. \`sallyport explain\` shows the
whole tree of a decision, \`--brief\` the path to its first failure.

STORE is the mirror's folder, IMAGE an image, POLICY and RESOURCE files of yours.
This page is generated from \`core/errors.ts\` and \`scripts/code-checks.ts\` by \`npm run codes\`.

${sections.join("\n")}`;
}

/** Pages → their text. */
const pages: Readonly<Record<string, () => string>> = {
  "docs/codes.md": codesPage,
  "docs/guides/runbook.md": runbookPage,
};

/** The pages say what core/errors.ts says. */
export function checkCodesPage(root: string): CheckReport {
  return {
    saw: `${Object.keys(codes).length} codes`,
    faults: Object.entries(pages)
      .filter(([path, page]) => {
        const file = join(root, path);
        return !existsSync(file) || readFileSync(file, "utf8") !== page();
      })
      .map(([path]) => `${path} is out of date: run npm run codes`),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  for (const [path, page] of Object.entries(pages)) writeFileSync(join(root, path), page());
}
