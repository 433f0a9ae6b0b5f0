import { suite } from "uvu";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import * as assert from "uvu/assert";
import { runBenches } from "../../scripts/bench.ts";
import { mirrorBenches } from "../../scripts/bench-mirror.ts";
import { filledImage, fillMirror } from "../../scripts/bench/mirror-fill.ts";
import { reading, temporaryFolder } from "../support/temporary-mirror.ts";

const test = suite("scripts/bench-mirror");

test("every row runs, short", async () => {
  const lines: string[] = [];
  const setting = { vectors: undefined, kyverno: undefined, quick: true };
  const { missed } = await runBenches(mirrorBenches, setting, (line) => lines.push(line));
  assert.is(missed, 0, lines.join(""));
  assert.is(lines.filter((line) => /^\w+: /.test(line)).length, mirrorBenches.length);
});

test("a mirror that was filled in bulk is whole, and has the images that it names", () => {
  const folder = temporaryFolder();
  fillMirror(folder, 25);
  reading(folder, (mirror) => {
    assert.equal(mirror.inspect(nodeVerifier).damage, []);
    const images = mirror.list();
    assert.is(images.length, 25);
    const { repository, tag } = filledImage(24);
    assert.is(images.at(-1)?.image, `${repository}:${tag}`);
    assert.ok(images.every(({ signatures }) => signatures === 1));
  });
});

test.run();
