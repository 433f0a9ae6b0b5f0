import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Decision, Engine } from "../../../core/decide/engine.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import type { Answer, AnswerTo } from "../../../core/knowledge/answer.ts";
import type { Asker, Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { questionText } from "../../../core/knowledge/question.ts";
import { RecordingKnowledge } from "../../../core/knowledge/recording-knowledge.ts";
import { AskingBounds, AskingRun, settle, type SettleOptions } from "../../../core/decide/settle.ts";
import { rejectsCode } from "../../support/assert.ts";
import { budgetsOf, toFreshness } from "../../../core/trust/budgets.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/decide/settle");
const now = new Date("2026-11-24T12:00:00Z");
const key = (reference: string): Question & { kind: "key" } => ({ kind: "key", reference });
const freshness = toFreshness(budgetsOf({}), now, undefined);
const request = { operation: "CREATE", kind: { group: "", version: "v1", kind: "Pod" } } as const;

/** An engine that reads keys one after the other: each key's text names the next one. */
const chain = (first: string, limits = defaultLimits): Engine => ({
  limits,
  isPlain: true,
  policies: [],
  warnings: [],
  decide(_request, source: Knowledge) {
    const knowledge = new RecordingKnowledge(source);
    let last = "";
    for (let next = first; next !== ""; ) {
      const answer = knowledge.answer(key(next));
      last = `${next}=${answer?.state ?? "?"}`;
      next = answer?.state === "present" ? answer.value : "";
    }
    return {
      allowed: true,
      results: [],
      patches: [],
      warnings: [last],
      trustWarnings: [],
      open: knowledge.open(),
      read: knowledge.read(),
      at: now.toISOString(),
      freshness,
    } satisfies Decision;
  },
});

const present = (value: string, at = now.toISOString()): Answer => ({ state: "present", value, at, from: "asker" });
const outage: Answer = { state: "unavailable", code: "unreachable", at: now.toISOString(), from: "asker" };

class TestAsker implements Asker {
  readonly asked: string[] = [];
  readonly #answers: Readonly<Record<string, Answer>>;
  constructor(answers: Readonly<Record<string, Answer>>) {
    this.#answers = answers;
  }
  async ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>> {
    this.asked.push(questionText(question));
    return (this.#answers[questionText(question)] ?? outage) as AnswerTo<Q>;
  }
}
const run = (
  first: string,
  answers: Readonly<Record<string, Answer>>,
  knowledge: Knowledge = new MemoryKnowledge(defaultLimits),
  options: SettleOptions = {},
) => {
  const asker = new TestAsker(answers);
  return settle(chain(first), request, knowledge, asker, now, options).then((decision) => ({
    decision,
    asked: asker.asked,
  }));
};

test("asks round by round what the answers lead to", async () => {
  const { decision, asked } = await run("a", { "key a": present("b"), "key b": present("c"), "key c": present("") });
  assert.equal(asked, ["key a", "key b", "key c"]);
  assert.equal([decision.warnings, decision.open], [["c=present"], []]);
});

test("what is known is not asked for, and an outage is asked for once", async () => {
  const knowledge = new MemoryKnowledge(defaultLimits).present(key("a"), "b");
  const { decision, asked } = await run("a", {}, knowledge);
  assert.equal(asked, ["key b"]);
  assert.equal([decision.warnings, decision.open], [["b=unavailable"], [key("b")]]);
});

test("present and absent answers are kept as they come, outages are not", async () => {
  const kept: string[] = [];
  const store = (question: Question, answer: Answer) => kept.push(`${questionText(question)} ${answer.state}`);
  await run("a", { "key a": present("b"), "key b": { state: "absent", at: "", from: "" } }, undefined, { store });
  await run("x", {}, undefined, { store });
  assert.equal(kept, ["key a present", "key b absent"]);
});

test("rounds are bounded", async () => {
  const endless = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`key ${index}`, present(String(index + 1))]),
  );
  await rejectsCode("over-budget", () => run("0", endless));
  const few = chain("0", { ...defaultLimits, settleRounds: 3 });
  const asker = new TestAsker(endless);
  await rejectsCode("over-budget", () => settle(few, request, new MemoryKnowledge(defaultLimits), asker, now));
  assert.is(asker.asked.length, 3);
  const { asked } = await run("30", endless);
  assert.is(asked.length, 11);
});

