/**
 * Key pairs from a seed. Signing is deterministic: RFC 6979, Ed25519, PKCS#1 v1.5, and PSS with a salt that follows
 * from the message.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign as signWithNode } from "node:crypto";
import { ed25519, ed25519ph } from "@noble/curves/ed25519.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { digest } from "../../core/crypto/digest.ts";
import { ed25519PublicKey, parseSpki, type PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodePem } from "../../core/encoding/pem.ts";
import { bits, constructed, integer, nothing, octets, oid, sequence } from "./der.ts";
import { multiplyBase, signDigest, type SigningCurve } from "./ecdsa.ts";
import { makeRsaKey, signPss } from "./rsa.ts";
import { Seed } from "./seed.ts";
import { defaultLimits } from "../../core/limits.ts";

export type KeyType = "p256" | "p384" | "p521" | "rsa2048" | "rsa3072" | "rsa4096" | "ed25519";
export const keyTypes: readonly KeyType[] = ["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"];

export interface LabKey {
  readonly type: KeyType;
  readonly publicKey: PublicKey;
  /** Of the public key. */
  readonly pem: string;
  /** What the key signs with where nobody says otherwise. */
  readonly algorithm: SignatureAlgorithm;
  /** ECDSA as DER. */
  sign(message: Uint8Array, algorithm?: SignatureAlgorithm): Uint8Array;
  /** Of the private key, PKCS#8: for real tools. */
  readonly privatePem: string;
}

const curves = {
  p256: { curve: p256, nodeName: "prime256v1", id: "1.2.840.10045.3.1.7", hash: "sha256" },
  p384: { curve: p384, nodeName: "secp384r1", id: "1.3.132.0.34", hash: "sha384" },
  p521: { curve: p521, nodeName: "secp521r1", id: "1.3.132.0.35", hash: "sha512" },
} as const;

export const pemOf = (label: string, der: Uint8Array): string => encodePem(label, encodeBase64(der));

const held = new Map<string, LabKey>();

/** The key pair called `name`. Remembered: the same seed gives the same object. */
export function makeKey(seed: Seed, name: string, type: KeyType = "p256"): LabKey {
  const id = Buffer.from(seed.bytes(`key ${name} ${type}`, 16)).toString("hex");
  const key =
    held.get(id) ??
    (type === "ed25519"
      ? makeEd25519(seed, name)
      : type.startsWith("rsa")
        ? makeRsa(name, type)
        : makeEcdsa(seed, name, type as "p256"));
  held.set(id, key);
  return key;
}

let made = 0;

/** A key pair that no other call has given, but for RSA, of which there is one for each size. */
export const newKey = (type: KeyType = "p256"): LabKey =>
  makeKey(new Seed("new"), type.startsWith("rsa") ? "rsa" : `key ${made++}`, type);

const wrongScheme = (type: KeyType, algorithm: SignatureAlgorithm): Error =>
  new Error(`a ${type} key does not sign with ${algorithm.scheme}`);

function makeEcdsa(seed: Seed, name: string, type: "p256" | "p384" | "p521"): LabKey {
  const { curve, nodeName, id, hash } = curves[type];
  const secretKey = curve.utils.randomSecretKey(seed.bytes(`ecdsa ${name} ${type}`, curve.lengths.seed ?? 48));
  const signing: SigningCurve = { name: nodeName, hash, order: curve.Point.Fn.ORDER };
  const point = multiplyBase(signing, secretKey);
  const spki = sequence(sequence(oid("1.2.840.10045.2.1"), oid(id)), bits(point));
  const algorithm: SignatureAlgorithm = { scheme: "ecdsa", hash };
  const inner = sequence(integer(1), octets(secretKey), constructed(1, bits(point)));
  return {
    type,
    publicKey: parseSpki(spki, defaultLimits),
    pem: pemOf("PUBLIC KEY", spki),
    algorithm,
    privatePem: pemOf("PRIVATE KEY", sequence(integer(0), sequence(oid("1.2.840.10045.2.1"), oid(id)), octets(inner))),
    sign(message, { ...wanted } = algorithm) {
      if (wanted.scheme !== "ecdsa") throw wrongScheme(type, wanted);
      return signDigest(signing, secretKey, digest(wanted.hash, message));
    },
  };
}

