import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/honest-age");
const repository = "ghcr.io/org/app";
const day = 86_400_000;
const date = (text: string): Date => new Date(`${text}T00:00:00Z`);

/** A mirror whose tags were seen at these days; the tags that `--keep-newer 30d` removes at another one. */
function removedAt(now: string, seen: readonly string[], signed?: string): readonly string[] {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: defaultLimits });
  try {
    const writer = mirror.writer();
    for (const at of seen) {
      const content = encodeUtf8(JSON.stringify({ layers: [], annotations: { at } }));
      const digest = digestOf(content);
      const from = { at: date(at).toISOString(), from: "test" };
      writer.setAnswer({ kind: "manifest", repository, digest }, { state: "present", value: content, ...from });
      const value = { mediaType: "a/b", digest, size: content.length };
      writer.setAnswer({ kind: "tag", repository, tag: at }, { state: "present", value, ...from });
    }
    if (signed !== undefined) writer.raiseSignedTime(date(signed), { at: signed, from: "test" });
    const clock = date(now);
    const { images } = writer.collect({ since: new Date(clock.getTime() - 30 * day), now: clock });
    return images.map((name) => name.slice(`${repository}:`.length));
  } finally {
    mirror.close();
  }
}

const seen = ["2026-01-01", "2026-03-01", "2026-03-20"];

test("what is too old goes, counted from the newest answer where that is earlier than the clock", () => {
  assert.equal(removedAt("2026-03-20", seen), ["2026-01-01"]);
  // By the clock the second one is 45 days old; when the mirror was filled last it was 19.
  assert.equal(removedAt("2026-04-15", seen), ["2026-01-01"]);
  // A clock that is behind the answers removes less.
  assert.equal(removedAt("2026-01-15", seen), []);
});

test("a clock by which all of the mirror is too old is refused, and nothing is removed", () => {
  const { message, subject, remedy } = throwsCode("invalid-usage", () => removedAt("2028-03-20", seen));
  assert.match(message, "by this machine's clock (2028-03-20T00:00:00.000Z) all of the mirror is too old");
  assert.match(message, "newest answer is of 2026-03-20T00:00:00.000Z; nothing was removed");
  assert.equal([subject, remedy], ["--keep-newer", "old-by-clock"]);
});

test("a clock that is behind a signed time is refused", () => {
  const { message } = throwsCode("invalid-usage", () => removedAt("2026-03-20", seen, "2026-03-21"));
  assert.match(message, "a signed time was seen that is later: 2026-03-21T00:00:00.000Z; nothing was removed");
  assert.equal(removedAt("2026-03-20", seen, "2026-03-20"), ["2026-01-01"]);
});

test("an empty mirror has no age", () => {
  assert.equal(removedAt("2026-03-20", []), []);
});

test.run();