test("what the asker throws is not swallowed", async () => {
  const broken: Asker = { ask: () => Promise.reject(new TypeError("a defect")) };
  await settle(chain("a"), request, new MemoryKnowledge(defaultLimits), broken, now).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, TypeError),
  );
});

test("an absence that rests on a claim is as old as the claim", () => {
  const asked = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
  const known = new MemoryKnowledge(defaultLimits, { at: "2026-11-24T10:00:00Z", from: "mirror" }).complete("ghcr.io");
  const hour = 3_600_000;
  const state = (refresh?: number) =>
    new AskingRun(known, new TestAsker({}), now, refresh === undefined ? {} : { refresh }).knowledge.answer(asked)
      ?.state;
  assert.equal([state(), state(hour), state(3 * hour)], ["absent", undefined, "absent"]);
});

test("an old answer that can change is asked for again; if that fails it is kept", async () => {
  const old = new MemoryKnowledge(defaultLimits, { at: "2026-11-24T10:00:00Z", from: "mirror" })
    .present(key("a"), "")
    .present(key("b"), "");
  const hour = 3_600_000;
  assert.equal((await run("a", { "key a": present("b") }, old, { refresh: hour })).asked, ["key a", "key b"]);
  assert.equal((await run("a", { "key a": present("b") }, old, { refresh: 3 * hour })).asked, []);
  assert.equal((await run("a", {}, old)).asked, []);
  const early = new MemoryKnowledge(defaultLimits, { at: "2099-01-01T00:00:00Z", from: "mirror" }).present(
    key("a"),
    "",
  );
  assert.equal((await run("a", { "key a": present("b") }, early, { refresh: hour })).asked, ["key a", "key b"]);
  const failing = await run("a", {}, old, { refresh: hour });
  assert.equal([failing.asked, failing.decision.warnings, failing.decision.open], [["key a"], ["a=present"], []]);
});

test("what nobody may be asked again counts as it was answered before: a pinned key, without its cluster", async () => {
  const old = new MemoryKnowledge(defaultLimits, { at: "2020-01-01T00:00:00Z", from: "pin" }).present(key("a"), "");
  const nobody: Asker = { ask: () => Promise.resolve(undefined) };
  const { warnings, open } = await settle(chain("a"), request, old, nobody, now, { refresh: 0 });
  assert.equal([warnings, open], [["a=present"], []]);
});

const listed = (name: string) => ({ mediaType: "a/b", digest: digestOf(encodeUtf8(name)), size: 1 });
const origin = { at: "2026-01-01T00:00:00Z", from: "source" };
const referrers = { kind: "referrers", repository: "ghcr.io/org/app", digest: listed("image").digest } as const;
const answering = (answer: Answer): Knowledge => ({ answer: () => answer as never });

test("of a list that was given in part the rest is asked for, and what was given still counts", async () => {
  const given = answering({ state: "present", value: [listed("given")], partial: true, ...origin });
  const rows: readonly (readonly [Answer, readonly string[], isWhole: boolean])[] = [
    [{ state: "absent", ...origin }, ["given"], true],
    [{ state: "present", value: [listed("more"), listed("given")], ...origin }, ["given", "more"], true],
    [{ state: "present", value: [listed("more")], partial: true, ...origin }, ["given", "more"], false],
    [{ state: "unavailable", code: "timed-out", ...origin }, ["given"], false],
  ];
  for (const [answer, names, isWhole] of rows) {
    const stored: Answer[] = [];
    const run = new AskingRun(given, { ask: () => Promise.resolve(answer as never) }, new Date(origin.at), {
      refresh: 0,
      given,
      store: (_, kept) => stored.push(kept),
    });
    const rounds: Question[][] = [[referrers], []];
    await run.settle(() => ({ open: rounds.shift() ?? [] }), 2);
    const known = run.knowledge.answer(referrers);
    assert.equal(known?.state === "present" && known.value, names.map(listed));
    assert.is(known?.state === "present" && known.partial === undefined, isWhole);
    assert.equal(stored, answer.state === "unavailable" ? [] : [answer], "the mirror gets what the source said");
  }
});

