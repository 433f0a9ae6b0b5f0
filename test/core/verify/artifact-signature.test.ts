import { generateKeyPairSync, sign } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { registeredAlgorithms } from "../../../core/crypto/algorithms.ts";
import { sha256 } from "../../../core/crypto/digest.ts";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { parseSpki } from "../../../core/crypto/public-key.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { algorithmName, matchSignature } from "../../../core/verify/artifact-signature.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { flipped } from "../../support/patch.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/verify/artifact-signature");
const message = encodeUtf8("the message");
const pair = (curve: string) => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
  return {
    privateKey,
    key: parseSpki(new Uint8Array(publicKey.export({ format: "der", type: "spki" })), defaultLimits),
  };
};
const { privateKey, key } = pair("P-256");
const der = new Uint8Array(sign("sha256", message, privateKey));
const raw = new Uint8Array(sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" }));

for (const [name, verifier] of Object.entries({ noble: nobleVerifier, node: nodeVerifier })) {
  test(`${name}: DER and r‖s, over the message and over its digest`, () => {
    for (const signature of [der, raw])
      for (const signed of [{ message }, { digest: sha256(message) }]) {
        const algorithm = matchSignature(signed, signature, key, registeredAlgorithms(key), verifier);
        assert.is(algorithm === undefined ? "" : algorithmName(algorithm), "ecdsa-sha256");
        assert.is(
          matchSignature(signed, flipped(signature, signature.length - 3), key, registeredAlgorithms(key), verifier),
          undefined,
        );
      }
    assert.is(
      matchSignature({ message: encodeUtf8("another") }, der, key, registeredAlgorithms(key), verifier),
      undefined,
    );
    assert.is(matchSignature({ message }, der, pair("P-256").key, registeredAlgorithms(key), verifier), undefined);
  });

  test(`${name}: a digest serves only the hash it was made with; Ed25519 has none`, () => {
    const p384 = pair("P-384");
    const signature = new Uint8Array(sign("sha384", message, p384.privateKey));
    assert.ok(matchSignature({ message }, signature, p384.key, registeredAlgorithms(p384.key), verifier));
    assert.is(
      matchSignature({ digest: sha256(message) }, signature, p384.key, registeredAlgorithms(p384.key), verifier),
      undefined,
    );
    const ed = generateKeyPairSync("ed25519");
    const edKey = parseSpki(new Uint8Array(ed.publicKey.export({ format: "der", type: "spki" })), defaultLimits);
    const edSignature = new Uint8Array(sign(null, message, ed.privateKey));
    assert.is(
      algorithmName(
        matchSignature({ message }, edSignature, edKey, registeredAlgorithms(edKey), verifier) ?? {
          scheme: "ed25519ph",
        },
      ),
      "ed25519",
    );
    assert.is(
      matchSignature({ digest: sha256(message) }, edSignature, edKey, registeredAlgorithms(edKey), verifier),
      undefined,
    );
  });
}

test.run();
