import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  isBundleMediaType,
  manifestScheme,
  referrerClaim,
  referrerScheme,
} from "../../../core/cosign/referrer-scheme.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { type Manifest, parseManifest } from "../../../core/oci/manifest.ts";

const test = suite("core/cosign/referrer-scheme");
const bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
const attestation = "application/vnd.dev.cosign.artifact.att.v1+json";
const descriptor = (mediaType: string) => ({ mediaType, digest: `sha256:${"a".repeat(64)}` as const, size: 1 });
const manifestOf = (parts: { artifactType?: string; config?: string; layers?: readonly string[] }): Manifest => ({
  kind: "manifest",
  ...(parts.artifactType === undefined ? {} : { artifactType: parts.artifactType }),
  ...(parts.config === undefined ? {} : { config: descriptor(parts.config) }),
  layers: (parts.layers ?? []).map(descriptor),
  manifests: [],
  annotations: {},
});

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
  assert.is(manifestScheme(manifestOf({}), "signature"), undefined);
  assert.is(manifestScheme(manifestOf({ layers: ["application/json", bundle] }), "signature"), "bundle");
  assert.is(manifestScheme(manifestOf({ artifactType: bundle }), "signature"), "bundle");
  assert.is(manifestScheme(manifestOf({ config: attestation }), "attestation"), "artifact");
  assert.is(manifestScheme(manifestOf({ config: attestation }), "signature"), undefined);
  assert.ok(isBundleMediaType("application/vnd.dev.sigstore.bundle.v0.3+json"));
  assert.not(isBundleMediaType("application/json"));
});

test("what the list of referrers claims", () => {
  const claim = (artifactType: string, predicateType?: string) =>
    referrerClaim({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: `sha256:${"0a".repeat(32)}`,
      size: 1,
      artifactType,
      ...(predicateType === undefined ? {} : { annotations: { "dev.sigstore.bundle.predicateType": predicateType } }),
    });
  const bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const signed = "https://sigstore.dev/cosign/sign/v1";
  assert.equal(claim(bundle, signed), { purpose: "signature", predicateType: signed });
  assert.equal(claim(bundle, "https://slsa.dev/provenance/v1")?.purpose, "attestation");
  assert.equal(claim(bundle), { purpose: "unknown" });
  assert.equal(claim("application/vnd.dev.cosign.artifact.sig.v1+json"), { purpose: "signature" });
  assert.equal(claim("application/vnd.dev.cosign.artifact.att.v1+json"), { purpose: "attestation" });
  for (const type of ["application/vnd.dev.cosign.artifact.sbom.v1+json", "application/spdx+json", "", "constructor"])
    assert.is(claim(type), undefined, type);
});

test("a manifest that is known counts more than the list, which may say nothing", () => {
  const signed = "https://sigstore.dev/cosign/sign/v1";
  const listed = {
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: `sha256:${"0a".repeat(32)}`,
    size: 1,
  };
  const purpose = (members: object, more: object = {}) =>
    referrerClaim(
      { ...listed, ...more } as never,
      parseManifest(encodeUtf8(JSON.stringify({ layers: [], ...members })), defaultLimits),
    )?.purpose;
  const says = (predicate: string) => ({ annotations: { "dev.sigstore.bundle.predicateType": predicate } });
  assert.is(purpose({ artifactType: bundle, ...says(signed) }), "signature");
  assert.is(purpose({ artifactType: bundle, ...says("https://slsa.dev/provenance/v1") }), "attestation");
  assert.is(purpose({ artifactType: bundle, ...says("https://slsa.dev/provenance/v1") }, says(signed)), "attestation");
  assert.is(purpose({ artifactType: bundle }, says(signed)), "signature");
  assert.is(purpose({ artifactType: bundle }), "unknown");
  assert.is(purpose({ layers: [{ ...listed, mediaType: bundle }], ...says(signed) }), "signature");
  assert.is(purpose({ artifactType: "application/vnd.dev.cosign.artifact.att.v1+json" }), "attestation");
  assert.is(purpose({ artifactType: "application/spdx+json" }), undefined);
});

test.run();