test("content that several name is asked for once, for the largest size that one of them states", async () => {
  const blob = (atMost?: number) =>
    ({
      ...{ kind: "blob", repository: "ghcr.io/org/app", digest: listed("x").digest },
      ...(atMost === undefined ? {} : { atMost }),
    }) as Question;
  for (const [sizes, most] of [
    [[10, 99, 20], 99],
    [[10, undefined, 20], undefined],
  ] as const) {
    const asked: Question[] = [];
    const asker: Asker = {
      ask: (question) => {
        asked.push(question);
        return Promise.resolve(undefined);
      },
    };
    const rounds = [sizes.map(blob), [blob(1000)]];
    await new AskingRun({ answer: () => undefined }, asker, new Date(), {}).settle(
      () => ({ open: rounds.shift() ?? [] }),
      3,
    );
    assert.equal(asked, [blob(most)]);
  }
});

test("a size that is stated too small does not hide content from who states the right one", async () => {
  const { digest } = listed("x");
  const blob = (atMost: number) => ({ kind: "blob", repository: "ghcr.io/org/app", digest, atMost }) as const;
  const asked: (number | undefined)[] = [];
  const asker: Asker = {
    ask: (question) => {
      const { atMost } = question as ReturnType<typeof blob>;
      asked.push(atMost);
      return Promise.resolve(
        atMost < 500
          ? { state: "unavailable", code: "over-limit", ...origin }
          : { state: "present", value: new Uint8Array(500), ...origin },
      ) as never;
    },
  };
  const run = new AskingRun({ answer: () => undefined }, asker, new Date(), {});
  const rounds = (sizes: readonly number[]) => {
    const left = [...sizes.map((size) => [blob(size)]), []];
    return run.settle(() => ({ open: left.shift() ?? [] }), 9);
  };
  await Promise.all([rounds([10, 9, 10, 600, 10, 700]), rounds([10, 600])]);
  assert.equal(asked, [10, 600]);
  assert.is(run.knowledge.answer(blob(10))?.state, "present");
});

test("what a run holds is bounded; what a mirror keeps is not held", async () => {
  const blob = (name: string) => ({ kind: "blob", repository: "ghcr.io/a", digest: listed(name).digest }) as const;
  const names = ["a", "b", "c", "d"];
  const asker: Asker = {
    ask: () => Promise.resolve({ state: "present", value: new Uint8Array(100), ...origin } as never),
  };
  for (const [store, known] of [
    [() => false, ["present", "present", "over-budget", "over-budget"]],
    [() => true, [undefined, undefined, undefined, undefined]],
  ] as const) {
    const options = { heldBytes: 250, inFlight: 1, store };
    const run = new AskingRun({ answer: () => undefined }, asker, new Date(origin.at), options);
    const rounds = [names.map(blob), []];
    await run.settle(() => ({ open: rounds.shift() ?? [] }), 2);
    const answers = names.map((name) => run.knowledge.answer(blob(name)));
    assert.equal(
      answers.map((answer) => (answer?.state === "unavailable" ? answer.code : answer?.state)),
      known,
    );
  }
});

