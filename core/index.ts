/** The only door of the engine: what the command line, the proxy and the bundles may use of it. */
export { codeRow, codes, type CodeRow, type CodeTruth, EngineError, type ErrorCode } from "./errors.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { type Digest, isDigest } from "./crypto/digest.ts";
export type { Answer, AnswerTo, AnswerValues, LogEntryAnswer, TrustedRootSource } from "./knowledge/answer.ts";
export type { Asker, Knowledge } from "./knowledge/knowledge.ts";
export {
  type ClusterQuestion,
  isArtifactQuestion,
  parseQuestion,
  type Question,
  type QuestionKind,
  questionText,
} from "./knowledge/question.ts";
export type { Descriptor } from "./oci/descriptor.ts";
export {
  conjunction,
  counting,
  type Failure,
  failed,
  furthest,
  proven,
  refuted,
  toFailure,
  type Truth,
  unknown,
  type Verification,
} from "./verdict.ts";
export { decodeBase64, encodeBase64 } from "./encoding/base64.ts";
export { encodeCanonicalJson } from "./encoding/canonical-json.ts";
export { encodeHex } from "./encoding/hex.ts";
export { type JsonArray, type JsonObject, type JsonValue, parseJson } from "./encoding/json.ts";
export { decodeUtf8, encodeUtf8 } from "./encoding/utf8.ts";
export { type AttestorSpec, compileAttestor, type Expectation } from "./verify/attestor.ts";
export { type Candidate, verifyAttestations, verifySignatures } from "./verify/verify-image.ts";
export { type BundleToVerify, verifyBundle } from "./verify/verify-bundle.ts";
export type { VerifyContext } from "./verify/context.ts";
export type {
  EstablishedTime,
  Evidence,
  LogEntryEvidence,
  ProvenStatement,
  SignerEvidence,
} from "./verify/evidence.ts";
export { type ImageReference, parseReference, type ReferenceOptions } from "./oci/reference.ts";
export { applyPatches } from "./kyverno/outcome/apply-patches.ts";
export { resolveDigest } from "./kyverno/image/resolve-image.ts";
export type { AttestationResult, AttestorResult, ImageResult, RuleResult, RuleStatus } from "./kyverno/image/result.ts";
export type { AdmissionRequest, GroupVersionKind, Operation, UserInfo } from "./kyverno/rule/request.ts";
export { publicGoodMirror, publicGoodRoot, publicGoodTrustedRoot } from "./trust/public-good.ts";
export { TrustCache } from "./trust/trust-cache.ts";
export {
  type AuthorityService,
  type LogService,
  makeTrustedRoot,
  type TrustedServices,
} from "./trust/make-trusted-root.ts";
export { resolveTrust, type TufSource } from "./trust/resolve-trust.ts";
export {
  asTrustError,
  createTufVerifier,
  defaultTrustBudget,
  type TrustBudget,
  trustedRootTarget,
  type TrustMode,
  type TrustSettings,
  type TufEvidence,
  type TufVerifier,
} from "./trust/tuf-verifier.ts";
export { findTarget } from "./tuf/find-target.ts";
export { withHeldFloors } from "./tuf/held-floors.ts";
export { matchListed, type TargetFile, verifyListed } from "./tuf/listed-file.ts";
export { parseRoot } from "./tuf/root.ts";
export { parseSnapshot } from "./tuf/snapshot.ts";
export { parseTargets } from "./tuf/targets.ts";
export { parseTimestamp } from "./tuf/timestamp.ts";
export { servedTargetPath } from "./tuf/target-path.ts";
export { expiries, type Floors, type ReferenceTime, type TrustedSet, versionsOf } from "./tuf/trusted-set.ts";
export { requireFinalRoot, trustInitialRoot, updateRoot } from "./tuf/update-root.ts";
export { listedSnapshot, snapshotBytes, updateSnapshot } from "./tuf/update-snapshot.ts";
export { listedTargets, targetsBytes, type TargetsRole, topLevelTargets, updateTargets } from "./tuf/update-targets.ts";
export { updateTimestamp } from "./tuf/update-timestamp.ts";
export { acceptSource, encodeFloors, readFloors, type VerifiedSource, verifySource } from "./tuf/verify-source.ts";
export { parseTrustedRoot, type TrustedRoot } from "./trust/trusted-root.ts";
export { parsePublicKeyPem, parsePublicKeysPem, type PublicKey } from "./crypto/public-key.ts";
export { digest, digestOf, isHashName } from "./crypto/digest.ts";
export { nobleVerifier } from "./crypto/noble.ts";
export { toPredicateType } from "./dsse/predicate-types.ts";
export { compileExpression, type Expression } from "./jmespath/expression.ts";
export { parseExpression } from "./jmespath/parser.ts";
export type { FunctionTable } from "./jmespath/functions/signature.ts";
export { parseYaml } from "./kyverno/policy/yaml.ts";
export { toJson } from "./kyverno/policy/policy-value.ts";
export type { Policy, Position } from "./kyverno/policy/policy.ts";
export {
  createEngine,
  type Decision,
  type DecideOptions,
  type Engine,
  type EngineOptions,
  type EngineSettings,
} from "./decide/engine.ts";
export { settle, type SettleOptions } from "./decide/settle.ts";
export { readEcdsaSignature } from "./crypto/ecdsa-signature.ts";
export { hasSignatureForm } from "./crypto/signature-form.ts";
export type { SignatureAlgorithm, SignatureVerifier, Signed } from "./crypto/signature-verifier.ts";
export { member, pointer, readArray, readInteger, readObject, readString } from "./encoding/shape.ts";
export { associatedTag, parseAssociatedTag } from "./oci/associated-tag.ts";
export { canonicalQuestion, completenessScopes, parseScope } from "./oci/completeness.ts";
export { encodeDescriptor, readDescriptor } from "./oci/descriptor.ts";
export { type KnownManifest, type Lookup, readManifest, readReferrers, readTag } from "./oci/lookup.ts";
export { type Manifest, parseManifest, referrerDescriptor } from "./oci/manifest.ts";
export { isTag, repositoryForFetching } from "./oci/reference.ts";
export { expandRules } from "./kyverno/policy/autogen.ts";
export {
  type LoadedPolicies,
  loadPolicies,
  type PolicyFile,
  type PolicyProblem,
} from "./kyverno/policy/read-policy.ts";
export type { PolicyException } from "./kyverno/policy/exceptions.ts";
export { type FunctionEnvironment, kyvernoFunctions } from "./kyverno/functions/table.ts";
export { requestFor } from "./kyverno/rule/resource-request.ts";
