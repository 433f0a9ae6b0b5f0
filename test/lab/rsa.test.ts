/** Keys whose primes are known, and such as are searched for. */
import { checkPrimeSync, createPublicKey, sign, verify } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findPrime, makeRsaKey, rsaSeed } from "./rsa.ts";

const test = suite("lab/rsa");

test("a key whose primes are known has the primes that a search finds", () => {
  const [step, bits] = [21, 1024];
  const known = findPrime(rsaSeed, "tuf targets-3 rsa2048 p 0", bits, step);
  assert.ok(checkPrimeSync(known));
  assert.is(findPrime(rsaSeed, "tuf targets-3 rsa2048 p 0", bits), known);
});

test("a key of another name is searched for, and signs", () => {
  const key = makeRsaKey("a name that nobody uses", 1024);
  const message = Buffer.from("message");
  assert.is(key.asymmetricKeyDetails?.modulusLength, 1024);
  assert.ok(verify("sha256", message, createPublicKey(key), sign("sha256", message, key)));
});

test.run();
