/** Policies for tests: a valid one, and what changes in it. */
import type { Policy } from "../../../../core/kyverno/policy/policy.ts";
import { type LoadedPolicies, loadPolicies } from "../../../../core/kyverno/policy/read-policy.ts";

export const pem =
  "-----BEGIN PUBLIC KEY-----\n" +
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaO02YDTvDsMLq19ZfW1odQ4qHILy\n" +
  "-----END PUBLIC KEY-----\n";

type Fields = Readonly<Record<string, unknown>>;

export const keysAttestor: Fields = { entries: [{ keys: { publicKeys: pem } }] };

/** An entry of `verifyImages`; a field that is `undefined` is left out. */
export const entryWith = (fields: Fields = {}): Fields => ({
  imageReferences: ["ghcr.io/org/*"],
  attestors: [keysAttestor],
  ...fields,
});

export const ruleWith = (fields: Fields = {}): Fields => ({
  name: "check",
  match: { any: [{ resources: { kinds: ["Pod"] } }] },
  verifyImages: [entryWith()],
  ...fields,
});

/** The text of a policy as JSON, which is YAML. */
export const policyText = (rules: readonly Fields[], spec: Fields = {}, top: Fields = {}): string =>
  JSON.stringify(
    {
      apiVersion: "kyverno.io/v1",
      kind: "ClusterPolicy",
      metadata: { name: "p" },
      spec: { validationFailureAction: "Enforce", background: false, rules, ...spec },
      ...top,
    },
    null,
    1,
  );

export const load = (text: string): LoadedPolicies => loadPolicies([{ name: "policy.yaml", text }]);

/** What is wrong, as `CODE POINTER`. */
export const faults = (text: string): readonly string[] =>
  load(text).errors.map(({ code, pointer }) => `${code} ${pointer}`);

export const ruleFaults = (fields: Fields, spec: Fields = {}): readonly string[] =>
  faults(policyText([ruleWith(fields)], spec)).map((fault) => fault.replace("/spec/rules/0", ""));

export const entryFaults = (fields: Fields, spec: Fields = {}): readonly string[] =>
  ruleFaults({ verifyImages: [entryWith(fields)] }, spec).map((fault) => fault.replace("/verifyImages/0", ""));

/** The one policy of a text that must load. */
export function loaded(text: string): Policy {
  const { policies, errors } = load(text);
  const [policy] = policies;
  if (policy === undefined || errors.length > 0)
    throw new Error(`does not load: ${errors.map((error) => error.message).join("; ")}`);
  return policy;
}
