/** Each choice of who calculates answers as the others do, and calculates by nobody else. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSpki } from "../../../core/crypto/public-key.ts";
import { CombVerifier } from "../../../core/kernel/comb-verifier.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { chosenVerifier, type CryptoChoice } from "../../../proxy/host/chosen-verifier.ts";
import { usesBeforeComb } from "../../../proxy/host/node-verifier.ts";
import { describeVerifier, message } from "../../core/crypto/verifiers.ts";

const test = suite("proxy/host/chosen-verifier");
for (const choice of ["openssl", "portable"] as const) describeVerifier(test, chosenVerifier(choice));

const keyPair = (...given: Parameters<typeof generateKeyPairSync>) => {
  const { publicKey, privateKey } = generateKeyPairSync(...given);
  const key = parseSpki(new Uint8Array(publicKey.export({ type: "spki", format: "der" })), defaultLimits);
  return { key, privateKey };
};

test("openssl never reaches the kernel, which auto does for a key that comes back", () => {
  const { key, privateKey } = keyPair("ec" as never, { namedCurve: "P-384" } as never);
  const signature = new Uint8Array(sign("sha384", message, privateKey));
  const often = (choice: CryptoChoice): void => {
    const verifier = chosenVerifier(choice);
    for (let use = 0; use < usesBeforeComb + 2; use++)
      assert.ok(verifier.verify({ scheme: "ecdsa", hash: "sha384" }, key, { message }, signature));
  };
  const { verify } = CombVerifier.prototype;
  let asked = 0;
  CombVerifier.prototype.verify = function counted(...given) {
    asked += 1;
    return verify.apply(this, given);
  };
  try {
    often("openssl");
    assert.is(asked, 0);
    often("auto");
    assert.is(asked, usesBeforeComb + 2);
  } finally {
    CombVerifier.prototype.verify = verify;
  }
});

test("an RSA signature over a digest is recovered by OpenSSL", () => {
  const { key, privateKey } = keyPair("rsa" as never, { modulusLength: 2048 } as never);
  const signature = new Uint8Array(sign("sha256", message, privateKey));
  const digest = new Uint8Array(createHash("sha256").update(message).digest());
  const other = digest.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
  for (const choice of ["openssl", "auto", "portable"] as const) {
    const { verify } = chosenVerifier(choice);
    const algorithm = { scheme: "rsa-pkcs1v15", hash: "sha256" } as const;
    assert.is(verify(algorithm, key, { digest }, signature), true, choice);
    assert.is(verify(algorithm, key, { digest: other }, signature), false, choice);
  }
});
test.run();
