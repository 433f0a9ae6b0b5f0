import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { EngineError } from "../../../../core/errors.ts";
import { ExpressionCache } from "../../../../core/kyverno/rule/expression-cache.ts";
import { JsonContext } from "../../../../core/kyverno/rule/json-context.ts";
import type { AdmissionRequest } from "../../../../core/kyverno/rule/request.ts";
import { defaultLimits, type Limits } from "../../../../core/limits.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/json-context");
const pod: AdmissionRequest = {
  operation: "CREATE",
  kind: { group: "", version: "v1", kind: "Pod" },
  namespace: "apps",
  object: { metadata: { name: "web" } },
};
const contextOf = (request: AdmissionRequest = pod, limits: Partial<Limits> = {}): JsonContext =>
  new JsonContext(request, {
    limits: { ...defaultLimits, ...limits },
    now: new Date("2026-01-01T00:00:00Z"),
    references: {},
    expressions: new ExpressionCache(),
  });
const plain = (value: JsonValue): unknown => JSON.parse(JSON.stringify(value));

test("the request is there, what it does not say is not", () => {
  const context = contextOf();
  assert.is(context.query("request.operation"), "CREATE");
  assert.is(context.query("request.object.metadata.name"), "web");
  for (const path of ["request.userInfo", "request.oldObject", "serviceAccountName", "nope"])
    throwsCode("unresolved", () => context.query(path));
  throwsCode("unresolved", () => context.query(" "));
  throwsCode("unresolved", () => context.query("a["));
});

const users: readonly (readonly [username: string, name: string, namespace: string])[] = [
  ["system:serviceaccount:apps:builder", "builder", "apps"],
  ["ann", "", ""],
  ["a-name-that-is-as-long-as-the-prefix:kube-system:admin", "", ""],
  ["system:serviceaccount:apps", "", ""],
];
for (const [username, name, namespace] of users) {
  test(`service account of ${username}`, () => {
    const context = contextOf({ ...pod, userInfo: { username } });
    assert.equal([context.query("serviceAccountName"), context.query("serviceAccountNamespace")], [name, namespace]);
  });
}

test("maps are merged, anything else is replaced", () => {
  const context = contextOf();
  context.add("a", { x: { y: 1 }, list: [1, 2] });
  context.add("a", { x: { z: 2 }, list: [3] });
  assert.equal(plain(context.query("a")), { x: { y: 1, z: 2 }, list: [3] });
  context.add("a", "text");
  assert.is(context.query("a"), "text");
});

test("a member called __proto__ is a member", () => {
  const context = contextOf();
  context.merge(JSON.parse('{"__proto__": {"polluted": true}}'));
  context.add("a", JSON.parse('{"__proto__": 1}'));
  context.add("a", { b: 2 });
  assert.is(({} as { polluted?: boolean }).polluted, undefined);
  assert.is(context.query("a.b"), 2);
});

test("checkpoint and restore", () => {
  const context = contextOf();
  context.add("a", { x: 1 });
  context.checkpoint();
  context.add("a", { y: 2 });
  context.merge({ b: 3 });
  assert.equal([context.query("a.y"), context.query("b")], [2, 3]);
  context.restore();
  assert.equal(plain(context.query("a")), { x: 1 });
  throwsCode("unresolved", () => context.query("b"));
});

test("a deferred entry is loaded when it is first read, once", () => {
  const context = contextOf();
  let loads = 0;
  context.defer("a", () => ({ n: ++loads }), "merge");
  assert.is(loads, 0);
  assert.is(context.query("request.namespace"), "apps");
  assert.is(loads, 0);
  assert.is(context.query("a.n"), 1);
  assert.is(context.query("a.n"), 1);
});

test("one loaded behind a checkpoint stays loaded, unless it read what the checkpoint takes away", () => {
  const context = contextOf();
  let loads = 0;
  context.defer("plain", () => ++loads, "merge");
  context.defer("reader", () => context.query("image || 'none'"), "merge");
  context.checkpoint();
  context.add("image", "nginx");
  assert.equal([context.query("plain"), context.query("reader")], [1, "nginx"]);
  context.restore();
  assert.equal([context.query("plain"), context.query("reader")], [1, "none"]);
  assert.is(loads, 1);
});

