import { suite } from "uvu";
import * as assert from "uvu/assert";
import { signatureTag } from "../../../core/cosign/tag-scheme.ts";

const test = suite("core/cosign/tag-scheme");
const digest = `sha256:${"0a".repeat(32)}` as const;

test("the tag is the digest with a dash, and a suffix by purpose", () => {
  assert.is(signatureTag(digest, "signature"), `sha256-${"0a".repeat(32)}.sig`);
  assert.is(signatureTag(digest, "attestation"), `sha256-${"0a".repeat(32)}.att`);
});

test.run();
