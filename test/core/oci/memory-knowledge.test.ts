import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/oci/memory-knowledge");
const repository = "ghcr.io/org/app";
const encode = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));
const image = encode({ layers: [] });

test("never asked, absent and present are three answers", () => {
  const knowledge = new MemoryKnowledge(defaultLimits, { at: "2026-01-01T00:00:00Z", from: "here" });
  const question = { kind: "tag", repository, tag: "1" } as const;
  assert.is(knowledge.answer(question), undefined);
  knowledge.absent(question);
  assert.equal(knowledge.answer(question), { state: "absent", at: "2026-01-01T00:00:00Z", from: "here" });
  const digest = knowledge.putManifest(repository, image, "1");
  const answer = knowledge.answer(question);
  assert.is(answer?.state === "present" && answer.value.digest, digest);
});

test("the spelling of the repository does not matter", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  knowledge.putManifest("nginx", image, "1");
  for (const spelling of ["docker.io/nginx", "docker.io/library/nginx", "index.docker.io/library/nginx"])
    assert.is(knowledge.answer({ kind: "tag", repository: spelling, tag: "1" })?.state, "present");
  assert.is(knowledge.answer({ kind: "tag", repository: "ghcr.io/nginx", tag: "1" }), undefined);
});

test("referrers follow from subjects, in their repository only, and an explicit answer wins", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const digest = knowledge.putManifest(repository, image);
  const referrer = knowledge.putManifest(
    repository,
    encode({ artifactType: "a/b", config: { digest, size: 1 }, subject: { digest, size: image.length } }),
  );
  const question = { kind: "referrers", repository, digest } as const;
  const answer = knowledge.answer(question);
  assert.equal(answer?.state === "present" && answer.value.map((found) => [found.digest, found.artifactType]), [
    [referrer, "a/b"],
  ]);
  assert.is(knowledge.answer({ ...question, repository: "ghcr.io/org/other" }), undefined);
  assert.is(knowledge.absent(question).answer(question)?.state, "absent");
});

test("a complete host or repository turns ignorance into absence, but not for blobs", () => {
  const digest = `sha256:${"ab".repeat(32)}` as const;
  for (const scope of [repository, "ghcr.io"]) {
    const knowledge = new MemoryKnowledge(defaultLimits).complete(scope);
    for (const kind of ["manifest", "referrers"] as const)
      assert.is(knowledge.answer({ kind, repository, digest })?.state, "absent");
    assert.is(knowledge.answer({ kind: "blob", repository, digest }), undefined);
    assert.is(knowledge.answer({ kind: "tag", repository: "quay.io/org/app", tag: "1" }), undefined);
  }
  assert.is(
    new MemoryKnowledge(defaultLimits).complete("ghcr.io/org").answer({ kind: "tag", repository, tag: "1" }),
    undefined,
  );
  throwsCode("invalid-usage", () => new MemoryKnowledge(defaultLimits).complete("ghcr.io/org:1"));
});

test("what is put in later ends the claims that it contradicts", () => {
  const digest = `sha256:${"ab".repeat(32)}` as const;
  const claimed = () => {
    const knowledge = new MemoryKnowledge(defaultLimits);
    for (const scope of [`${repository}@${digest}`, repository, "ghcr.io"]) knowledge.complete(scope);
    return knowledge;
  };
  const scopes = (knowledge: MemoryKnowledge) =>
    knowledge.claims({ kind: "referrers", repository, digest }).map(({ scope }) => scope);
  const tagged = claimed();
  assert.equal(scopes(tagged), [`${repository}@${digest}`, repository, "ghcr.io"]);
  tagged.putManifest(repository, image, "1");
  assert.equal(scopes(tagged), [`${repository}@${digest}`]);
  const referred = claimed();
  referred.putManifest(repository, encode({ layers: [], subject: { mediaType: "a/b", digest, size: 1 } }));
  assert.equal(scopes(referred), []);
  assert.equal(
    [...referred.facts(`${repository}@${digest}`)].map(({ kind }) => kind),
    ["referrers"],
  );
  assert.equal([...referred.facts("ghcr.io")].map(({ kind }) => kind).sort(), ["manifest", "referrers"]);
});

test("distrust adds up, and is another version", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const before = knowledge.state().version;
  const rows = [
    { kind: "identity", value: "*@example.com" },
    { kind: "log", value: "a".repeat(64) },
  ] as const;
  for (const row of rows) knowledge.addDistrust(row);
  assert.equal(knowledge.state().distrust, rows);
  assert.is.not(knowledge.state().version, before);
});

test("the newest signed time only rises, and is another version", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const [old, young] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-02-01T00:00:00Z")];
  assert.is(knowledge.state().newestSignedTime, undefined);
  const before = knowledge.state().version;
  knowledge.raiseSignedTime(young);
  assert.is.not(knowledge.state().version, before);
  assert.is(knowledge.raiseSignedTime(old).state().newestSignedTime, young);
});

test("a manifest that does not parse is not put in", () => {
  throwsCode("malformed", () => new MemoryKnowledge(defaultLimits).putManifest(repository, encode({}), "1"));
});

test.run();
