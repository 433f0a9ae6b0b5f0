/**
 * Shapes of match, exclude and context, of rules and of exceptions. Source: Kyverno API v1, v2beta1
 * (docs/spec/kyverno.md#rule-fields, #match-and-exclude, #context-entries), CRDs of 1.19.
 */
import { any, flag, list, map, mapOf, oneOf, type Shape, text, textMap, texts } from "./schema.ts";

/** `v1` has the bare form of match and legacy fields; the later versions have neither. */
export type ApiGeneration = "v1" | "later";

export const labelSelector = map({
  matchLabels: textMap,
  matchExpressions: list(map({ key: text, operator: text, values: texts }, ["key", "operator"])),
});

const laterResources = {
  kinds: texts,
  names: texts,
  namespaces: texts,
  annotations: textMap,
  selector: labelSelector,
  namespaceSelector: labelSelector,
  operations: list(oneOf("CREATE", "CONNECT", "UPDATE", "DELETE")),
};

const userInfo = {
  roles: texts,
  clusterRoles: texts,
  subjects: list(map({ kind: text, name: text, namespace: text, apiGroup: text }, ["kind", "name"])),
};

/** `match` or `exclude`. */
export function matchShape(generation: ApiGeneration): Shape {
  const resources = map(generation === "v1" ? { ...laterResources, name: text } : laterResources);
  const filters = list(map({ ...userInfo, resources }));
  return map(
    generation === "v1" ? { any: filters, all: filters, ...userInfo, resources } : { any: filters, all: filters },
  );
}

const headers = list(map({ key: text, value: text }, ["key", "value"]));

export const registryCredentials = map({
  allowInsecureRegistry: flag,
  providers: list(oneOf("default", "amazon", "azure", "google", "github")),
  secrets: texts,
});

export const contextEntries = list(
  map(
    {
      name: text,
      variable: map({ value: any, jmesPath: text, default: any }),
      configMap: map({ name: text, namespace: text }, ["name"]),
      apiCall: map({
        urlPath: text,
        method: oneOf("GET", "POST"),
        data: list(map({ key: text, value: any }, ["key", "value"])),
        service: map({ url: text, caBundle: text, headers }, ["url"]),
        jmesPath: text,
        default: any,
      }),
      imageRegistry: map({ reference: text, jmesPath: text, imageRegistryCredentials: registryCredentials }, [
        "reference",
      ]),
      globalReference: map({ name: text, jmesPath: text }, ["name"]),
    },
    ["name"],
  ),
);

export const imageExtractors = mapOf(
  list(map({ path: text, value: text, name: text, key: text, jmesPath: text }, ["path"])),
);
