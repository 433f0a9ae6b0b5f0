/** What a capsule decides with: an engine for each failure policy, as webhooks ask. */
import type { Strictness } from "../admission/review-answer.ts";
import type { OwnPlaces } from "../admission/unchanged.ts";
import { ownPlaces } from "../admission/unchanged.ts";
import { refuseRoleSelectors } from "../admission/role-selectors.ts";
import type { Capsule } from "../capsule/open-capsule.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { createEngine, type Engine } from "../decide/engine.ts";

export interface Deciding {
  readonly capsule: Capsule;
  readonly engines: Readonly<Record<Strictness, Engine>>;
  /** Where policies say themselves that images are. */
  readonly own: OwnPlaces;
}

/** @throws EngineError for policies that cannot be compiled, or that select by what a review does not say. */
export function decidingBy(capsule: Capsule, crypto: SignatureVerifier): Deciding {
  const { policies } = capsule;
  for (const policy of policies) refuseRoleSelectors(policy);
  const engineFor = (failurePolicy: "Fail" | "Ignore"): Engine =>
    createEngine({
      ...capsule.engine,
      policies: policies.filter(({ spec }) => spec.failurePolicy === failurePolicy),
      crypto,
    });
  return { capsule, engines: { fail: engineFor("Fail"), ignore: engineFor("Ignore") }, own: ownPlaces(policies) };
}