test("an entry sees those before it and not itself", () => {
  const context = contextOf();
  context.defer("first", () => context.query("second || 'unseen'"), "replace");
  context.defer("second", () => context.query("second || first"), "replace");
  assert.equal([context.query("second"), context.query("first")], ["unseen", "unseen"]);
});

test("a second entry of a name builds on the first", () => {
  const context = contextOf();
  context.defer("a", () => ({ x: 1 }), "merge");
  context.defer("a", () => ({ y: context.query("a.x") }), "merge");
  context.defer("b", () => "old", "replace");
  context.defer("b", () => `${String(context.query("b"))} and new`, "replace");
  assert.equal(plain(context.query("a")), { x: 1, y: 1 });
  assert.is(context.query("b"), "old and new");
});

test("what is added to an entry that is not loaded yet is merged over it", () => {
  const context = contextOf();
  context.defer("a", () => ({ x: 1, y: 1 }), "merge");
  context.add("a", { y: 2 });
  assert.equal(plain(context.query("a")), { x: 1, y: 2 });
});

test("no alternative swallows what is not known", () => {
  const context = contextOf();
  const open = (): never => {
    throw new EngineError("not-in-mirror", "open", { subject: "key x" });
  };
  context.defer("a", open, "merge");
  for (const query of [
    "a",
    "a.b",
    "a.b || 'x'",
    "not_null(a, 'x')",
    "[a, 'x']",
    "length(a || `[]`)",
    "request.operation || a",
  ]) {
    assert.is(throwsCode("not-in-mirror", () => context.query(query)).subject, "key x");
  }
  assert.is(context.query("request.operation || request.a"), "CREATE");
});

test("what an expression mentions is loaded before, in the order of the declarations", () => {
  const context = contextOf();
  const loaded: string[] = [];
  const note = (name: string, value: () => JsonValue) => (): JsonValue => {
    loaded.push(name);
    return value();
  };
  context.defer(
    "c",
    note("c1", () => context.query("a || 'none'")),
    "replace",
  );
  context.defer(
    "a",
    note("a", () => "x"),
    "replace",
  );
  context.defer(
    "c",
    note("c2", () => context.query("[a, c]")),
    "replace",
  );
  context.defer(
    "unread",
    note("unread", () => "x"),
    "replace",
  );
  assert.equal(plain(context.query("a || request.c.unread || c")), "x");
  assert.equal(loaded, ["c1", "a", "c2"]);
  assert.equal(plain(context.query("c")), ["x", "none"]);
});

test("an entry that fails is an error each time, whatever is beside it", () => {
  const context = contextOf();
  context.defer("a", () => context.query("nope"), "merge");
  for (let turn = 0; turn < 2; turn++) throwsCode("unresolved", () => context.query("a || 'x'"));
});

test("bounds: depth of entries, their size, steps", () => {
  const deep = contextOf();
  for (let index = 0; index < 1000; index++)
    deep.defer(`v${index}`, () => (index === 0 ? "x" : deep.query(`v${index - 1}`)), "replace");
  throwsCode("over-budget", () => deep.query("v999"));
  const wide = contextOf(pod, { resourceBytes: 1000 });
  wide.defer("a", () => "x".repeat(600), "replace");
  wide.defer("b", () => wide.query("a"), "replace");
  throwsCode("over-limit", () => wide.query("b"));
  throwsCode("over-budget", () => contextOf().query("[request, request, request, request]", { steps: 2 }));
});

test("an expression over a value of its own", () => {
  const { evaluateOn } = contextOf();
  assert.is(evaluateOn("a.b", { a: { b: 1 } }), 1);
  assert.is(evaluateOn("", "x"), "x");
  throwsCode("unresolved", () => evaluateOn("a[", {}));
});

test("restoring without a checkpoint is a defect of the caller", () => assert.throws(() => contextOf().restore()));

test.run();
