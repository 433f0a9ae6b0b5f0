import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../../../core/decide/engine.ts";
import { joinedKnowledge } from "../../../core/knowledge/joined-knowledge.ts";
import { type Knowledge, nothingKnown } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { fixtureKnowledge, testImages } from "../../support/fixture-images.ts";
import { now, policyText } from "../../support/fixture-policies.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/knowledge/joined-knowledge");
const question = { kind: "key", reference: "k8s://ns/key" } as const;
const source = (from: string): MemoryKnowledge =>
  new MemoryKnowledge(defaultLimits, { at: "2026-01-01T00:00:00Z", from });
const from = (...sources: readonly Knowledge[]): string | undefined => {
  const answer = joinedKnowledge(sources).answer(question);
  return answer === undefined ? undefined : `${answer.state} ${answer.from}`;
};

test("the first that has it counts; presence beats absence, absence beats an outage, an outage beats ignorance", () => {
  const [a, b] = [source("a").present(question, "A"), source("b").present(question, "B")];
  const absent = source("absent").absent(question);
  const out = source("out").set(question, { state: "unavailable", code: "timed-out", at: "", from: "out" });
  assert.is(from(a, b), "present a");
  assert.is(from(b, a), "present b");
  assert.is(from(absent, out, a), "present a");
  assert.is(from(source("x"), out, absent), "absent absent");
  assert.is(from(source("x"), out), "unavailable out");
  assert.is(from(source("x")), undefined);
  assert.is(from(), undefined);
});

test("the newest signed time is that of any of them", () => {
  const [old, young] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-02-01T00:00:00Z")];
  const [a, b] = [source("a").raiseSignedTime(young), source("b").raiseSignedTime(old)];
  assert.is(joinedKnowledge([a, nothingKnown, b]).state?.().newestSignedTime, young);
  assert.is(joinedKnowledge([b, a]).state?.().newestSignedTime, young);
  assert.is(joinedKnowledge([nothingKnown]).state?.().newestSignedTime, undefined);
});

test("whatever one of them distrusts is distrusted", () => {
  const key = { kind: "key", value: "a".repeat(64) } as const;
  const log = { kind: "log", value: "b".repeat(64) } as const;
  const [a, b] = [source("a").addDistrust(key), source("b").addDistrust(log)];
  const rowsOf = (...sources: readonly Knowledge[]) => joinedKnowledge(sources).state?.().distrust;
  assert.equal(rowsOf(a, nothingKnown, b), [key, log]);
  assert.is(rowsOf(nothingKnown, a), a.state().distrust, "the same array, which is compiled once");
  assert.is(rowsOf(), rowsOf(nothingKnown));
});

test("lists of referrers are one list, in the order of the sources", () => {
  const asked = { kind: "referrers", repository: "a.example/b", digest: `sha256:${"a".repeat(64)}` } as const;
  const listing = (name: string, digit: string): Knowledge =>
    source(name).present(asked, [{ mediaType: "x", digest: `sha256:${digit.repeat(64)}`, size: 1 }]);
  const answer = joinedKnowledge([listing("a", "1"), source("b").absent(asked), listing("c", "2")]).answer(asked);
  assert.equal(answer?.state === "present" && [answer.from, ...answer.value.map(({ digest }) => digest[7])], [
    "a",
    "1",
    "2",
  ]);
});

test("a claim ends where another source holds more, unless that too was said to be complete", () => {
  const repository = "ghcr.io/org/app";
  const hex = "a".repeat(64);
  const digest = `sha256:${hex}` as const;
  const image = `${repository}@${digest}`;
  const found = { mediaType: "a/b", digest: `sha256:${"b".repeat(64)}`, size: 1 } as const;
  const attestations = { kind: "tag", repository, tag: `sha256-${hex}.att` } as const;
  const latest = { kind: "tag", repository, tag: "latest" } as const;
  const missing = { kind: "referrers", repository, digest } as const;
  const holding = (...questions: readonly (typeof attestations | typeof latest)[]): MemoryKnowledge => {
    const knowledge = source("other");
    for (const question of questions) knowledge.present(question, found);
    return knowledge;
  };
  const states = (...sources: readonly Knowledge[]) =>
    [sources, [...sources].reverse()].map((list) => joinedKnowledge(list).answer(missing)?.state);
  const claimed = (): MemoryKnowledge => source("claimed").complete(image);
  assert.equal(states(claimed(), source("empty")), ["absent", "absent"]);
  assert.equal(states(claimed(), holding(latest)), ["absent", "absent"], "another tag is no news about the image");
  assert.equal(states(claimed(), holding(attestations)), [undefined, undefined]);
  assert.equal(states(claimed(), holding(attestations).complete(image)), ["absent", "absent"]);
  assert.equal(states(source("wide").complete(repository), holding(latest)), [undefined, undefined]);
  assert.equal(states(source("wide").complete("ghcr.io"), holding(latest).complete(repository)), ["absent", "absent"]);
  // As in a join of joins, and with what was observed: that rests on no claim.
  assert.equal(states(joinedKnowledge([claimed()]), joinedKnowledge([holding(attestations)])), [undefined, undefined]);
  assert.equal(states(claimed(), holding(attestations).absent(missing)), ["absent", "absent"]);
  const other = source("other");
  const joined = joinedKnowledge([claimed(), other]);
  joined.state?.();
  assert.is(joined.answer(missing)?.state, "absent");
  other.present(attestations, found);
  joined.state?.();
  assert.is(joined.answer(missing), undefined, "a source that changed is read again");
  assert.equal(joined.claims?.(missing), []);
});