test("several runs share their bounds", async () => {
  const bounds = new AskingBounds({ inFlight: 2, heldBytes: 150 });
  let [open, most] = [0, 0];
  const asker: Asker = {
    async ask() {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return { state: "present", value: new Uint8Array(100), ...origin } as never;
    },
  };
  const blob = (name: string) => ({ kind: "blob", repository: "ghcr.io/a", digest: listed(name).digest }) as const;
  const runs = [1, 2, 3].map(() => new AskingRun({ answer: () => undefined }, asker, new Date(origin.at), { bounds }));
  await Promise.all(
    runs.map((run) => {
      const rounds = [["a", "b", "c"].map(blob), []];
      return run.settle(() => ({ open: rounds.shift() ?? [] }), 2);
    }),
  );
  assert.is(most, 2);
  const known = runs.flatMap((run) => ["a", "b", "c"].map((name) => run.knowledge.answer(blob(name))?.state));
  assert.is(known.filter((state) => state === "present").length, 1);
});

test("content that was stored is read from where it is, and is not held twice", async () => {
  const blob = { kind: "blob", repository: "ghcr.io/org/app", digest: listed("x").digest } as const;
  const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
  for (const isKept of [true, false]) {
    const stored = new Map<string, Answer>();
    const base: Knowledge = { answer: (question) => stored.get(questionText(question)) as never };
    const asker: Asker = {
      ask: (question) =>
        Promise.resolve({
          state: "present",
          value: question.kind === "blob" ? new Uint8Array(3) : listed("x"),
          ...origin,
        } as never),
    };
    const run = new AskingRun(base, asker, new Date(origin.at), {
      refresh: 0,
      store(question, answer) {
        if (isKept) stored.set(questionText(question), answer);
        return isKept;
      },
    });
    const rounds: Question[][] = [[blob, tag], []];
    await run.settle(() => ({ open: rounds.shift() ?? [] }), 2);
    for (const question of [blob, tag]) assert.is(run.knowledge.answer(question)?.state, "present");
    stored.clear();
    assert.is(run.knowledge.answer(blob)?.state, isKept ? undefined : "present");
    assert.is(run.knowledge.answer(tag)?.state, "present", "what can change is this run's");
  }
});

test("a given part of a list does not make an older whole one young", () => {
  const part = answering({ state: "present", value: [listed("given")], partial: true, ...origin });
  const whole = answering({ state: "present", value: [listed("given"), listed("old")], ...origin });
  const nobody: Asker = { ask: () => Promise.resolve(undefined) };
  const known = (knowledge: Knowledge, given: Knowledge) =>
    new AskingRun(knowledge, nobody, new Date("2026-01-02T00:00:00Z"), { refresh: 0, given }).knowledge.answer(
      referrers,
    );
  assert.is(known(whole, part), undefined);
  assert.is(known(whole, whole)?.state, "present");
  assert.is(known(part, part)?.state, "present");
});

test("a question that nobody can be asked stays open, and is not asked again", async () => {
  const asked: string[] = [];
  const nobody: Asker = {
    ask: (question) => {
      asked.push(questionText(question));
      return Promise.resolve(undefined);
    },
  };
  const decision = await settle(chain("a"), request, new MemoryKnowledge(defaultLimits), nobody, now);
  assert.equal([asked, decision.warnings, decision.open], [["key a"], ["a=?"], [key("a")]]);
});

/** An attempt that needs all of some keys. */
const needs = (names: readonly string[]) => (knowledge: Knowledge) => {
  const recorded = new RecordingKnowledge(knowledge);
  for (const name of names) recorded.answer(key(name));
  return { open: recorded.open() };
};

test("several loops share a run: each question is asked once, also while another loop waits for it", async () => {
  const asker = new TestAsker({ "key a": present(""), "key b": present(""), "key c": present("") });
  const run = new AskingRun(new MemoryKnowledge(defaultLimits), asker, now);
  const results = await Promise.all([["a", "b"], ["b", "c"], ["a"]].map((names) => run.settle(needs(names), 16)));
  assert.equal(results, [{ open: [] }, { open: [] }, { open: [] }]);
  assert.equal([...asker.asked].sort(), ["key a", "key b", "key c"]);
  assert.is(run.knowledge.answer(key("a"))?.state, "present");
  await run.settle(needs(["c"]), 16);
  assert.is(asker.asked.length, 3);
});

