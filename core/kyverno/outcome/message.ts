/** The documented sentences and what follows them: where and why. Source: docs/spec/outcomes.md#documented-messages. */
import { codeRow, type ErrorCode } from "../../errors.ts";
import { type Failure, furthest, type Truth } from "../../verdict.ts";

/** A failure and the path of the attestor it belongs to. */
export interface PlacedFailure {
  readonly path: string;
  readonly failure: Failure;
}

const shown = 5;

const sentences: Partial<Record<ErrorCode, string>> = {
  "no-signature": "signature not found",
  "no-attestation": "signature not found",
  "image-not-found": "image not found",
  "condition-failed": "attestation checks failed",
};

/** An image in sentences: as the resource names it, and as which it is judged. */
export const imageName = ({
  image,
  logical,
}: {
  readonly image: string;
  readonly logical?: string | undefined;
}): string => (logical === undefined ? image : `${image} (as ${logical})`);

/** The first sentence for an image whose verification did not succeed. */
export function sentenceFor(image: string, truth: Truth, code: ErrorCode): string {
  if (truth === "unknown") return `image verification could not decide for ${image}`;
  return `image verification failed for ${image}: ${sentences[code] ?? "invalid signature"}`;
}

/** The whole message: the sentence of the failure that got furthest, then each place with its code and reason. */
export function failureMessage(image: string, truth: Truth, failures: readonly PlacedFailure[]): string {
  const relevant = failures.filter(({ failure }) =>
    truth === "unknown" ? codeRow(failure.code).truth !== "refuted" : true,
  );
  const pool = relevant.length > 0 ? relevant : failures;
  const first = furthest(pool.map(({ failure }) => failure));
  if (first === undefined) return sentenceFor(image, truth, "malformed");
  const lines = pool
    .slice(0, shown)
    .map(({ path, failure }) => `${path === "" ? "" : `${path}: `}[${failure.code}] ${failure.reason}`);
  if (pool.length > shown) lines.push(`and ${pool.length - shown} more`);
  return `${sentenceFor(image, truth, first.code)}; ${lines.join("; ")}`;
}

export const verifiedSignatures = (image: string): string => `verified image signatures for ${image}`;
export const verifiedAttestations = (image: string): string => `verified image attestations for ${image}`;
export const skippedReference = (image: string, policy: string, rule: string): string =>
  `skipping image reference image ${image}, policy ${policy} ruleName ${rule}`;
export const missingDigest = (image: string): string => `missing digest for ${image}`;
export const unverifiedImage = (image: string): string => `unverified image ${image}`;
