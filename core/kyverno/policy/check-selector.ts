/** Label selectors as Kubernetes validates them. Source: apimachinery labels, docs/spec/kyverno.md#checks-at-load. */
import { pointer } from "../../encoding/shape.ts";
import { containsWildcard } from "../../patterns/wildcard.ts";
import type { PolicyValue } from "./policy.ts";
import { listOf, textMapOf, textOf, textsOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";

const name = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const domain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function isLabelKey(key: string): boolean {
  const parts = key.split("/");
  const last = parts.at(-1) ?? "";
  const [prefix] = parts;
  if (parts.length > 2 || last.length > 63 || !name.test(last)) return false;
  return parts.length === 1 || prefix === undefined || (prefix.length <= 253 && domain.test(prefix));
}

const isLabelValue = (value: string): boolean => value === "" || (value.length <= 63 && name.test(value));

function checkExpression(expression: PolicyValue, at: string, wildcards: boolean, findings: Findings): void {
  const key = textOf(expression, "key") ?? "";
  const operator = textOf(expression, "operator") ?? "";
  const values = textsOf(expression, "values") ?? [];
  if (!isLabelKey(key)) findings.refuse(pointer(at, "key"), `expected a label, found ${JSON.stringify(key)}`);
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) findings.refuse(at, `${operator} needs values, found none`);
    values.forEach((value, index) => {
      if (!isLabelValue(value) && !(wildcards && containsWildcard(value)))
        findings.refuse(
          pointer(pointer(at, "values"), index),
          `expected the value of a label, found ${JSON.stringify(value)}`,
        );
    });
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) findings.refuse(pointer(at, "values"), `${operator} has no values, found ${values.length}`);
  } else
    findings.refuse(
      pointer(at, "operator"),
      `expected In, NotIn, Exists or DoesNotExist, found ${JSON.stringify(operator)}`,
    );
}

/**
 * A selector at `at`. Labels with wildcards are Kyverno's own and are not checked. An empty selector takes in
 * everything: Kyverno refuses it where labels of the resource are meant, and loads it where those of its namespace are.
 * A value with a wildcard in an expression is refused where Kyverno refuses it; elsewhere it loads and matches nothing.
 */
export function checkSelector(
  selector: PolicyValue | undefined,
  at: string,
  findings: Findings,
  empty: "refused" | "allowed" = "refused",
): void {
  if (selector === undefined) return;
  const labels = Object.entries(textMapOf(selector, "matchLabels") ?? {});
  const expressions = listOf(selector, "matchExpressions") ?? [];
  if (labels.length + expressions.length === 0 && empty === "refused")
    findings.refuse(at, "expected matchLabels or matchExpressions, found neither");
  for (const [key, value] of labels) {
    if (containsWildcard(key) || containsWildcard(value)) continue;
    const here = pointer(pointer(at, "matchLabels"), key);
    if (!isLabelKey(key)) findings.refuse(here, `expected a label, found ${JSON.stringify(key)}`);
    if (!isLabelValue(value)) findings.refuse(here, `expected the value of a label, found ${JSON.stringify(value)}`);
  }
  const wildcards =
    empty === "allowed" || labels.some(([key, value]) => containsWildcard(key) || containsWildcard(value));
  for (const [index, expression] of expressions.entries())
    checkExpression(expression, pointer(pointer(at, "matchExpressions"), index), wildcards, findings);
}
