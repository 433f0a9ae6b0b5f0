import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Question } from "../../../core/knowledge/question.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { textDigest } from "../../../proxy/mirror/row-checksum.ts";
import { origin, reading, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/content-id");
const tag = (name: string): Question => ({ kind: "tag", repository: "ghcr.io/org/app", tag: name });
const idOf = (write: (mirror: Mirror) => void): string => reading(writtenMirror(write), (mirror) => mirror.contentId());

test("an empty mirror has the digest of nothing", () => {
  assert.is(
    idOf(() => undefined),
    textDigest(""),
  );
});

test("one answer: the digest of its line", () => {
  assert.is(
    idOf((mirror) => mirror.writer().setAnswer(tag("1"), { state: "absent", ...origin })),
    textDigest('["tag","tag ghcr.io/org/app 1","absent"]\n'),
  );
});

test("order, times and sources do not matter", () => {
  const one = idOf((mirror) => {
    for (const name of ["1", "2"])
      mirror.writer().setAnswer(tag(name), { state: "absent", at: "2026-01-01T00:00:00Z", from: "a" });
  });
  const two = idOf((mirror) => {
    for (const name of ["2", "1"])
      mirror.writer().setAnswer(tag(name), { state: "absent", at: "2026-02-02T00:00:00Z", from: "b" });
  });
  assert.is(one, two);
});

test("every kind of content changes it, and so does its removal; attempts and runs do not", () => {
  writtenMirror((mirror) => {
    const writer = mirror.writer();
    const seen = new Set([mirror.contentId()]);
    const changes = (write: () => void): void => {
      write();
      assert.not(seen.has(mirror.contentId()));
      seen.add(mirror.contentId());
    };
    changes(() => writer.setAnswer(tag("1"), { state: "absent", ...origin }));
    changes(() =>
      writer.setAnswer(tag("1"), {
        state: "present",
        value: { mediaType: "", digest: textDigest("x"), size: 1 },
        ...origin,
      }),
    );
    changes(() => writer.pin({ kind: "key", name: "k", bytes: Uint8Array.of(1) }, origin));
    changes(() => writer.pin({ kind: "key", name: "k", bytes: Uint8Array.of(2) }, origin));
    changes(() => writer.setComplete("ghcr.io", origin));
    changes(() => writer.addDistrust({ kind: "log", value: "a".repeat(64) }, origin));
    changes(() => writer.addDistrust({ kind: "log", value: "a".repeat(64), reason: "sold" }, origin));
    changes(() => writer.setCheckpoint({ origin: "o", size: 1n, note: "n" }, origin));
    const before = mirror.contentId();
    writer.setAnswer(tag("9"), { state: "unavailable", code: "timed-out", ...origin });
    mirror.log.addRun({ kind: "sync", started: origin.at, ended: origin.at, from: "x", summary: {} });
    writer.addBlob(Uint8Array.of(1, 2, 3));
    writer.raiseSignedTime(new Date(origin.at), origin);
    assert.is(mirror.contentId(), before);
    writer.unpin("key", "k");
    assert.is.not(mirror.contentId(), before);
  });
});

test.run();
