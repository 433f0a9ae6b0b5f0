/** What the benchmark of the webhook sends, and what it is asked about: distinct Pods, images that are signed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readReview } from "../../core/admission/review.ts";
import { createEngine, loadPolicies } from "../../core/index.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { fillSigned, policyOf, signedImage } from "../../scripts/bench/admission-images.ts";
import { differentPods, images } from "../../scripts/bench/admission-warm.ts";
import { editedPolicy, mixedReviews, skippedBy } from "../../scripts/bench/soak-reviews.ts";
import { reading, temporaryFolder } from "../support/temporary-mirror.ts";

const test = suite("scripts/bench-admission");

const bodyOf = (request: Buffer): string => request.subarray(request.indexOf("\r\n\r\n") + 4).toString();

test("every Pod is another one of some 8 KB, and is admitted by what the mirror holds", () => {
  const folder = temporaryFolder();
  const { key, policy } = fillSigned(folder, images);
  const requests = differentPods(100).map((request) => readReview(bodyOf(request), defaultLimits).request());
  assert.is(new Set(requests.map(({ name }) => name)).size, 100);
  assert.is(new Set(requests.map(({ uid }) => uid)).size, 100);
  for (const request of differentPods(100)) assert.ok(request.length > 7500 && request.length < 8500);
  reading(folder, (mirror) => {
    assert.equal(mirror.inspect(nodeVerifier).damage, []);
    const engine = createEngine({
      policies: loadPolicies([{ name: "p", text: policy }]).policies,
      crypto: nodeVerifier,
    });
    assert.ok(engine.isPlain);
    const now = new Date();
    for (const request of requests) assert.ok(engine.decide(request, mirror.knowledge(), now).allowed);
  });
  const { errors } = loadPolicies([{ name: "p", text: policyOf([key, key]) }]);
  assert.equal(errors, []);
  assert.is(new Set(Array.from({ length: images }, (_, index) => signedImage(index))).size, images);
});

test("the soak sends every kind, and knows a wrong answer", () => {
  const reviews = mixedReviews();
  const names = new Map(reviews.map((one) => [one.name, one]));
  assert.is(names.size, 6);
  const admitted = 'HTTP/1.1 200 OK\r\n\r\n{"response":{"allowed":true,"patch":"W10="}}';
  for (const [name, { isRight }] of names) {
    const isAdmitted = name === "signed images" || name === "an image of which the policy is edited";
    assert.is(isRight(admitted), isAdmitted, name);
    assert.not(isRight("HTTP/1.1 500 Internal Server Error\r\n\r\n{}"), name);
  }
});

test("the soak edits what is decided about one image", () => {
  const { policy } = fillSigned(temporaryFolder(), 1);
  const texts = [editedPolicy(policy, true), editedPolicy(policy, false)];
  for (const text of texts) assert.equal(loadPolicies([{ name: "p", text }]).errors, []);
  assert.is(texts[1], policy);
  assert.is.not(texts[0], policy);
  assert.is(skippedBy('{"allowed":true}'), true);
  assert.is(skippedBy('{"allowed":false} [image-not-found]'), false);
  assert.is(skippedBy('{"allowed":false} [overloaded]'), undefined);
});

test.run();
