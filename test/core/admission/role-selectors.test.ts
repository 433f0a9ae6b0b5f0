/** Policies that select by what a review does not say. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { refuseRoleSelectors } from "../../../core/admission/role-selectors.ts";
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

test.run();
