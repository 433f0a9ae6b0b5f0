import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blobPath, findBlobDigest } from "../../../core/archive/names.ts";
import { imageDigest } from "../../support/archive-sample.ts";

const test = suite("core/archive/names");

test("where a blob is, and back", () => {
  assert.is(findBlobDigest(blobPath(imageDigest)), imageDigest);
  for (const path of ["blobs/sha256/..", `${blobPath(imageDigest)}0`, "blobs/sha512/00", `/${blobPath(imageDigest)}`])
    assert.is(findBlobDigest(path), undefined);
});

test.run();
