import { suite } from "uvu";
import * as assert from "uvu/assert";
import { entryFaults, entryWith, keysAttestor, loaded, policyText, ruleFaults, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/check-variables");
const keysOf = (publicKeys: string, rest: Record<string, unknown> = {}): Record<string, unknown> => ({
  verifyImages: [entryWith({ attestors: [{ entries: [{ keys: { publicKeys } }] }] })],
  ...rest,
});
const at = "invalid-policy /verifyImages/0/attestors/0/entries/0/keys/publicKeys";

test("reserved ones, calls and context entries are known", () => {
  for (const text of [
    "{{ request.object.metadata.name }}",
    "{{ serviceAccountName }}",
    "{{ images.containers.main.tag }}",
    "{{ random('a') }}",
    "{{ x || request.name }}",
  ])
    assert.equal(ruleFaults(keysOf(text)), [], text);
  const context = [{ name: "keys", configMap: { name: "a", namespace: "b" } }];
  assert.equal(ruleFaults(keysOf("{{ keys.data.cosign }}", { context })), []);
  assert.equal(ruleFaults(keysOf("{{ keyz.data.cosign }}", { context })), [at]);
});

test("unknown ones, empty ones and those inside others are refused", () => {
  for (const text of ["{{ other }}", "a {{ `1` }}", "{{ request.{{ other }} }}", "{{ }}"])
    assert.equal(ruleFaults(keysOf(text)), [at], text);
  assert.equal(ruleFaults({ reportProperties: { "{{ other }}": "x" } }), [
    "invalid-policy /reportProperties/{{ other }}",
  ]);
  assert.equal(ruleFaults(keysOf("\\{{ other }}")), []);
});

test("what is no expression is refused, and elements outside of foreach", () => {
  for (const text of [
    "{{ request.object. }}",
    "{{ request.object[ }}",
    "{{{ request.name }}}",
    "{{ element.name }}",
    "x {{ elementIndex }}",
    "{{ 'a }}",
  ])
    assert.equal(ruleFaults(keysOf(text)), [at], text);
  for (const text of [
    "{{ request.object.{{ request.name }} }}",
    "{{ {a: request.name} }}",
    "{{ to_upper('{{ request.name }}') }}",
    "{{ request.element }}",
  ])
    assert.equal(ruleFaults(keysOf(text)), [], text);
});

test("conditions of attestations see predicates; deny sees them by name", () => {
  const condition = (key: string) => ({ all: [{ key, operator: "Equals", value: "x" }] });
  const attestations = [
    { name: "review", type: "t", attestors: [keysAttestor], conditions: [condition("{{ author }}")] },
  ];
  assert.equal(entryFaults({ attestations, validate: { deny: { conditions: condition("{{ review.author }}") } } }), []);
  assert.equal(entryFaults({ attestations, validate: { deny: { conditions: condition("{{ other.author }}") } } }), [
    "invalid-policy /validate/deny/conditions/all/0/key",
  ]);
});

test("background scans know no user", () => {
  for (const text of [
    "{{ request.userInfo.username }}",
    "{{request.roles}}",
    "{{ serviceAccountName }}",
    "{{ f(serviceAccountNamespace) }}",
  ]) {
    assert.equal(ruleFaults(keysOf(text), { background: true }), [at], text);
    assert.equal(ruleFaults(keysOf(text)), [], text);
  }
  assert.equal(ruleFaults(keysOf("{{ request.object.request.userInfo }}"), { background: true }), []);
});

test("placeholders in attestors are warned of", () => {
  const attestors = [
    { entries: [{ keyless: { subject: "https://github.com/{{ORGANIZATION}}/x", issuer: "i", rekor: { url: "u" } } }] },
  ];
  assert.is(loaded(policyText([ruleWith({ verifyImages: [entryWith({ attestors })] })])).warnings.length, 1);
  assert.equal(ruleFaults({ preconditions: { all: [{ key: "{{ORGANIZATION}}", operator: "Equals", value: "x" }] } }), [
    "invalid-policy /preconditions/all/0/key",
  ]);
});

test("rules that are not decided here are not checked", () => {
  for (const rule of [
    { mutate: { patchStrategicMerge: { a: "{{ other }}" } } },
    { validate: { foreach: [{ list: "{{ other }}" }] } },
    { generate: { kind: "{{ other }}" } },
  ]) {
    assert.equal(ruleFaults({ verifyImages: undefined, ...rule }), []);
  }
});

test.run();
