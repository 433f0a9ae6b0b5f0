/** Writes `docs/codes.md` from the table in core/errors.ts; the check compares the two. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CodeRow, type CodeTruth, codes, fixes } from "../core/errors.ts";
import type { CheckReport } from "./check.ts";

const path = "docs/codes.md";

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

/** docs/codes.md says what core/errors.ts says. */
export function checkCodesPage(root: string): CheckReport {
  const file = join(root, path);
  const found = existsSync(file) ? readFileSync(file, "utf8") : "";
  return {
    saw: `${Object.keys(codes).length} codes`,
    faults: found === codesPage() ? [] : [`${path} is out of date: run npm run codes`],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(fileURLToPath(new URL("..", import.meta.url)), path), codesPage());
