import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import type { ContextEntry } from "../../../../core/kyverno/policy/policy.ts";
import { ExpressionCache } from "../../../../core/kyverno/rule/expression-cache.ts";
import { JsonContext } from "../../../../core/kyverno/rule/json-context.ts";
import { loadContext } from "../../../../core/kyverno/rule/load-context.ts";
import { openQuestions } from "../../../../core/knowledge/ask.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/load-context");
type Given = Omit<ContextEntry, "name" | "pointer">;
interface Setting {
  readonly knowledge?: MemoryKnowledge;
  readonly variables?: JsonObject;
  readonly namespace?: string;
}

function contextOf(
  entries: Readonly<Record<string, Given>> | readonly ContextEntry[],
  { knowledge = new MemoryKnowledge(defaultLimits), variables, namespace }: Setting = {},
): JsonContext {
  const request = {
    operation: "CREATE",
    kind: { group: "", version: "v1", kind: "Pod" },
    namespace: "apps",
    object: { metadata: { name: "web", labels: { key: "prod" } } },
  } as const;
  const context = new JsonContext(request, {
    limits: defaultLimits,
    now: new Date("2026-01-01T00:00:00Z"),
    references: {},
    expressions: new ExpressionCache(),
  });
  const list = Array.isArray(entries)
    ? (entries as readonly ContextEntry[])
    : Object.entries(entries as Readonly<Record<string, Given>>).map(([name, entry]) => ({
        name,
        pointer: `/context/${name}`,
        ...entry,
      }));
  loadContext(
    list,
    context,
    knowledge,
    variables ?? {},
    namespace === undefined ? { kind: "ClusterPolicy" } : { kind: "Policy", namespace },
  );
  return context;
}

const variableCases: readonly (readonly [
  name: string,
  variable: NonNullable<ContextEntry["variable"]>,
  expected: unknown,
])[] = [
  ["value", { value: "v" }, "v"],
  ["value with a variable", { value: { a: ["{{ request.namespace }}"] } }, { a: ["apps"] }],
  ["value and path", { value: { a: { b: 5n } }, jmesPath: "a.b" }, 5],
  ["path over the context", { jmesPath: "request.object.metadata.name" }, "web"],
  ["path with a variable in it", { jmesPath: "request.object.metadata.labels.{{ 'key' }}" }, "prod"],
  ["default for a path that fails", { jmesPath: "nope", default: "d" }, "d"],
  [
    "default for null",
    { jmesPath: "request.object.metadata.labels.key.x", default: ["{{ request.namespace }}"] },
    ["apps"],
  ],
  ["default not needed", { value: "v", default: "d" }, "v"],
];
for (const [name, variable, expected] of variableCases) {
  test(`variable: ${name}`, () =>
    assert.equal(JSON.parse(JSON.stringify(contextOf({ x: { variable } }).query("x"))), expected));
}

for (const variable of [
  { jmesPath: "nope" },
  { value: { a: 1n }, jmesPath: "b" },
  { jmesPath: "request.object.metadata.name.x" },
  {},
]) {
  test(`variable: ${JSON.stringify(Object.keys(variable))} without result is unresolved`, () =>
    void throwsCode("unresolved", () => contextOf({ x: { variable } }).query("x || 'y'")));
}

test("a default has to resolve, and does not stand in for a value", () => {
  for (const variable of [
    { value: "v", default: "{{ nope }}" },
    { jmesPath: "request.namespace", default: { a: "{{ nope }}" } },
    { value: "{{ nope }}", jmesPath: "x", default: "d" },
    { value: "v", jmesPath: "b.c", default: "d" },
    { value: { a: 5n }, jmesPath: "`null`", default: "d" },
  ] satisfies readonly NonNullable<ContextEntry["variable"]>[])
    throwsCode("unresolved", () => contextOf({ x: { variable } }).query("x"));
  assert.is(contextOf({ x: { variable: { value: { a: 5n }, jmesPath: "length(a)", default: "d" } } }).query("x"), "d");
});

