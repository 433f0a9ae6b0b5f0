/**
 * A decision rests on one moment of its source: what somebody else writes while it is made is wholly seen, or wholly
 * not. Source: docs/architecture.md#the-memo.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Digest } from "../../../core/crypto/digest.ts";
import { createEngine } from "../../../core/decide/engine.ts";
import { verifyByAttestor } from "../../../core/decide/verify-by-attestor.ts";
import { hold, type Knowledge } from "../../../core/knowledge/knowledge.ts";
import { parseQuestion, type Question } from "../../../core/knowledge/question.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { onceATurn } from "../../../proxy/webhook/once-a-turn.ts";
import { fixtureImage, fixtureKnowledge, fixtureText, testImages } from "../../support/fixture-images.ts";
import { decide, image, load, now, pod, policyText } from "../../support/fixture-policies.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("core/decide/one-moment");
const at = "2026-11-26T12:00:00Z";
const origin = { at, from: "test" };
const tag: Question = { kind: "tag", repository: testImages, tag: "moving" };
const tags = ["signed", "unsigned"];
const known = decide(pod(...tags.map((one) => image(one)))).read;

const tagged = (name: string) => {
  const answer = fixtureKnowledge.answer({ ...tag, tag: name });
  if (answer?.state !== "present") throw new Error(`${name} has no tag`);
  return answer;
};

/** What comes of a decision during which, before the reading of that number, a tag moves and is distrusted at once. */
function codeWhere(writesBefore: number, decideBy: (source: Knowledge) => string): { code: string; readings: number } {
  const folder = temporaryFolder();
  const open = (mode: "read" | "write") => openMirror(folder, { mode, limits: defaultLimits });
  const filling = open("write");
  for (const text of known) {
    const question = parseQuestion(text);
    const answer = fixtureKnowledge.answer(question);
    if (answer !== undefined && answer.state !== "unavailable")
      filling.writer().setAnswer(question, { ...answer, ...origin });
  }
  filling.writer().setAnswer(tag, { ...tagged("unsigned"), ...origin });
  filling.close();
  const [mirror, other] = [open("read"), open("write")];
  const source = mirror.knowledge();
  const signed: Digest = fixtureImage("signed").digest;
  let readings = 0;
  const read = <T>(act: () => T): T => {
    if (readings++ === writesBefore)
      other.writer().transaction(() => {
        other.writer().setAnswer(tag, { ...tagged("signed"), ...origin });
        other.writer().addDistrust({ kind: "digest", value: signed }, origin);
      });
    return act();
  };
  const watched: Knowledge = {
    answer: (question) => read(() => source.answer(question)),
    claims: (question) => source.claims(question),
    facts: (scope) => source.facts(scope),
    state: () => read(() => source.state()),
    hold: () => read(() => hold(source)),
  };
  try {
    return { code: decideBy(watched), readings };
  } finally {
    mirror.close();
    other.close();
  }
}

const pair = load(policyText());
const codeOf = (text: string): string => /\[([-a-z]+)\]/.exec(text)?.[1] ?? "";

function decideBy(source: Knowledge): string {
  const engine = createEngine({ ...pair, crypto: nodeVerifier });
  const { allowed, results } = engine.decide(requestFor(pod(image("moving"))), source, now);
  return allowed ? "admitted" : codeOf(results.map(({ message }) => message).join());
}

const host = { now, crypto: nodeVerifier, limits: defaultLimits };
const attestor = { keys: { pem: fixtureText("trust/release.pub") }, rekor: { ignoreTlog: true } };

function verifyBy(source: Knowledge): string {
  const asked = { image: `${testImages}:moving`, attestor };
  const { verification } = verifyByAttestor(asked, { distrust: [] }, source, host).outcome;
  return verification.truth === "proven" ? "admitted" : (verification.failures[0]?.code ?? "");
}

for (const [name, decideOver] of [
  ["a mirror", decideBy],
  ["a mirror whose state is read once a turn", (source: Knowledge) => decideBy(onceATurn(source))],
  ["a mirror, by an attestor without a policy,", verifyBy],
] as const)
  test(`a distrust that is written during a decision over ${name} is wholly seen or wholly not`, () => {
    const seen = new Map<string, number>();
    let before = 0;
    for (let readings = 1; before < readings; before++) {
      const one = codeWhere(before, decideOver);
      readings = one.readings;
      seen.set(one.code, (seen.get(one.code) ?? 0) + 1);
    }
    assert.equal([...seen.keys()].sort(), ["distrusted", "no-signature"], JSON.stringify([...seen]));
    assert.ok(before > 3);
  });

test.run();