test("no more than so many questions are asked at the same time", async () => {
  let most = 0;
  let waiting = 0;
  const slow: Asker = {
    async ask<Q extends Question>(): Promise<AnswerTo<Q>> {
      most = Math.max(most, ++waiting);
      await new Promise((resolve) => setImmediate(resolve));
      waiting--;
      return outage as AnswerTo<Q>;
    },
  };
  const names = Array.from({ length: 20 }, (_, index) => String(index));
  for (const [inFlight, expected] of [
    [1, 1],
    [3, 3],
    [undefined, 20],
  ] as const) {
    most = 0;
    const run = new AskingRun(
      new MemoryKnowledge(defaultLimits),
      slow,
      now,
      inFlight === undefined ? {} : { inFlight },
    );
    await run.settle(needs(names), 16);
    assert.is(most, expected);
  }
});

test("one that fails gives its place to the next", async () => {
  const broken: Asker = { ask: () => Promise.reject(new TypeError("a defect")) };
  const run = new AskingRun(new MemoryKnowledge(defaultLimits), broken, now, { inFlight: 1 });
  await run.settle(needs(["a", "b", "c"]), 16).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, TypeError),
  );
});

test("once it is stopped nothing is asked, and what is open is over-budget", async () => {
  const stop = { aborted: false };
  const asked: string[] = [];
  const asker: Asker = {
    async ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>> {
      asked.push(questionText(question));
      stop.aborted = true;
      return present("b") as AnswerTo<Q>;
    },
  };
  const kept: string[] = [];
  const store = (question: Question) => kept.push(questionText(question));
  const run = new AskingRun(new MemoryKnowledge(defaultLimits), asker, now, { stop, store });
  const decision = await run.settle((known, at) => chain("a").decide(request, known, at), 16);
  assert.equal([asked, kept], [["key a"], ["key a"]]);
  // No failure policy overlooks it: whoever chose the images could have spent the time.
  const answer = run.knowledge.answer(key("b"));
  assert.is(answer?.state === "unavailable" && answer.code, "over-budget");
  assert.equal([decision.warnings, decision.open], [["b=unavailable"], [key("b")]]);
});

test("what the asker knows is not asked for, is stored once, and is asked for when it is stopped", async () => {
  const asked: string[] = [];
  const stored: string[] = [];
  let knows = 0;
  const asker: Asker = {
    known<Q extends Question>(question: Q) {
      if (!("reference" in question) || question.reference === "b") return undefined;
      knows++;
      return (question.reference === "a" ? present("b") : { state: "absent", at: "", from: "asker" }) as AnswerTo<Q>;
    },
    ask<Q extends Question>(question: Q) {
      asked.push(questionText(question));
      return Promise.resolve(present("c") as AnswerTo<Q>);
    },
  };
  const run = (stop: { readonly aborted: boolean }) =>
    new AskingRun(new MemoryKnowledge(defaultLimits), asker, now, {
      stop,
      store: (question, answer) => void stored.push(`${questionText(question)} ${answer.state}`),
    });
  const one = run({ aborted: false });
  const attempt = (known: Knowledge) => chain("a").decide(request, known, now);
  const both = await Promise.all([one.settle(attempt, 8), one.settle(attempt, 8)]);
  assert.equal(
    both.map(({ warnings }) => warnings),
    [["c=absent"], ["c=absent"]],
  );
  assert.equal([asked, knows], [["key b"], 2]);
  assert.equal(stored, ["key a present", "key b present", "key c absent"]);
  const stopped = await run({ aborted: true }).settle(attempt, 8);
  assert.equal([stopped.warnings, knows], [["a=unavailable"], 2]);
});

test.run();
