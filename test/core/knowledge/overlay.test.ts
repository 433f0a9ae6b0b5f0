import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Answer, AnswerTo } from "../../../core/knowledge/answer.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { Overlay } from "../../../core/knowledge/overlay.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/knowledge/overlay");
const question = { kind: "key", reference: "k8s://ns/key" } as const;
const origin = { at: "2026-01-01T00:00:00Z", from: "asked" };
const outage: Answer = { state: "unavailable", code: "timed-out", ...origin };
const base = (): MemoryKnowledge => new MemoryKnowledge(defaultLimits, { at: "2020-01-01T00:00:00Z", from: "base" });

const told = (below: Knowledge, answer?: Answer, isOld?: () => boolean): string | undefined => {
  const overlay = new Overlay(below, isOld);
  if (answer !== undefined) overlay.set(question, answer);
  const known = overlay.answer(question);
  return known === undefined ? undefined : `${known.state} ${known.from}`;
};

test("what was answered in this run covers what was known", () => {
  assert.is(told(base()), undefined);
  assert.is(told(base().present(question, "old")), "present base");
  assert.is(told(base().present(question, "old"), { state: "present", value: "new", ...origin }), "present asked");
  assert.is(told(base().present(question, "old"), { state: "absent", ...origin }), "absent asked");
});

test("a new fact ends the claims that it contradicts: what they said is to be asked for", () => {
  const repository = "ghcr.io/org/app";
  const digest = `sha256:${"a".repeat(64)}` as const;
  const held = base().complete("ghcr.io").complete(`${repository}@${digest}`);
  const overlay = new Overlay(held);
  const referrers = { kind: "referrers", repository, digest } as const;
  const tag = { kind: "tag", repository, tag: `sha256-${"a".repeat(64)}.att` } as const;
  const elsewhere = { ...tag, repository: "quay.io/org/app" } as const;
  overlay.set(referrers, { state: "absent", ...origin });
  overlay.set(elsewhere, { state: "present", value: { mediaType: "a/b", digest, size: 1 }, ...origin });
  assert.is(overlay.answer(tag)?.state, "absent");
  assert.is(overlay.claims(tag).length, 2);
  overlay.set(referrers, { state: "present", value: [{ mediaType: "a/b", digest, size: 1 }], ...origin });
  assert.is(overlay.answer(tag), undefined);
  assert.is(overlay.answer({ ...tag, tag: "latest" }), undefined, "the host is not complete either");
  assert.equal(overlay.claims(tag), []);
  assert.is(held.answer(tag)?.state, "absent", "what is below stays as it is");
});

test("what the base has by now is let go of", () => {
  const below = base();
  const overlay = new Overlay(below);
  overlay.set(question, { state: "present", value: "new", ...origin });
  below.present(question, "new");
  overlay.forget(question);
  assert.is(overlay.answer(question)?.from, "base");
});

test("in an outage a list that may have more stays known, and says why nobody knows", () => {
  const digest = `sha256:${"a".repeat(64)}` as const;
  const asked = { kind: "referrers", repository: "ghcr.io/org/app", digest } as const;
  const list = { state: "present", value: [{ mediaType: "a/b", digest, size: 1 }], ...origin } as const;
  const after = (held: typeof list & { readonly partial?: true }) => {
    const overlay = new Overlay(base().set(asked, held));
    overlay.set(asked, outage);
    return overlay.answer(asked);
  };
  assert.equal(after(list), list);
  assert.equal(after({ ...list, partial: true }), { ...list, partial: outage });
});

test("what is no outage hides what was known of artifacts and the cluster, and of nothing else", () => {
  const digest = `sha256:${"a".repeat(64)}` as const;
  const place = { repository: "ghcr.io/org/app" } as const;
  const descriptor = { mediaType: "a/b", digest, size: 1 } as const;
  const after = (code: ErrorCode, asked: Question, held: Answer): [state: string | undefined, used: number] => {
    const overlay = new Overlay(base().set(asked, held as AnswerTo<Question>), () => true);
    overlay.set(asked, { ...outage, code });
    return [overlay.answer(asked)?.state, overlay.usedInOutages().length];
  };
  const tag = { kind: "tag", ...place, tag: "1" } as const;
  const list = { kind: "referrers", ...place, digest } as const;
  const known: Answer = { state: "present", value: descriptor, ...origin };
  for (const code of ["unreachable", "timed-out", "rate-limited", "upstream-error"] as const)
    assert.equal(after(code, tag, known), ["present", 1], code);
  for (const code of ["access-denied", "tls-failure", "over-limit", "malformed", "over-budget"] as const) {
    assert.equal(after(code, tag, known), ["unavailable", 0], code);
    assert.equal(after(code, tag, { state: "absent", ...origin }), ["unavailable", 0], code);
    assert.equal(after(code, list, { state: "present", value: [descriptor], ...origin }), ["unavailable", 0], code);
    const part: Answer = { state: "present", value: [descriptor], partial: true, ...origin };
    assert.equal(after(code, list, part), ["present", 1], "of a part the rest is what was asked for");
    assert.equal(after(code, question, { state: "present", value: "pinned", ...origin }), ["present", 1], code);
  }
});

