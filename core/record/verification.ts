/**
 * What `verify` and `verify-attestation` find about one image without a policy, as records keep it: what was asked, and
 * the answer as JSON. Source: docs/spec/record.md#verification.
 */
import type { Digest } from "../crypto/digest.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { EngineInput } from "../decide/engine-document.ts";
import { toCandidateJson, toFailureJson, toOpenJson, verdicts } from "../decide/result-json.ts";
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { own, pointer, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { resolveDigest, resolveMirrored } from "../kyverno/image/resolve-image.ts";
import type { Limits } from "../limits.ts";
import { createAliases } from "../oci/aliases.ts";
import { parseReference } from "../oci/reference.ts";
import { type AttestorSpec, compileAttestor } from "../verify/attestor.ts";
import { createImageVerifier } from "../verify/image-verifier.ts";
import { readVerifyRequest } from "../verify/verify-request.ts";
import { withMirrorAge } from "../verify/with-mirror-age.ts";

export interface AskedVerification {
  readonly image: string;
  readonly attestor: AttestorSpec;
  /** The predicate type of an attestation that is wanted; absent: a signature is. */
  readonly type?: string | undefined;
  /** Where signatures are, if not beside the image. */
  readonly signatureRepository?: string | undefined;
  /** Only signatures with a valid timestamp count. */
  readonly timestampRequired: boolean;
  /** The roots are those of a private authority. */
  readonly privateRoots: boolean;
}

/** What was found, as JSON; `read`: the texts of all questions. */
export function verifyAsked(
  asked: AskedVerification,
  { settings = {}, distrust }: EngineInput,
  knowledge: Knowledge,
  { now, crypto, limits }: { readonly now: Date; readonly crypto: SignatureVerifier; readonly limits: Limits },
): { readonly result: JsonObject; readonly read: readonly string[] } {
  const { image, attestor, type, signatureRepository, timestampRequired, privateRoots } = asked;
  const { trustRoot, trust, aliases = [] } = settings;
  const physical = parseReference(image, limits);
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
  const told = { image, ...(logical === undefined ? {} : { logical: logical.canonical }), at: now.toISOString() };
  if (found.truth !== "proven")
    return {
      result: toJson({
        ...told,
        verdict: verdicts[found.truth],
        failures: found.failures.map(toFailureJson),
        open: found.truth === "unknown" ? toOpenJson(found.open) : [],
      }),
      read: decision.read(),
    };
  const { digest }: { readonly digest: Digest } = found.evidence;
  const { verification, candidates } = withMirrorAge(
    decision.verify({
      expectation: compileAttestor(attestor, { identityTexts: "exact", timestampRequired, privateRoots, limits }),
      layouts: "all",
      image: { repository: (logical ?? physical).repository, digest },
      ...(type === undefined ? {} : { predicateType: type }),
      ...(signatureRepository === undefined ? {} : { signatureRepository }),
    }),
    decision.findOldMirror(),
  );
  const clock = decision.clockWarning();
  return {
    result: toJson({
      ...told,
      digest,
      verdict: verdicts[verification.truth],
      failures: verification.truth === "proven" ? [] : verification.failures.map(toFailureJson),
      open: verification.truth === "unknown" ? toOpenJson(verification.open) : [],
      signatures: candidates.map(toCandidateJson),
      warnings: [...warnings, ...(clock === undefined ? [] : [clock])],
    }),
    read: decision.read(),
  };
}

/** As JSON has it: members without a value are not there. */
const toJson = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

export const encodeAsked = (asked: AskedVerification): JsonObject => toJson(asked);

const keys: ReadonlySet<string> = new Set([
  ...["image", "attestor", "type", "signatureRepository", "timestampRequired", "privateRoots"],
]);

/** @throws EngineError `malformed` */
export function readAsked(json: JsonValue | undefined, at: string): AskedVerification {
  const object = readObject(json, at);
  refuseUnknownKeys(object, keys, at);
  const { image, attestor, type } = readVerifyRequest({
    image: own(object, "image") ?? null,
    attestor: own(object, "attestor") ?? null,
    ...("type" in object ? { type: object.type } : {}),
  } as JsonObject);
  const flag = (key: string): boolean => {
    const value = own(object, key);
    if (typeof value !== "boolean")
      throw new EngineError("malformed", "neither true nor false", { subject: pointer(at, key) });
    return value;
  };
  const repository = own(object, "signatureRepository");
  return {
    image,
    attestor,
    ...(type === undefined ? {} : { type }),
    ...(repository === undefined
      ? {}
      : { signatureRepository: readString(repository, pointer(at, "signatureRepository")) }),
    timestampRequired: flag("timestampRequired"),
    privateRoots: flag("privateRoots"),
  };
}
