import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fillEvidence } from "../../scripts/bench/crossing-fill.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { reading, temporaryFolder } from "../support/temporary-mirror.ts";

const test = suite("scripts/bench-archive");

test("a mirror that was filled is whole, and each image is signed and attested", () => {
  const folder = temporaryFolder();
  const bytes = fillEvidence(folder, 0, 12);
  assert.ok(bytes > 12 * 60_000);
  reading(folder, (mirror) => {
    assert.equal(mirror.inspect(nodeVerifier).damage, []);
    const images = mirror.list();
    assert.is(images.length, 12);
    assert.ok(images.every(({ signatures, attestations }) => signatures === 1 && attestations === 2));
  });
});

test.run();
