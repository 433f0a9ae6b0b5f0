import { suite } from "uvu";
import * as assert from "uvu/assert";
import { shortDigest, withShortDigests } from "../../../cli/render/digest.ts";

const test = suite("cli/render/digest");
const digits = "0123456789ab".padEnd(64, "c");

test("a digest or fingerprint is twelve digits; anything else stays, without control characters", () => {
  assert.equal([shortDigest(`sha256:${digits}`), shortDigest(digits)], ["0123456789ab", "0123456789ab"]);
  assert.equal([shortDigest("-"), shortDigest("log\u001b"), shortDigest("0123")], ["-", "log\\u{1b}", "0123"]);
});

test("digests within a text are cut, and nothing else", () => {
  assert.is(withShortDigests(`r.example/app@sha256:${digits}`), "r.example/app@sha256:0123456789ab");
  assert.is(withShortDigests(`key ${digits}, ${digits}`, "…"), "key 0123456789ab…, 0123456789ab…");
  assert.is(withShortDigests(`${digits}d`), `${digits}d`);
});

test.run();
