import { suite } from "uvu";
import * as assert from "uvu/assert";
import { yamlHint } from "../../../../core/kyverno/policy/yaml-hint.ts";

const test = suite("core/kyverno/policy/yaml-hint");

test("braces at the beginning of a value", () => {
  for (const line of ["a: {{x}}/{{y}}", "- {{ x }}", "  b:   {{x}}"]) assert.match(yamlHint(line, 1) ?? "", /quote/);
  for (const line of ['a: "{{ x }}"', "a: x{{y}}", "a: {b: c}"]) assert.is(yamlHint(line, 1), undefined);
});

test("a block scalar whose text is not deeper than its key", () => {
  const text = (indent: string): string => `a:\n  key: |-\n${indent}-----BEGIN\n${indent}MFk\n${indent}-----END\n`;
  for (const indent of ["", "  "])
    for (const line of [3, 4, 5]) assert.match(yamlHint(text(indent), line) ?? "", /indent the text below "key: \|"/);
  assert.is(yamlHint(text("    "), 5), undefined);
  assert.match(yamlHint("- a: >+ # folded\nx", 2) ?? "", /"a: \|"/);
});

test("anything else has no hint", () => {
  assert.is(yamlHint("a: b\nc", 2), undefined);
  assert.is(yamlHint("a: |", 1), undefined);
  assert.is(yamlHint("", 7), undefined);
});

test("of a line without end only the beginning is looked at: the patterns are not linear in it", () => {
  const value = (columns: number): string => `${" ".repeat(columns)}a: {{ x }}`;
  assert.match(yamlHint(value(900), 1) ?? "", /quote/);
  assert.is(yamlHint(value(1000), 1), undefined);
  const block = (columns: number): string => `${"- ".repeat(columns / 2)}a: |\nx`;
  assert.match(yamlHint(block(900), 2) ?? "", /indent/);
  assert.is(yamlHint(block(1000), 2), undefined);
  assert.is(yamlHint(`a: b\n  ${"- ".repeat(400_000)}x`, 2), undefined);
});

test.run();
