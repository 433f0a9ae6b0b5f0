import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseBundleMediaType, requireBundleRules } from "../../../core/cosign/bundle-rules.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/cosign/bundle-rules");

test("media types and their rules", () => {
  const rules = (mediaType: string) => parseBundleMediaType(mediaType).rules;
  for (const version of ["0.1", "0.2", "0.3"]) {
    assert.is(rules(`application/vnd.dev.sigstore.bundle+json;version=${version}`), version);
    assert.is(rules(`application/vnd.dev.sigstore.bundle.v${version}+json`), version);
  }
  assert.is(rules("application/vnd.dev.sigstore.bundle.v0.3.1+json"), "0.3");
  assert.is(rules("application/vnd.dev.sigstore.bundle.v0.3.12+json"), "0.3");
  assert.is(rules("application/vnd.dev.sigstore.bundle.v0.1.5+json"), "0.2");
  assert.is(rules("application/vnd.dev.sigstore.bundle.v0.1.0+json"), "0.1");
  assert.is(parseBundleMediaType("application/vnd.dev.sigstore.bundle.v0.3.2+json").text, "0.3.2");
});

test("all others", () => {
  for (const bad of [
    "",
    "application/json",
    "application/vnd.dev.sigstore.bundle+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.4",
    "application/vnd.dev.sigstore.bundle+json;version=0.0",
    "application/vnd.dev.sigstore.bundle+json;version=99.9",
    "application/vnd.dev.sigstore.bundle+json; version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.3.1",
    "application/vnd.dev.sigstore.bundle.v0.4+json",
    "application/vnd.dev.sigstore.bundle.v0.3+json;x=y",
    "application/vnd.dev.sigstore.bundle.v0.3.01+json",
    "application/vnd.dev.sigstore.bundle.v0.3.0-rc1+json",
    "application/vnd.dev.sigstore.bundle.v1.0+json",
    "Application/vnd.dev.sigstore.bundle.v0.3+json",
    " application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle.v0.3+json\n",
  ])
    throwsCode("malformed", () => parseBundleMediaType(bad));
});

test("every missing field is named", () => {
  const error = throwsCode("malformed", () =>
    requireBundleRules("0.3", {
      content: undefined,
      verificationMaterial: { content: undefined, tlogEntries: [{ logId: "00" }] },
    }),
  );
  for (const field of [
    "content",
    "verificationMaterial.content",
    "tlogEntries[0].kindVersion",
    "tlogEntries[0].inclusionProof",
  ])
    assert.match(error.message, field);
});

test.run();
