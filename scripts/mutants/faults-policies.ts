/** Planted faults of counting, of policies and of admission. */
import type { Fault } from "./fault.ts";

export const policyFaults: readonly Fault[] = [
  {
    name: "unknown-before-refuted",
    file: "core/verdict.ts",
    from:
      '  if (truths.includes("refuted")) return "refuted";\n' +
      '  return truths.includes("unknown") ? "unknown" : "proven";',
    to:
      '  if (truths.includes("unknown")) return "unknown";\n' +
      '  return truths.includes("refuted") ? "refuted" : "proven";',
  },
  {
    name: "unknown-is-proven",
    file: "core/verdict.ts",
    from: 'return truths.includes("unknown") ? "unknown" : "proven";',
    to: 'return "proven";',
  },
  {
    name: "one-is-enough",
    file: "core/verdict.ts",
    from: "const needed = Math.max(1, required);",
    to: "const needed = Math.min(1, required);",
    signature: true,
  },
  {
    name: "count-is-ignored",
    file: "core/kyverno/image/compile-entry.ts",
    from: "const required = set.count === undefined || set.count === 0 ? expanded.length : set.count;",
    to: "const required = set.count === undefined ? expanded.length : 1;",
    signature: true,
  },
  {
    name: "one-of-several-keys",
    file: "core/kyverno/image/compile-entry.ts",
    from: "if (ends.length < 2) return [attestor];",
    to: "if (ends.length > 0) return [attestor];",
    signature: true,
  },
  {
    name: "one-statement-is-enough",
    file: "core/kyverno/image/attestation.ts",
    from: 'if (truth === "proven") return whileOthersMayBe(undecided, statements.length);',
    to:
      'if (verdicts.some((verdict) => verdict.truth === "proven")) return ' +
      "whileOthersMayBe(undecided, statements.length);",
    signature: true,
  },
  {
    name: "other-statements-forgotten",
    file: "core/kyverno/image/attestation.ts",
    from: "if (failures.length === 0) return proven(null);",
    to: "if (failures.length >= 0) return proven(null);",
  },
  {
    name: "condition-always-holds",
    file: "core/kyverno/image/attestation.ts",
    from: "if (result.holds) return proven(null);",
    to: "if (result.decided.length >= 0) return proven(null);",
    signature: true,
  },
  {
    name: "any-means-all",
    file: "core/kyverno/rule/conditions.ts",
    from: "const anyHolds = any === undefined || ofAny.at(-1)?.holds === true;",
    to: "const anyHolds = any === undefined || ofAny.every((tested) => tested.holds);",
  },
  {
    name: "deny-is-ignored",
    file: "core/kyverno/image/verify-image-entry.ts",
    from: 'denial: truth === "proven" ? checkDeny(remembered, variables, context) : undefined',
    to: "denial: undefined",
  },
  {
    name: "required-is-ignored",
    file: "core/kyverno/image/validate-rule.ts",
    from: "  if (!required) return [];\n",
    to: "  if (required) return [];\n",
  },
  {
    name: "verify-digest-is-ignored",
    file: "core/kyverno/image/validate-rule.ts",
    from: "if (verifyDigest && digest === undefined) {",
    to: "if (verifyDigest && digest !== undefined) {",
  },
  {
    name: "mutate-digest-is-ignored",
    file: "core/kyverno/image/mutate-rule.ts",
    from: "if (digest !== undefined && reference.digest === undefined) patches.push(",
    to: "if (digest === undefined && reference.digest !== undefined) patches.push(",
  },
  {
    name: "audit-for-enforce",
    file: "core/decide/allowed.ts",
    from: '(result.status === "fail" && result.action === "Enforce")',
    to: '(result.status === "fail" && result.action !== "Enforce")',
  },
  {
    name: "errors-are-allowed",
    file: "core/decide/allowed.ts",
    from: 'if (result.failurePolicy !== "Ignore") return false;',
    to: 'if (result.failurePolicy === "Ignore") return false;',
  },
  {
    name: "ignore-overlooks-everything",
    file: "core/decide/allowed.ts",
    from: 'causes.every(({ ignorable }) => ignorable === "artifact") &&',
    to: 'causes.some(({ ignorable }) => ignorable !== "artifact" || ignorable === "artifact") &&',
  },
  {
    name: "overrides-without-labels",
    file: "core/kyverno/image/failure-action.ts",
    from: "return fits ? action : from(index + 1);",
    to: "return fits || !fits ? action : from(index + 1);",
  },
  {
    name: "exception-for-every-rule",
    file: "core/kyverno/image/exception-index.ts",
    from: "entry.ruleNames.some((pattern) => matchWildcard(pattern, rule.name, variables().limits))",
    to:
      'entry.ruleNames.some((pattern) => pattern !== "" || variables().limits === undefined ' + '|| rule.name === "")',
  },
  {
    name: "exception-without-conditions",
    file: "core/kyverno/image/exception-index.ts",
    from: "(exception.conditions === undefined || conditionsHold(exception.conditions, variables()))",
    to: "(exception.conditions === undefined || variables() !== undefined || " + "conditionsHold(null, variables()))",
  },
  {
    name: "skip-excuses-everything",
    file: "core/kyverno/image/reference-filter.ts",
    from: "matchesSome(filter.skip, canonicalSpellings(image), limits);",
    to:
      "matchesSome([...filter.skip, ...filter.skip.map((pattern) => `${pattern}*`)], " +
      "canonicalSpellings(image), limits);",
  },
  {
    name: "wildcard-without-end",
    file: "core/patterns/wildcard.ts",
    from: "!text.startsWith(first) || !text.endsWith(last)) return false;",
    to: "!text.startsWith(first)) return false;",
  },
  {
    name: "repository-is-ignored",
    file: "core/kyverno/image/attestor-set.ts",
    from: "predicateType, expectation, signatureRepository: repository });",
    to: "predicateType, expectation });",
  },
  {
    name: "no-rules-for-controllers",
    file: "core/kyverno/policy/autogen.ts",
    from: "return generated.length === 0 ? rules : [",
    to: "return generated.length >= 0 ? rules : [",
  },
  {
    name: "init-containers-unseen",
    file: "core/kyverno/image/extract.ts",
    from: 'const containerGroups = ["initContainers", "containers",',
    to: 'const containerGroups = ["containers",',
  },
  {
    name: "namespace-selector-ignored",
    file: "core/kyverno/rule/match-filter.ts",
    from: "testSelector(filter.namespaceSelector, subject.namespaceLabels())",
    to: "subject.namespaceLabels() !== undefined",
  },
  {
    name: "exclude-is-ignored",
    file: "core/kyverno/rule/match.ts",
    from: 'exclude !== undefined && blockMisses(exclude, subject, "judged") === undefined;',
    to: 'exclude !== undefined && blockMisses(exclude, subject, "judged") !== undefined;',
  },
  {
    name: "selector-not-in",
    file: "core/kyverno/rule/selector.ts",
    from: ": { key, holds: (actual) => actual === undefined || !set.has(actual) };",
    to: ": { key, holds: (actual) => actual === undefined || set.has(actual) };",
  },
  {
    name: "only-first-policy-mutates",
    file: "core/decide/passes.ts",
    from:
      "    if (outcome.object !== undefined && outcome.object !== request.object)\n" +
      "      request = { ...request, object: outcome.object };\n",
    to: "",
  },
  {
    name: "jmespath-lists-are-prefixes",
    file: "core/jmespath/value.ts",
    from: "      left.length === right.length &&\n      left.every((item, index) => areEqual(",
    to: "      left.every((item, index) => areEqual(",
  },
  {
    name: "differs-is-equal",
    file: "core/kyverno/rule/operators/equality.ts",
    from: 'return typeof key === "number" ? !numberEquals(key, value) : !deepEqual(key, value);',
    to: 'return typeof key === "number" ? numberEquals(key, value) : !deepEqual(key, value);',
  },
  {
    name: "all-in-means-any-in",
    file: "core/kyverno/rule/operators/membership.ts",
    from: "      return keys.every(found);\n",
    to: "      return keys.some(found);\n",
  },
  {
    name: "limits-are-loose",
    file: "core/verify/bounded-verifier.ts",
    from: "      if (left === 0) {",
    to: "      if (left < 0) {",
  },
  {
    name: "mirror-tag-is-not-compared",
    file: "core/kyverno/image/resolve-image.ts",
    from: "if (there.digest === here.digest)",
    to: "if (there.digest.length > 0)",
  },
  {
    name: "unknown-mirror-tag-is-taken",
    file: "core/kyverno/image/resolve-image.ts",
    from: 'if (pulled.truth === "unknown") return pins ? judged : pulled;',
    to: 'if (pulled.truth === "unknown") return judged;',
  },
  {
    name: "one-skipped-name-excuses",
    file: "core/kyverno/image/rule-images.ts",
    from: "names.every((name) => skipsImage(entry.references, name, limits))",
    to: "names.some((name) => skipsImage(entry.references, name, limits))",
  },
  {
    name: "alias-of-a-part-of-a-name",
    file: "core/oci/aliases.ts",
    from: 'for (let at = place; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) yield at;',
    to: 'for (let at = place; at !== ""; at = at.slice(0, -1)) yield at;',
  },
  {
    name: "mirror-signatures-for-the-logical-name",
    file: "core/kyverno/image/verify-image-entry.ts",
    from: "request: { image: { repository: judged.repository, digest }, layouts: entry.layouts },",
    to: "request: { image: { repository: reference.repository, digest }, layouts: entry.layouts },",
  },
  {
    name: "policy-asks-what-others-may",
    file: "core/kyverno/policy/askable.ts",
    from: 'const isOfOne = kind === "Policy";',
    to: 'const isOfOne = kind !== "Policy";',
  },
  {
    name: "askable-covers-longer-hosts",
    file: "core/kyverno/policy/askable.ts",
    from: 'entry.endsWith("*") ? text.startsWith(entry.slice(0, -1)) : entry === text;',
    to: 'text.startsWith(entry.replace("*", ""));',
  },
  {
    name: "policy-asks-what-it-writes",
    file: "core/kyverno/image/compile-rule.ts",
    from: 'const written = policy.kind === "Policy" ? required : undefined;',
    to: "const written = undefined;",
  },
  {
    name: "variable-asks-anybody",
    file: "core/kyverno/image/compile-rule.ts",
    from: "{ later: compileLater(entry, policy.ages, required) }",
    to: "{ later: compileLater(entry, policy.ages, written) }",
  },
  {
    name: "refused-log-is-asked",
    file: "core/verify/candidate-run.ts",
    from: "if (refusal !== undefined) throw refusal;",
    to: "if (refusal === null) throw refusal;",
  },
];
