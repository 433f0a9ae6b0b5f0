/** Policies over the images of `test/fixtures/documentation`, and decisions by them. */
import * as assert from "uvu/assert";
import { createEngine, type Decision } from "../../core/decide/engine.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { RuleStatus } from "../../core/kyverno/image/result.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import type { AdmissionRequest } from "../../core/kyverno/rule/request.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { fixtureKnowledge, fixtureText, testImages } from "./fixture-images.ts";
import { instead } from "./instead.ts";

export const now = new Date("2026-11-26T12:00:00Z");
export const indent = (text: string, spaces: number) => text.trim().replaceAll("\n", `\n${" ".repeat(spaces)}`);
const files = { a: "release", b: "someone-else" };
export const key = (name: "a" | "b", spaces: number) =>
  "publicKeys: |-\n" +
  `${" ".repeat(spaces + 2)}${indent(fixtureText(`trust/${files[name]}.pub`), spaces + 2)}\n` +
  `${" ".repeat(spaces)}rekor: { ignoreTlog: true }`;
export const entryOf = (name: "a" | "b") => `- keys:\n              ${key(name, 14)}`;

export interface PolicyText {
  readonly name?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly spec?: string;
  readonly match?: string;
  readonly references?: string;
  readonly entries?: readonly string[];
  readonly count?: number;
  /** Further fields of the verifyImages entry. */
  readonly fields?: string;
  readonly rule?: string;
}

export const policyText = ({
  name = "check",
  kind = "ClusterPolicy",
  namespace,
  spec = "validationFailureAction: Enforce",
  match = "any: [{ resources: { kinds: [Pod] } }]",
  references = `["${testImages}*"]`,
  entries = [entryOf("a")],
  count,
  fields = "",
  rule = "",
}: PolicyText = {}) => `apiVersion: kyverno.io/v1
kind: ${kind}
metadata: { name: ${name}${namespace === undefined ? "" : `, namespace: ${namespace}`} }
spec:
  ${spec.replaceAll("\n", "\n  ")}
  rules:
  - name: verify
    match: { ${match} }
${rule === "" ? "" : `    ${rule.replaceAll("\n", "\n    ")}\n`}    verifyImages:
    - imageReferences: ${references}
${fields === "" ? "" : `      ${fields.replaceAll("\n", "\n      ")}\n`}${
  entries.length === 0
    ? ""
    : `      attestors:
      - ${count === undefined ? "" : `count: ${count}\n        `}entries:
          ${entries.join("\n          ")}
`
}`;

export function load(...texts: readonly string[]) {
  const loaded = loadPolicies(texts.map((text, index) => ({ name: `p${index}.yaml`, text })));
  assert.equal(loaded.errors, [], texts.join("---\n"));
  return loaded;
}
export const engineOf = (...texts: readonly string[]) => {
  const { policies, exceptions } = load(...texts);
  return createEngine({ policies, exceptions, crypto: nodeVerifier, settings: { absentNamespaceLabels: "none" } });
};
export const containers = (...images: readonly string[]) =>
  images.map((image, index) => ({ name: `c${index}`, image }));
export const pod = (...images: readonly string[]): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop" },
  spec: { containers: containers(...images) },
});
export const image = (tag: string) => `${testImages}:${tag}`;
export const decide = (
  resource: JsonObject | AdmissionRequest,
  policy: PolicyText | readonly PolicyText[] = {},
  knowledge: Knowledge = fixtureKnowledge,
): Decision => {
  const list = Array.isArray(policy) ? (policy as readonly PolicyText[]) : [policy as PolicyText];
  return engineOf(...list.map(policyText)).decide(
    "operation" in resource ? (resource as unknown as AdmissionRequest) : requestFor(resource),
    knowledge,
    now,
  );
};
export const statuses = (decision: Decision, pass: "mutate" | "validate" = "mutate"): readonly RuleStatus[] =>
  decision.results.filter((result) => result.pass === pass).map(({ status }) => status);
export const without = (matches: (question: Question) => boolean, code?: ErrorCode): Knowledge => {
  const origin = { at: now.toISOString(), from: "registry" };
  return instead(fixtureKnowledge, matches, code === undefined ? undefined : { state: "unavailable", code, ...origin });
};
