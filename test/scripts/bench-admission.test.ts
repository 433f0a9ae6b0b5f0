/** What the benchmark of the webhook sends, and what it is asked about: distinct Pods, images that are signed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readReview } from "../../core/admission/review.ts";
import { createEngine, loadPolicies } from "../../core/index.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { fillSigned, policyOf, signedImage } from "../../scripts/bench/admission-images.ts";
import { differentPods, images } from "../../scripts/bench/admission-warm.ts";
import { collectedMemory, inspectedAt, unusedPort } from "../../scripts/bench/collected-memory.ts";
import { editedPolicy, mixedReviews, skippedBy } from "../../scripts/bench/soak-reviews.ts";
import { type SoakResult, tellSoak } from "../../scripts/soak.ts";
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

test("a soak in which memory grows fails, also where only what is held grows", () => {
  const good: SoakResult = {
    requests: 9,
    errors: [],
    errorCount: 0,
    edits: 1,
    certificates: 1,
    memory: { early: 100, late: 120, most: 130 },
    held: { early: 20, late: 21 },
  };
  const lines: string[] = [];
  const tell = (minutes: number, more: Partial<SoakResult> = {}): boolean =>
    tellSoak(minutes, { ...good, ...more }, (line) => void lines.push(line));
  assert.ok(tell(10));
  assert.is(lines.at(-1), "held after a collection: 20.0 MiB after a fifth of the time, 21.0 at the end (1.05 times)");
  const grown = { held: { early: 20, late: 23 } };
  assert.equal([tell(10, grown), tell(1, grown)], [false, true], "a short run is one of a program that starts");
  assert.not(tell(10, { memory: { early: 100, late: 126, most: 130 } }));
  assert.not(tell(1, { errorCount: 1, errors: ["no"] }));
  assert.not(tell(1, { edits: 0 }));
});

test("what a program holds is told from its garbage", async () => {
  // The benches of memory are for Linux alone, as this is.
  if (process.platform !== "linux") return;
  const port = await unusedPort();
  const program =
    "globalThis.held = Buffer.alloc(30e6, 1); for (let i = 0; i < 40; i++) Buffer.alloc(1e6, 1);" +
    "setInterval(() => undefined, 1000); console.log('here')";
  const child = spawn(process.execPath, [inspectedAt(port), "--eval", program], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    await once(child.stdout, "data");
    const { held, resident } = await collectedMemory(port, child.pid ?? 0);
    assert.ok(held > 30e6 && held < 45e6, `${held} bytes are held`);
    assert.ok(resident > held - 15e6, `${resident} bytes are counted`);
  } finally {
    child.kill();
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
