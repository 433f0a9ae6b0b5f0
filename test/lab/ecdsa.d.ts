export interface SigningCurve {
  /** Node's name of the curve. */
  readonly name: string;
  /** Of the numbers that signatures are made of. */
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly order: bigint;
}
/** 0x04 ‖ X ‖ Y of the base point, `scalar` times. */
export declare function multiplyBase({ name }: SigningCurve, scalar: Uint8Array): Uint8Array;
/** The signature over a digest, as DER. `secret` is as long as the order. */
export declare function signDigest(curve: SigningCurve, secret: Uint8Array, digest: Uint8Array): Uint8Array;
