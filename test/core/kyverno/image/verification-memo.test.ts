import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../../core/crypto/noble.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { verifyWithMemo } from "../../../../core/kyverno/image/verification-memo.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import type { AnswerTo } from "../../../../core/knowledge/answer.ts";
import type { Knowledge } from "../../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../../core/knowledge/question.ts";
import { Memo } from "../../../../core/verify/memo.ts";
import { TrustCache } from "../../../../core/trust/trust-cache.ts";
import { compileAttestor } from "../../../../core/verify/attestor.ts";

const test = suite("core/kyverno/image/verification-memo");

class Counting implements Knowledge {
  readonly inner = new MemoryKnowledge();
  asked = 0;
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    this.asked++;
    return this.inner.answer(question);
  }
  version(): string | undefined {
    return this.inner.version();
  }
}

const image = { repository: "ghcr.io/org/app", digest: `sha256:${"a".repeat(64)}` as const };
const expectation = () => compileAttestor({ keys: { reference: "awskms:///key" }, rekor: { ignoreTlog: true } });

function setUp() {
  const source = new Counting();
  const memo = new Memo(100);
  const open = () => {
    const recall = memo.open(source);
    const context = {
      knowledge: recall.knowledge,
      now: new Date(0),
      verifier: nobleVerifier,
      trust: new TrustCache(nobleVerifier),
      trustRootName: "public-good",
      limits: defaultLimits,
    };
    return { verifier: verifyWithMemo(recall, context), read: () => recall.knowledge.read() };
  };
  return { source, open };
}

test("a refutation is kept: the same answer, the same record, nothing asked", () => {
  const { source, open } = setUp();
  source.inner.complete("ghcr.io/org/app");
  const attestor = expectation();
  const first = open();
  const cold = first.verifier.signatures(image, attestor, { layouts: "all" });
  assert.is(cold.verification.truth, "refuted");
  const asked = source.asked;
  assert.ok(asked > 0);
  const second = open();
  assert.equal(second.verifier.signatures(image, attestor, { layouts: "all" }), cold);
  assert.is(source.asked, asked);
  assert.equal(second.read(), first.read());
});

test("what else goes into a verification has its own result", () => {
  const { source, open } = setUp();
  source.inner.complete("ghcr.io/org/app");
  const attestor = expectation();
  const { verifier } = open();
  const asksAnew = (run: () => void): boolean => {
    const before = source.asked;
    open();
    run();
    return source.asked > before;
  };
  verifier.signatures(image, attestor, { layouts: "bundles" });
  const other = { ...image, digest: `sha256:${"b".repeat(64)}` as const };
  const fresh: readonly (() => { readonly candidates: readonly unknown[] })[] = [
    () => open().verifier.signatures(image, attestor, { layouts: "all" }),
    () => open().verifier.signatures(other, attestor, { layouts: "bundles" }),
    () =>
      open().verifier.signatures(image, attestor, {
        layouts: "bundles",
        signatureRepository: "ghcr.io/org/app/signatures",
      }),
    () => open().verifier.signatures(image, expectation(), { layouts: "bundles" }),
    () => open().verifier.attestations(image, "https://slsa.dev/provenance/v1", attestor, { layouts: "bundles" }),
    () => open().verifier.attestations(image, "https://slsa.dev/provenance/v0.2", attestor, { layouts: "bundles" }),
  ];
  for (const [index, run] of fresh.entries()) assert.ok(asksAnew(run), `variant ${index}`);
  assert.not(asksAnew(() => open().verifier.signatures(image, attestor, { layouts: "bundles" })));
});

test("what is unknown is asked for again", () => {
  const { source, open } = setUp();
  const attestor = expectation();
  assert.is(open().verifier.signatures(image, attestor, { layouts: "all" }).verification.truth, "unknown");
  const asked = source.asked;
  assert.is(open().verifier.signatures(image, attestor, { layouts: "all" }).verification.truth, "unknown");
  assert.is(source.asked, 2 * asked);
});

test.run();
