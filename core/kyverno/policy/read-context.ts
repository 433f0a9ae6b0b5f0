/**
 * Context entries and image extractors as they stand in a file. Source: docs/spec/kyverno.md#context-entries,
 * #image-extraction.
 */
import { pointer } from "../../encoding/shape.ts";
import { listOf, mapOf, member, present, textOf } from "./policy-value.ts";
import type { ContextEntry, ImageExtractor, PolicyMap, PolicyValue } from "./policy.ts";

function readEntry(value: PolicyValue, at: string): ContextEntry {
  const variable = mapOf(value, "variable");
  const configMap = mapOf(value, "configMap");
  const apiCall = mapOf(value, "apiCall");
  const imageRegistry = mapOf(value, "imageRegistry");
  const globalReference = mapOf(value, "globalReference");
  return {
    name: textOf(value, "name") ?? "",
    pointer: at,
    ...present({
      variable:
        variable &&
        present({
          value: member(variable, "value"),
          jmesPath: textOf(variable, "jmesPath"),
          default: member(variable, "default"),
        }),
      configMap: configMap && {
        name: textOf(configMap, "name") ?? "",
        ...present({ namespace: textOf(configMap, "namespace") }),
      },
      apiCall: apiCall && readApiCall(apiCall),
      imageRegistry: imageRegistry && {
        reference: textOf(imageRegistry, "reference") ?? "",
        ...present({ jmesPath: textOf(imageRegistry, "jmesPath") }),
      },
      globalReference: globalReference && {
        name: textOf(globalReference, "name") ?? "",
        ...present({ jmesPath: textOf(globalReference, "jmesPath") }),
      },
    }),
  };
}

const readApiCall = (value: PolicyMap): NonNullable<ContextEntry["apiCall"]> => ({
  method: textOf(value, "method") === "POST" ? "POST" : "GET",
  data: (listOf(value, "data") ?? []).map((entry) => ({
    key: textOf(entry, "key") ?? "",
    value: member(entry, "value") ?? null,
  })),
  ...present({
    urlPath: textOf(value, "urlPath"),
    service: mapOf(value, "service"),
    jmesPath: textOf(value, "jmesPath"),
    default: member(value, "default"),
  }),
});

export const readContext = (entries: readonly PolicyValue[], at: string): readonly ContextEntry[] =>
  entries.map((entry, index) => readEntry(entry, pointer(at, index)));

export function readExtractors(
  value: PolicyMap | undefined,
): Readonly<Record<string, readonly ImageExtractor[]>> | undefined {
  if (value === undefined) return undefined;
  const result: Record<string, readonly ImageExtractor[]> = Object.create(null);
  for (const kind of Object.keys(value)) {
    result[kind] = (listOf(value, kind) ?? []).map((extractor) => ({
      path: textOf(extractor, "path") ?? "",
      ...present({
        value: textOf(extractor, "value"),
        name: textOf(extractor, "name"),
        key: textOf(extractor, "key"),
        jmesPath: textOf(extractor, "jmesPath"),
      }),
    }));
  }
  return result;
}
