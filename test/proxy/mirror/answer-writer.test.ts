import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { textDigest } from "../../../proxy/mirror/row-checksum.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/answer-writer");
const repository = "ghcr.io/org/app";
const content = new Uint8Array(Buffer.from('{"layers":[]}'));
const digest = digestOf(content);
const other = textDigest("other");
const present = (value: unknown) => ({ state: "present", value, ...origin }) as const;

test("bytes with another digest than stated are refused and leave nothing", () => {
  const folder = writtenMirror((mirror) => {
    const writer = mirror.writer();
    throwsCode("malformed", () => writer.addBlob(content, other));
    throwsCode("malformed", () => writer.setAnswer({ kind: "manifest", repository, digest: other }, present(content)));
    throwsCode("malformed", () => writer.setAnswer({ kind: "blob", repository, digest: other }, present(content)));
    assert.is(writer.addBlob(content), digest);
    assert.is(writer.addBlob(content, digest), digest);
  });
  reading(folder, (mirror) => {
    assert.is(mirror.knowledge().answer({ kind: "manifest", repository, digest: other }), undefined);
    assert.is(mirror.inspect(nodeVerifier).blobs, 1);
  });
});

test("bounds of manifests and blobs", () => {
  writtenMirror((mirror) => {
    const big = new Uint8Array(defaultLimits.manifestBytes + 1);
    throwsCode("over-limit", () =>
      mirror.writer().setAnswer({ kind: "manifest", repository, digest: digestOf(big) }, present(big)),
    );
  });
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: { ...defaultLimits, blobBytes: 5 } });
  throwsCode("over-limit", () => mirror.writer().addBlob(content));
  mirror.close();
});

test("an answer that could not be read again is not written, and the earlier one stays", () => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: { ...defaultLimits, jsonBytes: 500 } });
  const list = (padding: number) => [
    { mediaType: "a/b", digest: other, size: 1, annotations: { padding: "x".repeat(padding) } },
  ];
  const asked = { kind: "referrers", repository, digest } as const;
  mirror.writer().setAnswer(asked, present(list(100)));
  throwsCode("over-limit", () => mirror.writer().setAnswer(asked, present(list(400))));
  assert.is(JSON.stringify(mirror.knowledge().answer(asked)), JSON.stringify(present(list(100))));
  mirror.close();
});

test("the same answer again gets the new time and source; another one, or a damaged row, is replaced", () => {
  const asked = { kind: "tag", repository, tag: "1" } as const;
  const [one, two] = [digest, other].map((named) => ({ mediaType: "a/b", digest: named, size: 1 }));
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: defaultLimits });
  const writer = mirror.writer();
  const told = (value: unknown, at: string) => {
    writer.setAnswer(asked, value === undefined ? { state: "absent", at, from: at } : present(value, at));
    return JSON.stringify(mirror.knowledge().recorded(asked));
  };
  const present = (value: unknown, at: string) => ({ state: "present", value, at, from: at }) as const;
  const expected = (value: unknown, at: string) => JSON.stringify(present(value, at));
  assert.is(told(one, "2026-01-01T00:00:00Z"), expected(one, "2026-01-01T00:00:00Z"));
  assert.is(told(one, "2026-01-02T00:00:00Z"), expected(one, "2026-01-02T00:00:00Z"));
  assert.is(told(two, "2026-01-03T00:00:00Z"), expected(two, "2026-01-03T00:00:00Z"));
  assert.match(told(undefined, "2026-01-04T00:00:00Z"), /"absent","at":"2026-01-04/);
  assert.match(told(undefined, "2026-01-05T00:00:00Z"), /"absent","at":"2026-01-05/);
  mirror.close();
  const database = new Database(join(mirror.folder, "mirror.db"));
  database.exec("UPDATE answer SET subject = 'x'");
  database.close();
  const damaged = openMirror(mirror.folder, { mode: "write", limits: defaultLimits });
  throwsCode("mirror-corrupt", () => damaged.knowledge().recorded(asked));
  damaged.writer().setAnswer(asked, { state: "absent", ...origin });
  assert.is(damaged.knowledge().recorded(asked)?.state, "absent");
  damaged.close();
});

