/** The memo, as decisions see it: what is verified once, what each time, and that the record is the same. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import type { SignatureVerifier } from "../../../core/crypto/signature-verifier.ts";
import type { AnswerTo } from "../../../core/knowledge/answer.ts";
import type { Knowledge, SourceState } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { defaultLimits, type Limits } from "../../../core/limits.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { compileAttestor } from "../../../core/verify/attestor.ts";
import { Bounded } from "../../../core/verify/memo.ts";
import { createImageVerifier, type ImageVerifierOptions } from "../../../core/verify/image-verifier.ts";
import type { ImageRequest } from "../../../core/verify/verify-image.ts";
import { Lab, type Signed, sign } from "../../lab/index.ts";

const test = suite("core/verify/memo");
const lab = new Lab();
const { now } = lab;

/** A source that counts what it is asked. */
class Counting implements Knowledge {
  readonly inner: Knowledge;
  readonly text: () => string | undefined;
  asked = 0;
  constructor(inner: Knowledge, text: () => string | undefined = () => inner.state?.().version) {
    this.inner = inner;
    this.text = text;
  }
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    this.asked++;
    return this.inner.answer(question);
  }
  state(): SourceState {
    return { version: this.text() };
  }
}

const image = { repository: "ghcr.io/org/app", digest: `sha256:${"a".repeat(64)}` } as const;
const other = { ...image, digest: `sha256:${"b".repeat(64)}` } as const;
const byKey = (reference = "awskms:///key") =>
  compileAttestor({ keys: { reference }, rekor: { ignoreTlog: true } }, { limits: defaultLimits });
const request: ImageRequest = { image, expectation: byKey(), layouts: "bundles" };
const key = (reference: string): Question & { kind: "key" } => ({ kind: "key", reference });
const tag: Question & { kind: "tag" } = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" };

const verifierWith = (limits: Partial<Limits> = {}, more: Partial<ImageVerifierOptions> = {}) =>
  createImageVerifier({ crypto: nobleVerifier, limits: { ...defaultLimits, ...limits }, ...more });

/** An image without signatures, of which everything is known. */
const unsigned = () => new MemoryKnowledge(defaultLimits).complete("ghcr.io");

/** What the lab signed, with a version. */
const known = (signed: Signed) => new Counting(signed.knowledge, () => "1");
const requestFor = (signed: Signed, attestor = signed.attestor): ImageRequest => ({
  image: signed,
  expectation: compileAttestor(attestor, { limits: defaultLimits }),
  layouts: "all",
});

/** How many questions `run` asks of the source. */
function questions(source: Counting, run: () => unknown): number {
  const before = source.asked;
  run();
  return source.asked - before;
}

test("what was verified is recalled while the version stands: the same outcome, the same record, nothing asked", () => {
  const verifier = verifierWith();
  const signed = sign(lab, { layout: "tag" });
  for (const [source, asked, truth] of [
    [new Counting(unsigned()), request, "refuted"],
    [known(signed), requestFor(signed), "proven"],
  ] as const) {
    const first = verifier.open(source, now);
    const computed = first.verify(asked);
    assert.is(computed.verification.truth, truth);
    assert.ok(first.read().length > 0);
    const second = verifier.open(source, now);
    assert.is(
      questions(source, () => assert.is(second.verify(asked), computed)),
      0,
    );
    assert.equal(second.read(), first.read());
    assert.equal(second.knowledge.open(), []);
  }
});

test("what is read beside the memo is on record too, once", () => {
  const verifier = verifierWith();
  const source = new Counting(unsigned().present(key("a"), "A"));
  verifier.open(source, now).verify(request);
  const decision = verifier.open(source, now);
  decision.knowledge.answer(key("a"));
  decision.verify(request);
  const read = decision.read();
  assert.ok(read.includes("key a") && read.length > 1);
  assert.equal(read, [...new Set(read)].sort());
});

test("what else goes into a verification has its own outcome", () => {
  const verifier = verifierWith();
  const source = new Counting(unsigned());
  const asks = (asked: ImageRequest) => questions(source, () => verifier.open(source, now).verify(asked)) > 0;
  assert.ok(asks(request));
  const variants: readonly ImageRequest[] = [
    { ...request, layouts: "all" },
    { ...request, image: other },
    { ...request, signatureRepository: "ghcr.io/org/app/signatures" },
    { ...request, expectation: byKey("awskms:///other") },
    { ...request, predicateType: "https://slsa.dev/provenance/v1" },
    { ...request, predicateType: "https://slsa.dev/provenance/v0.2" },
    // The same letters, divided in another way.
    { ...request, signatureRepository: "ghcr.io/org/app/signatures attestation", predicateType: "x" },
    { ...request, signatureRepository: "ghcr.io/org/app/signatures", predicateType: "attestation x" },
  ];
  for (const [index, variant] of variants.entries()) assert.ok(asks(variant), `variant ${index}`);
  for (const asked of [request, ...variants]) assert.not(asks(asked));
  assert.not(asks({ ...request, expectation: byKey() }), "an expectation is known by its content");
});

