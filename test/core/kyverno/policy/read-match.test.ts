import { suite } from "uvu";
import * as assert from "uvu/assert";
import { filtersOf, readExclude, readMatchBlock, readSelector } from "../../../../core/kyverno/policy/read-match.ts";

const test = suite("core/kyverno/policy/read-match");
const pods = { resources: { kinds: ["Pod"] } };

test("any wins over all, all over the bare form; empty lists are no form", () => {
  assert.equal(readMatchBlock({ any: [pods], all: [pods] }), { any: [{ kinds: ["Pod"] }] });
  assert.equal(readMatchBlock({ any: [], all: [pods] }), { all: [{ kinds: ["Pod"] }] });
  assert.equal(readMatchBlock({ any: [], ...pods, roles: ["a:b"] }), { bare: { kinds: ["Pod"], roles: ["a:b"] } });
});

test("criteria on the user stand beside those on the resource", () => {
  const subjects = [{ kind: "User", name: "a" }];
  assert.equal(
    readMatchBlock({ any: [{ resources: { name: "x", operations: ["CREATE"] }, clusterRoles: ["c"], subjects }] }),
    {
      any: [{ name: "x", operations: ["CREATE"], clusterRoles: ["c"], subjects }],
    },
  );
});

test("an empty exclude counts as absent", () => {
  for (const exclude of [undefined, {}, { any: [] }, { resources: {} }]) assert.is(readExclude(exclude), undefined);
  assert.equal(readExclude({ any: [{}] }), { any: [{}] });
});

test("selectors", () => {
  assert.is(readSelector(undefined), undefined);
  assert.equal(readSelector({ matchExpressions: [{ key: "a", operator: "Exists" }] }), {
    matchExpressions: [{ key: "a", operator: "Exists" }],
  });
});

test("filters in any form", () => {
  assert.is(filtersOf({ any: [{}, {}] }).length, 2);
  assert.is(filtersOf({ bare: {} }).length, 1);
  assert.is(filtersOf({}).length, 0);
});

test.run();
