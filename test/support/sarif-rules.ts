/**
 * The rules of SARIF's schema for the objects that the program writes, in draft 2020-12 and with nothing else allowed.
 * Source: OASIS SARIF 2.1.0 §3.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const text = { type: "string" };
const only = (properties: object, required: readonly string[] = []): object => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});
const message = only({ text, markdown: text, id: text, arguments: { type: "array", items: text } });
const place = only({
  artifactLocation: only({ uri: { type: "string", format: "uri-reference" } }),
  region: only({
    startLine: { type: "integer", minimum: 1 },
    startColumn: { type: "integer", minimum: 1 },
  }),
});
const location = only({
  physicalLocation: place,
  logicalLocations: { type: "array", uniqueItems: true, items: only({ fullyQualifiedName: text, kind: text }) },
  message,
});
const bag = { type: "object" };
const result = only(
  {
    ruleId: text,
    ruleIndex: { type: "integer", minimum: -1 },
    kind: { enum: ["notApplicable", "pass", "fail", "review", "open", "informational"] },
    level: { enum: ["none", "note", "warning", "error"] },
    message,
    locations: { type: "array", items: location },
    relatedLocations: { type: "array", uniqueItems: true, items: location },
    properties: bag,
  },
  ["message"],
);
const rule = only({ id: text, name: text, fullDescription: only({ text }, ["text"]), properties: bag }, ["id"]);
const driver = only({ name: text, version: text, rules: { type: "array", uniqueItems: true, items: rule } }, ["name"]);
const run = only(
  {
    tool: only({ driver }, ["driver"]),
    columnKind: { enum: ["utf16CodeUnits", "unicodeCodePoints"] },
    results: { type: ["array", "null"], items: result },
  },
  ["tool"],
);
const log = only(
  { $schema: { type: "string", format: "uri" }, version: { const: "2.1.0" }, runs: { type: "array", items: run } },
  ["version", "runs"],
);

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
const validate = ajv.compile(log);

/** What is wrong with a SARIF log; nothing where it is valid. */
export function sarifFaults(document: unknown): readonly string[] {
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message: reason }) => `${instancePath} ${reason}`);
}
