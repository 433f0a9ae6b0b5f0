/** The component's adapter: the body of tests for every verifier, from each key's first signature on. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSumVerifier } from "../../../core/kernel/sum-verifier.ts";
import { nodeKernel } from "../../support/component-kernel.ts";
import { describeVerifier, message, signingCases } from "../crypto/verifiers.ts";

const test = suite("core/kernel/sum-verifier");
describeVerifier(test, createSumVerifier(nodeKernel()));

test("ECDSA on both curves is the kernel's to decide, and all else is not", () => {
  let asked = 0;
  const count = (): boolean => {
    asked += 1;
    return false;
  };
  const verifier = createSumVerifier({ hasXP256: count, hasXP384: count });
  for (const { key, algorithm, signature } of signingCases) {
    const before = asked;
    const isOurs = key.type === "ecdsa" && key.curve !== "P-521";
    assert.is(verifier.verify(algorithm, key, { message }, signature), !isOurs);
    assert.is(asked - before, isOurs ? 1 : 0);
  }
  assert.ok(asked > 0);
});

test.run();
