/**
 * One test body for every adapter of the verifier port: what OpenSSL signs verifies, what is changed does not, and all
 * say the same.
 */
import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HashName } from "../../../core/crypto/digest.ts";
import { p1363ToDer } from "../../../core/crypto/ecdsa-signature.ts";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { parseSpki, type PublicKey } from "../../../core/crypto/public-key.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { throwsCode } from "../../support/assert.ts";
import {
  emptyCount,
  readWycheproof,
  verifyWycheproofGroup,
  type WycheproofGroup,
} from "../../conformance/wycheproof.ts";
import { defaultLimits } from "../../../core/limits.ts";

export interface SigningCase {
  readonly name: string;
  readonly key: PublicKey;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

/** What the portable adapter says of a group: found once, however many adapters are compared with it. */
const answersOf = new Map<string, readonly boolean[]>();
function nobleAnswers(name: string, group: WycheproofGroup): readonly boolean[] {
  const id = `${name} ${group.tests[0]?.tcId}`;
  const known = answersOf.get(id);
  if (known !== undefined) return known;
  const answers: boolean[] = [];
  verifyWycheproofGroup(group, nobleVerifier, name, emptyCount(), (_, accepted) => answers.push(accepted));
  answersOf.set(id, answers);
  return answers;
}

export const message = encodeUtf8("what was signed");
const publicKeyOf = (key: KeyObject): PublicKey =>
  parseSpki(new Uint8Array(key.export({ type: "spki", format: "der" })), defaultLimits);
const bytes = (buffer: Buffer): Uint8Array => new Uint8Array(buffer);

function ecdsaCases(): SigningCase[] {
  return (["P-256", "P-384", "P-521"] as const).flatMap((curve) => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
    const key = publicKeyOf(publicKey);
    return (["sha224", "sha256", "sha384", "sha512"] as const).map((hash) => ({
      name: `${curve} ${hash}`,
      key,
      algorithm: { scheme: "ecdsa", hash } as const,
      signature: bytes(sign(hash, message, privateKey)),
    }));
  });
}

function rsaCases(): SigningCase[] {
  return [1024, 1025, 2048].flatMap((bits) => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: bits });
    const key = publicKeyOf(publicKey);
    const pkcs1 = (["sha256", "sha384", "sha512"] as const).map((hash) => ({
      name: `RSA ${bits} ${hash}`,
      key,
      algorithm: { scheme: "rsa-pkcs1v15", hash } as const,
      signature: bytes(sign(hash, message, privateKey)),
    }));
    const salts: readonly (readonly [HashName, number])[] = [
      ["sha256", 32],
      ["sha256", 0],
      ["sha384", 20],
    ];
    const pss = salts.map(([hash, saltLength]) => ({
      name: `PSS ${bits} ${hash} salt ${saltLength}`,
      key,
      algorithm: { scheme: "rsa-pss", hash, saltLength } as const,
      signature: bytes(sign(hash, message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })),
    }));
    return [...pkcs1, ...pss];
  });
}

function ed25519Cases(): SigningCase[] {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return [
    {
      name: "Ed25519",
      key: publicKeyOf(publicKey),
      algorithm: { scheme: "ed25519" },
      signature: bytes(sign(null, message, privateKey)),
    },
  ];
}

/** A signature by each kind of key under each hash, made by OpenSSL. */
export const signingCases: readonly SigningCase[] = [...ecdsaCases(), ...rsaCases(), ...ed25519Cases()];

/** The signature changed in each way that a verifier must notice. */
function damaged(signature: Uint8Array): Uint8Array[] {
  const flipped = Array.from({ length: 24 }, (_, round) => {
    const copy = signature.slice();
    const index = Math.floor((round * signature.length) / 24);
    copy[index] = (copy[index] as number) ^ (1 << (round % 8));
    return copy;
  });
  return [
    ...flipped,
    signature.subarray(0, -1),
    signature.subarray(1),
    Uint8Array.of(...signature, 0),
    Uint8Array.of(0, ...signature),
    new Uint8Array(0),
    new Uint8Array(signature.length),
    new Uint8Array(signature.length).fill(0xff),
    new Uint8Array(100_000),
  ];
}

