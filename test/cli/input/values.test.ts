import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readInlineValues, readRequestInfo, readValues, valuesOfRequest } from "../../../cli/input/values.ts";
import type { PolicyValue } from "../../../core/kyverno/policy/policy.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/values");
const file = `
apiVersion: cli.kyverno.io/v1alpha1
kind: Values
globalValues:
  request.operation: UPDATE
  a: global
policies:
- name: check
  rules:
  - name: signed
    values: { a: rule, b: rule }
  resources:
  - name: web
    values: { b: resource }
namespaceSelector:
- name: prod
  labels: { tier: gold, level: 2 }
`;
const io = (text: string) => testIO({ files: { "values.yaml": text } }).io;

test("--set wins over a resource's values, those over the global ones; a rule's own win over all", () => {
  const values = readValues("values.yaml", ["c=1"], io(file));
  const { check } = valuesOfRequest(values, "web").byPolicy ?? {};
  assert.equal({ ...check?.variables }, { "request.operation": "UPDATE", a: "global", b: "resource", c: "1" });
  assert.is(check?.operation, "UPDATE");
  assert.equal(JSON.parse(JSON.stringify(check?.ruleVariables)), { signed: { a: "rule", b: "rule" } });
  assert.is(valuesOfRequest(values, "web").byPolicy?.other, undefined);
  const set = readValues("values.yaml", ["a=set,b=set"], io(file));
  const told = valuesOfRequest(set, "web");
  for (const { variables } of [told.byPolicy?.check ?? {}, told])
    assert.equal({ ...variables }, { "request.operation": "UPDATE", a: "set", b: "set" });
});

test("labels of namespaces are text", () =>
  assert.equal({ ...readValues("values.yaml", [], io(file)).namespaces.get("prod") }, { tier: "gold", level: "2" }));

test("namespaces as objects win over those of the selector", () => {
  const text =
    "kind: Values\nnamespaceSelector: [{ name: a, labels: { x: '1' } }]\nnamespaces: [{ metadata: { name: a } }]\n";
  assert.equal({ ...readValues("values.yaml", [], io(text)).namespaces.get("a") }, {});
});

test("no file, no values", () =>
  assert.equal({ ...valuesOfRequest(readValues(undefined, [], io("")), "b").variables }, {}));

test("what is no values file is wrong usage", () => {
  const wrong = ["globalValue: {}", "policies: {}", "policies: [{}]", "policies: [{ name: a, rule: [] }]"];
  const labels = "namespaceSelector: [{ name: a, labels: { b: [] } }]";
  for (const text of ["- a", "kind: Test", "a: 1\n---\nb: 2", "a: [", "", "kind: Values", labels, ...wrong])
    throwsCode("invalid-usage", () => readValues("values.yaml", [], io(text)));
  throwsCode("invalid-usage", () => readValues(undefined, ["a"], io("")));
  throwsCode("invalid-usage", () => readValues("gone.yaml", [], io("")));
});

test("values that a test file holds itself have no kind", () => {
  const part = (value: Record<string, PolicyValue>) => ({
    value,
    keyPosition: () => ({ file: "t.yaml", line: 7, column: 3 }),
  });
  assert.equal({ ...readInlineValues(part({ globalValues: { a: "b" } }), "t.yaml").globals }, { a: "b" });
  const error = throwsCode("invalid-usage", () => readInlineValues(part({ kind: "Values" }), "t.yaml"));
  assert.is(error.subject, "t.yaml:7:3");
});

test("the user of a request", () => {
  const text =
    "apiVersion: cli.kyverno.io/v1alpha1\n" +
    "kind: UserInfo\n" +
    "roles: [ns:r]\n" +
    "clusterRoles: [admin]\n" +
    "userInfo:\n" +
    "  username: ada\n" +
    "  groups: [dev]\n";
  assert.equal(readRequestInfo("values.yaml", io(text)), {
    userInfo: { username: "ada", groups: ["dev"] },
    roles: ["ns:r"],
    clusterRoles: ["admin"],
  });
});

test("a user is read strictly, and an empty one is refused", () => {
  const user = (text: string) => readRequestInfo("values.yaml", io(`kind: UserInfo\n${text}\n`));
  for (const text of [
    "userInfo: { usrname: bob }",
    "role: []",
    "roles: a",
    "userInfo: []",
    "",
    "userInfo: { uid: {} }",
  ])
    throwsCode("invalid-usage", () => user(text));
  assert.equal(user("userInfo: { username: bob, uid: 1 }").userInfo, { username: "bob", uid: "1", groups: [] });
  assert.equal(user("userInfo: { groups: [a], extra: { b: [c] } }").userInfo?.groups, ["a"]);
});

test.run();
