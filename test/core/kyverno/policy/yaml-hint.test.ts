import { suite } from "uvu";
import * as assert from "uvu/assert";
import { expressionHint, yamlHint } from "../../../../core/kyverno/policy/yaml-hint.ts";

const test = suite("core/kyverno/policy/yaml-hint");
const hint = (text: string, line: number): string | undefined => yamlHint(text.split("\n"), line);

test("braces at the beginning of a value", () => {
  for (const line of ["a: {{x}}/{{y}}", "- {{ x }}", "  b:   {{x}}"]) assert.match(hint(line, 1) ?? "", /quote/);
  for (const line of ['a: "{{ x }}"', "a: x{{y}}", "a: {b: c}"]) assert.is(hint(line, 1), undefined);
});

test("a value that begins with a character of YAML's own: what it means there, and the value quoted", () => {
  for (const [line, quoted] of [
    ["- *", '"*"'],
    ["  - *.example.com/*", '"*.example.com/*"'],
    ["kinds: [*]", '"*"'],
    ["kinds: [Pod, *]", '"*"'],
    ["a: {b: &c}", '"&c"'],
    ["a: !x", '"!x"'],
    ["a: @b", '"@b"'],
    ["- %a", '"%a"'],
  ] as const)
    assert.ok(hint(line, 1)?.endsWith(`in YAML: quote what is meant as text: ${quoted}`), `${line}: ${hint(line, 1)}`);
  assert.match(hint("- *", 1) ?? "", /^\* begins an alias/);
  for (const line of ['- "*"', "a: b*", "a: x & y", "a*: b"]) assert.is(hint(line, 1), undefined, line);
});

test("a template of Helm is to be rendered first", () => {
  for (const line of [
    "{{- if .Values.enabled }}",
    "name: {{ .Release.Name }}-x",
    'name: {{ include "x.name" . }}',
    '  {{- include "x.labels" . | nindent 4 }}',
    "{{ range $index, $rule := .Values.rules }}",
    "{{ end }}",
    "a: {{ $name }}",
    "a: {{ quoted | quote }}",
  ])
    assert.match(hint(line, 1) ?? "", /helm template CHART/, line);
  for (const line of [
    "a: {{ request.object.metadata.name }}",
    "a: {{images.containers.*.name}}",
    "a: {{ element.end }}",
  ])
    assert.match(hint(line, 1) ?? "", /^quote a value that begins with braces/, line);
});

test("an expression of Helm between quotes", () => {
  for (const expression of [".Values.key", 'include "x" .', "$name", "- .x"])
    assert.match(expressionHint(expression) ?? "", /helm template CHART/, expression);
  for (const expression of ["request.object", "a ||", "element"]) assert.is(expressionHint(expression), undefined);
});

test("a block scalar whose text is not deeper than its key", () => {
  const text = (indent: string): string => `a:\n  key: |-\n${indent}-----BEGIN\n${indent}MFk\n${indent}-----END\n`;
  for (const indent of ["", "  "])
    for (const line of [3, 4, 5]) assert.match(hint(text(indent), line) ?? "", /indent the text below "key: \|"/);
  assert.is(hint(text("    "), 5), undefined);
  assert.match(hint("- a: >+ # folded\nx", 2) ?? "", /"a: \|"/);
});

test("anything else has no hint", () => {
  assert.is(hint("a: b\nc", 2), undefined);
  assert.is(hint("a: |", 1), undefined);
  assert.is(hint("", 7), undefined);
});

test("of a line without end only the beginning is looked at: the patterns are not linear in it", () => {
  const value = (columns: number): string => `${" ".repeat(columns)}a: {{ x }}`;
  assert.match(hint(value(900), 1) ?? "", /quote/);
  assert.is(hint(value(1000), 1), undefined);
  const block = (columns: number): string => `${"- ".repeat(columns / 2)}a: |\nx`;
  assert.match(hint(block(900), 2) ?? "", /indent/);
  assert.is(hint(block(1000), 2), undefined);
  assert.is(hint(`a: b\n  ${"- ".repeat(400_000)}x`, 2), undefined);
});

test("a cause is looked for nearby only", () => {
  const far = (lines: number): string => `a: |\n${"\n".repeat(lines)}x`;
  assert.match(hint(far(30), 32) ?? "", /indent/);
  assert.is(hint(far(60), 62), undefined);
});

test.run();
