/** When a required policy is missing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import {
  checkPolicies,
  parsePolicies,
  parsePolicyConstraints,
  parsePolicyMappings,
  type PolicyFields,
} from "../../../core/x509/policies.ts";
import { throwsCode } from "../../support/assert.ts";
import { oid } from "../../lab/der.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/policies");
const any = "2.5.29.32.0";
const one = (fields: Partial<PolicyFields>): PolicyFields => ({ isSelfIssued: false, ...fields });
const required = { policyConstraints: { requireExplicit: 0 } };

const passes: Readonly<Record<string, readonly PolicyFields[]>> = {
  "nothing required, nothing stated": [one({}), one({})],
  "nothing required, different policies": [one({ policies: ["1.1"] }), one({ policies: ["1.2"] })],
  "the same policy": [one({ ...required, policies: ["1.1"] }), one({ policies: ["1.1"] })],
  "any policy above": [one({ ...required, policies: [any] }), one({ policies: ["1.1"] })],
  "any policy below": [one({ ...required, policies: ["1.1"] }), one({ policies: [any] })],
  "a mapped policy": [
    one({ ...required, policies: ["1.1"], policyMappings: [{ from: "1.1", to: "1.2" }] }),
    one({ policies: ["1.2"] }),
  ],
  "required two certificates further down": [one({ policyConstraints: { requireExplicit: 2 } }), one({})],
  "any policy of a self-issued certificate, inhibited for others": [
    one({ ...required, policies: ["1.1"], inhibitAnyPolicy: 0 }),
    one({ policies: [any], isSelfIssued: true }),
    one({ policies: ["1.1"] }),
  ],
};
for (const [what, path] of Object.entries(passes)) test(`passes: ${what}`, () => checkPolicies(path));

const refused: Readonly<Record<string, readonly PolicyFields[]>> = {
  "none stated": [one({ ...required }), one({})],
  "another policy": [one({ ...required, policies: ["1.1"] }), one({ policies: ["1.2"] })],
  "none in the leaf": [one({ ...required, policies: ["1.1"] }), one({})],
  "required by the leaf itself": [one({}), one(required)],
  "the old name of a mapped policy": [
    one({ ...required, policies: ["1.1"], policyMappings: [{ from: "1.1", to: "1.2" }] }),
    one({ policies: ["1.1"] }),
  ],
  "a mapping that is inhibited": [
    one({ ...required, policies: ["1.1"], policyConstraints: { requireExplicit: 0, inhibitMapping: 0 } }),
    one({ policies: ["1.1"], policyMappings: [{ from: "1.1", to: "1.2" }] }),
    one({ policies: ["1.2"] }),
  ],
  "any policy that is inhibited": [
    one({ ...required, policies: ["1.1"], inhibitAnyPolicy: 0 }),
    one({ policies: [any] }),
  ],
  "required one certificate further down": [one({ policyConstraints: { requireExplicit: 1 } }), one({}), one({})],
};
for (const [what, path] of Object.entries(refused))
  test(`refused: ${what}`, () => void throwsCode("untrusted-certificate", () => checkPolicies(path)));

const sequence = (...parts: Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
test("extensions", () => {
  assert.equal(parsePolicies(sequence(sequence(oid("1.2")), sequence(oid("1.3"), sequence())), defaultLimits), [
    "1.2",
    "1.3",
  ]);
  throwsCode("malformed", () => parsePolicies(sequence(sequence(oid("1.2")), sequence(oid("1.2"))), defaultLimits));
  assert.equal(parsePolicyMappings(sequence(sequence(oid("1.2"), oid("1.3"))), defaultLimits), [
    { from: "1.2", to: "1.3" },
  ]);
  assert.equal(parsePolicyConstraints(sequence(Uint8Array.of(0x80, 1, 2), Uint8Array.of(0x81, 1, 0)), defaultLimits), {
    requireExplicit: 2,
    inhibitMapping: 0,
  });
  assert.equal(parsePolicyConstraints(sequence(Uint8Array.of(0x81, 1, 3)), defaultLimits), { inhibitMapping: 3 });
  throwsCode("malformed", () => parsePolicyConstraints(sequence(Uint8Array.of(0x80, 1, 0xff)), defaultLimits));
});

test.run();
