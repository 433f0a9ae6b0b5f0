import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeCarriedBlob, parseCarriedBlob } from "../../../core/archive/carried-blob.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { imageDigest } from "../../support/archive-sample.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/carried-blob");
const parse = (line: string) => parseCarriedBlob(line, defaultLimits);

test("evidence, layers and what bootstraps", () => {
  for (const use of [undefined, "layer", "bootstrap"] as const) {
    const blob = { digest: imageDigest, size: 700, ...(use === undefined ? {} : { use }) };
    assert.equal(parse(encodeCarriedBlob(blob)), blob);
  }
});

test("a line that is not of this form is refused", () => {
  for (const line of [
    '{"digest":"sha256:12","size":1}',
    `{"digest":"${imageDigest}"}`,
    `{"digest":"${imageDigest}","size":"1"}`,
    `{"digest":"${imageDigest}","size":1,"use":"toy"}`,
    `{"digest":"${imageDigest}","more":1,"size":1}`,
  ])
    throwsCode("malformed", () => parse(line));
});

test("evidence has the bound of a blob, a layer that of a layer", () => {
  const size = defaultLimits.blobBytes + 1;
  throwsCode("over-limit", () => parse(encodeCarriedBlob({ digest: imageDigest, size })));
  assert.is(parse(encodeCarriedBlob({ digest: imageDigest, size, use: "layer" })).size, size);
});

test.run();
