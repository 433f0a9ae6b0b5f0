import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readRequestInfo, readValues, variablesFor } from "../../../cli/input/values.ts";
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

test("a resource's values win over a rule's, those over the global ones, --set over the file's global ones", () => {
  const values = readValues("values.yaml", ["a=set,c=1"], io(file));
  assert.equal(
    { ...variablesFor(values, "check", "web") },
    { "request.operation": "UPDATE", a: "rule", b: "resource", c: "1" },
  );
  assert.equal({ ...variablesFor(values, "other", "web") }, { "request.operation": "UPDATE", a: "set", c: "1" });
});

test("labels of namespaces are text", () =>
  assert.equal({ ...readValues("values.yaml", [], io(file)).namespaces.get("prod") }, { tier: "gold", level: "2" }));

test("no file, no values", () => assert.equal({ ...variablesFor(readValues(undefined, [], io("")), "a", "b") }, {}));

test("what is no values file is wrong usage", () => {
  for (const text of ["- a", "kind: Test", "a: 1\n---\nb: 2", "a: [", ""])
    throwsCode("invalid-usage", () => readValues("values.yaml", [], io(text)));
  throwsCode("invalid-usage", () => readValues(undefined, ["a"], io("")));
  throwsCode("invalid-usage", () => readValues("gone.yaml", [], io("")));
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

test.run();
