/** What asks the verifier about an image: directly, or through the engine's memo. */
import type { VerifyContext } from "../../verify/context.ts";
import type { Expectation } from "../../verify/attestor.ts";
import {
  type AttestationOutcome,
  type ImageToVerify,
  type Layouts,
  type SignatureOutcome,
  verifyAttestations,
  verifySignatures,
} from "../../verify/verify-image.ts";

export interface ImageVerifier {
  readonly signatures: (image: ImageToVerify, expectation: Expectation, layouts: Layouts) => SignatureOutcome;
  readonly attestations: (
    image: ImageToVerify,
    predicateType: string,
    expectation: Expectation,
    layouts: Layouts,
  ) => AttestationOutcome;
}

/** The two ways, of which `useCache` of an entry chooses one. */
export interface Verifiers {
  readonly direct: ImageVerifier;
  readonly remembered: ImageVerifier;
}

/** Every question anew. */
export const verifyDirectly = (context: VerifyContext): ImageVerifier => ({
  signatures: (image, expectation, layouts) => verifySignatures(image, expectation, layouts, context),
  attestations: (image, predicateType, expectation, layouts) =>
    verifyAttestations(image, predicateType, expectation, layouts, context),
});