test("entries build on each other, in their order", () => {
  const context = contextOf([
    { name: "a", pointer: "", variable: { value: "1" } },
    { name: "b", pointer: "", variable: { value: "{{ a }}2" } },
    { name: "a", pointer: "", variable: { value: "{{ a }}{{ b }}3" } },
  ]);
  assert.is(context.query("a"), "1123");
});

test("an unread entry does no harm", () =>
  assert.is(contextOf({ x: { configMap: { name: "gone" } } }).query("request.namespace"), "apps"));

const configMap = (namespace: string, name: string) =>
  ({ kind: "cluster", verb: "get", apiVersion: "v1", resource: "configmaps", namespace, name }) as const;
const keys = { metadata: { name: "keys" }, data: { cosign: "PEM" }, binaryData: {} };

test("a ConfigMap", () => {
  const knowledge = new MemoryKnowledge(defaultLimits)
    .present(configMap("default", "keys-prod"), keys)
    .present(configMap("other", "keys"), keys);
  const context = contextOf(
    {
      here: { configMap: { name: "keys-{{ request.object.metadata.labels.key }}" } },
      there: { configMap: { name: "keys", namespace: "other" } },
    },
    { knowledge },
  );
  assert.equal(JSON.parse(JSON.stringify(context.query("here"))), {
    data: { cosign: "PEM" },
    metadata: { name: "keys" },
  });
  assert.is(context.query("there.data.cosign"), "PEM");
});

test("a ConfigMap without an answer is a question, one that does not exist is unresolved", () => {
  const error = throwsCode("not-in-mirror", () =>
    contextOf({ x: { configMap: { name: "keys", namespace: "a" } } }).query("x.data.y || 'z'"),
  );
  assert.equal(openQuestions(error), [configMap("a", "keys")]);
  const knowledge = new MemoryKnowledge(defaultLimits).absent(configMap("a", "keys")).set(configMap("b", "keys"), {
    state: "unavailable",
    code: "access-denied",
    at: "2026-01-01T00:00:00Z",
    from: "cluster",
  });
  throwsCode("unresolved", () =>
    contextOf({ x: { configMap: { name: "keys", namespace: "a" } } }, { knowledge }).query("x"),
  );
  throwsCode("access-denied", () =>
    contextOf({ x: { configMap: { name: "keys", namespace: "b" } } }, { knowledge }).query("x || 'y'"),
  );
});

test("a namespaced policy reads its own namespace", () => {
  const knowledge = new MemoryKnowledge(defaultLimits)
    .present(configMap("team", "keys"), keys)
    .present(configMap("other", "keys"), keys);
  assert.is(
    contextOf({ x: { configMap: { name: "keys" } } }, { knowledge, namespace: "team" }).query("x.data.cosign"),
    "PEM",
  );
  throwsCode("unresolved", () =>
    contextOf({ x: { configMap: { name: "keys", namespace: "other" } } }, { knowledge, namespace: "team" }).query("x"),
  );
});

const raw = (path: string) => ({ kind: "cluster", verb: "raw", apiVersion: "", resource: "", path }) as const;
const call = (more: Partial<NonNullable<ContextEntry["apiCall"]>> = {}): Given => ({
  apiCall: { urlPath: "/api/v1/namespaces/{{ request.namespace }}", method: "GET", data: [], ...more },
});

test("an API call is a GET of a path", () => {
  const knowledge = new MemoryKnowledge(defaultLimits).present(raw("/api/v1/namespaces/apps"), {
    metadata: { labels: { env: "prod" } },
  });
  assert.is(contextOf({ x: call({ jmesPath: "metadata.labels.env" }) }, { knowledge }).query("x"), "prod");
  assert.is(contextOf({ x: call({ jmesPath: "metadata.nope", default: "d" }) }, { knowledge }).query("x"), "d");
  assert.is(
    contextOf(
      { x: call({ default: "d" }) },
      { knowledge: new MemoryKnowledge(defaultLimits).absent(raw("/api/v1/namespaces/apps")) },
    ).query("x"),
    "d",
  );
});

