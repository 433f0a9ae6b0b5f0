import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isBundleMediaType, referrerScheme } from "../../../core/cosign/referrer-scheme.ts";

const test = suite("core/cosign/referrer-scheme");

test("bundles of any version may hold either; cosign's artifacts hold one kind", () => {
  for (const purpose of ["signature", "attestation"] as const)
    for (const version of ["v0.3", "v0.4"])
      assert.is(referrerScheme(`application/vnd.dev.sigstore.bundle.${version}+json`, purpose), "bundle");
  assert.is(referrerScheme("application/vnd.dev.cosign.artifact.sig.v1+json", "signature"), "artifact");
  assert.is(referrerScheme("application/vnd.dev.cosign.artifact.sig.v1+json", "attestation"), undefined);
  assert.is(referrerScheme("application/vnd.dev.cosign.artifact.att.v1+json", "attestation"), "artifact");
  for (const type of [
    "",
    "application/spdx+json",
    "application/vnd.cncf.notary.signature",
    "text/application/vnd.dev.sigstore.bundle",
  ])
    assert.is(referrerScheme(type, "signature"), undefined);
  assert.ok(isBundleMediaType("application/vnd.dev.sigstore.bundle.v0.3+json"));
  assert.not(isBundleMediaType("application/json"));
});

test.run();