test("any change of the source forgets everything", () => {
  const verifier = verifierWith();
  const memory = unsigned();
  const source = new Counting(memory);
  const asks = () => questions(source, () => verifier.open(source, now).verify(request)) > 0;
  assert.equal([asks(), asks()], [true, false]);
  memory.present(key("unrelated"), "A");
  assert.equal([asks(), asks()], [true, false]);
});

test("two sources have their own outcomes, though their versions are alike", () => {
  const verifier = verifierWith();
  const [empty, silent] = [new Counting(unsigned()), new Counting(new MemoryKnowledge(defaultLimits), () => "1")];
  assert.equal(empty.state(), silent.state());
  assert.is(verifier.open(empty, now).verify(request).verification.truth, "refuted");
  assert.is(verifier.open(silent, now).verify(request).verification.truth, "unknown");
});

test("a distrust list has its own memo", () => {
  const source = new Counting(unsigned());
  const distrust = [{ kind: "digest", value: image.digest }] as const;
  const codes = [verifierWith(), verifierWith({}, { distrust })].map((verifier) => {
    const { verification } = verifier.open(source, now).verify(request);
    return verification.truth === "refuted" ? verification.failures[0]?.code : verification.truth;
  });
  assert.equal(codes, ["no-signature", "distrusted"]);
});

test("what a source distrusts from now on is distrusted at once", () => {
  const source = unsigned();
  const verifier = verifierWith();
  const code = (): string | undefined => {
    const { verification } = verifier.open(source, now).verify(request);
    return verification.truth === "refuted" ? verification.failures[0]?.code : verification.truth;
  };
  assert.is(code(), "no-signature");
  source.addDistrust({ kind: "digest", value: image.digest });
  assert.is(code(), "distrusted");
});

test("a source without a version is asked every time", () => {
  const verifier = verifierWith();
  const source = new Counting(unsigned(), () => undefined);
  const asks = () => questions(source, () => verifier.open(source, now).verify(request));
  assert.ok(asks() > 0);
  assert.is(asks(), asks());
});

test("what is unknown is not kept", () => {
  const verifier = verifierWith();
  const source = new Counting(new MemoryKnowledge(defaultLimits));
  const asks = () => questions(source, () => verifier.open(source, now).verify(request));
  assert.is(verifier.open(source, now).verify(request).verification.truth, "unknown");
  assert.ok(asks() > 0);
  assert.is(asks(), asks());
});

test("a candidate that is unknown beside one that is proven is not kept", () => {
  const verifier = verifierWith();
  const signed = sign(lab, { layout: "tag", claim: "attestation" });
  // Another referrer is known to exist, and nobody has its content.
  const knowledge: Knowledge = {
    answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
      return question.kind === "referrers" ? undefined : signed.knowledge.answer(question);
    },
  };
  const source = new Counting(knowledge, () => "1");
  const asked = { ...requestFor(signed), predicateType: signed.predicateType };
  assert.is(verifier.open(source, now).verify(asked).verification.truth, "proven");
  assert.ok(questions(source, () => verifier.open(source, now).verify(asked)) > 0);
});

test("what was judged at the time of the decision is not kept", () => {
  const verifier = verifierWith();
  const signed = sign(lab, { layout: "tag", by: "certificate", evidence: [] });
  const source = known(signed);
  const asked = requestFor(signed, { ...signed.attestor, rekor: { ignoreTlog: true } });
  const truth = (at: string) => verifier.open(source, new Date(at)).verify(asked).verification.truth;
  // The certificate is valid for ten minutes from noon on.
  for (const at of ["12:01", "12:11", "12:01"])
    assert.is(truth(`2026-06-01T${at}:00Z`), at === "12:11" ? "refuted" : "proven", at);
});

test("what the bound of the decision cut short is not kept", () => {
  const signed = sign(lab, { layout: "tag", evidence: [] });
  const source = known(signed);
  const asked = requestFor(signed, { ...signed.attestor, rekor: { ignoreTlog: true } });
  const stranger = requestFor(signed, { keys: { pem: lab.key("stranger").pem }, rekor: { ignoreTlog: true } });
  const verifier = verifierWith({ signatureChecksPerDecision: 1 });
  const exhausted = verifier.open(source, now);
  assert.is(exhausted.verify(stranger).verification.truth, "refuted");
  const { verification } = exhausted.verify(asked);
  assert.ok(verification.truth === "refuted" && verification.failures[0]?.code === "over-limit");
  assert.is(verifier.open(source, now).verify(asked).verification.truth, "proven");
});

