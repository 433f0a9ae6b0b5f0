/** What is asked of nobody, as of now: pins come and go while `serve` runs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { neverAsked } from "../../../proxy/sync/never-asked.ts";
import { newKey } from "../../lab/keys.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/sync/never-asked");
const at = "2026-11-26T12:00:00Z";
const key = { kind: "key", reference: "hashivault://app" } as const;

test("a key is asked of nobody from its pin on, and of its service again without it", () => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: defaultLimits });
  const never = neverAsked(mirror, []);
  const writer = mirror.writer();
  writer.setAnswer(key, { state: "present", value: newKey().pem, at, from: "the service" });
  assert.is(never.answer(key), undefined);
  writer.pin({ kind: "key", name: key.reference, bytes: encodeUtf8(newKey().pem) }, { at, from: "release.pub" });
  assert.is(never.answer(key)?.from, "release.pub");
  writer.unpin("key", key.reference);
  assert.is(never.answer(key), undefined);
  mirror.close();
});

test.run();
