/**
 * ECDSA on P-256 and P-384 for keys that come back: those of authorities and logs, whose signature every image carries.
 * Source: FIPS 186-5 §6.4.2.
 */
import { nobleVerifier } from "../crypto/noble.ts";
import { hasSignatureForm } from "../crypto/signature-form.ts";
import type { SignatureVerifier, Signed } from "../crypto/signature-verifier.ts";
import { affineOf, claimedSum, type EcdsaHash, type EcdsaKey } from "./claimed-sum.ts";
import { type Comb, CombKernel } from "./comb.ts";
import type { SparsePrime } from "./field-code.ts";
import type { WasmHost } from "./field.ts";

interface KnownKey {
  uses: number;
  comb: Comb | undefined;
}

/** Verifies by combs on one curve. Keys are known by their objects, as long as these live. */
export class CombVerifier {
  readonly #curve: SparsePrime["curve"];
  readonly #uses: number;
  readonly #host: WasmHost | undefined;
  readonly #known = new WeakMap<EcdsaKey, KnownKey>();
  #kernel: CombKernel | undefined;

  /** `uses`: how often a key is left to others first; without a host it always is. */
  constructor(curve: SparsePrime["curve"], uses: number, host: WasmHost | undefined) {
    this.#curve = curve;
    this.#uses = uses;
    this.#host = host;
  }

  /**
   * Whether the signature is one; undefined for a key that has not come back often enough. The key's point is on the
   * curve.
   */
  verify(hash: EcdsaHash, key: EcdsaKey, signed: Signed, signature: Uint8Array): boolean | undefined {
    if (this.#host === undefined || !this.#comesBack(key)) return undefined;
    this.#kernel ??= new CombKernel(this.#curve, this.#host);
    const comb = this.#combOf(key, this.#kernel);
    const claimed = claimedSum(this.#curve, hash, signed, signature);
    if (claimed === undefined) return false;
    return this.#kernel.hasX(comb, claimed.first, claimed.second, claimed.x, claimed.alternative);
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
    if (known?.comb !== undefined) return known.comb;
    const { x, y } = affineOf(key);
    const comb = kernel.makeComb(x, y);
    if (known !== undefined) known.comb = comb;
    return comb;
  }
}

/** A comb costs as much as some verifications by noble. */
const usesBeforeComb = 2;

/**
 * The portable adapter of hosts that have WebAssembly: keys that come back go to the kernel, all else to noble. It
 * answers as `nobleVerifier` does. `host`: the host's own `WebAssembly`.
 */
export function createKernelVerifier(host: WasmHost, uses: number = usesBeforeComb): SignatureVerifier {
  const combs = {
    "P-256": new CombVerifier("P-256", uses, host),
    "P-384": new CombVerifier("P-384", uses, host),
  } as const;
  return {
    name: "kernel",
    verify(algorithm, key, signed, signature) {
      if (
        algorithm.scheme === "ecdsa" &&
        key.type === "ecdsa" &&
        key.curve !== "P-521" &&
        hasSignatureForm(algorithm, key, signed, signature)
      ) {
        const holds = combs[key.curve].verify(algorithm.hash, key, signed, signature);
        if (holds !== undefined) return holds;
      }
      return nobleVerifier.verify(algorithm, key, signed, signature);
    },
  };
}
