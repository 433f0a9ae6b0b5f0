import { constants, sign } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { readKey, type TufKey, type UsableKey, verifyWithKey } from "../../../core/tuf/key.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { type LabKey, makeKey, nodeKey } from "../../lab/keys.ts";
import { Seed } from "../../lab/seed.ts";
import { tufKey } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/key");
const seed = new Seed("key");
const message = encodeUtf8("a message");
const read = (changes: object, type: "p256" | "p384" | "ed25519" | "rsa2048" = "p256"): TufKey =>
  readKey({ ...(tufKey(makeKey(seed, "k", type)) as object), ...changes } as never, "/keys/a", defaultLimits);

const pss = (key: LabKey, saltLength: number): Uint8Array =>
  new Uint8Array(sign("sha256", message, { key: nodeKey(key), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }));

test("each kind of key verifies its own signatures, and none of another message", () => {
  for (const type of ["p256", "p384", "ed25519", "rsa2048"] as const) {
    const key = makeKey(seed, "k", type);
    const { usable } = read({}, type) as { usable: UsableKey };
    const signatures = type === "rsa2048" ? [32, 222].map((saltLength) => pss(key, saltLength)) : [key.sign(message)];
    for (const signature of signatures) {
      assert.ok(verifyWithKey(usable, message, signature, nodeVerifier), `${type} ${signature.length}`);
      assert.not.ok(verifyWithKey(usable, encodeUtf8("another"), signature, nodeVerifier), type);
    }
  }
  const pkcs1 = makeKey(seed, "k", "rsa2048").sign(message);
  assert.not.ok(
    verifyWithKey(read({}, "rsa2048").usable as UsableKey, message, pkcs1, nodeVerifier),
    "the scheme says PSS",
  );
});

test("the curve follows the scheme, and the older name of the type is known", () => {
  assert.ok(read({ keytype: "ecdsa-sha2-nistp256" }).usable);
  assert.is(read({ scheme: "ecdsa-sha2-nistp384" }).usable, undefined);
  assert.is(read({ keytype: "ecdsa-sha2-nistp256" }, "p384").usable, undefined);
});

test("a key of an unknown kind signs nothing", () => {
  for (const changes of [
    { keytype: "pqc" },
    { scheme: "toString" },
    { scheme: "ecdsa-sha2-nistp521" },
    { keyval: { public: "04ab" } },
    { keytype: "rsa" },
  ])
    assert.is(read(changes).usable, undefined, JSON.stringify(changes));
  for (const value of ["zz", "00", "ff".repeat(32)])
    assert.is(read({ keyval: { public: value } }, "ed25519").usable, undefined, value);
});

test("what is no key at all is refused", () => {
  for (const changes of [{ keytype: 1n }, { scheme: null }, { keyval: "x" }, { keyval: {} }])
    throwsCode("malformed", () => read(changes));
  throwsCode("malformed", () => readKey("x", "/keys/a", defaultLimits));
});

test.run();
