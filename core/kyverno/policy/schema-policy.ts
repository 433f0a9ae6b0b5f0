/**
 * Shapes of `ClusterPolicy`, `Policy` and `PolicyException`. Source: Kyverno API v1, v2beta1, v2
 * (docs/spec/kyverno.md#policy-fields, #rule-fields), CRDs of 1.19.
 */
import { any, flag, integer, list, map, oneOf, openMap, type Shape, text, textMap, texts, textUpTo } from "./schema.ts";
import { imageVerificationShape } from "./schema-images.ts";
import { type ApiGeneration, contextEntries, imageExtractors, labelSelector, matchShape } from "./schema-match.ts";

const metadata = openMap({ name: text, namespace: text, labels: textMap, annotations: textMap }, ["name"]);

const failureActions = oneOf("audit", "enforce", "Audit", "Enforce");

function ruleShape(generation: ApiGeneration): Shape {
  const match = matchShape(generation);
  return map(
    {
      name: textUpTo(63),
      match,
      exclude: match,
      preconditions: any,
      celPreconditions: any,
      context: contextEntries,
      imageExtractors,
      reportProperties: textMap,
      skipBackgroundRequests: flag,
      verifyImages: list(imageVerificationShape(generation)),
      validate: openMap({ message: text, deny: map({ conditions: any }) }),
      mutate: openMap({}),
      generate: openMap({}),
    },
    ["name", "match"],
  );
}

const specShape = (generation: ApiGeneration): Shape =>
  map({
    rules: list(ruleShape(generation)),
    validationFailureAction: failureActions,
    validationFailureActionOverrides: list(
      map({ action: failureActions, namespaces: texts, namespaceSelector: labelSelector }),
    ),
    failurePolicy: oneOf("Ignore", "Fail"),
    webhookTimeoutSeconds: integer(),
    webhookConfiguration: map({
      failurePolicy: oneOf("Ignore", "Fail"),
      timeoutSeconds: integer(),
      matchConditions: list(map({ name: text, expression: text }, ["name", "expression"])),
    }),
    applyRules: oneOf("All", "One"),
    admission: flag,
    background: flag,
    emitWarning: flag,
    schemaValidation: flag,
    mutateExistingOnPolicyUpdate: flag,
    generateExisting: flag,
    generateExistingOnPolicyUpdate: flag,
    useServerSideApply: flag,
  });

const documentShape = (spec: Shape): Shape =>
  map({ apiVersion: text, kind: text, metadata, spec, status: any }, ["metadata", "spec"]);

const policyShapes: Readonly<Record<ApiGeneration, Shape>> = {
  v1: documentShape(specShape("v1")),
  later: documentShape(specShape("later")),
};

/** A `ClusterPolicy` or a `Policy`. */
export const policyShape = (generation: ApiGeneration): Shape => policyShapes[generation];

/** A `PolicyException` of `kyverno.io`. */
export const exceptionShape: Shape = documentShape(
  map(
    {
      background: flag,
      match: matchShape("later"),
      conditions: map({ any: list(any), all: list(any) }),
      exceptions: list(map({ policyName: text, ruleNames: texts }, ["policyName", "ruleNames"])),
      podSecurity: any,
    },
    ["match", "exceptions"],
  ),
);
