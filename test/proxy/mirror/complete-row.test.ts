import { suite } from "uvu";
import * as assert from "uvu/assert";
import { textDigest } from "../../../proxy/mirror/row-checksum.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/complete-row");
const repository = "ghcr.io/org/app";
const digest = textDigest("a manifest");

test("completeness of a repository or host makes ignorance absence, hides nothing and never speaks of blobs", () => {
  for (const scope of [repository, "ghcr.io"]) {
    const folder = writtenMirror((mirror) => {
      mirror
        .writer()
        .setAnswer(
          { kind: "tag", repository, tag: "1" },
          { state: "present", value: { mediaType: "", digest, size: 1 }, ...origin },
        );
      mirror.writer().setComplete(scope, { at: "2026-03-03T00:00:00Z", from: "layout x" });
    });
    reading(folder, (mirror) => {
      const knowledge = mirror.knowledge();
      assert.is(knowledge.answer({ kind: "tag", repository, tag: "1" })?.state, "present");
      assert.equal(knowledge.answer({ kind: "tag", repository, tag: "2" }), {
        state: "absent",
        at: "2026-03-03T00:00:00Z",
        from: "layout x",
        claim: scope,
      });
      assert.is(knowledge.answer({ kind: "referrers", repository, digest })?.state, "absent");
      assert.is(knowledge.answer({ kind: "manifest", repository, digest })?.state, "absent");
      assert.is(knowledge.answer({ kind: "blob", repository, digest }), undefined);
      assert.is(knowledge.answer({ kind: "tag", repository: "quay.io/org/app", tag: "2" }), undefined);
    });
    tamper(folder, "UPDATE complete SET source = 'elsewhere'");
    reading(folder, (mirror) =>
      assert.is(
        throwsCode("mirror-corrupt", () => mirror.knowledge().answer({ kind: "tag", repository, tag: "2" })).subject,
        scope,
      ),
    );
    writtenMirror((mirror) => mirror.writer().clearComplete(scope), folder);
    reading(folder, (mirror) => assert.is(mirror.knowledge().answer({ kind: "tag", repository, tag: "2" }), undefined));
  }
});

test("of claims that cover a question the narrowest comes first", () => {
  const scopes = ["ghcr.io", repository, `${repository}@${digest}`];
  for (const order of [scopes, scopes.toReversed()]) {
    const folder = writtenMirror((mirror) => {
      for (const scope of order) mirror.writer().setComplete(scope, origin);
    });
    const claims = reading(folder, (mirror) => mirror.knowledge().claims({ kind: "referrers", repository, digest }));
    assert.equal(
      claims.map(({ scope }) => scope),
      scopes.toReversed(),
    );
    const ofTag = reading(folder, (mirror) => mirror.knowledge().claims({ kind: "tag", repository, tag: "1" }));
    assert.equal(
      ofTag.map(({ scope }) => scope),
      [repository, "ghcr.io"],
      "each once, where no image is meant",
    );
  }
});

test("a claim of which any part was changed is damage, also where a text became bytes", () => {
  for (const change of ["at = 'x'", "at = CAST(at AS BLOB)", "source = CAST(source AS BLOB)", "checksum = x'00'"]) {
    const folder = writtenMirror((mirror) => mirror.writer().setComplete(repository, origin));
    tamper(folder, `UPDATE complete SET ${change}`);
    reading(folder, (mirror) => {
      const error = throwsCode("mirror-corrupt", () =>
        mirror.knowledge().claims({ kind: "tag", repository, tag: "1" }),
      );
      assert.is(error.subject, repository, change);
    });
  }
});

test.run();
