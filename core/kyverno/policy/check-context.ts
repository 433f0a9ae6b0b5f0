/** Kyverno's admission checks on context entries. Source: docs/spec/kyverno.md#context-entries. */
import { pointer } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { parseExpression } from "../../jmespath/parser.ts";
import { findVariables } from "./find-variables.ts";
import type { ContextEntry } from "./policy.ts";
import type { Findings } from "./findings.ts";
import type { Limits } from "../../limits.ts";

const reserved = ["images", "request", "serviceAccountName", "serviceAccountNamespace", "element", "elementIndex"];

const forms = ["configMap", "apiCall", "imageRegistry", "variable", "globalReference"] as const;

/** An expression that holds no variables must parse. */
function checkExpression(text: string | undefined, at: string, findings: Findings, limits: Limits): void {
  if (text === undefined || text === "" || findVariables(text, limits).length > 0) return;
  try {
    parseExpression(text, limits);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    findings.refuse(at, `expected a JMESPath expression, found ${JSON.stringify(text.slice(0, 80))}: ${error.message}`);
  }
}

function checkVariable(
  variable: NonNullable<ContextEntry["variable"]>,
  at: string,
  findings: Findings,
  limits: Limits,
): void {
  const queried = variable.jmesPath !== undefined && variable.jmesPath !== "";
  if (variable.value === undefined && !queried) findings.refuse(at, "expected a value or a jmesPath, found neither");
  if (variable.default !== undefined && !queried)
    findings.refuse(pointer(at, "default"), "a default needs a jmesPath beside it, found none");
  checkExpression(variable.jmesPath, pointer(at, "jmesPath"), findings, limits);
}

function checkApiCall(
  call: NonNullable<ContextEntry["apiCall"]>,
  at: string,
  findings: Findings,
  limits: Limits,
): void {
  const path = call.urlPath !== undefined && call.urlPath !== "";
  if (path && call.service !== undefined) findings.refuse(at, "expected urlPath or service, found both");
  if (!path && call.service === undefined) findings.refuse(at, "expected urlPath or service, found neither");
  if (call.method === "GET" && call.data.length > 0)
    findings.refuse(pointer(at, "data"), "data is sent with the method POST only, found GET");
  checkExpression(call.jmesPath, pointer(at, "jmesPath"), findings, limits);
}

function checkEntry(entry: ContextEntry, findings: Findings, limits: Limits): void {
  const { name, pointer: at, configMap, imageRegistry, globalReference } = entry;
  if (name === "") findings.refuse(pointer(at, "name"), "expected a name, found nothing");
  const conflict = reserved.find((word) => name === word || name.startsWith(`${word}.`));
  if (conflict !== undefined)
    findings.refuse(
      pointer(at, "name"),
      `the name ${JSON.stringify(name)} conflicts with the pre-defined variable ${conflict}`,
    );
  const given = forms.filter((form) => entry[form] !== undefined);
  if (given.length !== 1)
    findings.refuse(
      at,
      `expected one of ${forms.join(", ")}, found ${given.length === 0 ? "none of them" : given.join(" and ")}`,
    );
  if (entry.variable !== undefined) checkVariable(entry.variable, pointer(at, "variable"), findings, limits);
  if (entry.apiCall !== undefined) checkApiCall(entry.apiCall, pointer(at, "apiCall"), findings, limits);
  if (configMap !== undefined && configMap.name === "")
    findings.refuse(pointer(at, "configMap"), "expected a name, found nothing");
  if (configMap !== undefined && (configMap.namespace ?? "") === "")
    findings.refuse(pointer(at, "configMap"), "expected a namespace, found none");
  if (globalReference?.name === "") findings.refuse(pointer(at, "globalReference"), "expected a name, found nothing");
  if (imageRegistry?.reference === "")
    findings.refuse(pointer(at, "imageRegistry"), "expected a reference, found nothing");
  checkExpression(imageRegistry?.jmesPath, `${at}/imageRegistry/jmesPath`, findings, limits);
  checkExpression(globalReference?.jmesPath, `${at}/globalReference/jmesPath`, findings, limits);
}

export function checkContext(entries: readonly ContextEntry[], findings: Findings, limits: Limits): void {
  for (const entry of entries) checkEntry(entry, findings, limits);
}