function makeEd25519(seed: Seed, name: string): LabKey {
  const secret = seed.bytes(`ed25519 ${name}`, 32);
  const publicKey = ed25519PublicKey(ed25519.getPublicKey(secret), defaultLimits);
  const algorithm: SignatureAlgorithm = { scheme: "ed25519" };
  return {
    type: "ed25519",
    publicKey,
    pem: pemOf("PUBLIC KEY", publicKey.spki),
    algorithm,
    privatePem: pemOf("PRIVATE KEY", sequence(integer(0), sequence(oid("1.3.101.112")), octets(octets(secret)))),
    sign(message, wanted = algorithm) {
      if (wanted.scheme === "ed25519") return ed25519.sign(message, secret);
      if (wanted.scheme === "ed25519ph") return ed25519ph.sign(message, secret);
      throw wrongScheme("ed25519", wanted);
    },
  };
}

/**
 * One RSA key of a name and size for all seeds: finding primes takes time, and which ones they are matters to nobody.
 */
const rsaKeys = new Map<string, KeyObject>();

function makeRsa(name: string, type: KeyType): LabKey {
  const size = Number(type.slice(3));
  const privateKey = rsaKeys.get(`${name} ${type}`) ?? makeRsaKey(`${name} ${type}`, size);
  rsaKeys.set(`${name} ${type}`, privateKey);
  const spki = new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
  const algorithm: SignatureAlgorithm = { scheme: "rsa-pkcs1v15", hash: "sha256" };
  return {
    type,
    publicKey: parseSpki(spki, defaultLimits),
    pem: pemOf("PUBLIC KEY", spki),
    algorithm,
    privatePem: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    sign(message, wanted = algorithm) {
      if (wanted.scheme === "rsa-pkcs1v15") return new Uint8Array(signWithNode(wanted.hash, message, privateKey));
      if (wanted.scheme !== "rsa-pss") throw wrongScheme(type, wanted);
      const salt = createHash("sha512").update(message).digest().subarray(0, wanted.saltLength);
      return signPss(privateKey, size, wanted.hash, message, salt);
    },
  };
}

/** The AlgorithmIdentifier of a signature. */
export function encodeAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  switch (algorithm.scheme) {
    case "ecdsa":
      return sequence(oid(`1.2.840.10045.4.3.${{ sha224: 1, sha256: 2, sha384: 3, sha512: 4 }[algorithm.hash]}`));
    case "rsa-pkcs1v15":
      return sequence(
        oid(`1.2.840.113549.1.1.${{ sha224: 14, sha256: 11, sha384: 12, sha512: 13 }[algorithm.hash]}`),
        nothing,
      );
    case "rsa-pss": {
      const hash = encodeHash(algorithm.hash);
      const masking = sequence(oid("1.2.840.113549.1.1.8"), hash);
      return sequence(
        oid("1.2.840.113549.1.1.10"),
        sequence(constructed(0, hash), constructed(1, masking), constructed(2, integer(algorithm.saltLength))),
      );
    }
    default:
      return sequence(oid("1.3.101.112"));
  }
}

/** The AlgorithmIdentifier of a hash. `sha1` and `md5` are for wrong ones. */
export const encodeHash = (name: "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512"): Uint8Array =>
  sequence(oid(hashIds[name]), nothing);

export const hashIds = {
  md5: "1.2.840.113549.2.5",
  sha1: "1.3.14.3.2.26",
  sha224: "2.16.840.1.101.3.4.2.4",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

/** The private key as node's, for what node can do better. */
export const nodeKey = (key: LabKey): KeyObject => createPrivateKey(key.privatePem);
