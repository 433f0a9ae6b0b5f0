import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodingFunctions } from "../../../../core/kyverno/functions/encoding.ts";
import { fails, holds } from "./query.ts";

const test = suite("core/kyverno/functions/encoding");

test("base64 as Go reads it: line ends and spare bits do not matter, padding does", () => {
  assert.is(encodingFunctions.length, 5);
  holds([
    ["base64_encode('😀')", "8J+YgA=="],
    ["base64_decode('8J+YgA==')", "😀"],
    ["base64_decode('aGVs\nbG8=')", "hello"],
    ["base64_decode('aGVsbG9=')", "hello"],
    ["base64_decode('')", ""],
  ]);
  fails([
    "base64_decode('aGVs bG8=')",
    "base64_decode('aGVsbG8')",
    "base64_decode('!!!!')",
    "base64_decode('====')",
    "base64_decode('YQ==YQ==')",
  ]);
});

test("bytes that are no text go through, and show as replacements", () => {
  holds([
    ["base64_encode(base64_decode('/4A='))", "/4A="],
    ["base64_decode('/4A=')", "\ufffd\ufffd"],
    ["length(base64_decode('/4A='))", 2],
    ["sha256(base64_decode('/w=='))", "a8100ae6aa1940d0b663bb31cd466142ebbdbd5187131b92d93818987832eb89"],
    ["to_string([base64_decode('/w==')])", '["\\ufffd"]'],
  ]);
});

test("hashes", () =>
  holds([
    ["sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["sha1('')", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["md5('abc')", "900150983cd24fb0d6963f7d28e17f72"],
  ]));

test.run();
