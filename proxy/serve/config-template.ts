/**
 * A configuration to begin with: every setting with what it is. All of it is commented out, so that the file changes
 * nothing until somebody removes a #. A setting without a default has an example as its value, and its comment says so.
 */
import type { Leaf, Setting } from "./setting.ts";
import { apiVersion, configKind, settings } from "./settings.ts";

const columns = 100;

function comment(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > columns) lines.push(`${indent}# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A value that has the right form, for settings that have neither a default nor an example. */
const examples: Readonly<Partial<Record<Leaf["kind"], string>>> = { path: "/etc/sallyport/FILE", text: "TEXT" };

/** The value that stands for a setting: its default, or the example of a required one. */
function known(setting: Leaf): string | undefined {
  if (setting.kind === "texts" || setting.kind === "paths") return "[]";
  if ("required" in setting) return setting.example ?? "";
  return "fallback" in setting && setting.fallback !== undefined ? String(setting.fallback) : undefined;
}

function about(setting: Leaf): string {
  const values = "values" in setting && setting.values !== undefined ? ` (${setting.values.join(", ")})` : "";
  return setting.what.includes(": ") ? setting.what : `${setting.what}${values}`;
}

function linesOf(name: string, setting: Setting, indent: string): readonly string[] {
  if (setting.kind === "group")
    return [...comment(setting.what, indent), `${indent}${name}:`, ...fieldsOf(setting.fields, `${indent}  `)];
  if (setting.kind === "items")
    return [
      ...comment(setting.what, indent),
      `${indent}${name}:`,
      `${indent}  -`,
      ...fieldsOf(setting.of.fields, `${indent}    `),
    ];
  const value = known(setting);
  const shown = value ?? setting.example ?? examples[setting.kind] ?? "";
  const words = value === undefined ? `${about(setting)}; no default, the value is an example` : about(setting);
  return [...comment(words, indent), `${indent}${name}: ${shown}`];
}

const fieldsOf = (fields: Readonly<Record<string, Setting>>, indent: string): readonly string[] =>
  Object.entries(fields).flatMap(([name, field]) => linesOf(name, field, indent));

export function configTemplate(): string {
  const sections = Object.entries(settings.fields).map(([name, field]: [string, Setting]) =>
    linesOf(name, field, "")
      .map((line) => `# ${line}`)
      .join("\n"),
  );
  return `# The configuration of \`sallyport serve\`.
#
# Every setting is below, commented out, with its default. To change one, remove the first "# " of its line and of the
# groups that it is in. \`sallyport config check FILE\` checks the result.
apiVersion: ${apiVersion}
kind: ${configKind}

${sections.join("\n\n")}
`;
}
