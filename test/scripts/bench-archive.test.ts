import { suite } from "uvu";
import * as assert from "uvu/assert";
import { archiveBenches } from "../../scripts/bench-archive.ts";
import { runBenches } from "../../scripts/bench.ts";
import { fillEvidence } from "../../scripts/bench/crossing-fill.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { reading, temporaryFolder } from "../support/temporary-mirror.ts";

const test = suite("scripts/bench-archive");

test("a mirror that was filled is whole, and each image has its bundle", () => {
  const folder = temporaryFolder();
  const bytes = fillEvidence(folder, 0, 12);
  assert.ok(bytes > 12 * 10_000);
  reading(folder, (mirror) => {
    assert.equal(mirror.inspect(nodeVerifier).damage, []);
    const images = mirror.list();
    assert.is(images.length, 12);
    assert.ok(images.every(({ signatures, attestations }) => signatures + attestations === 1));
  });
});

test("every row runs, short", async () => {
  const lines: string[] = [];
  const setting = { vectors: undefined, kyverno: undefined, quick: true };
  const { missed } = await runBenches(archiveBenches, setting, (line) => lines.push(line));
  assert.is(missed, 0, lines.join(""));
  assert.is(lines.filter((line) => /^ /.test(line)).length, 7);
});

test.run();
