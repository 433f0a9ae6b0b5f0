import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Question } from "../../../core/knowledge/question.ts";
import { questionWords } from "../../../core/knowledge/question-words.ts";

const test = suite("core/knowledge/question-words");
const repository = "ghcr.io/org/app";
const digest = `sha256:${"a".repeat(64)}` as const;
const cluster = { kind: "cluster", apiVersion: "v1", resource: "configmaps" } as const;

const words: readonly (readonly [Question, string])[] = [
  [{ kind: "tag", repository, tag: "1.4" }, "the tag 1.4 of ghcr.io/org/app"],
  [{ kind: "manifest", repository, digest }, `the manifest ${digest} of ghcr.io/org/app`],
  [{ kind: "blob", repository, digest }, `the blob ${digest} of ghcr.io/org/app`],
  [{ kind: "referrers", repository, digest }, `the referrers of ghcr.io/org/app@${digest}`],
  [{ kind: "trusted-root", name: "corp" }, "the trusted root corp"],
  [{ kind: "key", reference: "k8s://ns/key" }, "the key k8s://ns/key"],
  [{ kind: "log-entry", log: "https://log", hash: digest }, `the entries of the log https://log for ${digest}`],
  [{ ...cluster, verb: "get", namespace: "apps", name: "keys" }, "configmaps/keys in the namespace apps"],
  [{ ...cluster, verb: "get", name: "keys" }, "configmaps/keys"],
  [{ ...cluster, verb: "list" }, "all configmaps"],
  [{ ...cluster, verb: "raw", path: "/api/v1/nodes" }, "the API server's /api/v1/nodes"],
];

for (const [question, sentence] of words) test(sentence, () => assert.is(questionWords(question), sentence));

test.run();
