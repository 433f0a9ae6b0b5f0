import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { isArtifactQuestion, parseQuestion, type Question, questionText } from "../../../core/knowledge/question.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/knowledge/question");
const digest = `sha256:${"a".repeat(64)}` as const;
const examples: Readonly<Record<string, Question>> = {
  "tag ghcr.io/org/app 1.4": { kind: "tag", repository: "ghcr.io/org/app", tag: "1.4" },
  [`manifest ghcr.io/org/app ${digest}`]: { kind: "manifest", repository: "ghcr.io/org/app", digest },
  [`blob ghcr.io/org/app ${digest}`]: { kind: "blob", repository: "ghcr.io/org/app", digest },
  [`referrers ghcr.io/org/app ${digest}`]: { kind: "referrers", repository: "ghcr.io/org/app", digest },
  "trusted-root public-good": { kind: "trusted-root", name: "public-good" },
  "key k8s://ns/name%0020x": { kind: "key", reference: "k8s://ns/name x" },
  "log-entry https://rekor.example abc": { kind: "log-entry", log: "https://rekor.example", hash: "abc" },
  "cluster get v1 configmaps ns=n name=c path=": {
    kind: "cluster",
    verb: "get",
    apiVersion: "v1",
    resource: "configmaps",
    namespace: "n",
    name: "c",
  },
};

test("every question has one text, and the text is the question", () => {
  for (const [text, question] of Object.entries(examples)) {
    const written = questionText(question);
    assert.is(written, text);
    assert.equal(parseQuestion(written), question);
  }
});

test("texts of different questions differ, whatever their parts hold", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
      const questions: Question[] = [
        { kind: "tag", repository: a, tag: b },
        { kind: "tag", repository: `${a} ${b}`, tag: c },
        { kind: "key", reference: `${a} ${b}` },
        { kind: "log-entry", log: a, hash: `${b} ${c}` },
      ];
      for (const question of questions) assert.equal(parseQuestion(questionText(question)), question);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test("any other text is malformed", () => {
  for (const text of [
    "",
    "tag",
    "tag a",
    "manifest a sha256:b",
    "nothing a",
    "tag a b c",
    "cluster put v1 a ns= name= path=",
    `blob a ${digest.toUpperCase()}`,
  ])
    throwsCode("malformed", () => parseQuestion(text));
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseQuestion(text);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    }),
    { numRuns: 500, seed: 2 },
  );
});

test("an outage of trust, keys and log entries is nothing to overlook", () => {
  assert.equal(
    Object.values(examples).map((question) => [question.kind, isArtifactQuestion(question)]),
    [
      ["tag", true],
      ["manifest", true],
      ["blob", true],
      ["referrers", true],
      ["trusted-root", false],
      ["key", false],
      ["log-entry", false],
      ["cluster", true],
    ],
  );
});

test.run();