test("within one decision everything is verified once, also what is not kept, unless nothing is to be recalled", () => {
  let checks = 0;
  const crypto: SignatureVerifier = {
    name: "counting",
    verify: (...parameters) => {
      checks++;
      return nobleVerifier.verify(...parameters);
    },
  };
  const signed = sign(lab, { layout: "tag", evidence: [] });
  const asked = requestFor(signed, { ...signed.attestor, rekor: { ignoreTlog: true } });
  for (const decision of [
    verifierWith({}, { crypto }).open(known(signed), now),
    verifierWith({ memoEntries: 0 }, { crypto }).open(known(signed), now),
    verifierWith({}, { crypto }).open(known(signed), now, { exhaustive: true }),
  ]) {
    checks = 0;
    assert.is(decision.verify(asked), decision.verify(asked));
    assert.is(checks, 1);
    const fresh = () => decision.verify(asked, { useCache: false });
    assert.is(fresh(), fresh());
    assert.is.not(fresh(), decision.verify(asked));
    assert.is(checks, 2);
  }
  const unknown = verifierWith().open(new Counting(new MemoryKnowledge(defaultLimits)), now);
  assert.is(unknown.verify(request), unknown.verify(request));
});

test("what is not to be recalled is verified in every decision, and kept for none", () => {
  const verifier = verifierWith();
  const source = new Counting(unsigned());
  const asks = (useCache: boolean) =>
    questions(source, () => verifier.open(source, now).verify(request, { useCache })) > 0;
  assert.equal([false, false, true, false, true].map(asks), [true, true, true, true, false]);
});

test("an exhaustive decision neither recalls nor keeps", () => {
  const verifier = verifierWith();
  const source = new Counting(unsigned());
  const asks = (exhaustive: boolean) =>
    questions(source, () => verifier.open(source, now, { exhaustive }).verify(request)) > 0;
  assert.equal([asks(true), asks(false), asks(true), asks(false)], [true, true, true, false]);
});

test("tags are asked for once in each version, outages every time", () => {
  const verifier = verifierWith();
  const memory = new MemoryKnowledge(defaultLimits);
  const source = new Counting(memory);
  const read = () => verifier.open(source, now).knowledge.answer(tag)?.state;
  memory.set(tag, { state: "unavailable", code: "unreachable", at: "2026-01-01T00:00:00Z", from: "ghcr.io" });
  assert.equal([read(), read(), source.asked], ["unavailable", "unavailable", 2]);
  memory.present(tag, { mediaType: "a/b", digest: image.digest, size: 1 });
  assert.equal([read(), read(), source.asked], ["present", "present", 3]);
  memory.absent(tag);
  assert.equal([read(), read(), source.asked], ["absent", "absent", 4]);
});

test("the bound holds: what was not used for the longest time leaves", () => {
  const verifier = verifierWith({ memoEntries: 2 });
  const source = new Counting(unsigned());
  const asks = (reference: string) =>
    questions(source, () =>
      verifier.open(source, now).verify({ ...request, expectation: byKey(`awskms:///${reference}`) }),
    ) > 0;
  assert.equal([..."abac"].map(asks), [true, true, false, true]);
  assert.equal([..."ab"].map(asks), [false, true]);
  const none = verifierWith({ memoEntries: 0 });
  const asked = () => questions(source, () => none.open(source, now).verify(request));
  assert.ok(asked() > 0);
  assert.is(asked(), asked());
});

test("what an attestation says takes room of what is remembered", () => {
  const predicate = { packages: Array.from({ length: 100 }, (_, index) => ({ name: `package ${index}` })) };
  const signed = sign(lab, { layout: "tag", claim: "attestation", predicate });
  const asked = { ...requestFor(signed), predicateType: signed.predicateType };
  const again = (memoBytes: number): number => {
    const verifier = verifierWith({ memoBytes });
    const source = known(signed);
    assert.is(verifier.open(source, now).verify(asked).verification.truth, "proven");
    return questions(source, () => verifier.open(source, now).verify(asked));
  };
  assert.is(again(10_000), 0);
  assert.ok(again(2000) > 0);
});

test("what is remembered has room for entries and for bytes", () => {
  const held = new Bounded<string, string>(3, 100);
  held.set("a", "a", 40);
  held.set("b", "b", 40);
  assert.is(held.get("a"), "a", "more than half is taken: it is young again");
  held.set("c", "c", 40);
  assert.equal(
    ["a", "b", "c"].map((key) => held.get(key)),
    ["a", undefined, "c"],
  );
  held.set("d", "d", 101);
  assert.equal(
    ["a", "c", "d"].map((key) => held.get(key)),
    ["a", "c", undefined],
    "it would take all of the room",
  );
  held.set("a", "A", 10);
  held.set("e", "e", 50);
  assert.equal(
    ["a", "c", "e"].map((key) => held.get(key)),
    ["A", "c", "e"],
    "one that is set again gives its room back",
  );
  held.set("f", "f");
  assert.equal(
    ["a", "c", "e", "f"].map((key) => held.get(key)),
    [undefined, "c", "e", "f"],
    "and there are three",
  );
  held.set("c", "c", 101);
  assert.is(held.get("c"), undefined, "what is too large leaves nothing of the one before");
});

test.run();
