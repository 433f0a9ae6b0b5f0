import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Answer } from "../../../core/knowledge/answer.ts";
import { type Question, questionText } from "../../../core/knowledge/question.ts";
import { Askers, besideShared, onceEach, pullAccessOf, pullKey } from "../../../cli/input/pull-access.ts";

const test = suite("cli/input/pull-access");
const at = "2026-01-01T00:00:00Z";
const repository = "ghcr.io/org/app";
const digest = digestOf(encodeUtf8("x"));
const tag = { kind: "tag", repository, tag: "1" } as const;
const referrers = { kind: "referrers", repository, digest } as const;
const manifest = { kind: "manifest", repository, digest } as const;
const key = { kind: "key", reference: "k8s://a/b" } as const;

test("what the Pods of a resource pull with", () => {
  const spec = { containers: [], imagePullSecrets: [{ name: "a" }, {}, "no", { name: "b" }], serviceAccountName: "ci" };
  const own = { namespace: "apps", secrets: ["a", "b"], serviceAccount: "ci" };
  assert.equal(pullAccessOf({ kind: "Pod", metadata: { namespace: "apps" }, spec }), own);
  const template = { kind: "Deployment", metadata: { namespace: "apps" }, spec: { template: { spec } } };
  assert.equal(pullAccessOf(template), own);
  const none = { namespace: "default", secrets: [], serviceAccount: "default" };
  assert.equal(pullAccessOf({ kind: "Pod", spec: { containers: [] } }), none);
  assert.equal(pullAccessOf({ kind: "ConfigMap" }), none);
});

test("who pulls with the same Secrets shares what was asked", () => {
  const access = { namespace: "apps", secrets: ["a", "b"], serviceAccount: "default" };
  assert.is(pullKey(access, false), pullKey({ ...access, serviceAccount: "ci" }, true));
  const others = [
    { ...access, namespace: "other" },
    { ...access, secrets: ["b", "a"] },
    { ...access, secrets: ["a"] },
  ];
  for (const other of others) assert.is.not(pullKey(access, false), pullKey(other, false));
  const bare = { ...access, secrets: [] };
  assert.is(pullKey(bare, false), undefined);
  assert.is.not(pullKey(bare, true), pullKey({ ...bare, serviceAccount: "ci" }, true));
});

test("what others were told in this run is not known; content by its digest, and what was known before, is", () => {
  const present: Answer = { state: "present", value: new Uint8Array() as never, at, from: "x" };
  const answers = new Map<string, Answer>();
  const known = { answer: (question: Question) => answers.get(questionText(question)) as never };
  const askers = new Askers();
  const [mine, theirs] = [askers.without(known, "a"), askers.without(known, "b")];
  for (const question of [tag, referrers, manifest]) answers.set(questionText(question), present);
  assert.is(theirs.answer(tag), present, "nobody asked for it in this run");
  for (const question of [tag, referrers, manifest]) askers.note(question, "a");
  for (const question of [tag, referrers]) {
    assert.is(mine.answer(question), present);
    assert.is(theirs.answer(question), undefined);
  }
  assert.is(theirs.answer(manifest), present);
  answers.set(questionText(manifest), { state: "absent", at, from: "x" });
  assert.is(theirs.answer(manifest), undefined);
});

test("the rest of a knowledge stays as it is", () => {
  const claim = { scope: "ghcr.io", at, from: "x" };
  const known = { answer: () => undefined, claims: () => [claim], state: () => ({ version: "7" }) };
  const without = new Askers().without(known, "a");
  assert.equal([without.claims?.(tag), without.state?.(), without.facts], [[claim], { version: "7" }, undefined]);
});

test("registries are asked by each, all else once", async () => {
  const asked: string[] = [];
  const asker = (name: string) => ({
    ask(question: Question) {
      asked.push(`${name} ${question.kind}`);
      return Promise.resolve(undefined);
    },
  });
  const shared = onceEach(asker("shared"));
  for (const own of [besideShared(asker("a"), shared), besideShared(asker("b"), shared)])
    for (const question of [tag, referrers, manifest, key, key]) await own.ask(question);
  assert.equal(asked, [
    ...["a tag", "a referrers", "a manifest", "shared key"],
    ...["b tag", "b referrers", "b manifest"],
  ]);
});

test.run();
