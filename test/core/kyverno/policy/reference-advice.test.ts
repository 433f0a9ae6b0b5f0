import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ImageVerification } from "../../../../core/kyverno/policy/policy.ts";
import { adviseReferences } from "../../../../core/kyverno/policy/reference-advice.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/reference-advice");
const codes = (imageReferences: readonly string[], skipImageReferences: readonly string[] = []): readonly string[] =>
  adviseReferences(
    { pointer: "", imageReferences, skipImageReferences } as unknown as ImageVerification,
    defaultLimits,
  ).map(({ code }) => code);

const patterns: readonly (readonly [pattern: string, codes: readonly string[]])[] = [
  ["*", []],
  ["*/app:*", []],
  ["ghcr.io/*", []],
  ["ghcr.io/org/app:*", []],
  ["ghcr.io/org/app:v1", []],
  ["ghcr.io/org/app@sha256:*", []],
  ["ghcr.io/org/app:v1*", []],
  ["localhost/app:*", []],
  ["localhost:5000/app:*", []],
  ["ghcr.io/org/app*", ["wildcard-crosses-slash"]],
  ["ghcr.io/org/app", ["never-matches"]],
  ["", ["never-matches"]],
  ["nginx:*", ["no-registry"]],
  ["nginx", ["no-registry"]],
  ["library/nginx:1", ["no-registry"]],
  ["org/*", ["no-registry"]],
  ["org*/app:*", []],
];
for (const [pattern, found] of patterns) test(JSON.stringify(pattern), () => assert.equal(codes([pattern]), found));

test("skips are checked as well, and so is a skip of everything", () => {
  assert.equal(codes(["ghcr.io/*"], ["nginx:*"]), ["no-registry"]);
  assert.equal(codes(["ghcr.io/*"], ["*"]), ["skips-all"]);
  assert.equal(codes(["ghcr.io/*", "quay.io/*"], ["ghcr.io/*"]), []);
  assert.equal(codes([], ["*"]), []);
});

test.run();
