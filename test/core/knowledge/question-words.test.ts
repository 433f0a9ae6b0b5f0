import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Question, questionText } from "../../../core/knowledge/question.ts";
import { questionSubject, unansweredWords, unaskedWords } from "../../../core/knowledge/question-words.ts";

const test = suite("core/knowledge/question-words");
const repository = "ghcr.io/org/app";
const digest = `sha256:${"a".repeat(64)}` as const;
const cluster = { kind: "cluster", apiVersion: "v1", resource: "configmaps" } as const;
const signatureTag = `sha256-${"a".repeat(64)}.sig`;

/** A question, what is asked for, that nobody asked, and the thing alone. */
const words: readonly (readonly [Question, string, string, string])[] = [
  [
    { kind: "tag", repository, tag: "1.4" },
    "ghcr.io/org/app:1.4",
    "ghcr.io/org/app:1.4 is not in the mirror",
    "ghcr.io/org/app:1.4",
  ],
  [
    { kind: "tag", repository, tag: signatureTag },
    `the signature tag ghcr.io/org/app:${signatureTag}`,
    `the signature tag ghcr.io/org/app:${signatureTag} is not in the mirror`,
    `ghcr.io/org/app:${signatureTag}`,
  ],
  [
    { kind: "manifest", repository, digest },
    `the manifest ghcr.io/org/app@${digest}`,
    `the manifest ghcr.io/org/app@${digest} is not in the mirror`,
    `ghcr.io/org/app@${digest}`,
  ],
  [
    { kind: "blob", repository, digest },
    `the blob ghcr.io/org/app@${digest}`,
    `the blob ghcr.io/org/app@${digest} is not in the mirror`,
    `ghcr.io/org/app@${digest}`,
  ],
  [
    { kind: "referrers", repository, digest },
    `the list of what refers to ghcr.io/org/app@${digest}`,
    `the list of what refers to ghcr.io/org/app@${digest} is not in the mirror`,
    `ghcr.io/org/app@${digest}`,
  ],
  [
    { kind: "trusted-root", name: "corp" },
    "the trusted root corp",
    "no trusted root named corp is in the mirror",
    "corp",
  ],
  [
    { kind: "key", reference: "k8s://ns/key" },
    "the key k8s://ns/key",
    "the key k8s://ns/key is not pinned",
    "k8s://ns/key",
  ],
  [
    { kind: "log-entry", log: "https://log", hash: digest },
    `the log entries of ${digest}`,
    "the signature carries no log entry, and no log was asked",
    digest,
  ],
  [
    { ...cluster, verb: "get", namespace: "apps", name: "keys" },
    "ConfigMap apps/keys",
    "ConfigMap apps/keys was not given",
    "ConfigMap apps/keys",
  ],
  [
    { ...cluster, resource: "namespaces", verb: "get", name: "apps" },
    "Namespace apps",
    "Namespace apps was not given",
    "Namespace apps",
  ],
  [
    { ...cluster, resource: "constructor", verb: "get", name: "a" },
    "constructor a",
    "constructor a was not given",
    "constructor a",
  ],
  [
    { ...cluster, verb: "list", namespace: "apps" },
    "the list of configmaps of apps",
    "the list of configmaps of apps was not given",
    "configmaps of apps",
  ],
  [{ ...cluster, verb: "list" }, "the list of configmaps", "the list of configmaps was not given", "configmaps"],
  [
    { ...cluster, verb: "raw", path: "/api/v1/nodes" },
    "the API server's answer to GET /api/v1/nodes",
    "the API server's answer to GET /api/v1/nodes was not given",
    "/api/v1/nodes",
  ],
];

for (const [question, asked, unasked, subject] of words)
  test(unasked, () => {
    assert.equal([unaskedWords(question), questionSubject(question)], [unasked, subject]);
    const outage = unansweredWords(question, { from: "there", code: "timed-out" });
    assert.match(outage, `${asked} cannot be read from there: timed-out`);
    const unsaid = unansweredWords(question, { from: "", code: "timed-out" });
    assert.match(unsaid, `${asked} cannot be read: timed-out`);
    if (question.kind !== "key")
      for (const text of [asked, unasked, subject, outage]) assert.not.match(text, questionText(question));
  });

test("a log that could not say: the signature still lacks the entry", () => {
  const question = { kind: "log-entry", log: "https://log", hash: digest } as const;
  const outage = unansweredWords(question, { from: "https://log", code: "timed-out" });
  assert.match(
    outage,
    /^the signature carries no log entry; the log entries of \S+ cannot be read from https:\/\/log: /,
  );
});

test.run();
