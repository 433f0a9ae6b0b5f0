/** What a review is told of a decision. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { admissionPaths, answerOf, placeOf, refusalOf } from "../../../core/admission/review-answer.ts";
import { createEngine, EngineError, nobleVerifier, requestFor } from "../../../core/index.ts";
import { testImages } from "../../support/fixture-images.ts";
import { load, pod, policyText } from "../../support/fixture-policies.ts";

const test = suite("core/admission/review-answer");

const alone = { others: [] };
const request = requestFor(pod(`${testImages}app:1`));
const decide = (failurePolicy: "Fail" | "Ignore") =>
  createEngine({
    policies: load(policyText({ spec: `validationFailureAction: Enforce\nfailurePolicy: ${failurePolicy}` })).policies,
    crypto: nobleVerifier,
  }).decide(request, { answer: () => undefined }, new Date(0));
const at = (path: string) => {
  const place = placeOf(path);
  assert.ok(place, path);
  return place;
};

test("every path is a pass and a failure policy, and nothing else is one", () => {
  assert.equal(
    admissionPaths.map((path) => Object.values(at(path)).join("/")),
    ["mutate/fail", "mutate/ignore", "validate/fail", "validate/ignore"],
  );
  for (const path of ["/mutate", "/mutate/fail/", "/x/mutate/fail", "/mutate/Fail", ""])
    assert.is(placeOf(path), undefined);
});

test("a denial says why, with the id by which it is remembered", () => {
  const { answer, codes } = answerOf(request, at("/mutate/fail"), decide("Fail"), { others: [], id: "d-1" });
  assert.match(answer.refused?.message ?? "", /was blocked due to the following policies/);
  assert.match(answer.refused?.message ?? "", /# sallyport explain d-1\n$/);
  assert.equal(codes, ["not-in-mirror"]);
  assert.is(answer.patches, undefined);
});

test("what is overlooked is a warning of the mutating pass alone", () => {
  const decision = decide("Ignore");
  const [mutate, validate] = ["/mutate/ignore", "/validate/ignore"].map((path) =>
    answerOf(request, at(path), decision, alone),
  );
  assert.is(mutate?.answer.refused, undefined);
  assert.is(mutate?.answer.warnings?.length, 1);
  assert.equal(mutate?.codes, ["not-in-mirror"]);
  assert.equal(validate?.answer.warnings, []);
});

test("nobody decided: unchanged images pass, and a refusal is handed on", () => {
  assert.equal(answerOf(request, at("/mutate/fail"), "unchanged", alone), { answer: {}, codes: [] });
  const refused = refusalOf(new EngineError("malformed", "not a Pod", { subject: "/request" }));
  assert.equal(refused, { code: 400, message: "[malformed] /request: not a Pod" });
  assert.equal(answerOf(request, at("/mutate/fail"), refused, alone), { answer: { refused }, codes: ["overloaded"] });
});

test.run();
