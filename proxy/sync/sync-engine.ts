/** The far side's policies, as a sync asks with them. Source: docs/spec/offline.md#sync. */
import { createEngine, type Engine, type EngineOptions } from "../../core/decide/engine.ts";
import { autogenAnnotation } from "../../core/kyverno/policy/autogen.ts";
import type { Policy } from "../../core/kyverno/policy/policy.ts";

/** Rules for controllers ask for what the rule for Pods asks for, and their variables are those of controllers. */
const forPodsOnly = (policy: Policy): Policy => ({
  ...policy,
  annotations: { ...policy.annotations, [autogenAnnotation]: "none" },
});

/** @throws EngineError when a policy cannot be compiled. */
export const createSyncEngine = ({ policies, settings, ...options }: EngineOptions): Engine =>
  createEngine({
    ...options,
    policies: policies.map(forPodsOnly),
    settings: { ...settings, absentNamespaceLabels: "none" },
  });
