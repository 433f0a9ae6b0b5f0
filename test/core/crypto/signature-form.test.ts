/** What is refused before any arithmetic. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasSignatureForm } from "../../../core/crypto/signature-form.ts";
import { throwsCode } from "../../support/assert.ts";
import { message, signingCases } from "./verifiers.ts";

const test = suite("core/crypto/signature-form");

for (const { name, key, algorithm, signature } of signingCases) {
  test(name, () => {
    assert.ok(hasSignatureForm(algorithm, key, { message }, signature));
    assert.not.ok(hasSignatureForm(algorithm, key, { message }, signature.subarray(1)));
    for (const other of signingCases)
      if (other.key.type !== key.type) assert.not.ok(hasSignatureForm(algorithm, other.key, { message }, signature));
    if (key.type === "rsa") assert.not.ok(hasSignatureForm(algorithm, key, { message }, key.modulus));
  });
}

test("bare digests", () => {
  const ecdsa = signingCases.find(
    ({ key, algorithm }) => key.type === "ecdsa" && "hash" in algorithm && algorithm.hash === "sha384",
  );
  assert.ok(ecdsa);
  assert.ok(hasSignatureForm(ecdsa.algorithm, ecdsa.key, { digest: new Uint8Array(48) }, ecdsa.signature));
  assert.not.ok(hasSignatureForm(ecdsa.algorithm, ecdsa.key, { digest: new Uint8Array(32) }, ecdsa.signature));
  const ed = signingCases.find(({ key }) => key.type === "ed25519");
  assert.ok(ed);
  throwsCode("unsupported", () => hasSignatureForm(ed.algorithm, ed.key, { digest: new Uint8Array(64) }, ed.signature));
  assert.not.ok(hasSignatureForm({ scheme: "ed25519ph" }, ed.key, { digest: new Uint8Array(32) }, ed.signature));
});

test.run();