test("a variable is a part of one step of a path, or all of the path", () => {
  const query = (urlPath: string, value: string) =>
    contextOf({ v: { variable: { value } }, x: call({ urlPath }) }).query("x");
  const asked = (urlPath: string, value: string) =>
    openQuestions(throwsCode("not-in-mirror", () => query(urlPath, value)));
  const path = "/api/v1/namespaces/{{ v }}/configmaps/keys";
  assert.equal(asked(path, "apps"), [raw("/api/v1/namespaces/apps/configmaps/keys")]);
  for (const value of ["apps/secrets/token?", "apps/secrets", "apps?", "", "apps&a=b", "a/b"])
    throwsCode("unresolved", () => query(path, value));
  assert.equal(asked("{{ v }}", "/version"), [raw("/version")]);
  assert.equal(asked("/apis/{{ to_string(v) }}?limit={{ v }}", "a"), [raw("/apis/a?limit=a")]);
  throwsCode("unresolved", () => query("/apis/{{ v }}?limit=1", "a?watch=1"));
});

test("a default does not hide an open question", () => {
  const error = throwsCode("not-in-mirror", () => contextOf({ x: call({ default: "d" }) }).query("x"));
  assert.equal(openQuestions(error), [raw("/api/v1/namespaces/apps")]);
  throwsCode("unresolved", () => contextOf({ x: call({ urlPath: "api" }) }).query("x"));
});

test("services and POST stay open, with nothing to ask", () => {
  for (const entry of [call({ service: { url: "https://x" } }), call({ method: "POST" })])
    assert.equal(openQuestions(throwsCode("not-in-mirror", () => contextOf({ x: entry }).query("x"))), []);
});

test("a global context entry: a list of resources, or a GET", () => {
  const entry = (name: string) =>
    ({
      kind: "cluster",
      verb: "get",
      apiVersion: "kyverno.io/v2alpha1",
      resource: "globalcontextentries",
      name,
    }) as const;
  const list = {
    kind: "cluster",
    verb: "list",
    apiVersion: "apps/v1",
    resource: "deployments",
    namespace: "a",
  } as const;
  const knowledge = new MemoryKnowledge(defaultLimits)
    .present(entry("deployments"), {
      spec: { kubernetesResource: { group: "apps", version: "v1", resource: "deployments", namespace: "a" } },
    })
    .present(list, { items: [{ metadata: { name: "d" } }] })
    .present(entry("path"), { spec: { apiCall: { urlPath: "/version" } } })
    .present(raw("/version"), { major: "1" })
    .present(entry("service"), { spec: { apiCall: { service: { url: "https://x" } } } })
    .absent(entry("gone"));
  const query = (name: string, jmesPath?: string): unknown =>
    contextOf(
      { x: { globalReference: { name, ...(jmesPath === undefined ? {} : { jmesPath }) } } },
      { knowledge },
    ).query("x");
  assert.is(query("deployments", "[0].metadata.name"), "d");
  assert.is(query("path", "major"), "1");
  throwsCode("not-in-mirror", () => query("service"));
  throwsCode("not-in-mirror", () => query("unknown"));
  throwsCode("unresolved", () => query("gone"));
});

test("values of the command line stand in for what would be read, not for variables", () => {
  const entries = { keys: { configMap: { name: "k" } }, own: { variable: { value: "policy" } } };
  const context = contextOf(entries, {
    variables: { "keys.data.cosign": "PEM", own: "file", free: 5, 'a."b.c"': "quoted" },
  });
  assert.is(context.query("keys.data.cosign"), "PEM");
  assert.is(context.query("own"), "policy");
  assert.is(context.query("free"), 5);
  assert.is(context.query('a."b.c"'), "quoted");
});

test.run();