test("an answer that was used in an outage is remembered, once, with its time", () => {
  const overlay = new Overlay(base().present(question, "old"), () => true);
  assert.equal(overlay.usedInOutages(), []);
  overlay.set(question, outage);
  assert.equal(overlay.usedInOutages(), [], "nobody has read it");
  for (let time = 0; time < 2; time++) overlay.answer(question);
  assert.equal(overlay.usedInOutages(), [{ question, at: "2020-01-01T00:00:00Z", outage }]);
});

test("of a tag that was asked about in vain, the earlier answer says so", () => {
  const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
  const overlay = new Overlay(base().absent(tag), () => true);
  overlay.set(tag, outage);
  const answer = overlay.answer(tag);
  assert.equal(answer?.state === "absent" && answer.outage, outage);
});

test("an outage covers ignorance and an earlier outage, and nothing that was known", () => {
  assert.is(told(base(), outage), "unavailable asked");
  assert.is(told(base().set(question, { ...outage, from: "base" }), outage), "unavailable asked");
  assert.is(told(base().present(question, "old"), outage), "present base");
  assert.is(told(base().absent(question), outage), "absent base");
});

test("an old answer is to be asked for once more; when that is in vain, it holds", () => {
  const known = base().present(question, "old");
  const isOld = (): boolean => true;
  assert.is(told(known, undefined, isOld), undefined);
  assert.is(told(known, outage, isOld), "present base");
  assert.is(told(known, { state: "absent", ...origin }, isOld), "absent asked");
});

test("what is asked for again whatever its answer is not read before, and holds when that is in vain", () => {
  const known = base().present(question, "old");
  let reads = 0;
  const counting: Knowledge = {
    answer: (asked) => {
      reads++;
      return known.answer(asked);
    },
  };
  const overlay = new Overlay(
    counting,
    () => true,
    () => true,
  );
  assert.is(overlay.answer(question), undefined);
  assert.is(reads, 0);
  overlay.set(question, outage);
  assert.is(overlay.answer(question)?.state, "present");
  const kept = new Overlay(
    counting,
    () => true,
    () => true,
  );
  kept.keep(question);
  assert.is(kept.answer(question)?.state, "present", "nobody may be asked");
});

test("what the base distrusts stays distrusted", () => {
  const row = { kind: "identity", value: "*" } as const;
  assert.equal(new Overlay(base().addDistrust(row)).state().distrust, [row]);
  assert.is(new Overlay({ answer: () => undefined }).state().distrust, undefined);
});

test("the base's newest signed time is kept", () => {
  const signed = new Date("2026-01-01T00:00:00Z");
  assert.is(new Overlay(base().raiseSignedTime(signed)).state().newestSignedTime, signed);
  assert.is(new Overlay({ answer: () => undefined }).state().newestSignedTime, undefined);
});

test("where old answers are asked for again, the base is old only once an old answer was used", () => {
  const mirrored = { at: new Date(origin.at) };
  const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
  const digest = `sha256:${"a".repeat(64)}` as const;
  const held = () =>
    base().present(tag, { mediaType: "a/b", digest, size: 1 }).present(question, "old").setMirrored(mirrored);
  const ageAfter = (change: (overlay: Overlay) => void, isOld?: () => boolean) => {
    const overlay = new Overlay(held(), isOld);
    change(overlay);
    return overlay.state().mirrored;
  };
  const asked = (overlay: Overlay, one: Question, answer: Answer): void => {
    overlay.set(one, answer);
    overlay.answer(one);
  };
  const always = (): boolean => true;
  assert.is(
    ageAfter(() => undefined),
    mirrored,
    "nothing is asked again",
  );
  assert.is(
    ageAfter(() => undefined, always),
    undefined,
  );
  const newer = { state: "present", value: { mediaType: "a/b", digest, size: 1 }, ...origin } as const;
  assert.is(
    ageAfter((overlay) => asked(overlay, tag, newer), always),
    undefined,
  );
  assert.is(
    ageAfter((overlay) => asked(overlay, tag, outage), always),
    mirrored,
    "an outage",
  );
  assert.is(
    ageAfter((overlay) => asked(overlay, question, outage), always),
    undefined,
    "keys are pinned",
  );
  assert.is(
    ageAfter((overlay) => overlay.keep(tag), always),
    mirrored,
    "nobody may be asked",
  );
});

test("it tells no version", () => {
  const overlay: Overlay & Knowledge = new Overlay(base().present(question, "old"));
  overlay.set(question, outage);
  assert.is(overlay.state().version, undefined);
});

test.run();
