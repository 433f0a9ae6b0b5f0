/** Writes `docs/guides/json-reference.md` from `docs/schemas`: every member of every document. The check compares. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CheckReport } from "./check.ts";

const path = "docs/guides/json-reference.md";
const schemas = "docs/schemas";

/** The words of JSON Schema that the schemas use; another one is refused, so that none is left out in silence. */
interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const known = new Set(
  (
    "$schema $id $ref title description type const enum format pattern minimum maximum properties required " +
    "additionalProperties items oneOf $defs"
  ).split(" "),
);

interface Row {
  readonly member: string;
  readonly schema: Schema;
  readonly always: boolean;
}

/** Everything below a schema, a row each: `a`, `a.b`, `a[].b`, `a.*`. */
function rowsOf(schema: Schema, prefix: string): readonly Row[] {
  const unknown = Object.keys(schema).filter((word) => !known.has(word));
  if (unknown.length > 0) throw new Error(`${prefix}: the reference does not know ${unknown.join(", ")}`);
  const below = (member: string, inner: Schema, always: boolean): readonly Row[] => [
    { member, schema: inner, always },
    ...rowsOf(inner, member),
  ];
  const name = (key: string) => (prefix === "" ? key : `${prefix}.${key}`);
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) =>
      below(name(key), inner, schema.required?.includes(key) === true),
    ),
    ...(typeof schema.additionalProperties === "object" ? below(name("*"), schema.additionalProperties, false) : []),
    ...(schema.items === undefined ? [] : rowsOf(schema.items, `${prefix}[]`)),
    ...(schema.oneOf ?? []).flatMap((inner) => rowsOf(inner, prefix)),
  ];
}

const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");

/** The heading of a part: `TITLE: NAME`. */
const partHeading = (title: string, name: string): string => `${title}: ${name}`;

/** What a value is, in words. `title` is of the document that refers. */
function typeOf(schema: Schema, title: string): string {
  if (schema.$ref !== undefined) {
    const [file = "", name = ""] = schema.$ref.split("#/$defs/");
    const owner = file === "" ? title : "Parts";
    return name === "" ? `\`${schema.$ref}\`` : `[${name}](#${anchor(partHeading(owner, name))})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (schema.oneOf !== undefined) return "one of several";
  if (schema.items !== undefined) return `list of ${typeOf(schema.items, title)}`;
  if (typeof schema.type === "string")
    return schema.format === undefined ? schema.type : `${schema.type}, ${schema.format}`;
  return schema.type === undefined ? "any" : schema.type.join(" or ");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function table(schema: Schema, title: string): string {
  const rows = rowsOf(schema, "").map(
    ({ member, schema: inner, always }) =>
      `| \`${member}\` | ${cell(typeOf(inner, title))} | ${always ? "yes" : ""} | ${cell(inner.description ?? "")} |\n`,
  );
  return rows.length === 0
    ? `A value: ${typeOf(schema, title)}.\n`
    : `| Member | Value | Always | |\n|---|---|---|---|\n${[...new Set(rows)].join("")}`;
}

function section(file: string, schema: Schema): string {
  const title = schema.title ?? file;
  const parts = Object.entries(schema.$defs ?? {}).map(
    ([name, part]) =>
      `### ${partHeading(title, name)}\n\n${part.description === undefined ? "" : `${part.description}\n\n`}` +
      table(part, title),
  );
  const own = schema.properties === undefined ? [] : [table(schema, title)];
  return [
    `## ${title}\n\n${schema.description ?? ""}\nSchema: [${file}](../schemas/${file}).\n`,
    ...own,
    ...parts,
  ].join("\n");
}

/** The page as it should stand, and of how many documents. */
export function jsonReference(root: string): { readonly text: string; readonly documents: number } {
  const folder = join(root, schemas);
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .sort()
    : [];
  const sections = files.map((file) => section(file, JSON.parse(readFileSync(join(folder, file), "utf8")) as Schema));
  return {
    documents: files.length,
    text: `# JSON reference

Every document that \`-o json\` and \`-o yaml\` print, member by member. A document says what it is: \`apiVersion\` and
\`kind\`. Members are only ever added. *Always*: the member is there whenever the object around it is; \`[]\` is each
item of a list, \`*\` any name.
This page is generated from [docs/schemas](../schemas) by \`npm run reference\`; use the schemas in programs.

${sections.join("\n")}`,
  };
}

/** The page says what the schemas say. */
export function checkJsonReference(root: string): CheckReport {
  const { text, documents } = jsonReference(root);
  const file = join(root, path);
  const found = existsSync(file) ? readFileSync(file, "utf8") : "";
  return {
    saw: `${documents} schemas`,
    faults: [
      ...(documents === 0 ? ["there is no schema: the check is blind"] : []),
      ...(found === text ? [] : [`${path} is out of date: run npm run reference`]),
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  writeFileSync(join(root, path), jsonReference(root).text);
}
