/** Capsules of what the lab signs, signed by a key of the test. */
import { type Capsule, type CapsuleOptions, openCapsule } from "../../core/capsule/open-capsule.ts";
import {
  type CapsuleAnswer,
  type CapsuleToWrite,
  toCapsuleAnswer,
  writeCapsule,
  type WrittenCapsule,
} from "../../core/capsule/write-capsule.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { parseQuestion } from "../../core/knowledge/question.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../core/limits.ts";
import { fastVerifier, type Judged, policyFor, type Signed } from "../lab/index.ts";
import { ourKey } from "./archive-store.ts";

export const podWith = (image: string) =>
  requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "app", namespace: "default" },
    spec: { containers: [{ name: "app", image }] },
  });

export const imageOf = ({ repository, tag }: Signed): string => `${repository}:${tag}`;

/** The engine's input for what a recipe's signer satisfies. */
export const engineFor = (signed: Signed, asked: Judged = {}) => {
  const text = JSON.stringify(policyFor(signed, asked));
  const { policies } = loadPolicies([{ name: "lab.yaml", text }]);
  return { policies, ...asked.engine };
};

/** All answers that a decision about each image reads. */
export function answersFor(signed: readonly Signed[]): readonly CapsuleAnswer[] {
  const answers = new Map<string, CapsuleAnswer>();
  for (const one of signed) {
    const engine = createEngine({ ...engineFor(one), crypto: fastVerifier });
    const { read } = engine.decide(podWith(imageOf(one)), one.knowledge, one.lab.now, { exhaustive: true });
    for (const text of read) {
      const question = parseQuestion(text);
      const answer = one.knowledge.answer(question);
      if (answer !== undefined) answers.set(text, toCapsuleAnswer(question, answer));
    }
  }
  return [...answers.values()];
}

export function makeCapsule(signed: readonly Signed[], changes: Partial<CapsuleToWrite> = {}): WrittenCapsule {
  const [first] = signed;
  if (first === undefined) throw new Error("a capsule of nothing");
  return writeCapsule({
    sequence: 1,
    created: "2026-11-30T05:00:00Z",
    document: {
      engine: engineFor(first),
      state: first.knowledge.state?.() ?? {},
      images: signed.map(imageOf),
    },
    answers: answersFor(signed),
    sign: ourKey.signing.sign,
    limits: defaultLimits,
    ...changes,
  });
}

export const opened = (bytes: Uint8Array, changes: Partial<CapsuleOptions> = {}): Capsule =>
  openCapsule(bytes, { keys: [ourKey.key], verifier: fastVerifier, limits: defaultLimits, ...changes });
