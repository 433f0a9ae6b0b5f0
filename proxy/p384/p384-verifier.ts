/**
 * ECDSA on P-384 for keys that come back: those of authorities, whose signature every certificate carries. OpenSSL
 * computes with this curve by generic code; this takes half its time. Source: FIPS 186-5 §6.4.2.
 */
import { toBigInt } from "../../core/crypto/big-integer.ts";
import { digest } from "../../core/crypto/digest.ts";
import { readEcdsaSignature } from "../../core/crypto/ecdsa-signature.ts";
import { pointsOf } from "../../core/crypto/points.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import type { Signed } from "../../core/crypto/signature-verifier.ts";
import { type Comb, CombKernel } from "./comb.ts";
import { prime } from "./field-code.ts";
import { type WasmHost, wasmHost } from "./field.ts";

type EcdsaKey = PublicKey & { readonly type: "ecdsa" };
type EcdsaHash = Parameters<typeof digest>[0];

/**
 * The kernel and its first combs cost as much as some eighty verifications save, each further comb as ten: a short run
 * never pays for them.
 */
export const usesBeforeComb = 64;

interface KnownKey {
  uses: number;
  comb: Comb | undefined;
}

const size = 48;
const { Fn } = pointsOf("P-384");
const order = Fn.ORDER;

/** Verifies by combs. Keys are known by their objects, as long as these live. */
export class P384Verifier {
  readonly #uses: number;
  readonly #host: WasmHost | undefined;
  readonly #known = new WeakMap<EcdsaKey, KnownKey>();
  #kernel: CombKernel | undefined;

  /** `uses`: how often a key is left to others first; without a host it always is. */
  constructor(uses: number = usesBeforeComb, host: { readonly wasm: WasmHost | undefined } = { wasm: wasmHost() }) {
    this.#uses = uses;
    this.#host = host.wasm;
  }

  /**
   * Whether the signature is one; undefined for a key that has not come back often enough. The key's point is on the
   * curve.
   */
  verify(hash: EcdsaHash, key: EcdsaKey, signed: Signed, signature: Uint8Array): boolean | undefined {
    if (this.#host === undefined || !this.#comesBack(key)) return undefined;
    this.#kernel ??= new CombKernel(this.#host);
    const comb = this.#combOf(key, this.#kernel);
    const parsed = readEcdsaSignature(signature, "P-384");
    if (parsed === undefined) return false;
    const { r, s } = parsed;
    const hashed = "digest" in signed ? signed.digest : digest(hash, signed.message);
    const inverse = Fn.inv(s);
    const first = (toBigInt(hashed.subarray(0, size)) * inverse) % order;
    const second = (r * inverse) % order;
    return this.#kernel.hasX(comb, first, second, r, r + order < prime ? r + order : undefined);
  }

  #comesBack(key: EcdsaKey): boolean {
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#known.set(key, { uses: 1, comb: undefined });
      return this.#uses < 1;
    }
    known.uses += 1;
    return known.uses > this.#uses;
  }

  #combOf(key: EcdsaKey, kernel: CombKernel): Comb {
    const known = this.#known.get(key);
    const comb =
      known?.comb ?? kernel.makeComb(toBigInt(key.point.subarray(1, 1 + size)), toBigInt(key.point.subarray(1 + size)));
    if (known !== undefined) known.comb = comb;
    return comb;
  }
}
