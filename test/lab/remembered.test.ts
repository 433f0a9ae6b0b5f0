import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { flipped } from "../support/patch.ts";
import { makeKey } from "./keys.ts";
import { remembered } from "./remembered.ts";
import { Seed } from "./seed.ts";

const test = suite("lab/remembered");
const key = makeKey(new Seed("remembered"), "a");
const other = makeKey(new Seed("remembered"), "b");
const message = encodeUtf8("message");
const signature = key.sign(message);

test("each signature is verified once, and any part that differs is another signature", () => {
  let calls = 0;
  const counting: SignatureVerifier = {
    name: "counting",
    verify: (...parameters) => {
      calls += 1;
      return nodeVerifier.verify(...parameters);
    },
  };
  const verifier = remembered(counting);
  const sha256 = { scheme: "ecdsa", hash: "sha256" } as const;
  const cases: readonly (readonly [boolean, ...Parameters<SignatureVerifier["verify"]>])[] = [
    [true, sha256, key.publicKey, { message }, signature],
    [false, sha256, key.publicKey, { message }, flipped(signature, signature.length - 1)],
    [false, sha256, key.publicKey, { message: flipped(message, 0) }, signature],
    [false, sha256, other.publicKey, { message }, signature],
    [false, { scheme: "ecdsa", hash: "sha384" }, key.publicKey, { message }, signature],
    [false, sha256, key.publicKey, { digest: message }, signature],
  ];
  for (const [expected, ...parameters] of cases) {
    const before = calls;
    assert.equal([verifier.verify(...parameters), verifier.verify(...parameters)], [expected, expected]);
    assert.is(calls, before + 1);
  }
});

test.run();
