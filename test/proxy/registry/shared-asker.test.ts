import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import type { Answer } from "../../../core/knowledge/answer.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { SharedAsker } from "../../../proxy/registry/shared-asker.ts";
import { SilentHosts } from "../../../proxy/registry/silent-hosts.ts";

const test = suite("proxy/registry/shared-asker");
const question = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
const at = "2026-01-01T00:00:00Z";
const absent: Answer = { state: "absent", at, from: "ghcr.io" };
const outage: Answer = { state: "unavailable", code: "unreachable", at, from: "ghcr.io", why: "refused" };
/** Deadlines on the clock of `performance`, which begins with the process: weeks ahead, and past. */
const far = 2_000_000_000;
const past = 0;

function asking(answer: (question: Question) => Promise<Answer | undefined>, store?: () => void, silent?: SilentHosts) {
  const clock = { now: 0 };
  const asked: Question[] = [];
  const stored: Answer[] = [];
  const reports: EngineError[] = [];
  const shared = new SharedAsker({
    asker: {
      ask: (one) => {
        asked.push(one);
        return answer(one) as never;
      },
    },
    store: (_, one) => {
      store?.();
      stored.push(one);
    },
    silent,
    now: () => new Date(clock.now),
    report: (error) => reports.push(error),
  });
  return { shared, clock, asked, stored, reports };
}

test("however many ask at once, a registry is asked once and its answer kept once", async () => {
  const { shared, asked, stored } = asking(() => new Promise((resolve) => setTimeout(() => resolve(absent), 10)));
  const all = await Promise.all(Array.from({ length: 50 }, () => shared.until(far).ask(question)));
  assert.ok(all.every((answer) => answer === absent));
  assert.is(asked.length, 1);
  assert.equal(stored, [absent]);
});

test("a name that a resource made as long as a book is not asked for, nor remembered", async () => {
  const { shared, asked, stored } = asking(() => Promise.resolve(outage));
  const named = (length: number) =>
    ({ kind: "cluster", verb: "get", apiVersion: "v1", resource: "configmaps", name: "a".repeat(length) }) as const;
  for (const reference of [named(1_000_000), { kind: "key", reference: `k8s://a/${"/".repeat(20_000)}` } as const]) {
    const answer = await shared.until(far).ask(reference);
    assert.equal([answer?.state, (answer as { readonly code?: string }).code], ["unavailable", "over-limit"]);
  }
  assert.equal([asked, stored], [[], []]);
  await shared.until(far).ask(named(10_000));
  assert.is(asked.length, 1);
});

test("an outage is not asked about again at once, and is after some seconds", async () => {
  const { shared, clock, asked } = asking(() => Promise.resolve(outage));
  for (const [now, requests] of [
    [0, 1],
    [4_999, 1],
    [5_001, 2],
  ] as const) {
    clock.now = now;
    assert.equal(await shared.until(far).ask(question), outage);
    assert.is(asked.length, requests);
  }
});

test("a registry that answers another asker is asked again, once in five seconds; a busy one is not", async () => {
  const other = { ...question, tag: "2" } as const;
  const elsewhere = { ...question, repository: "quay.io/org/app" } as const;
  const returned: string[] = [];
  const clock = { now: 0 };
  const silent = new SilentHosts({ now: () => new Date(clock.now), returned: (host) => returned.push(host) });
  let code: "unreachable" | "rate-limited" = "unreachable";
  const out = (): Promise<Answer> => Promise.resolve({ ...outage, code });
  const [one, two] = [asking(out, undefined, silent), asking(() => Promise.resolve(absent), undefined, silent)];
  const ask = (from: typeof one, asked: Question) => from.shared.until(far).ask(asked as typeof question);
  await ask(one, question);
  await ask(two, elsewhere);
  await ask(one, question);
  assert.equal([one.asked.length, returned], [1, []]);
  await ask(two, other);
  await ask(one, question);
  assert.equal([one.asked.length, returned], [2, ["ghcr.io"]]);
  await ask(two, other);
  await ask(one, question);
  assert.equal([one.asked.length, returned.length], [2, 1], "it came back a moment ago");
  [clock.now, one.clock.now, code] = [6_000, 6_000, "rate-limited"];
  await ask(one, question);
  await ask(two, other);
  await ask(one, question);
  assert.is(one.asked.length, 3);
});

test("who cannot wait gets timed-out, and the answer is kept for the next one", async () => {
  let finish: (answer: Answer) => void = () => undefined;
  const { shared, stored } = asking(() => new Promise((resolve) => (finish = resolve)));
  const late = await shared.until(past).ask(question);
  assert.is(late?.state === "unavailable" && late.code, "timed-out");
  const next = shared.until(far).ask(question);
  finish(absent);
  assert.is(await next, absent);
  assert.equal(stored, [absent]);
});

test("a mirror that cannot be written hides no answer", async () => {
  const { shared, reports } = asking(
    () => Promise.resolve(absent),
    () => {
      throw new EngineError("mirror-busy", "the disk is full");
    },
  );
  assert.is(await shared.until(far).ask(question), absent);
  assert.equal(
    reports.map(({ code }) => code),
    ["mirror-busy"],
  );
});

test("what nobody may be asked stays open", async () => {
  const { shared, stored } = asking(() => Promise.resolve(undefined));
  assert.is(await shared.until(far).ask(question), undefined);
  assert.equal(stored, []);
});

test.run();
