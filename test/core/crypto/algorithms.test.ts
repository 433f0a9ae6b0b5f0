/** Which algorithms a key may have used. */
import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { registeredAlgorithms } from "../../../core/crypto/algorithms.ts";
import { parseSpki } from "../../../core/crypto/public-key.ts";
import { throwsCode } from "../../support/assert.ts";
import { newKey } from "../../lab/keys.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/crypto/algorithms");
const key = (kind: Parameters<typeof newKey>[0]) => parseSpki(newKey(kind).publicKey.spki, defaultLimits);
const named = (kind: Parameters<typeof newKey>[0], wanted?: string): string[] =>
  registeredAlgorithms(key(kind), wanted).map((algorithm) =>
    "hash" in algorithm ? `${algorithm.scheme} ${algorithm.hash}` : algorithm.scheme,
  );

for (const wanted of [undefined, "", "sha256"]) {
  test(`registered, wanted ${JSON.stringify(wanted)}`, () => {
    assert.equal(named("p256", wanted), ["ecdsa sha256"]);
    assert.equal(named("p384", wanted), ["ecdsa sha384", "ecdsa sha256"]);
    assert.equal(named("p521", wanted), ["ecdsa sha512", "ecdsa sha256"]);
    assert.equal(named("rsa2048", wanted), ["rsa-pkcs1v15 sha256"]);
    assert.equal(named("ed25519", wanted), ["ed25519", "ed25519ph"]);
  });
}

test("another hash is the only one tried", () => {
  assert.equal(named("p256", "sha512"), ["ecdsa sha512"]);
  assert.equal(named("p384", "sha224"), ["ecdsa sha224"]);
  assert.equal(named("rsa2048", "sha512"), ["rsa-pkcs1v15 sha512"]);
  assert.equal(named("ed25519", "sha384"), ["ed25519", "ed25519ph"]);
});

test("wrong names", () => {
  throwsCode("malformed", () => named("rsa2048", "sha224"));
  for (const wanted of ["sha1", "SHA256", "toString", "rsa2048"])
    throwsCode("malformed", () =>
      registeredAlgorithms(
        parseSpki(
          new Uint8Array(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" })),
          defaultLimits,
        ),
        wanted,
      ),
    );
});

test.run();
