import { suite } from "uvu";
import * as assert from "uvu/assert";
import { associatedTag, parseAssociatedTag } from "../../../core/oci/associated-tag.ts";

const test = suite("core/oci/associated-tag");
const hex = "0123456789abcdef".repeat(4);
const image = `sha256:${hex}` as const;

test("a tag and what it is for", () => {
  for (const [suffix, kind] of [
    [".sig", "signature"],
    [".att", "attestation"],
    [".sbom", "sbom"],
    ["", "referrers"],
  ] as const) {
    assert.is(associatedTag(image, kind), `sha256-${hex}${suffix}`);
    assert.equal(parseAssociatedTag(`sha256-${hex}${suffix}`), { image, kind });
  }
});

test("other tags are tags of images", () => {
  for (const tag of [
    "latest",
    `sha256-${hex}.xyz`,
    `sha256-${hex.toUpperCase()}.sig`,
    `sha256-${hex.slice(1)}.sig`,
    `x-sha256-${hex}.sig`,
    `sha512-${hex}`,
    `sha256-${hex}.sig.sig`,
  ])
    assert.is(parseAssociatedTag(tag), undefined, tag);
});

test.run();
