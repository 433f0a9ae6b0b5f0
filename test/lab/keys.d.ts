/**
 * Key pairs from a seed. Signing is deterministic: RFC 6979, Ed25519, PKCS#1 v1.5, and PSS with a salt that follows
 * from the message.
 */
import { type KeyObject } from "node:crypto";
import { type PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { Seed } from "./seed.ts";
export type KeyType = "p256" | "p384" | "p521" | "rsa2048" | "rsa3072" | "rsa4096" | "ed25519";
export declare const keyTypes: readonly KeyType[];
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
export declare const pemOf: (label: string, der: Uint8Array) => string;
/** The key pair called `name`. Remembered: the same seed gives the same object. */
export declare function makeKey(seed: Seed, name: string, type?: KeyType): LabKey;
/** A key pair that no other call has given, but for RSA, of which there is one for each size. */
export declare const newKey: (type?: KeyType) => LabKey;
/** The AlgorithmIdentifier of a signature. */
export declare function encodeAlgorithm(algorithm: SignatureAlgorithm): Uint8Array;
/** The AlgorithmIdentifier of a hash. `sha1` and `md5` are for wrong ones. */
export declare const encodeHash: (name: "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512") => Uint8Array;
export declare const hashIds: {
  readonly md5: "1.2.840.113549.2.5";
  readonly sha1: "1.3.14.3.2.26";
  readonly sha224: "2.16.840.1.101.3.4.2.4";
  readonly sha256: "2.16.840.1.101.3.4.2.1";
  readonly sha384: "2.16.840.1.101.3.4.2.2";
  readonly sha512: "2.16.840.1.101.3.4.2.3";
};
/** The private key as node's, for what node can do better. */
export declare const nodeKey: (key: LabKey) => KeyObject;
