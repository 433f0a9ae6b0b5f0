/**
 * Attacks on expressions that read what a resource's author wrote: costs, nesting, texts that become expressions.
 * Source: docs/attacks.md.
 */
import * as assert from "uvu/assert";
import type { JsonValue } from "../../core/encoding/json.ts";
import { parseJson } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { compileExpression } from "../../core/jmespath/expression.ts";
import { kyvernoFunctions } from "../../core/kyverno/functions/kyverno-functions.ts";
import { parseYaml } from "../../core/kyverno/policy/yaml.ts";
import { parseQuantity } from "../../core/kyverno/quantity/quantity.ts";
import { defaultLimits } from "../../core/limits.ts";
import { compileRe2 } from "../../core/patterns/re2.ts";
import { matchWildcard } from "../../core/patterns/wildcard.ts";
import { throwsCode } from "../support/assert.ts";
import type { Json, Signed } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, decided } from "./refuses.ts";

const { attack, run } = attackSuite("expressions");

const functions = kyvernoFunctions({ now: new Date("2026-01-01T00:00:00Z"), seed: "s", references: {} });
const evaluate = (expression: string, root: JsonValue = {}): JsonValue =>
  compileExpression(expression, { functions, limits: defaultLimits }).evaluate(root);
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "done";
  } catch (error) {
    assert.instance(error, EngineError);
    return (error as EngineError).code;
  }
};
const signed: Signed = accepts({ layout: "tag" });
/** What is decided about a Pod with an annotation that the rule's precondition reads. */
const annotated = (text: string): string =>
  decided(signed, {
    pod: (pod) => ({ ...pod, metadata: { ...pod.metadata, annotations: { note: text } } }),
    policy: (policy: Json) => {
      policy.spec.rules[0].preconditions = {
        all: [
          { key: "x-{{ request.object.metadata.annotations.note || '' }}", operator: "NotEquals", value: "x-trusted" },
        ],
      };
      return policy;
    },
  });

attack(173, "a text that a function doubles again and again", () => {
  assert.is(annotated("short"), "allowed");
  assert.is(
    codeOf(() => evaluate(`'${"x".repeat(1000)}'${"|join('', [@, @])".repeat(20)}`)),
    "over-budget",
  );
  assert.is(
    codeOf(() => evaluate(`'aaaaaaaa'${"|replace_all(@, 'a', 'aaaaaaaa')".repeat(12)}`)),
    "over-budget",
  );
});

attack(174, "a long text that is read again for each of many elements", () => {
  const root = { text: "a".repeat(100_000), list: Array.from({ length: 5000 }, () => 1) };
  for (const call of ["length($t)", "md5($t)", "contains($t, 'b')", "to_upper($t)", "split($t, 'b')"]) {
    const expression = `[list, text] | [0][*] | map(&${call.replace("$t", "to_string(@)")}, @) | length(@)`;
    assert.is(
      codeOf(() => evaluate(expression, root)),
      "done",
    );
  }
  const repeated = { list: Array.from({ length: 200 }, () => "a".repeat(100_000)) };
  for (const call of ["length(@)", "md5(@)", "contains(@, 'b')", "to_upper(@)", "split(@, 'b')", "trim(@, 'b')"])
    assert.is(
      codeOf(() => evaluate(`list | map(&${call}, @) | length(@)`, repeated)),
      "over-budget",
      call,
    );
});

attack(175, "an annotation that is an expression, many of them, or one that brings itself", () => {
  assert.is(annotated("{{ md5('x') }}"), "allowed");
  assert.match(annotated("{{ length('x') }}".repeat(20_000)), /^denied: over-budget/);
  assert.match(annotated("{{ request.object.metadata.annotations.note }}"), /^denied: over-budget/);
  assert.match(annotated("{{ request.object.metadata.annotations.note }}".repeat(3)), /^denied: over-/);
  assert.match(annotated("{{ nothing_such() }}"), /^denied: unresolved/);
});

attack(176, "a pattern and a text that are made for each other", () => {
  assert.is(
    codeOf(() => evaluate("regex_match('(a?){900}b', t)", { t: "a".repeat(100_000) })),
    "over-budget",
  );
  assert.is(
    codeOf(() => evaluate("regex_replace_all('(a)(.*b)?', t, 'x')", { t: "a".repeat(50_000) })),
    "over-budget",
  );
  assert.is(
    codeOf(() => evaluate("pattern_match(p, t)", { p: `${"?*".repeat(4000)}b`, t: "a".repeat(60_000) })),
    "over-budget",
  );
  assert.match(
    codeOf(() => compileRe2("((a{100}){100}){100}", defaultLimits)),
    /^(?:over-limit|malformed)$/,
  );
  assert.match(
    codeOf(() => compileRe2("(a{1000}b{1000}c{1000}){20}", defaultLimits)),
    /^(?:over-limit|malformed)$/,
  );
  assert.is(matchWildcard(`${"*a".repeat(3000)}b`, "a".repeat(100_000), defaultLimits), false);
});

