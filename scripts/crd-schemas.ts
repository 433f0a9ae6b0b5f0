/**
 * Definitions of Kyverno's policies and exceptions for an API server, made from the shapes that the loader reads, so
 * that both take the same fields. Source:
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/.
 */
import type { JsonObject } from "../core/index.ts";
import type { Shape } from "../core/kyverno/policy/schema.ts";
import { exceptionShape, policyShape } from "../core/kyverno/policy/schema-policy.ts";
import { fieldWords } from "./crd-words.ts";

const anything: JsonObject = { "x-kubernetes-preserve-unknown-fields": true };

/** A structural schema, with what its fields mean. `name`: of the field that holds it. */
function structural(shape: Shape, name: string): JsonObject {
  switch (shape.kind) {
    case "any":
    // An API server knows no schema that holds itself.
    case "later":
      return anything;
    case "map":
    case "open map":
      return {
        type: "object",
        ...(shape.required.length === 0 ? {} : { required: [...shape.required] }),
        properties: Object.fromEntries(
          Object.entries(shape.fields).map(([key, field]) => {
            const words = fieldWords[`${name}.${key}`];
            return [key, { ...(words === undefined ? {} : { description: words }), ...structural(field, key) }];
          }),
        ),
        ...(shape.kind === "open map" ? anything : {}),
      };
    case "map of":
      return { type: "object", additionalProperties: structural(shape.of, name) };
    case "list":
      return { type: "array", items: structural(shape.of, name) };
    case "text":
      return {
        type: "string",
        ...(shape.maxLength === undefined ? {} : { maxLength: shape.maxLength }),
        ...(shape.values === undefined ? {} : { enum: [...shape.values] }),
      };
    case "integer":
      return {
        type: "integer",
        ...(shape.least === undefined ? {} : { minimum: shape.least }),
        ...(shape.most === undefined ? {} : { maximum: shape.most }),
      };
    case "flag":
      return { type: "boolean" };
  }
}

/** The API server has rules of its own for metadata. */
function documentSchema(shape: Shape): JsonObject {
  if (shape.kind !== "map" || shape.fields.spec === undefined) throw new Error("a document is a map with a spec");
  return {
    type: "object",
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: structural(shape.fields.spec, "spec"),
      status: { type: "object", ...anything },
    },
  };
}

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly scope: "Cluster" | "Namespaced";
  /** What kubectl shows beside the name. */
  readonly columns?: readonly JsonObject[];
  /** The first is stored. */
  readonly versions: Readonly<Record<string, Shape>>;
}

const column = (name: string, path: string, type: string): JsonObject => ({ name, jsonPath: path, type });
const age = column("Age", ".metadata.creationTimestamp", "date");
const policyColumns = [
  column("Action", ".spec.validationFailureAction", "string"),
  column("Failure Policy", ".spec.failurePolicy", "string"),
  age,
];

const policyVersions = { v1: policyShape("v1"), v2beta1: policyShape("later") };

const definitions: readonly Definition[] = [
  {
    kind: "ClusterPolicy",
    plural: "clusterpolicies",
    shortName: "cpol",
    scope: "Cluster",
    columns: policyColumns,
    versions: policyVersions,
  },
  {
    kind: "Policy",
    plural: "policies",
    shortName: "pol",
    scope: "Namespaced",
    columns: policyColumns,
    versions: policyVersions,
  },
  {
    kind: "PolicyException",
    plural: "policyexceptions",
    shortName: "polex",
    scope: "Namespaced",
    versions: { v2: exceptionShape, v2beta1: exceptionShape },
  },
];

const text: JsonObject = { type: "string" };
const texts: JsonObject = { type: "object", additionalProperties: text };
const count: JsonObject = { type: "integer" };
const objectReference: JsonObject = {
  type: "object",
  properties: { apiVersion: text, kind: text, name: text, namespace: text, uid: text, fieldPath: text },
};
const reportResult: JsonObject = {
  type: "object",
  required: ["policy"],
  properties: {
    category: text,
    message: text,
    policy: text,
    properties: texts,
    resources: { type: "array", items: objectReference },
    resourceSelector: { type: "object", ...anything },
    result: { ...text, enum: ["pass", "fail", "warn", "error", "skip"] },
    rule: text,
    scored: { type: "boolean" },
    severity: { ...text, enum: ["critical", "high", "low", "medium", "info"] },
    source: text,
    timestamp: { type: "object", required: ["nanos", "seconds"], properties: { nanos: count, seconds: count } },
  },
};

/** Of policy reports, which Kyverno and others bring too. */
export const reportDefinitions = (): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(
    (
      [
        ["PolicyReport", "policyreports", "polr", "Namespaced"],
        ["ClusterPolicyReport", "clusterpolicyreports", "cpolr", "Cluster"],
      ] as const
    ).map(([kind, plural, shortName, scope]) => [
      plural,
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.wgpolicyk8s.io`, labels: { "app.kubernetes.io/part-of": "sallyport" } },
        spec: {
          group: "wgpolicyk8s.io",
          scope,
          names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: [shortName] },
          versions: [
            {
              name: "v1alpha2",
              served: true,
              storage: true,
              additionalPrinterColumns: [
                column("Kind", ".scope.kind", "string"),
                column("Name", ".scope.name", "string"),
                ...["pass", "fail", "warn", "error", "skip"].map((one) =>
                  column(one[0]?.toUpperCase() + one.slice(1), `.summary.${one}`, "integer"),
                ),
                age,
              ],
              schema: {
                openAPIV3Schema: {
                  type: "object",
                  properties: {
                    apiVersion: text,
                    kind: text,
                    metadata: { type: "object" },
                    results: { type: "array", items: reportResult },
                    scope: objectReference,
                    scopeSelector: { type: "object", ...anything },
                    summary: {
                      type: "object",
                      properties: { error: count, fail: count, pass: count, skip: count, warn: count },
                    },
                  },
                },
              },
            },
          ],
        },
      },
    ]),
  );

/** By the plural of each. */
export const policyDefinitions = (): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(
    definitions.map(({ kind, plural, shortName, scope, columns = [age], versions }) => [
      plural,
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.kyverno.io`, labels: { "app.kubernetes.io/part-of": "sallyport" } },
        spec: {
          group: "kyverno.io",
          scope,
          names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: [shortName] },
          versions: Object.entries(versions).map(([name, shape], index) => ({
            name,
            served: true,
            storage: index === 0,
            additionalPrinterColumns: columns,
            schema: { openAPIV3Schema: documentSchema(shape) },
          })),
        },
      },
    ]),
  );
