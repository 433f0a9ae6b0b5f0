/** Capsules of what the lab signs, signed by a key of the test. */
import { type Capsule, type CapsuleOptions, openCapsule } from "../../core/capsule/open-capsule.ts";
import {
  type CapsuleAnswer,
  type CapsuleToWrite,
  toCapsuleAnswer,
  writeCapsule,
  type WrittenCapsule,
} from "../../core/capsule/write-capsule.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
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

/** Answers about so many further images: a tag, its manifest, and what is not there. */
export function furtherAnswers(count: number): readonly CapsuleAnswer[] {
  const known = { at: "2026-11-30T04:00:00Z", from: "lab" } as const;
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const repository = `registry.lab.example/many/app-${index}`;
    const bytes = encodeUtf8(JSON.stringify({ schemaVersion: 2, index, padding: "x".repeat(400) }));
    const digest = digestOf(bytes);
    const value = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: bytes.length };
    const absent = (tag: string) => toCapsuleAnswer({ kind: "tag", repository, tag }, { state: "absent", ...known });
    return [
      toCapsuleAnswer({ kind: "tag", repository, tag: "1" }, { state: "present", value, ...known }),
      toCapsuleAnswer({ kind: "manifest", repository, digest }, { state: "present", value: bytes, ...known }),
      toCapsuleAnswer({ kind: "referrers", repository, digest }, { state: "present", value: [], ...known }),
      ...["sig", "att", "sbom"].map((kind) => absent(`${digest.replace(":", "-")}.${kind}`)),
    ];
  });
}
