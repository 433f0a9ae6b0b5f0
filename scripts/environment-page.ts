/** Writes `docs/environment.md` from the table in cli/environment.ts; the check compares the two. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagVariables, type VariableRow, variables } from "../cli/environment.ts";
import { serveVariables } from "../cli/serve-variables.ts";
import type { CheckReport } from "./check.ts";

const path = "docs/environment.md";

const groups: readonly (readonly [does: VariableRow["does"], title: string, text: string])[] = [
  [
    "decides",
    "What decides",
    "A flag wins over them. A command whose verdict depends on one says so: `note: this result depends on the\n" +
      "environment: …` on stderr, and `environment` in its document. `SALLYPORT_STORE`, which only says where the\n" +
      "mirror is, is in the document alone.",
  ],
  [
    "serves",
    "What is read for something else",
    "With `--online` and `--cluster` they say whom to ask, how, and with whose credentials; `trust update` and\n" +
      "`mirror pin-key` always ask. The last ones say how text looks. `sallyport env` masks secrets, and the users\n" +
      "in addresses.",
  ],
  [
    "idle",
    "What has no effect",
    "Other programs read them. Where one could have narrowed what is accepted, commands that decide say that it is\n" +
      "set and what to use.",
  ],
];

const line = (name: string, { what, expects, instead }: VariableRow): string =>
  `| \`${name}\` | ${what} | ${expects} | ${instead ?? ""} |`;

/** The page as it should stand. */
export function environmentPage(): string {
  const rows = Object.entries<VariableRow>(variables);
  const tables = groups.map(([does, title, text]) => {
    const own = rows.filter(([, row]) => row.does === does).map(([name, row]) => line(name, row));
    const flags = flagVariables.does === does ? [line(flagVariables.name, flagVariables)] : [];
    const head = "| Variable | What | Holds | Remark |\n|---|---|---|---|";
    return `## ${title}\n\n${text}\n\n${[head, ...own, ...flags].join("\n")}\n`;
  });
  return `# Environment

The variables that Sallyport reads, and those of cosign that people have set. \`sallyport env\` shows them with their
values. This page is generated from \`cli/environment.ts\` by \`npm run environment\`.

A key reference \`env://NAME\`, in a flag or a policy, reads the variable that it names.

${tables.join("\n")}
## What serve reads

A flag wins over them, and they win over the configuration. Each is a setting of [serve](configuration.md).

| Variable | What | Holds |
|---|---|---|
${Object.entries(serveVariables)
  .map(([name, { what, expects }]) => `| \`${name}\` | ${what} | ${expects} |\n`)
  .join("")}`;
}

/** docs/environment.md says what cli/environment.ts says. */
export function checkEnvironmentPage(root: string): CheckReport {
  const file = join(root, path);
  const found = existsSync(file) ? readFileSync(file, "utf8") : "";
  return {
    saw: `${Object.keys({ ...variables, ...serveVariables }).length} variables`,
    faults: found === environmentPage() ? [] : [`${path} is out of date: run npm run environment`],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(fileURLToPath(new URL("..", import.meta.url)), path), environmentPage());
