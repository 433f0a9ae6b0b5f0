import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../../core/limits.ts";
import { checkedPem, type KeyKind, unusable } from "../../../../proxy/upstream/kms/checked-key.ts";
import { throwsCode } from "../../../support/assert.ts";
import { derOf, ecKey, ed25519Key, pemOf, rsaKey } from "../../../support/kms.ts";

const test = suite("proxy/upstream/kms/checked-key");
const check = (key: string | Uint8Array, kind?: KeyKind) => checkedPem({ key, kind }, "reference", defaultLimits);

test("each kind, from PEM and from DER, in one form of PEM", () => {
  const keys = {
    "P-256": ecKey("P-256"),
    "P-384": ecKey("P-384"),
    "P-521": ecKey("P-521"),
    Ed25519: ed25519Key(),
    "RSA 2048": rsaKey(),
  } as const;
  for (const [kind, key] of Object.entries(keys) as [KeyKind, (typeof keys)[keyof typeof keys]][]) {
    const wanted = pemOf(key);
    assert.is(check(wanted, kind), wanted);
    assert.is(check(`words\r\n${wanted.replaceAll("\n", "\r\n")}`, kind), wanted);
    assert.is(check(derOf(key), kind), wanted);
    assert.is(check(derOf(key)), wanted);
    for (const other of [...Object.keys(keys), "RSA 3072"] as KeyKind[])
      if (other !== kind) throwsCode("upstream-error", () => check(wanted, other));
  }
});

test("what is not one public key is the service's failure", () => {
  const pem = pemOf(ecKey());
  for (const wrong of ["", "PEM", `${pem}${pem}`, pem.replaceAll("PUBLIC", "PRIVATE"), pemOf(ecKey("secp256k1"))])
    throwsCode("upstream-error", () => check(wrong, "P-256"));
  throwsCode("upstream-error", () => check(derOf(ecKey()).slice(0, -1), "P-256"));
  throwsCode("over-limit", () =>
    checkedPem({ key: derOf(rsaKey()), kind: "RSA 2048" }, "reference", limitsWith({ rsaModulusBits: 2047 })),
  );
  assert.is(unusable("reference", "is not for signatures").code, "no-key");
});

test.run();
