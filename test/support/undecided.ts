/** A Pod that a policy with `failurePolicy: Ignore` lets in undecided, and who decides about it again. */
import type { Decision, Engine } from "../../core/decide/engine.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { AdmissionRequest } from "../../core/kyverno/rule/request.ts";
import { policyDigest } from "../../proxy/registry/door/applied-policies.ts";
import { type DecidedNow, policyName } from "../../proxy/webhook/admission-recheck.ts";
import { readReview } from "../../core/admission/review.ts";
import { defaultLimits } from "../../core/limits.ts";
import { reviewOf } from "./admission.ts";
import { fixtureKnowledge } from "./fixture-images.ts";
import { engineOf, image, now, pod, policyText, without } from "./fixture-policies.ts";

export const lenientText = policyText({
  name: "lenient",
  spec: "validationFailureAction: Enforce\nfailurePolicy: Ignore",
});
export const lenient = engineOf(lenientText);

export const requestOf = (object: JsonObject, more: JsonObject = {}): AdmissionRequest =>
  readReview(JSON.stringify(reviewOf(object, more)), defaultLimits).request();

/** Nobody answers about anything. */
export const outage = (code: ErrorCode = "unreachable"): Knowledge => without(() => true, code);

const decide = (engine: Engine, request: AdmissionRequest, knowledge: Knowledge): Decision =>
  engine.decide(request, knowledge, now, { pass: "mutate" });

export const decidedBy = (engine: Engine, request: AdmissionRequest, knowledge: Knowledge): DecidedNow => ({
  decision: decide(engine, request, knowledge),
  stale: [],
});

export const digestsOf = (engine: Engine) =>
  new Map(engine.policies.map((policy) => [policyName(policy), policyDigest(policy)]));

/** How it is decided again: by what is known of the images of the documentation. */
export const admissionParts = {
  decides: () => (request: AdmissionRequest) => decidedBy(lenient, request, fixtureKnowledge),
  digests: digestsOf(lenient),
  keepsObjects: false,
  now: () => now,
};

const request = requestOf(pod(image("unsigned")));
export const undecided = { request, decided: decidedBy(lenient, request, outage()) };
