/** Policies under bounds that are set low: how they are read, and what their expressions may cost. */
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import type { Limits } from "../../core/limits.ts";
import { type Json, policyFor } from "../lab/index.ts";
import { deciding, keyless, policyText, type Row, type Run, say, signed } from "./limit-runs.ts";

type Rule = Record<string, Json>;
/** The same under a policy whose rule is changed, about an image signed by a key. */
const ruled = (change: (rule: Rule) => Rule): Run =>
  deciding(
    { layout: "tag" },
    {
      policy: (policy) => {
        const { spec } = policy as { spec: { rules: Rule[] } };
        return { ...(policy as Rule), spec: { ...spec, rules: spec.rules.map(change) } } as Json;
      },
    },
  );
const precondition = (key: string, context: readonly Json[] = [], condition: Json = {}): Run =>
  ruled((rule) => {
    const all = [{ key, operator: "Equals", value: "a", ...(condition as object) }];
    return { ...rule, context, preconditions: { all } } as Rule;
  });
const variable = (name: string, value: Json): Json => ({ name, variable: { value } }) as Json;

/** `loadPolicies` about a policy for what the recipe's signer satisfies, as text. */
const loading =
  (text: string): Run =>
  (limits) =>
    loadPolicies([{ name: "policy.yaml", text }], { limits }).errors.map(({ code, message }) => say(code, message));
const attestors = (sets: Json): string =>
  JSON.stringify(
    policyFor(signed, {
      policy: (policy) =>
        JSON.parse(JSON.stringify(policy), (name: string, value: Json) =>
          name === "attestors" ? sets : value,
        ) as Json,
    }),
  );
const entry = { keys: { publicKeys: "k8s://keys/release" } };
const invalid = /^invalid-policy: /;

export const policyRows = {
  policyBytes: { low: 10, run: loading(policyText), says: invalid },
  resourceBytes: { low: 50, run: precondition("{{ big }}", [variable("big", "x".repeat(100))]) },
  documentValues: { low: 2, run: loading(policyText), says: invalid },
  documentsPerFile: { low: 1, run: loading(`${policyText}\n---\n${policyText}`), says: invalid },
  attestorDepth: {
    low: 1,
    run: loading(attestors([{ entries: [{ attestor: { entries: [entry] } }] }])),
    says: invalid,
  },
  attestorEntries: { low: 1, run: loading(attestors([{ entries: [entry, entry] }])), says: invalid },
  expressionBytes: { low: 10, run: precondition("{{ request.operation || 'CREATE' }}") },
  expressionDepth: { low: 2, run: precondition("{{ ((((request.operation)))) }}") },
  expressionSteps: { low: 0, run: precondition("{{ to_upper(request.operation) }}"), says: /^over-budget: / },
  variablesPerText: {
    low: 1,
    run: precondition("{{ request.operation }} {{ request.operation }}"),
    says: /^over-budget: /,
  },
  conditionPairs: {
    low: 3,
    run: precondition("{{ two }}", [variable("two", ["a", "b"])], { operator: "AnyIn", value: ["a", "c"] }),
    says: /^over-budget: /,
  },
  substitutionRounds: { low: 0, run: precondition("{{ request.namespace }}"), says: /^over-budget: / },
  patternBytes: { low: 0, run: deciding({ layout: "tag" }) },
  patternDepth: { low: 1, run: precondition("{{ random('((a))') }}") },
  patternSteps: { low: 3, run: precondition("{{ pattern_match('?bcdef', 'abcdef') }}"), says: /^over-budget: / },
  patternCost: { low: 3, run: precondition("{{ regex_match('^abc$', 'abcdef') }}"), says: /^over-budget: / },
  patternInstructions: {
    low: 1,
    run: deciding(keyless, {
      attestor: (spec) => ({ ...spec, keyless: { subjectRegExp: ".*@lab[.]example", issuerRegExp: "https://.*" } }),
    }),
  },
} satisfies Partial<Record<keyof Limits, Row>>;
