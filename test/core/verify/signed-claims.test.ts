import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SignedContent } from "../../../core/cosign/signed-entity.ts";
import { digest, digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import {
  readClaims,
  requireAnnotations,
  requireMessageDigest,
  requirePredicateType,
} from "../../../core/verify/signed-claims.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureEntity, fixtureImage } from "../../support/fixture-images.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/verify/signed-claims");
const bytes = encodeUtf8("artifact");
const claim = { digest: digestOf(bytes) };

test("a simple signing payload names the digest, and has annotations", () => {
  const entity = fixtureEntity("original", "ghcr.io/myorg/myimage");
  const signed = readClaims(
    entity,
    entity.content(),
    {
      digest: fixtureImage("original", "ghcr.io/myorg/myimage").digest,
    },
    defaultLimits,
  );
  assert.equal({ ...signed }, { sig: "original" });
  throwsCode("wrong-digest", () => readClaims(entity, entity.content(), claim, defaultLimits));
});

test("a statement is about its subjects; an attestation in a layer has no annotations", () => {
  const entity = fixtureEntity("reviewed", "registry.io/org/app", "attestation");
  const image = fixtureImage("reviewed", "registry.io/org/app");
  assert.equal({ ...readClaims(entity, entity.content(), { digest: image.digest }, defaultLimits) }, {});
  throwsCode("wrong-digest", () => readClaims(entity, entity.content(), claim, defaultLimits));
  requirePredicateType(entity.content(), { digest: image.digest, predicateType: "https://example.com/CodeReview/v1" });
  throwsCode("no-attestation", () =>
    requirePredicateType(entity.content(), { digest: image.digest, predicateType: "https://slsa.dev/provenance/v1" }),
  );
});

test("a message's digest is a hint that must not lie", () => {
  const message = (algorithm: string, value: Uint8Array): SignedContent => ({
    kind: "message",
    signature: new Uint8Array(),
    digest: { algorithm, digest: value },
  });
  requireMessageDigest(message("sha256", digest("sha256", bytes)), claim);
  requireMessageDigest(message("sha512", digest("sha512", bytes)), { ...claim, bytes: () => bytes });
  requireMessageDigest({ kind: "message", signature: new Uint8Array() }, claim);
  for (const [algorithm, value] of [
    ["sha256", new Uint8Array(32)],
    ["sha512", digest("sha512", bytes)],
    ["md5", new Uint8Array(16)],
  ] as const)
    throwsCode("wrong-digest", () => requireMessageDigest(message(algorithm, value), claim));
});

test("annotations are texts, exactly equal, own members", () => {
  requireAnnotations([["a", "b"]], { a: "b", c: 1 });
  for (const [name, value] of [
    ["a", "B"],
    ["c", "1"],
    ["toString", "x"],
    ["none", ""],
  ] as const)
    throwsCode("wrong-annotations", () => requireAnnotations([[name, value]], { a: "b", c: 1 }));
});

test.run();
