import { suite } from "uvu";
import * as assert from "uvu/assert";
import { failureActionOf } from "../../../../core/kyverno/image/failure-action.ts";
import type { ImageVerification, Policy } from "../../../../core/kyverno/policy/policy.ts";
import { nothingKnown } from "../../../../core/knowledge/knowledge.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../../support/assert.ts";

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
  assert.is(failureActionOf(policy("Audit"), entries("Audit", "Enforce"), request, defaultLimits), "Enforce");
  assert.is(failureActionOf(policy("Enforce"), entries(undefined, "Audit"), request, defaultLimits), "Audit");
});

test("then the first override that fits the namespace, then the policy", () => {
  const none = entries(undefined);
  assert.is(failureActionOf(policy("Audit"), none, request, defaultLimits), "Audit");
  assert.is(
    failureActionOf(policy("Audit", { action: "Enforce", namespaces: ["sh?p"] }), none, request, defaultLimits),
    "Enforce",
  );
  assert.is(
    failureActionOf(policy("Audit", { action: "enforce", namespaces: ["shop"] }), none, request, defaultLimits),
    "Enforce",
  );
  assert.is(
    failureActionOf(policy("Audit", { action: "Enforce", namespaces: ["other"] }), none, request, defaultLimits),
    "Audit",
  );
  assert.is(
    failureActionOf(
      policy("Enforce", {
        action: "Audit",
        namespaces: ["shop"],
        namespaceSelector: { matchLabels: { stage: "test" } },
      }),
      none,
      request,
      defaultLimits,
    ),
    "Enforce",
  );
  assert.is(
    failureActionOf(
      policy("Enforce", { action: "Audit", namespaceSelector: { matchLabels: { stage: "prod" } } }),
      none,
      request,
      defaultLimits,
    ),
    "Audit",
  );
  assert.is(
    failureActionOf(
      policy("Enforce", { action: "whatever", namespaces: ["*"] }, { action: "Audit", namespaces: ["*"] }),
      none,
      request,
      defaultLimits,
    ),
    "Audit",
  );
});

const unlabelled = { operation: "CREATE", kind: request.kind, namespace: "shop" } as const;
const selecting = (action: string, stage = "prod", namespaces?: readonly string[]) => ({
  action,
  namespaceSelector: { matchLabels: { stage } },
  ...(namespaces === undefined ? {} : { namespaces }),
});
const question = { kind: "cluster", verb: "get", apiVersion: "v1", resource: "namespaces", name: "shop" } as const;
const origin = { at: "2026-01-01T00:00:00Z", from: "test" };
const cluster = new MemoryKnowledge(defaultLimits).present(question, {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", labels: { stage: "prod" } },
});

test("labels that the request lacks are asked for", () => {
  const asked = { knowledge: cluster };
  assert.is(failureActionOf(policy("Audit", selecting("Enforce")), [], unlabelled, defaultLimits, asked), "Enforce");
  assert.is(
    failureActionOf(policy("Audit", selecting("Enforce", "test")), [], unlabelled, defaultLimits, asked),
    "Audit",
  );
  throwsCode("not-in-mirror", () =>
    failureActionOf(policy("Audit", selecting("Enforce")), [], unlabelled, defaultLimits),
  );
  throwsCode("unresolved", () =>
    failureActionOf(policy("Audit", selecting("Enforce")), [], unlabelled, defaultLimits, {
      knowledge: { ...nothingKnown, answer: () => ({ state: "absent", ...origin }) as never },
    }),
  );
  assert.is(
    failureActionOf(policy("Audit", selecting("Enforce")), [], unlabelled, defaultLimits, {
      absentNamespaceLabels: "none",
    }),
    "Audit",
  );
});

test("labels are not asked for if they do not matter", () => {
  for (const overrides of [
    [selecting("Enforce")],
    [selecting("Enforce"), selecting("Audit", "x", ["other"])],
    [{ action: "Enforce", namespaces: ["sh*"] }, selecting("Audit")],
    [selecting("Audit", "prod", ["other"])],
    [{ ...selecting("Audit"), action: "whatever" }],
  ])
    assert.is(failureActionOf(policy("Enforce", ...overrides), [], unlabelled, defaultLimits), "Enforce");
  throwsCode("not-in-mirror", () =>
    failureActionOf(policy("Enforce", selecting("Enforce"), selecting("Audit", "x")), [], unlabelled, defaultLimits),
  );
});

test("many overrides before one that cannot be judged are each judged once", () => {
  const others = Array.from({ length: 200 }, (_, index) => selecting(index % 2 === 0 ? "Audit" : "Enforce", "other"));
  const last = { action: "Audit", namespaceSelector: { matchLabels: { stage: `${"x".repeat(20_000)}*` } } };
  throwsCode("over-limit", () => failureActionOf(policy("Enforce", ...others, last), [], request, defaultLimits));
});

test.run();
