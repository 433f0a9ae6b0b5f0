/**
 * What `verify` and a host without policies ask: whether one image has what an attestor requires, and the answer as
 * JSON. Source: docs/spec/record.md#verification, docs/spec/bundles.md#component.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { JsonObject } from "../encoding/json.ts";
import { atOneMoment, type Knowledge } from "../knowledge/knowledge.ts";
import { resolveDigest, resolveMirrored } from "../kyverno/image/resolve-image.ts";
import type { Limits } from "../limits.ts";
import { createAliases } from "../oci/aliases.ts";
import { parseReference } from "../oci/reference.ts";
import { compileAttestor } from "../verify/attestor.ts";
import { createImageVerifier } from "../verify/image-verifier.ts";
import type { VerifyRequest } from "../verify/verify-request.ts";
import { withMirrorAge } from "../verify/with-mirror-age.ts";
import type { EngineInput } from "./engine-document.ts";
import { toVerifiedJson, type VerifiedOutcome } from "./verified-json.ts";

export interface AttestorQuestion extends VerifyRequest {
  /** Where signatures are, if not beside the image. */
  readonly signatureRepository?: string | undefined;
  /** Only signatures with a valid timestamp count. */
  readonly timestampRequired?: boolean | undefined;
  /** The roots are those of a private authority. */
  readonly privateRoots?: boolean | undefined;
  /** How texts of identities are read: as cosign reads them, or as a policy's. Default: a policy's. */
  readonly identityTexts?: "exact" | "wildcard" | undefined;
}

interface Host {
  readonly now: Date;
  readonly crypto: SignatureVerifier;
  readonly limits: Limits;
}

interface Verified {
  readonly outcome: VerifiedOutcome;
  readonly result: JsonObject;
  readonly read: readonly string[];
}

/** What was found, as JSON; `read`: the texts of all questions. All answers are of one moment of the source. */
export const verifyByAttestor = (
  asked: AttestorQuestion,
  input: Pick<EngineInput, "settings" | "distrust">,
  knowledge: Knowledge,
  host: Host,
): Verified => atOneMoment(knowledge, () => verifyNow(asked, input, knowledge, host));

function verifyNow(
  asked: AttestorQuestion,
  { settings = {}, distrust }: Pick<EngineInput, "settings" | "distrust">,
  knowledge: Knowledge,
  { now, crypto, limits }: Host,
): Verified {
  const { image, attestor, type, signatureRepository } = asked;
  const { timestampRequired = false, privateRoots = false, identityTexts = "wildcard" } = asked;
  const { trustRoot, trust, references, aliases = [] } = settings;
  const physical = parseReference(image, limits, references);
  const logical = createAliases(aliases, limits).logicalOf(physical)?.reference;
  const warnings = new Set<string>();
  const verifier = createImageVerifier({ crypto, limits, trustRoot, trust, distrust });
  const decision = verifier.open(knowledge, now, {
    exhaustive: timestampRequired,
    warn: (warning) => warnings.add(warning),
  });
  const found =
    logical === undefined
      ? resolveDigest(physical, decision.knowledge)
      : resolveMirrored({ physical, logical, pins: false }, decision.knowledge);
  const about = { image, logical: logical?.canonical, now };
  if (found.truth !== "proven")
    return { ...toVerified({ ...about, verification: found, candidates: [], warnings: [] }), read: decision.read() };
  const { digest } = found.evidence;
  const { verification, candidates } = withMirrorAge(
    decision.verify({
      expectation: compileAttestor(attestor, { identityTexts, timestampRequired, privateRoots, limits }),
      layouts: "all",
      image: { repository: (logical ?? physical).repository, digest },
      ...(type === undefined ? {} : { predicateType: type }),
      ...(signatureRepository === undefined ? {} : { signatureRepository }),
    }),
    decision.findOldMirror(),
  );
  const clock = decision.clockWarning();
  if (clock !== undefined) warnings.add(clock);
  return {
    ...toVerified({ ...about, digest, verification, candidates, warnings: [...warnings] }),
    read: decision.read(),
  };
}

const toVerified = (outcome: VerifiedOutcome) => ({ outcome, result: toVerifiedJson(outcome) });
