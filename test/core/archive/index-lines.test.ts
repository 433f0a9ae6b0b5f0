import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RowEntry } from "../../../core/archive/archive-entry.ts";
import { indexLinesOf } from "../../../core/archive/index-lines.ts";
import { imageDigest, known, sampleEntries, valued } from "../../support/archive-sample.ts";

const test = suite("core/archive/index-lines");

test("tags by their whole name, referrers without one, and nothing else", () => {
  const lines = sampleEntries.flatMap((entry) => indexLinesOf(entry as RowEntry));
  assert.is(lines.length, 1);
  assert.equal(JSON.parse(lines[0]?.line ?? ""), {
    digest: imageDigest,
    mediaType: "a/b",
    size: 12,
    annotations: { "org.opencontainers.image.ref.name": "ghcr.io/org/app:1.4" },
  });
  const referrers: RowEntry = {
    kind: "referrers",
    key: `referrers ghcr.io/org/app ${imageDigest}`,
    state: "present",
    ...valued([{ digest: imageDigest, mediaType: "a/b", size: 1, artifactType: "c/d" }]),
    ...known,
  };
  const [line] = indexLinesOf(referrers);
  assert.equal(JSON.parse(line?.line ?? ""), { digest: imageDigest, mediaType: "a/b", size: 1, artifactType: "c/d" });
});

test.run();
