/**
 * A Sigstore bundle over a file, or for a digest, under a given trusted root: the same pipeline, another kind of
 * artifact. Source: Sigstore client specification.
 */
import { parseBundle } from "../cosign/bundle.ts";
import { type EntitySource, once } from "../cosign/signed-entity.ts";
import { bundleEntity, readBundleContent } from "../cosign/signed-entity-bundle.ts";
import { type Digest, digestOf } from "../crypto/digest.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { AnswerTo, TrustedRootSource } from "../knowledge/answer.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Question } from "../knowledge/question.ts";
import { failed, toFailure, type Verification } from "../verdict.ts";
import { attempt } from "./attempt.ts";
import type { Claim } from "./claim.ts";
import type { VerifyContext } from "./context.ts";
import type { Evidence } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
import { stageOf, verifyEntity } from "./verify-entity.ts";

export interface BundleToVerify {
  /** The bundle's JSON. */
  readonly bundle: Uint8Array | string;
  /** The file, or only its digest. */
  readonly artifact: { readonly bytes: Uint8Array } | { readonly digest: Digest };
  readonly expectation: Expectation;
  readonly trustedRoot: TrustedRootSource;
}

/** Knowledge of one trusted root, under every name, and nothing else. */
export const knowingOnly = (trustedRoot: TrustedRootSource): Knowledge => ({
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    if (question.kind !== "trusted-root") return undefined;
    return { state: "present", value: trustedRoot, at: "", from: "the caller" } as AnswerTo<Q>;
  },
});

/** The digest is computed when it is first read: unlike content from a repository, a file is not looked up by it. */
function fileSource(bundle: Uint8Array | string): EntitySource {
  const digest = once(() => digestOf(typeof bundle === "string" ? encodeUtf8(bundle) : bundle));
  return {
    layout: "file",
    get digest() {
      return digest();
    },
  };
}

/**
 * Whether the bundle proves that the expected signer signed the artifact. The context's knowledge has the trusted root.
 */
export function verifyBundle(
  { bundle, artifact, expectation }: Omit<BundleToVerify, "trustedRoot">,
  context: VerifyContext,
): Verification<Evidence> {
  const entity = attempt(() => {
    if (bundle.length > context.limits.bundleBytes)
      throw new EngineError(
        "over-limit",
        `a bundle of ${bundle.length} bytes, at most ${context.limits.bundleBytes} are read`,
      );
    const parsed = parseBundle(bundle, context.limits);
    return bundleEntity(parsed, fileSource(bundle), readBundleContent(parsed, context.limits));
  });
  if (!entity.ok) return failed(toFailure(entity.error, "entity.content", stageOf("entity.content")));
  const claim: Claim =
    "bytes" in artifact ? { digest: digestOf(artifact.bytes), bytes: () => artifact.bytes } : artifact;
  return verifyEntity(entity.value, expectation, claim, context);
}
