/**
 * The engine's public API: what bundle users, the webhook and the deciding commands need. At most 60 names
 * (`scripts/check-layers.ts` counts them); a module that implements one specification imports that specification's
 * folder of core. Source: docs/architecture.md#layers.
 */
export { codeRow, type CodeRow, EngineError, type ErrorCode } from "./errors.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export type { Digest } from "./crypto/digest.ts";
export type { Answer, AnswerTo, TrustedRootSource } from "./knowledge/answer.ts";
export type { Asker, Knowledge } from "./knowledge/knowledge.ts";
export { parseQuestion, type Question, questionText } from "./knowledge/question.ts";
export type { Descriptor } from "./oci/descriptor.ts";
export { MemoryKnowledge } from "./oci/memory-knowledge.ts";
export type { Failure, Verification } from "./verdict.ts";
export type { JsonObject, JsonValue } from "./encoding/json.ts";
export { type AttestorSpec, compileAttestor } from "./verify/attestor.ts";
export type { Candidate } from "./verify/verify-image.ts";
export { createImageVerifier, type ImageVerifier, type ImageVerifierOptions } from "./verify/image-verifier.ts";
export type { Evidence } from "./verify/evidence.ts";
export type { Alias } from "./oci/aliases.ts";
export { type ImageReference, parseReference } from "./oci/reference.ts";
export type { ImageResult, RuleResult } from "./kyverno/image/result.ts";
export type { AdmissionRequest, Operation } from "./kyverno/rule/request.ts";
export { type Distrust, readDistrust } from "./trust/distrust.ts";
export type { TrustMode } from "./trust/freshness.ts";
export type { TrustSettings } from "./trust/tuf-verifier.ts";
export { parsePublicKeysPem, type PublicKey } from "./crypto/public-key.ts";
export { nobleVerifier } from "./crypto/noble.ts";
export type { Policy } from "./kyverno/policy/policy.ts";
export {
  createEngine,
  type Decision,
  type DecideOptions,
  type Engine,
  type EngineOptions,
  type EngineSettings,
} from "./decide/engine.ts";
export { settle, type SettleOptions } from "./decide/settle.ts";
export type { SignatureAlgorithm, SignatureVerifier, Signed } from "./crypto/signature-verifier.ts";
export {
  type LoadedPolicies,
  loadPolicies,
  type PolicyFile,
  type PolicyProblem,
} from "./kyverno/policy/read-policy.ts";
export type { PolicyException } from "./kyverno/policy/exceptions.ts";
export { requestFor } from "./kyverno/rule/resource-request.ts";
