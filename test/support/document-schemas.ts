/** The schemas of docs/schemas, and whether a document keeps to its own. */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const folder = "docs/schemas";
const ending = ".schema.json";
/** Shared parts, which no document is. */
const parts = "parts";

/** Names without their ending: `mirror-list`. */
export const schemaNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(ending) && name !== `${parts}${ending}`)
  .map((name) => name.slice(0, -ending.length));

export const readSchema = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${folder}/${name}${ending}`, "utf8"));

let compiled: ((name: string) => ValidateFunction) | undefined;

/** Only who checks a document pays for the compiler. */
function compiler(): (name: string) => ValidateFunction {
  if (compiled !== undefined) return compiled;
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  ajv.addSchema(readSchema(parts));
  const held = new Map<string, ValidateFunction>();
  compiled = (name) => {
    const validate = held.get(name) ?? ajv.compile(readSchema(name));
    held.set(name, validate);
    return validate;
  };
  return compiled;
}

const foreign: Readonly<Record<string, string>> = {
  ClusterReport: "policy-report",
  ClusterPolicyReport: "policy-report",
};

/** `MirrorList` is `mirror-list`. */
export const schemaNameOf = (kind: string): string =>
  foreign[kind] ?? kind.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();

/** The schema that a document names by its kind, or what else it is recognised by. */
export function schemaOf(document: unknown): string | undefined {
  if (Array.isArray(document)) return "kyverno-test-results";
  if (typeof document !== "object" || document === null) return undefined;
  const { kind, mediaType } = document as { readonly kind?: unknown; readonly mediaType?: unknown };
  if (typeof kind === "string") return schemaNameOf(kind);
  return mediaType === undefined ? undefined : "trusted-root-json";
}

/** What is wrong with a document; nothing where it keeps to its schema. */
export function documentFaults(document: unknown): readonly string[] {
  const name = schemaOf(document);
  if (name === undefined || !schemaNames.includes(name)) return [`there is no schema for ${name ?? "this"}`];
  const validate = compiler()(name);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${name}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
