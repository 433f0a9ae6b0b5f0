import { statSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openArchive } from "../../../proxy/crossing/archive-reader.ts";
import { verifyArchive } from "../../../proxy/crossing/verify-archive.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { exported, ourKey, variedMirror } from "../../support/archive-store.ts";

const test = suite("proxy/crossing/archive-files");

test("parts of any size are within it, and together they are the archive", () => {
  const store = variedMirror(8, "x".repeat(9000));
  let made = 0;
  for (let chunkSize = 24_000; chunkSize < 200_000; chunkSize = Math.ceil(chunkSize * 1.3)) {
    try {
      const { files, blobs } = exported(store, { chunkSize });
      assert.ok(files.every(({ path }) => statSync(path).size <= chunkSize));
      const paths = files.map(({ path }) => path);
      const archive = openArchive(paths, { keys: [ourKey.key], verifier: nodeVerifier, limits: defaultLimits });
      assert.is(verifyArchive(archive, "", defaultLimits).blobs, blobs);
      archive.close();
      made += 1;
    } catch (error) {
      // The lists do not fit into the smallest parts.
      if (!(error instanceof EngineError) || error.code !== "invalid-usage") throw error;
      assert.is(made, 0);
    }
  }
  assert.ok(made > 3);
});

test("more parts than are read", () => {
  const store = variedMirror(8, "x".repeat(9000));
  throwsCode("over-limit", () => exported(store, { chunkSize: 60_000 }, { archiveParts: 1 }));
});

test.run();
