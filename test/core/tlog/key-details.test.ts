import { suite } from "uvu";
import * as assert from "uvu/assert";
import { prehashedAlgorithm, readLogKeyDetails } from "../../../core/tlog/key-details.ts";
import { throwsCode } from "../../support/assert.ts";
import { newKey } from "../../lab/keys.ts";

const test = suite("core/tlog/key-details");

test("types of log keys, by name and by number", () => {
  assert.equal(readLogKeyDetails("PKIX_ECDSA_P256_SHA_256", ""), { type: "ecdsa", encoding: "pkix" });
  assert.equal(readLogKeyDetails(5, ""), { type: "ecdsa", encoding: "pkix" });
  assert.equal(readLogKeyDetails("PKIX_ED25519", ""), { type: "ed25519", encoding: "pkix" });
  assert.equal(readLogKeyDetails("PKCS1_RSA_PKCS1V5", ""), { type: "rsa", encoding: "pkcs1" });
  assert.equal(readLogKeyDetails("PKIX_RSA_PKCS1V15_4096_SHA256", ""), { type: "rsa", encoding: "pkix" });
});

test("everything else is malformed", () => {
  for (const bad of [
    "PKIX_ED25519_PH",
    "PKIX_RSA_PSS_2048_SHA256",
    "PKCS1_RSA_PSS",
    "ML_DSA_65",
    "PUBLIC_KEY_DETAILS_UNSPECIFIED",
    "pkix_ed25519",
    "",
    0,
    4,
    99,
    null,
    undefined,
  ])
    throwsCode("malformed", () => readLogKeyDetails(bad, ""));
});

test("a key's algorithm in Rekor v2", () => {
  const of = (kind: Parameters<typeof newKey>[0]) => prehashedAlgorithm(newKey(kind).publicKey);
  assert.equal(of("p256"), { keyDetails: "PKIX_ECDSA_P256_SHA_256", hash: "sha256", hashAlgorithm: "SHA2_256" });
  assert.equal(of("p384"), { keyDetails: "PKIX_ECDSA_P384_SHA_384", hash: "sha384", hashAlgorithm: "SHA2_384" });
  assert.equal(of("p521"), { keyDetails: "PKIX_ECDSA_P521_SHA_512", hash: "sha512", hashAlgorithm: "SHA2_512" });
  assert.equal(of("ed25519"), { keyDetails: "PKIX_ED25519_PH", hash: "sha512", hashAlgorithm: "SHA2_512" });
  assert.equal(of("rsa2048"), {
    keyDetails: "PKIX_RSA_PKCS1V15_2048_SHA256",
    hash: "sha256",
    hashAlgorithm: "SHA2_256",
  });
  const rsa = newKey("rsa2048").publicKey;
  assert.is(rsa.type === "rsa" ? prehashedAlgorithm({ ...rsa, bits: 1024 }) : 0, undefined);
});

test.run();
