/** The JSON Schema of a configuration, for editors. Source: https://json-schema.org/draft/2020-12. */
import type { JsonObject } from "../../core/encoding/json.ts";
import { sizePattern, spanPattern } from "../../core/encoding/units.ts";
import type { Setting } from "./setting.ts";
import { apiVersion, configKind, settings } from "./settings.ts";

function typeOf(setting: Setting): JsonObject {
  switch (setting.kind) {
    case "group":
      return {
        type: "object",
        additionalProperties: false,
        ...required(setting.fields),
        properties: Object.fromEntries(Object.entries(setting.fields).map(([name, field]) => [name, schemaOf(field)])),
      };
    case "items":
      return { type: "array", items: schemaOf(setting.of) };
    case "text":
      return { type: "string", minLength: 1, ...choices(setting.values) };
    case "path":
      return { type: "string", minLength: 1 };
    case "texts":
      return { type: "array", items: { type: "string", minLength: 1, ...choices(setting.values) } };
    case "paths":
      return { type: "array", items: { type: "string", minLength: 1 } };
    case "flag":
      return { type: "boolean" };
    case "whole":
      return { type: "integer", minimum: setting.least, maximum: setting.most };
    case "span":
      return { type: "string", pattern: spanPattern };
    case "size":
      return { type: "string", pattern: sizePattern };
  }
}

const choices = (values: readonly string[] | undefined): JsonObject => (values === undefined ? {} : { enum: values });

function required(fields: Readonly<Record<string, Setting>>): JsonObject {
  const names = Object.entries(fields).flatMap(([name, field]) => ("required" in field ? [name] : []));
  return names.length === 0 ? {} : { required: names };
}

const schemaOf = (setting: Setting): JsonObject => ({
  description: setting.what,
  ...typeOf(setting),
  ...("fallback" in setting && setting.fallback !== undefined ? { default: setting.fallback } : {}),
});

export function configSchema(): JsonObject {
  const { fields } = settings;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://sallyport.dev/schemas/v1alpha1/config.schema.json",
    title: configKind,
    description: "The configuration of sallyport serve.",
    type: "object",
    additionalProperties: false,
    required: ["apiVersion", "kind"],
    properties: {
      apiVersion: { description: "the version of this schema", const: apiVersion },
      kind: { description: "the kind of the document", const: configKind },
      ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field)])),
    },
  };
}
