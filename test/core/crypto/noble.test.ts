/** The portable adapter. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { describeVerifier, message, signingCases } from "./verifiers.ts";

const test = suite("core/crypto/noble");
describeVerifier(test, nobleVerifier);

test("keys that come back give the same answers from their tables", () => {
  for (const { key, algorithm, signature } of signingCases.filter(({ key: { type } }) => type === "ecdsa")) {
    for (let round = 0; round < 12; round++) {
      assert.ok(nobleVerifier.verify(algorithm, key, { message }, signature));
      assert.not.ok(nobleVerifier.verify(algorithm, key, { message: signature }, signature));
    }
  }
});

test.run();