attack(177, "a search for a text that is found almost everywhere", () => {
  const half = "a".repeat(100_000);
  for (const call of ["contains(t, p)", "split(t, p)", "replace_all(t, p, 'x')"])
    assert.is(
      codeOf(() => evaluate(call, { t: half + half, p: `${half}b` })),
      "done",
      call,
    );
});

attack(178, "digits without end: in quantities, numbers, times and versions", () => {
  const digits = "1".repeat(300_000);
  assert.is(parseQuantity(`${digits}x`), undefined);
  assert.is(parseQuantity(`${"0".repeat(300_000)}x`), undefined);
  assert.is(
    codeOf(() => parseQuantity(digits)),
    "over-limit",
  );
  for (const call of [
    "to_number(t)",
    "time_add(t, '1h')",
    "semver_compare(t, '>1.0.0')",
    "add(t, t)",
    "truncate(t, `1`)",
  ])
    assert.ok(
      ["done", "unresolved", "over-limit", "over-budget"].includes(codeOf(() => evaluate(call, { t: digits }))),
      call,
    );
});

attack(179, "nesting that a reader follows by calling itself: JSON, YAML, expressions, patterns", () => {
  for (const depth of [1000, 100_000]) {
    throwsCode("over-limit", () => parseJson("[".repeat(depth), { limits: defaultLimits }));
    throwsCode("over-limit", () => parseJson('{"a":'.repeat(depth), { limits: defaultLimits }));
    assert.match(
      codeOf(() => parseYaml("[".repeat(depth), "x", { limits: defaultLimits })),
      /^(?:over-limit|malformed)$/,
    );
    assert.match(
      codeOf(() => parseYaml("- ".repeat(depth), "x", { limits: defaultLimits })),
      /^(?:over-limit|malformed)$/,
    );
    assert.match(
      codeOf(() => parseYaml("{<<}".repeat(depth), "x", { limits: defaultLimits })),
      /^(?:over-limit|malformed)$/,
    );
    assert.match(
      codeOf(() => evaluate("(".repeat(depth))),
      /^(?:over-limit|malformed)$/,
    );
    assert.match(
      codeOf(() => evaluate(`${"!".repeat(depth)}a`)),
      /^(?:over-limit|malformed)$/,
    );
    assert.match(
      codeOf(() => evaluate(`${"[".repeat(depth)}a`)),
      /^(?:over-limit|malformed)$/,
    );
    assert.match(
      codeOf(() => compileRe2("(".repeat(depth), defaultLimits)),
      /^(?:over-limit|malformed)$/,
    );
    assert.match(
      codeOf(() => evaluate("parse_json(t)", { t: "[".repeat(depth) })),
      /^(?:over-limit|unresolved|over-budget)$/,
    );
    assert.match(
      codeOf(() => evaluate("parse_yaml(t)", { t: "[".repeat(depth) })),
      /^(?:over-limit|unresolved|over-budget)$/,
    );
  }
});

attack(180, "aliases that multiply, an anchor inside itself, and merges without a key", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 12; level++) {
    const before = String.fromCharCode(96 + level);
    const name = String.fromCharCode(97 + level);
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(", ")}]`);
  }
  for (const text of [bomb.join("\n"), "a: &a [*a]", "a: &a {b: *a}", "{<<}", "<<: 1", "? <<", "{<<: {<<: {<<}}}"]) {
    assert.match(
      codeOf(() => parseYaml(text, "x", { limits: defaultLimits })),
      /^(?:over-limit|malformed)$/,
      text.slice(0, 20),
    );
    assert.match(
      codeOf(() => evaluate("parse_yaml(t)", { t: text })),
      /^(?:over-limit|unresolved|over-budget|done)$/,
      text.slice(0, 20),
    );
  }
});

attack(181, "names that every object of the language has", () => {
  const root = { labels: { app: "x" } };
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "prototype"]) {
    assert.is(
      codeOf(() => evaluate(`labels.${name}`, root)),
      "unresolved",
      name,
    );
    assert.is(evaluate(`labels.${name} || 'none'`, root), "none", name);
    assert.is(evaluate(`lookup(labels, '${name}') || 'none'`, root), "none", name);
  }
  const made = evaluate("object_from_lists(['__proto__', 'a'], ['x', 'y'])") as Json;
  assert.equal(Object.keys(made), ["__proto__", "a"]);
  assert.is(Object.hasOwn(Object.prototype, "a"), false);
  assert.equal(Object.keys(evaluate(`parse_json('{"__proto__": {"polluted": true}}')`) as Json), ["__proto__"]);
  assert.is(({} as Json).polluted, undefined);
});

attack(182, "a default that stands in for what is not known, or for what passed a bound", () => {
  assert.is(
    codeOf(() =>
      evaluate("join('', list) || 'trusted'", { list: Array.from({ length: 300 }, () => "a".repeat(100_000)) }),
    ),
    "over-budget",
  );
  assert.is(
    codeOf(() => evaluate("(x509_decode(t) || 'trusted')", { t: "-----BEGIN CERTIFICATE-----\n".repeat(9000) })),
    "over-budget",
  );
  assert.match(annotated("{{ base64_decode('!') || 'trusted' }}"), /^denied: unresolved/);
});

run();
