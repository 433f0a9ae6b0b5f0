import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openQuestions } from "../../../core/knowledge/ask.ts";
import {
  readBlob,
  readManifest,
  readReferrers,
  readTag,
  requireContent,
  requireSize,
} from "../../../core/oci/lookup.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/oci/lookup");
const repository = "ghcr.io/org/app";
const bytes = encodeUtf8('{"layers":[]}');
const digest = digestOf(bytes);
const other = digestOf(encodeUtf8("other"));
const at = "2026-01-01T00:00:00Z";

test("present content is parsed, with where and when it came from", () => {
  const knowledge = new MemoryKnowledge(defaultLimits, { at, from: "here" });
  knowledge.putManifest(repository, bytes, "1");
  knowledge.putBlob(repository, bytes);
  const manifest = readManifest(knowledge, repository, digest, defaultLimits);
  assert.is(manifest.state === "present" && manifest.value.manifest.kind, "manifest");
  assert.is(manifest.state === "present" && manifest.from, "here");
  assert.is(readTag(knowledge, repository, "1").state, "present");
  assert.is(readBlob(knowledge, repository, digest, bytes.length).state, "present");
});

test("a question never asked is open, an unavailable one has the outage's code", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const asked = throwsCode("not-in-mirror", () => readTag(knowledge, repository, "1"));
  assert.equal(openQuestions(asked), [{ kind: "tag", repository, tag: "1" }]);
  knowledge.set(
    { kind: "manifest", repository, digest },
    { state: "unavailable", code: "timed-out", at, from: "ghcr.io" },
  );
  const late = throwsCode("timed-out", () => readManifest(knowledge, repository, digest, defaultLimits));
  assert.equal(openQuestions(late), [{ kind: "manifest", repository, digest }]);
  for (const read of [
    () => readBlob(knowledge, repository, digest, bytes.length),
    () => readReferrers(knowledge, repository, digest, defaultLimits),
  ])
    assert.is(openQuestions(throwsCode("not-in-mirror", read)).length, 1);
});

test("content that something names must be there", () => {
  const origin = { at, from: "x" };
  assert.is(requireContent({ state: "present", value: 1, ...origin }, "no-signature", "s"), 1);
  const error = throwsCode("no-signature", () => requireContent({ state: "absent", ...origin }, "no-signature", "s"));
  assert.is(error.subject, "s");
});

test("content has the size that its descriptor states", () => {
  const descriptor = { mediaType: "x", digest: other, size: 2 };
  requireSize(new Uint8Array(2), descriptor);
  for (const size of [0, 1, 3]) throwsCode("malformed", () => requireSize(new Uint8Array(size), descriptor));
});

test("bytes of another digest are malformed, and name what was asked for", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  knowledge.present({ kind: "manifest", repository, digest: other }, bytes);
  knowledge.present({ kind: "blob", repository, digest: other }, bytes);
  assert.is(
    throwsCode("malformed", () => readManifest(knowledge, repository, other, defaultLimits)).subject,
    `${repository}@${other}`,
  );
  throwsCode("malformed", () => readBlob(knowledge, repository, other, bytes.length));
});

test("bounds hold before anything is parsed", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  knowledge.present({ kind: "manifest", repository, digest }, new Uint8Array(defaultLimits.manifestBytes + 1));
  knowledge.putBlob(repository, bytes);
  throwsCode("over-limit", () => readManifest(knowledge, repository, digest, defaultLimits));
  throwsCode("over-limit", () => readBlob(knowledge, repository, digest, bytes.length - 1));
});

test("referrers: an empty list is absent, a long one over the limit", () => {
  const question = { kind: "referrers", repository, digest } as const;
  const descriptor = { mediaType: "a/b", digest: other, size: 1 };
  assert.is(
    readReferrers(new MemoryKnowledge(defaultLimits).present(question, []), repository, digest, defaultLimits).state,
    "absent",
  );
  assert.is(
    readReferrers(new MemoryKnowledge(defaultLimits).absent(question), repository, digest, defaultLimits).state,
    "absent",
  );
  assert.is(
    readReferrers(new MemoryKnowledge(defaultLimits).present(question, [descriptor]), repository, digest, defaultLimits)
      .state,
    "present",
  );
  throwsCode("over-limit", () =>
    readReferrers(
      new MemoryKnowledge(defaultLimits).present(
        question,
        Array.from({ length: 1001 }, () => descriptor),
      ),
      repository,
      digest,
      defaultLimits,
    ),
  );
});

test.run();
