import { suite } from "uvu";
import * as assert from "uvu/assert";
import { failureActionOf } from "../../../../core/kyverno/image/failure-action.ts";
import type { ImageVerification, Policy } from "../../../../core/kyverno/policy/policy.ts";

const test = suite("core/kyverno/image/failure-action");
const entries = (...actions: readonly ("Audit" | "Enforce" | undefined)[]) =>
  actions.map((failureAction) => ({ failureAction })) as unknown as readonly ImageVerification[];
const policy = (action: string, ...overrides: readonly object[]) =>
  ({ spec: { validationFailureAction: action, validationFailureActionOverrides: overrides } }) as unknown as Policy;
const request = {
  operation: "CREATE",
  kind: { group: "", version: "v1", kind: "Pod" },
  namespace: "shop",
  namespaceLabels: { stage: "prod" },
} as const;

test("entries first: any Enforce, else the first given", () => {
  assert.is(failureActionOf(policy("Audit"), entries("Audit", "Enforce"), request), "Enforce");
  assert.is(failureActionOf(policy("Enforce"), entries(undefined, "Audit"), request), "Audit");
});

test("then the first override that fits the namespace, then the policy", () => {
  const none = entries(undefined);
  assert.is(failureActionOf(policy("Audit"), none, request), "Audit");
  assert.is(failureActionOf(policy("Audit", { action: "Enforce", namespaces: ["sh?p"] }), none, request), "Enforce");
  assert.is(failureActionOf(policy("Audit", { action: "enforce", namespaces: ["shop"] }), none, request), "Enforce");
  assert.is(failureActionOf(policy("Audit", { action: "Enforce", namespaces: ["other"] }), none, request), "Audit");
  assert.is(
    failureActionOf(
      policy("Enforce", {
        action: "Audit",
        namespaces: ["shop"],
        namespaceSelector: { matchLabels: { stage: "test" } },
      }),
      none,
      request,
    ),
    "Enforce",
  );
  assert.is(
    failureActionOf(
      policy("Enforce", { action: "Audit", namespaceSelector: { matchLabels: { stage: "prod" } } }),
      none,
      request,
    ),
    "Audit",
  );
  assert.is(
    failureActionOf(
      policy("Enforce", { action: "whatever", namespaces: ["*"] }, { action: "Audit", namespaces: ["*"] }),
      none,
      request,
    ),
    "Audit",
  );
});

test.run();
