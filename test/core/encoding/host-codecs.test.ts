import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hostCodecs } from "../../../core/encoding/host-codecs.ts";

const test = suite("core/encoding/host-codecs");

test("a portable host has no codecs: each function leaves its input to portable code", () => {
  const bytes = new Uint8Array(100);
  assert.is(hostCodecs.decodeBase64("AAAA".repeat(40)), undefined);
  assert.is(hostCodecs.encodeBase64(bytes), undefined);
  assert.is(hostCodecs.decodeUtf8(bytes), undefined);
  assert.is(hostCodecs.encodeUtf8("a".repeat(100)), undefined);
});

test.run();
