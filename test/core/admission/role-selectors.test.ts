/** Policies that select by what a review does not say. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readsRoles, refuseRoleSelectors } from "../../../core/admission/role-selectors.ts";
import { throwsCode } from "../../support/assert.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("core/admission/role-selectors");
const refuse = (match: string, rule = ""): void => {
  for (const policy of load(policyText({ match, rule, spec: "validationFailureAction: Enforce\nbackground: false" }))
    .policies)
    refuseRoleSelectors(policy);
};
const pods = "resources: { kinds: [Pod] }";

test("roles are refused wherever they stand", () => {
  for (const match of [
    `any: [{ ${pods}, roles: [default:x] }]`,
    `all: [{ ${pods}, clusterRoles: [x] }]`,
    `${pods}, clusterRoles: [x]`,
  ])
    throwsCode("unsupported", () => refuse(match));
  throwsCode("unsupported", () => refuse(`any: [{ ${pods} }]`, `exclude: { any: [{ ${pods}, roles: [default:x] }] }`));
});

test("groups and users are not", () => {
  assert.not.throws(() => refuse(`any: [{ ${pods}, subjects: [{ kind: Group, name: system:masters }] }]`));
});

test("roles are read by matches, by exceptions, and by variables", () => {
  const reads = (match: string, more: readonly string[] = [], rule = ""): boolean => {
    const spec = "validationFailureAction: Enforce\nbackground: false";
    const { policies, exceptions } = load(policyText({ match, rule, spec }), ...more);
    return readsRoles(policies, exceptions);
  };
  const plain = `any: [{ ${pods} }]`;
  const exception = (match: string): string =>
    `apiVersion: kyverno.io/v2\nkind: PolicyException\nmetadata: { name: e, namespace: ns }\nspec:\n` +
    `  background: false\n` +
    `  match: { any: [{ ${match} }] }\n  exceptions: [{ policyName: check, ruleNames: [verify] }]\n`;
  const condition = (key: string): string =>
    `preconditions: { all: [{ key: "{{ ${key} }}", operator: AnyIn, value: ["a"] }] }`;
  assert.not(reads(plain));
  assert.not(reads(plain, [exception(pods)], condition("request.userInfo.groups")));
  assert.ok(reads(`any: [{ ${pods}, clusterRoles: [x] }]`));
  assert.ok(reads(plain, [exception(`${pods}, roles: [default:x]`)]));
  assert.ok(reads(plain, [], condition("request.clusterRoles")));
});

test.run();
