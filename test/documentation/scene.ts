/** The fixtures of the documentation's scenes, and one way to put a resource before a policy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type AdmissionRequest,
  type Answer,
  type AnswerTo,
  createEngine,
  type Decision,
  type JsonObject,
  type Knowledge,
  loadPolicies,
  type Question,
  requestFor,
} from "../../core/index.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { defaultLimits } from "../../core/limits.ts";

const folder = fileURLToPath(new URL("../fixtures/documentation", import.meta.url));
export const readFixture = (path: string): string => readFileSync(join(folder, path), "utf8");
const layout: Knowledge = openLayout(join(folder, "layout"), { complete: "image", limits: defaultLimits });
const at = "2026-11-26T12:00:00Z";

export interface World {
  /** The registries that could not be reached. */
  readonly offline?: readonly string[];
  readonly keys?: Readonly<Record<string, string>>;
  /** The trusted root is not known. */
  readonly noTrust?: boolean;
  /** The policy's text, changed. */
  readonly change?: (text: string) => string;
}

/** The digest that a tag of the layout has. */
export function digestIn(reference: string): string {
  const [repository = "", tag = ""] = reference.split(/:(?=[^/]*$)/);
  const answer = layout.answer({ kind: "tag", repository, tag });
  if (answer?.state !== "present") throw new Error(`no ${reference} in the layout`);
  return answer.value.digest;
}

/** Everything of the layout, of registries that hold nothing else; the trusted root; keys that were pinned. */
export const world = ({ offline = [], keys = {}, noTrust = false }: World = {}): Knowledge => ({
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return answer(question) as AnswerTo<Q> | undefined;
    function answer(asked: Question): Answer | undefined {
      if (asked.kind === "trusted-root")
        return noTrust
          ? undefined
          : {
              state: "present",
              value: { form: "pinned", bytes: readFileSync(join(folder, "trust/trusted-root.json")) },
              at,
              from: "operator",
            };
      if (asked.kind === "key")
        return Object.hasOwn(keys, asked.reference)
          ? { state: "present", value: keys[asked.reference], at, from: "operator" }
          : undefined;
      if (!("repository" in asked)) return undefined;
      const host = asked.repository.split("/")[0] ?? "";
      if (offline.includes(host)) return { state: "unavailable", code: "unreachable", at, from: host };
      return layout.answer(asked) ?? { state: "absent", at, from: host };
    }
  },
});

export const pod = (image: string, name = "web"): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: { containers: [{ name: "main", image }] },
});

export interface Scene {
  readonly allowed: boolean;
  /** Messages of what failed or could not be decided, without the evidence after the sentence. */
  readonly says: readonly string[];
  readonly statuses: readonly string[];
  /** Pointer → patched image. */
  readonly patched: Readonly<Record<string, string>>;
  readonly decision: Decision;
}

/** Puts a resource before a policy of the fixtures. */
export function play(policy: string, resource: JsonObject | AdmissionRequest, given: World = {}): Scene {
  const original = readFixture(`policies/${policy}.yaml`);
  const text = given.change?.(original) ?? original;
  if (given.change !== undefined && text === original && !original.includes("awskms:///alias/release"))
    throw new Error("nothing was changed");
  const loaded = loadPolicies([{ name: policy, text }]);
  if (loaded.errors.length > 0) throw new Error(JSON.stringify(loaded.errors));
  const engine = createEngine({
    policies: loaded.policies,
    crypto: nodeVerifier,
    settings: { absentNamespaceLabels: "none" },
  });
  const request = "operation" in resource ? (resource as unknown as AdmissionRequest) : requestFor(resource);
  const decision = engine.decide(request, world(given), new Date(at));
  const first = decision.results.filter(({ pass }) => pass === "mutate");
  return {
    allowed: decision.allowed,
    says: first
      .filter(({ status }) => status !== "pass" && status !== "skip")
      .map(({ message }) => message.split(";")[0] ?? ""),
    statuses: first.map(({ status }) => status),
    patched: Object.fromEntries(
      decision.patches.flatMap(({ path, value }) =>
        typeof value === "string" && !path.startsWith("/metadata") ? [[path, value]] : [],
      ),
    ),
    decision,
  };
}
