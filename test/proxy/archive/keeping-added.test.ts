import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Answer } from "../../../core/knowledge/answer.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { keepingAdded } from "../../../proxy/archive/keeping-added.ts";

const test = suite("proxy/archive/keeping-added");
const [before, now] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"];
const named = (name: string) => ({ mediaType: "x", digest: digestOf(encodeUtf8(name)), size: 1 });
const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
const referrers = { kind: "referrers", repository: "ghcr.io/org/app", digest: named("image").digest } as const;
const present = (value: unknown, from: string, at = now, more: object = {}): Answer =>
  ({ state: "present", value, at, from, ...more }) as Answer;
const absent: Answer = { state: "absent", at: now, from: "ghcr.io" };
const outage: Answer = { state: "unavailable", code: "unreachable", at: now, from: "ghcr.io" };

async function ask(question: Question, held: Answer | undefined, said: Answer | undefined) {
  const warned: string[] = [];
  const asker = { ask: () => Promise.resolve(said as never) };
  let reads = 0;
  const mirror = {
    lacks: () => held?.state !== "present",
    recorded: () => {
      reads++;
      return held as never;
    },
  };
  const answer = await keepingAdded(asker, mirror, (text) => warned.push(text)).ask(question);
  return { answer: answer as Answer | undefined, warned: warned.join("\n"), reads };
}

test("an absence does not take away what was added; what a host said before, it does", async () => {
  const added = present(named("a"), "layout a.tar", before);
  const { answer, warned } = await ask(tag, added, absent);
  assert.equal(answer, added);
  assert.match(warned, /^drifted: .*ghcr\.io says that it does not exist/);
  const asked = await ask(tag, present(named("a"), "ghcr.io", before), absent);
  assert.equal([asked.answer, asked.warned], [absent, ""]);
});

test("nothing is read to tell that what was absent still is, and that a digest has its content", async () => {
  const manifest = { kind: "manifest", repository: "ghcr.io/org/app", digest: named("image").digest } as const;
  const content = present(new Uint8Array(1), "ghcr.io");
  assert.equal(await ask(tag, absent, absent), { answer: absent, warned: "", reads: 0 });
  assert.equal(await ask(manifest, present(new Uint8Array(1), "layout a.tar"), content), {
    answer: content,
    warned: "",
    reads: 0,
  });
  assert.is((await ask(manifest, present(new Uint8Array(1), "layout a.tar"), absent)).answer?.state, "present");
});

test("what is known at once counts only where nothing can have been added", () => {
  const known = (held: Answer | undefined): Answer | undefined => {
    const asker = { ask: () => Promise.resolve(undefined), known: () => absent as never };
    const mirror = { lacks: () => held?.state !== "present", recorded: () => held as never };
    return keepingAdded(asker, mirror, () => undefined).known?.(tag);
  };
  assert.equal(
    [known(absent), known(present(named("a"), "layout a.tar")), known(undefined)],
    [absent, undefined, absent],
  );
  const silent = { ask: () => Promise.resolve(undefined) };
  const mirror = { lacks: () => true, recorded: () => undefined as never };
  assert.is(keepingAdded(silent, mirror, () => undefined).known?.(tag), undefined);
});

test("what the mirror says too is looked at no further", async () => {
  const looks: string[] = [];
  const mirror = { lacks: () => looks.push("lacks") > 0, recorded: () => void looks.push("recorded") as never };
  const asker = { ask: () => Promise.resolve(absent as never), known: () => absent as never };
  for (const isSaidAgain of [true, false]) {
    const kept = keepingAdded(
      asker,
      mirror,
      () => undefined,
      () => isSaidAgain,
    );
    assert.equal([kept.known?.(tag), await kept.ask(tag)], [absent, absent]);
    assert.is(looks.length, isSaidAgain ? 0 : 2);
  }
});

test("a tag that moved is what the host says, with a warning", async () => {
  const moved = present(named("b"), "ghcr.io");
  const { answer, warned } = await ask(tag, present(named("a"), "layout a.tar", before), moved);
  assert.equal(answer, moved);
  assert.match(warned, /drifted: .*was added from layout a\.tar/);
  const same = await ask(tag, present(named("a"), "layout a.tar", before), present(named("a"), "ghcr.io"));
  assert.equal([same.warned, same.answer?.from], ["", "ghcr.io"]);
});

test("lists are joined: what was added still counts, and the list stays as whole as the host's", async () => {
  const added = present([named("a"), named("b")], "layout a.tar", before, { partial: true });
  for (const [said, digests, partial, warns] of [
    [absent, ["a", "b"], undefined, true],
    [present([named("b"), named("c")], "ghcr.io"), ["b", "c", "a"], undefined, true],
    [present([named("b"), named("a")], "ghcr.io"), ["b", "a"], undefined, false],
    [present([named("c")], "cache", now, { partial: outage }), ["c", "a", "b"], outage, true],
  ] as const) {
    const { answer, warned } = await ask(referrers, added, said);
    if (answer?.state !== "present") throw assert.unreachable();
    assert.equal(answer.value, digests.map(named));
    assert.equal([answer.partial, answer.at], [partial, now]);
    assert.is(warned.includes("drifted"), warns);
    if (warns) assert.match(answer.from, /^layout a\.tar, /);
  }
});

test("outages, and questions that nobody answers, stay", async () => {
  const added = present(named("a"), "layout a.tar", before);
  assert.equal((await ask(tag, added, outage)).answer, outage);
  assert.is((await ask(tag, added, undefined)).answer, undefined);
  assert.equal((await ask(tag, undefined, absent)).answer, absent);
});

test.run();
