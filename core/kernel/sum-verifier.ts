/**
 * The component's adapter of the verifier port: ECDSA on P-256 and P-384 by its kernel, every key from its first
 * signature on, and all else by noble.
 */
import { curves } from "../crypto/curve.ts";
import { nobleVerifier } from "../crypto/noble.ts";
import { pointsOf } from "../crypto/points.ts";
import { hasSignatureForm } from "../crypto/signature-form.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { affineOf, claimedSum } from "./claimed-sum.ts";
import type { ComponentKernel } from "./component-kernel.ts";

/** It answers as `nobleVerifier` does. */
export function createSumVerifier(kernel: Pick<ComponentKernel, "hasXP256" | "hasXP384">): SignatureVerifier {
  const sums = { "P-256": kernel.hasXP256, "P-384": kernel.hasXP384 } as const;
  // Made here, and so while the component is: its memory has them when it starts.
  for (const curve of ["P-256", "P-384"] as const) pointsOf(curve);
  return {
    name: "kernel",
    verify(algorithm, key, signed, signature) {
      if (algorithm.scheme !== "ecdsa" || key.type !== "ecdsa" || key.curve === "P-521")
        return nobleVerifier.verify(algorithm, key, signed, signature);
      if (!hasSignatureForm(algorithm, key, signed, signature)) return false;
      const claimed = claimedSum(key.curve, algorithm.hash, signed, signature);
      if (claimed === undefined) return false;
      const { first, second, x, alternative = x } = claimed;
      const point = affineOf(key);
      const digits = 2 * curves[key.curve].size;
      return sums[key.curve](
        [x, alternative, second, first, point.y, point.x]
          .map((number) => number.toString(16).padStart(digits, "0"))
          .join(""),
      );
    },
  };
}
