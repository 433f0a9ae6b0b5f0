import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { boundedVerifier } from "../../../core/verify/bounded-verifier.ts";
import { Lab } from "../../lab/index.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/verify/bounded-verifier");
const { publicKey, algorithm } = new Lab().key();
const message = new Uint8Array(1);

test("it says what the other one says, so often and no more", () => {
  const asked: boolean[] = [];
  const other: SignatureVerifier = {
    name: "other",
    verify: (...[, , , signature]) => asked.push(signature.length === 1) > 0 && signature.length === 1,
  };
  const bounded = boundedVerifier(other, 2);
  assert.is(bounded.name, "other");
  assert.is(bounded.verify(algorithm, publicKey, { message }, new Uint8Array(1)), true);
  assert.is(bounded.verify(algorithm, publicKey, { message }, new Uint8Array(2)), false);
  assert.is(bounded.isExhausted(), false, "used up is not overspent");
  for (let time = 0; time < 2; time++)
    throwsCode("over-limit", () => bounded.verify(algorithm, publicKey, { message }, new Uint8Array(1)));
  assert.is(bounded.isExhausted(), true);
  assert.equal(asked, [true, false]);
});

test.run();