/** Adds the shared cases to a suite. */
export function describeVerifier(test: ReturnType<typeof suite>, verifier: SignatureVerifier): void {
  for (const { name, key, algorithm, signature } of signingCases) {
    test(`${name}: accepted, and over its digest`, () => {
      assert.ok(verifier.verify(algorithm, key, { message }, signature));
      assert.ok(
        verifier.verify(algorithm, key, { message: Buffer.from(message) }, Buffer.from(signature)),
        "as Node buffers",
      );
      if (!("hash" in algorithm)) return;
      const digest = bytes(createHash(algorithm.hash).update(message).digest());
      assert.ok(verifier.verify(algorithm, key, { digest }, signature));
      assert.not.ok(verifier.verify(algorithm, key, { digest: digest.subarray(1) }, signature));
      assert.not.ok(verifier.verify(algorithm, key, { digest: Uint8Array.of(...digest, 0) }, signature));
    });

    test(`${name}: another message, key, hash or signature is refused`, () => {
      assert.not.ok(verifier.verify(algorithm, key, { message: encodeUtf8("something else") }, signature));
      for (const other of signingCases) {
        if (other.key !== key && (other.key.type !== key.type || other.key.fingerprint !== key.fingerprint))
          assert.not.ok(verifier.verify(algorithm, other.key, { message }, signature), other.name);
        if (JSON.stringify(other.algorithm) !== JSON.stringify(algorithm))
          assert.not.ok(verifier.verify(other.algorithm, key, { message }, signature), other.name);
      }
      for (const wrong of damaged(signature)) {
        assert.not.ok(verifier.verify(algorithm, key, { message }, wrong));
        assert.is(nobleVerifier.verify(algorithm, key, { message }, wrong), false);
      }
    });
  }

  test("r ‖ s is not DER", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const raw = bytes(sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" }));
    const key = publicKeyOf(publicKey);
    assert.not.ok(verifier.verify({ scheme: "ecdsa", hash: "sha256" }, key, { message }, raw));
    assert.ok(verifier.verify({ scheme: "ecdsa", hash: "sha256" }, key, { message }, p1363ToDer(raw, "P-256") ?? raw));
  });

  test("pure Ed25519 cannot verify a digest", () => {
    const [ed] = ed25519Cases();
    assert.ok(ed);
    throwsCode("unsupported", () =>
      verifier.verify({ scheme: "ed25519" }, ed.key, { digest: new Uint8Array(64) }, ed.signature),
    );
  });

  // RFC 8032 §7.3.
  test("Ed25519ph: the RFC's vector", () => {
    const hex = (text: string): Uint8Array => bytes(Buffer.from(text, "hex"));
    const key = parseSpki(
      hex("302a300506032b6570032100ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"),
      defaultLimits,
    );
    const signature = hex(
      "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41" +
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
    );
    const abc = encodeUtf8("abc");
    assert.ok(verifier.verify({ scheme: "ed25519ph" }, key, { message: abc }, signature));
    assert.ok(
      verifier.verify(
        { scheme: "ed25519ph" },
        key,
        { digest: bytes(createHash("sha512").update(abc).digest()) },
        signature,
      ),
    );
    assert.not.ok(verifier.verify({ scheme: "ed25519" }, key, { message: abc }, signature));
    assert.not.ok(verifier.verify({ scheme: "ed25519ph" }, key, { message: message }, signature));
  });

  const folder = vectorsDir();
  if (folder === undefined) skipped("Wycheproof", 2442, "SALLYPORT_VECTORS is not set");
  else {
    for (const [name, file] of readWycheproof(`${folder}/wycheproof`)) {
      test(`Wycheproof ${name}`, () => {
        const count = emptyCount();
        for (const group of file.testGroups) {
          const answers: boolean[] = [];
          verifyWycheproofGroup(group, verifier, name, count, (_, accepted) => answers.push(accepted));
          if (verifier !== nobleVerifier) assert.equal(answers, nobleAnswers(name, group));
        }
        assert.equal(count.failed, []);
        assert.equal(count.unsupported, []);
        assert.ok(count.passed > 0);
      });
    }
  }
}
