import { suite } from "uvu";
import * as assert from "uvu/assert";
import { attestationTypes } from "../../../cli/input/attestation-types.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { fixtureImage, fixtureKnowledge } from "../../support/fixture-images.ts";

const test = suite("cli/input/attestation-types");
const types = (subject: string, place?: string): readonly string[] =>
  attestationTypes(subject, fixtureKnowledge, defaultLimits, place);
const subjectOf = (tag: string): string => {
  const { repository, digest } = fixtureImage(tag, "registry.io/org/app");
  return `${repository}@${digest}`;
};

test("of an image by digest: those of every layout, each once", () => {
  assert.equal(types(subjectOf("reviewed")), ["https://example.com/CodeReview/v1"]);
  assert.equal(types(subjectOf("reviewed-in-a-bundle")), ["https://example.com/CodeReview/v1"]);
  assert.equal(types(subjectOf("not-reviewed")), []);
  assert.equal(types(subjectOf("reviewed"), "registry.io/elsewhere"), [], "where signatures are kept");
});

test("of anything else none", () => {
  for (const subject of ["", "@", "registry.io/org/app:reviewed", "a@sha256:12"]) assert.equal(types(subject), []);
});

test.run();
