/** Records of decisions about what the lab signs. */
import { createEngine } from "../../core/decide/engine.ts";
import { encodeEngineDocument } from "../../core/decide/engine-document.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { AdmissionRequest } from "../../core/kyverno/rule/request.ts";
import { captureDecision, captureVerification, encodeRecord, type Sign } from "../../core/record/decision-record.ts";
import { verifyAsked } from "../../core/record/verification.ts";
import { defaultLimits } from "../../core/limits.ts";
import { fastVerifier, type Judged, type Signed } from "../lab/index.ts";
import { engineFor, imageOf, podWith } from "./capsules.ts";

export interface Recorded extends Judged {
  readonly request?: AdmissionRequest;
  readonly source?: Knowledge;
  readonly sign?: Sign;
}

/** The record of the decision about a Pod with the image. */
export function recordOf(
  signed: Signed,
  { request = podWith(imageOf(signed)), source, sign, ...asked }: Recorded = {},
): string {
  const input = engineFor(signed, asked);
  const knowledge = source ?? asked.knowledge ?? signed.knowledge;
  const decision = createEngine({ ...input, crypto: fastVerifier }).decide(
    request,
    knowledge,
    asked.now ?? signed.lab.now,
  );
  const place = { engine: encodeEngineDocument(input), version: "development" };
  return encodeRecord(captureDecision(request, decision, knowledge), place, sign);
}

/** The record of `verify` about the image, by the attestor that it was signed for. */
export function verifiedRecordOf(signed: Signed): string {
  const input = { ...engineFor(signed), policies: [] };
  const asked = {
    image: imageOf(signed),
    attestor: signed.attestor,
    timestampRequired: false,
    privateRoots: false,
  };
  const host = { now: signed.lab.now, crypto: fastVerifier, limits: defaultLimits };
  const { outcome, read } = verifyAsked(asked, input, signed.knowledge, host);
  const place = { engine: encodeEngineDocument({ ...input, limits: defaultLimits }), version: "development" };
  return encodeRecord(captureVerification(asked, outcome, read, signed.knowledge), place);
}
