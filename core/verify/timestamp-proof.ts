/**
 * Times signed by timestamp authorities. Source: docs/spec/sigstore.md#signed-entry-timestamp, #rfc-3161-timestamps;
 * docs/spec/outcomes.md#what-a-silent-policy-requires.
 */
import type { SignedContent, SignedEntity } from "../cosign/signed-entity.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { TimestampAuthority } from "../timestamp/timestamp-authority.ts";
import { type VerifiedTimestamp, verifyTimestamp } from "../timestamp/verify-timestamp.ts";
import { attempt } from "./attempt.ts";

/**
 * The content of a timestamp: the signature; for an attestation's layer, whose annotation has no signature, the whole
 * envelope.
 */
export const timestampedBytes = (content: SignedContent, signature: Uint8Array): Uint8Array =>
  content.kind === "dsse" && content.envelopeBytes !== undefined ? content.envelopeBytes : signature;

/**
 * The times of the entity's valid timestamps, one for each authority, and the first failure among the others. The
 * caller decides whether a failure matters.
 * @throws EngineError `malformed`, `over-limit`
 */
export function proveTimestamps(
  entity: SignedEntity,
  message: Uint8Array,
  authorities: readonly TimestampAuthority[],
  verifier: SignatureVerifier,
  limits: Limits,
): { readonly proven: readonly VerifiedTimestamp[]; readonly failure?: EngineError } {
  const tokens = entity.timestamps();
  if (tokens.length > limits.timestamps)
    throw new EngineError("over-limit", `${tokens.length} timestamps, at most ${limits.timestamps} are read`);
  const proven: VerifiedTimestamp[] = [];
  let failure: EngineError | undefined;
  for (const token of tokens) {
    const outcome = attempt(() => verifyTimestamp(token, message, authorities, verifier, limits));
    if (!outcome.ok) failure ??= outcome.error;
    // Two timestamps of one authority count once, but all their times must fit.
    else proven.push(outcome.value);
  }
  return { proven, ...(failure === undefined ? {} : { failure }) };
}