test("a fact that a claim denied ends it, whatever way it comes; a claim about another image stays", () => {
  const scope = `${repository}@${digest}`;
  const signed = new Uint8Array(
    Buffer.from(`{"layers":[],"subject":{"mediaType":"a/b","digest":"${digest}","size":13}}`),
  );
  const descriptor = { mediaType: "a/b", digest: other, size: 1 };
  const facts = [
    [{ kind: "referrers", repository, digest }, [descriptor]],
    [{ kind: "tag", repository, tag: `sha256-${digest.slice(7)}.sig` }, descriptor],
    [{ kind: "tag", repository, tag: `sha256-${digest.slice(7)}` }, descriptor],
    // A referrer that no list names yet.
    [{ kind: "manifest", repository, digest: digestOf(signed) }, signed],
  ] as const;
  for (const [question, value] of facts) {
    const folder = writtenMirror((mirror) => {
      const writer = mirror.writer();
      for (const claim of [scope, `${repository}@${other}`, repository, "ghcr.io"]) writer.setComplete(claim, origin);
      const before = mirror.knowledge().allClaims();
      writer.setAnswer(question, { state: "absent", ...origin });
      assert.equal(mirror.knowledge().allClaims(), before, "that it is absent is what was claimed");
      assert.throws(
        () =>
          writer.transaction(() => {
            assert.is(writer.setAnswer(question, present(value)).length, 3);
            throw new RangeError("stop");
          }),
        "stop",
      );
      assert.equal(mirror.knowledge().allClaims(), before, "without the fact the claim stands");
      const ended = writer.setAnswer(question, present(value)).map((claim) => claim.scope);
      assert.equal(ended, [scope, repository, "ghcr.io"], question.kind);
      assert.equal(writer.setAnswer(question, present(value)), []);
    });
    reading(folder, (mirror) =>
      assert.equal(
        mirror
          .knowledge()
          .allClaims()
          .map((claim) => claim.scope),
        [`${repository}@${other}`],
      ),
    );
  }
});

test("what is in no scope, and blobs, end no claim", () => {
  writtenMirror((mirror) => {
    const writer = mirror.writer();
    writer.setComplete("ghcr.io", origin);
    assert.equal(writer.setAnswer({ kind: "blob", repository, digest }, present(content)), []);
    assert.equal(writer.setAnswer({ kind: "key", reference: "k8s://a/b" }, present("key")), []);
    const elsewhere = { kind: "manifest", repository: "quay.io/org/app", digest } as const;
    assert.equal(writer.setAnswer(elsewhere, present(content)), []);
    assert.is(mirror.knowledge().allClaims().length, 1);
  });
});

test("TUF metadata without a version is refused", () => {
  const good = new Uint8Array(Buffer.from('{"signed":{"version":1}}'));
  writtenMirror((mirror) => {
    for (const text of ["", "{}", '{"signed":{}}', '{"signed":{"version":"1"}}', "[]"]) {
      const bad = new Uint8Array(Buffer.from(text));
      throwsCode("malformed", () =>
        mirror
          .writer()
          .setAnswer(
            { kind: "trusted-root", name: "x" },
            present({ form: "tuf", roots: [good], timestamp: bad, snapshot: good, targets: [], target: good }),
          ),
      );
    }
    assert.is(mirror.knowledge().answer({ kind: "trusted-root", name: "x" }), undefined);
  });
});

test("other targets are kept beside the metadata; the next update takes away what is listed no more", () => {
  const question = { kind: "trusted-root", name: "ours" } as const;
  const metadata = new Uint8Array(Buffer.from('{"signed":{"version":1}}'));
  const root = { form: "tuf", roots: [metadata], timestamp: metadata, snapshot: metadata, targets: [] } as const;
  const bytes = (text: string) => new Uint8Array(Buffer.from(text));
  const update = (mirror: Mirror, others: Readonly<Record<string, string>>): void => {
    const otherTargets = Object.entries(others).map(([path, text]) => ({ path, bytes: bytes(text) }));
    const value = { ...root, target: bytes("{}"), otherTargets };
    mirror.writer().setAnswer(question, { state: "present", value, ...origin });
  };
  const folder = writtenMirror((mirror) => {
    update(mirror, { "a.pub": "a", "folder/b.json": "b" });
    const knowledge = mirror.knowledge();
    assert.equal(knowledge.tufTarget("ours", "folder/b.json"), bytes("b"));
    assert.is(knowledge.tufTarget("theirs", "a.pub"), undefined);
    const first = mirror.contentId();
    update(mirror, { "a.pub": "another", "c.pub": "c" });
    assert.equal(
      ["a.pub", "folder/b.json", "c.pub"].map((path) => knowledge.tufTarget("ours", path)),
      [bytes("another"), undefined, bytes("c")],
    );
    assert.is.not(mirror.contentId(), first);
    update(mirror, { "a.pub": "a", "folder/b.json": "b" });
    assert.is(mirror.contentId(), first);
    // A decision reads the trusted root, not what lies beside it.
    const answer = knowledge.answer(question);
    assert.ok(answer?.state === "present" && !("otherTargets" in (answer.value as object)));
    mirror.writer().collect(undefined);
    assert.equal(knowledge.tufTarget("ours", "a.pub"), bytes("a"), "garbage is what nothing names");
  });
  tamper(folder, "UPDATE tuf_metadata SET bytes = x'00' WHERE role = 'targets/a.pub'");
  reading(folder, (mirror) => throwsCode("mirror-corrupt", () => mirror.knowledge().tufTarget("ours", "a.pub")));
});

test.run();
