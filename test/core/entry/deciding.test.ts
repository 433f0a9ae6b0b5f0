/** Engines of a capsule, one for each failure policy. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decidingBy } from "../../../core/entry/deciding.ts";
import { fastVerifier, Lab, sign } from "../../lab/index.ts";
import { throwsCode } from "../../support/assert.ts";
import { makeCapsule, opened } from "../../support/capsules.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("core/entry/deciding");
const signed = sign(new Lab(), { layout: "tag" });
const capsuleOf = (...texts: readonly string[]) =>
  opened(
    makeCapsule([signed], { document: { engine: { policies: load(...texts).policies }, state: {}, images: [] } }).bytes,
  );

test("each policy is asked where its failure policy is", () => {
  const spec = "validationFailureAction: Enforce\nfailurePolicy: Ignore";
  const { engines } = decidingBy(
    capsuleOf(policyText({ name: "strict" }), policyText({ name: "lax", spec })),
    fastVerifier,
  );
  assert.equal(
    [engines.fail, engines.ignore].map(({ policies }) => policies.map(({ name }) => name)),
    [["strict"], ["lax"]],
  );
});

test("a policy that selects by what no review says is refused", () => {
  const text = policyText({
    spec: "validationFailureAction: Enforce\nbackground: false",
    match: "any: [{ resources: { kinds: [Pod] }, clusterRoles: [admin] }]",
  });
  throwsCode("unsupported", () => decidingBy(capsuleOf(text), fastVerifier));
});

test.run();
