/**
 * The verifier behind a memo: an image's signatures are verified once for each attestor and version of what is known.
 * Source: docs/architecture.md#the-memo. Kept is what did not depend on the time of the decision or on its other
 * images, and in which nothing was unknown. TUF metadata does depend on it, but is judged alike for a long time: what
 * rests on it is kept for that long.
 */
import { isWithin, type ValidityPeriod } from "../../encoding/instant.ts";
import type { Recall } from "../../verify/memo.ts";
import type { VerifyContext } from "../../verify/context.ts";
import type {
  AttestationOutcome,
  Candidate,
  ImageToVerify,
  Layouts,
  SignatureOutcome,
} from "../../verify/verify-image.ts";
import { type ImageVerifier, verifyDirectly } from "./image-verifier.ts";

/** Only the last two parts can hold any text, so the length of the one before the last keeps keys apart. */
const keyOf = (
  { repository, digest }: ImageToVerify,
  { layouts, signatureRepository = "" }: Layouts,
  what: string,
): string => `${repository} ${digest} ${layouts} ${signatureRepository.length} ${signatureRepository} ${what}`;

const isKnown = ({
  verification,
  candidates,
}: {
  readonly verification: { readonly truth: string };
  readonly candidates: readonly Candidate[];
}): boolean =>
  verification.truth !== "unknown" && candidates.every((candidate) => candidate.verification.truth !== "unknown");

/** An outcome, and until when trust in metadata is judged as it was for it. */
interface Remembered<T> {
  readonly outcome: T;
  readonly steady: ValidityPeriod;
}

/** The period that ends first. Those of trust have no beginning. */
const shorter = (left: ValidityPeriod, right: ValidityPeriod): ValidityPeriod =>
  right.end !== undefined && (left.end === undefined || right.end < left.end) ? right : left;

/** `context.knowledge` is the recall's. */
export function verifyWithMemo(recall: Recall, context: VerifyContext): ImageVerifier {
  const remember = <T extends SignatureOutcome | AttestationOutcome>(
    owner: object,
    key: string,
    run: (verifier: ImageVerifier) => T,
  ): T =>
    recall.recall<Remembered<T>>(
      owner,
      key,
      (knowledge) => {
        let timeRead = false;
        let steady: ValidityPeriod | undefined = {};
        const watched: VerifyContext = {
          ...context,
          knowledge,
          get now() {
            timeRead = true;
            return context.now;
          },
          trustTime: {
            now: () => context.now,
            judged: (period) => {
              steady = steady === undefined || period === undefined ? undefined : shorter(steady, period);
            },
          },
        };
        const outcome = run(verifyDirectly(watched));
        return {
          value: { outcome, steady: steady ?? {} },
          keep: !timeRead && steady !== undefined && context.isExhausted?.() !== true && isKnown(outcome),
        };
      },
      ({ steady }) => isWithin(steady, context.now),
    ).outcome;
  return {
    signatures: (image, expectation, layouts) =>
      remember(expectation, keyOf(image, layouts, "signature"), (verifier) =>
        verifier.signatures(image, expectation, layouts),
      ),
    attestations: (image, predicateType, expectation, layouts) =>
      remember(expectation, keyOf(image, layouts, `attestation ${predicateType}`), (verifier) =>
        verifier.attestations(image, predicateType, expectation, layouts),
      ),
  };
}