test("a joined list is whole only if a whole one has everything", () => {
  const repository = "ghcr.io/org/app";
  const digest = `sha256:${"a".repeat(64)}` as const;
  const asked = { kind: "referrers", repository, digest } as const;
  const listed = (digits: string, partial?: true): MemoryKnowledge =>
    source(digits).set(asked, {
      state: "present",
      value: [...digits].map((digit) => ({ mediaType: "a/b", digest: `sha256:${digit.repeat(64)}` as const, size: 1 })),
      at: "2026-01-01T00:00:00Z",
      from: digits,
      ...(partial === undefined ? {} : { partial }),
    });
  const isWhole = (...sources: readonly Knowledge[]) => {
    const both = [sources, [...sources].reverse()].map((list) => joinedKnowledge(list).answer(asked));
    const [one, other] = both.map((answer) => answer?.state === "present" && answer.partial === undefined);
    assert.is(one, other);
    return one;
  };
  assert.ok(isWhole(listed("1")));
  assert.not(isWhole(listed("1", true)));
  assert.ok(isWhole(listed("12"), listed("1", true)));
  assert.not(isWhole(listed("1"), listed("12", true)));
  assert.not(isWhole(listed("1", true), listed("2", true)));
  assert.not(isWhole(source("none").absent(asked), listed("1", true)));
  // The claim that made it whole has ended.
  const tag = { kind: "tag", repository, tag: `sha256-${"a".repeat(64)}.att` } as const;
  const more = source("more").present(tag, { mediaType: "a/b", digest, size: 1 });
  assert.not(isWhole(listed("1").complete(`${repository}@${digest}`), more));
});

test("its version is another one whenever a source's is, and unknown where one source cannot tell", () => {
  const of = (...versions: readonly (string | undefined)[]): string | undefined =>
    joinedKnowledge(versions.map((version) => ({ ...nothingKnown, state: () => ({ version }) }))).state?.().version;
  assert.is(of("1", undefined), undefined);
  assert.is(joinedKnowledge([{ answer: () => undefined }]).state?.().version, undefined);
  const texts = fc.array(fc.string(), { maxLength: 3 });
  fc.assert(
    fc.property(texts, texts, (one, two) => {
      assert.is(of(...one) === of(...two), JSON.stringify(one) === JSON.stringify(two));
    }),
    { numRuns: 300, seed: 3 },
  );
  const memory = source("a");
  const joined = joinedKnowledge([memory, joinedKnowledge([source("b")])]);
  const before = joined.state?.().version;
  memory.absent(question);
  assert.is.not(joined.state?.().version, before);
});

test("its state is put together again whenever one of a source is another, and else is the same", () => {
  const states = [{ version: "1" }, { version: "a", newestSignedTime: new Date(1) }];
  const joined = joinedKnowledge(states.map((_, index) => ({ ...nothingKnown, state: () => states[index] ?? {} })));
  const first = joined.state?.();
  assert.is(joined.state?.(), first);
  states[1] = { version: "a", newestSignedTime: new Date(2) };
  const second = joined.state?.();
  assert.equal([second?.version, second?.newestSignedTime], [first?.version, new Date(2)]);
  states[0] = { version: "2" };
  assert.is.not(joined.state?.().version, second?.version);
});

test("an engine remembers what it computed from sources that tell their versions, until one changes", () => {
  const asked: Question["kind"][] = [];
  let version: string | undefined = "1";
  const counted: Knowledge = {
    answer: (wanted) => {
      asked.push(wanted.kind);
      return fixtureKnowledge.answer(wanted);
    },
    state: () => ({ version }),
  };
  const knowledge = joinedKnowledge([source("files"), counted]);
  const { policies } = loadPolicies([{ name: "p.yaml", text: policyText() }]);
  const engine = createEngine({ policies, crypto: nodeVerifier });
  const request = requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n" },
    spec: { containers: [{ name: "c", image: `${testImages}:signed` }] },
  });
  const decide = (): readonly Question["kind"][] => {
    asked.length = 0;
    assert.is(engine.decide(request, knowledge, now).allowed, true);
    return [...asked];
  };
  const first = decide();
  assert.ok(first.includes("blob"));
  assert.equal(decide(), []);
  version = "2";
  assert.equal(decide(), first);
  version = undefined;
  assert.equal([decide(), decide()], [first, first]);
});

test.run();
