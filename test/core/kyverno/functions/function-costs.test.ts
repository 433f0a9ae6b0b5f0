/** What each function charges for the length of its input. Source: docs/architecture.md#bounds. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { compileExpression } from "../../../../core/jmespath/expression.ts";
import { kyvernoFunctions } from "../../../../core/kyverno/functions/kyverno-functions.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/functions/function-costs");

const functions = kyvernoFunctions({ now: new Date("2026-01-01T00:00:00Z"), seed: "s", references: {} });
const size = 16_000;

const repeat = <Item>(item: Item): Item[] => Array.from({ length: size }, () => item);
const document: JsonValue = {
  text: "a".repeat(size),
  capitals: "É".repeat(size),
  digits: "1".repeat(size),
  base64: "QUJD".repeat(size / 4),
  json: `"${"a".repeat(size)}"`,
  url: `https://a/${"a".repeat(size)}`,
  pem: "-----BEGIN CERTIFICATE-----\n".repeat(size / 28),
  zeros: `1.${"0".repeat(size)}`,
  time: `2026-01-01T00:00:00.${"0".repeat(size)}Z`,
  numbers: repeat(1),
  texts: repeat("a"),
  map: Object.fromEntries(repeat(0).map((_, index) => [`key${index}`, "v"])),
  other: "ab",
  number: 1,
};

/**
 * Calls of each function with one long argument, for each that it may have. Several calls: each argument is charged by
 * itself.
 */
const calls: Readonly<Record<string, readonly string[]>> = {
  avg: ["avg(numbers)"],
  contains: ["contains(text, 'b')", "contains(texts, 'b')", "contains(other, text)"],
  ends_with: ["ends_with(text, 'b')"],
  join: ["join('', texts)", "join(text, ['a', 'b'])"],
  keys: ["keys(map)"],
  length: ["length(text)", "length(map)"],
  map: ["map(&@, numbers)"],
  max: ["max(numbers)", "max(texts)"],
  max_by: ["max_by(numbers, &@)"],
  merge: ["merge(map, map)"],
  min: ["min(numbers)", "min([text, text])"],
  min_by: ["min_by(texts, &@)"],
  reverse: ["reverse(text)", "reverse(texts)"],
  sort: ["sort(texts)", "sort([text, text])"],
  sort_by: ["sort_by(texts, &@)", "sort_by([text, text], &@)"],
  starts_with: ["starts_with(text, 'b')"],
  sum: ["sum(numbers)"],
  to_array: ["to_array(text)"],
  to_number: ["to_number(digits)"],
  to_string: ["to_string(texts)", "to_string(map)", "to_string([text])"],
  type: ["type(text)"],
  values: ["values(map)"],
  not_null: ["not_null(text)"],
  add: ["add(zeros, zeros)"],
  subtract: ["subtract(zeros, zeros)"],
  multiply: ["multiply(zeros, `2`)"],
  divide: ["divide(zeros, `2`)"],
  modulo: ["modulo(zeros, zeros)"],
  x509_decode: ["x509_decode(pem)"],
  parse_json: ["parse_json(json)"],
  parse_yaml: ["parse_yaml(text)"],
  base64_decode: ["base64_decode(base64)"],
  base64_encode: ["base64_encode(text)"],
  md5: ["md5(text)"],
  sha1: ["sha1(text)"],
  sha256: ["sha256(text)"],
  items: ["items(map, 'k', 'v')", "items(numbers, 'k', 'v')"],
  label_match: ["label_match(map, map)"],
  lookup: ["lookup(map, text)"],
  object_from_lists: ["object_from_lists(texts, numbers)"],
  random: ["random(text)", "random('a{1000}')"],
  pattern_match: ["pattern_match('a*', text)", "pattern_match(text, text)"],
  regex_match: ["regex_match('a', text)", "regex_match(text, 'a')"],
  regex_replace_all: ["regex_replace_all('b', text, 'c')", "regex_replace_all('b', 'b', text)"],
  regex_replace_all_literal: ["regex_replace_all_literal('b', text, 'c')"],
  semver_compare: ["semver_compare(zeros, '1.0.0')", "semver_compare('1.0.0', zeros)"],
  compare: ["compare(text, text)"],
  equal_fold: ["equal_fold(capitals, text)"],
  path_canonicalize: ["path_canonicalize(text)"],
  replace: ["replace(text, 'a', 'b', `1`)", "replace(text, '', 'b', `1`)"],
  replace_all: ["replace_all(text, 'a', 'b')", "replace_all('a', 'a', text)"],
  split: ["split(text, 'b')", "split('b', text)", "split(text, '')"],
  to_boolean: ["to_boolean(text)"],
  to_lower: ["to_lower(capitals)", "to_lower(text)"],
  to_upper: ["to_upper(capitals)", "to_upper(text)"],
  trim: ["trim(text, 'a')", "trim('a', text)"],
  trim_prefix: ["trim_prefix(text, 'a')"],
  truncate: ["truncate(text, `3`)"],
  time_add: ["time_add(time, '1h')", "time_add('2026-01-01T00:00:00Z', text)"],
  time_after: ["time_after(time, time)"],
  time_before: ["time_before(time, time)"],
  time_between: ["time_between(time, time, time)"],
  time_diff: ["time_diff(time, time)"],
  time_parse: ["time_parse(text, 'a')", "time_parse('2006', digits)"],
  time_to_cron: ["time_to_cron(time)"],
  time_truncate: ["time_truncate(time, '1h')"],
  time_utc: ["time_utc(time)"],
  time_since: ["time_since('', time, '')", "time_since(text, 'a', '')"],
  is_external_url: ["is_external_url(url)"],
  image_normalize: ["image_normalize(text)"],
};

/** These take numbers or nothing. */
const short = new Set(["abs", "ceil", "floor", "round", "time_now", "time_now_utc"]);

/** The steps that an evaluation takes, whether it has a result or fails. */
function spent(expression: string): number {
  const budget = { steps: 1e9 };
  try {
    compileExpression(expression, { functions, limits: defaultLimits }).evaluate(document, { budget });
  } catch (error) {
    assert.ok(/^(?:unresolved|over-limit)$/.test((error as { code?: string }).code ?? ""), expression);
  }
  return 1e9 - budget.steps;
}

test("every function charges the length of each argument that may be long", () => {
  assert.equal(
    [...functions.keys()].filter((name) => !short.has(name) && !Object.hasOwn(calls, name)),
    [],
    "functions without a call in this table",
  );
  for (const [name, expressions] of Object.entries(calls))
    for (const expression of expressions) {
      assert.ok(functions.has(name) && expression.startsWith(`${name}(`), expression);
      assert.ok(spent(expression) >= size / 16, `${expression}: ${spent(expression)} steps`);
    }
});

test("arguments that cost more than their length: searches, sorting, patterns", () => {
  for (const [expression, least] of [
    // Each of `size` matches may read the rest of the text.
    ["regex_replace_all_literal('a', text, 'a')", (size * size) / 2 / 128],
    ["regex_match('(a?){1000}b', text)", (size * 1000) / 128],
    ["pattern_match(join('', ['?', text]), text)", (size * size) / 32],
    ["sort([text, text, text, text])", (size * 4 * 3) / 16],
    ["x509_decode(pem)", (size * size) / 28 / 4],
    ["equal_fold(capitals, capitals)", size * 10],
    ["random('[^a-z0-9]{1000}')", 3000],
  ] as const)
    assert.ok(spent(expression) >= least, `${expression}: ${spent(expression)} of ${least}`);
});

test("an evaluation that reads a long text again and again ends", () => {
  const expression = (call: string) => `texts | map(&${call}, @) | length(@)`;
  const budget = () => ({ steps: defaultLimits.expressionSteps });
  const root = { texts: Array.from({ length: 2000 }, () => "a".repeat(20_000)) };
  for (const call of [
    "md5(@)",
    "contains(@, 'b')",
    "length(@)",
    "to_upper(@)",
    "regex_match('(a?){100}[^a]', @)",
    "base64_encode(@)",
    "starts_with(@, 'b')",
    "split(@, 'b')",
  ])
    throwsCode("over-budget", () =>
      compileExpression(expression(call), { functions, limits: defaultLimits }).evaluate(root, { budget: budget() }),
    );
});

test.run();
