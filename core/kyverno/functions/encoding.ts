/**
 * base64 and hashes. Source: docs/spec/kyverno.md#functions; Go's encoding/base64 (standard alphabet, padded, line ends
 * ignored).
 */
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "../../crypto/digest.ts";
import { decodeBase64, encodeBase64 } from "../../encoding/base64.ts";
import { encodeHex } from "../../encoding/hex.ts";
import { define, fail, type JmesFunction } from "../../jmespath/functions/signature.ts";
import type { Evaluation } from "../../jmespath/value.ts";
import { text } from "./arguments.ts";
import { bytesOfText, textOfBytes } from "./byte-text.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const padded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Bits of the last digit that are part of a byte; Go ignores the others. */
function withoutSpareBits(value: string): string {
  const pads = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
  if (pads === 0) return value;
  const at = value.length - pads - 1;
  const digit = alphabet.indexOf(value.charAt(at)) & (pads === 2 ? 0b110000 : 0b111100);
  return value.slice(0, at) + alphabet.charAt(digit) + "=".repeat(pads);
}

function decode(value: string, run: Evaluation): string {
  run.spendCharacters(value.length);
  const digits = value.replace(/[\r\n]/g, "");
  if (!padded.test(digits)) return fail("illegal base64 data");
  const { text, wellFormed } = textOfBytes(decodeBase64(withoutSpareBits(digits)));
  if (!wellFormed) run.markUnclean();
  return text;
}

const hash = (digest: (bytes: Uint8Array) => Uint8Array): JmesFunction =>
  define(["string"], ([value], run) => {
    run.spendCharacters(text(value).length);
    return encodeHex(digest(bytesOfText(text(value))));
  });

export const encodingFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["base64_decode", define(["string"], ([value], run) => decode(text(value), run))],
  [
    "base64_encode",
    define(["string"], ([value], run) => {
      run.spendCharacters(text(value).length);
      return encodeBase64(bytesOfText(text(value)));
    }),
  ],
  ["md5", hash(md5)],
  ["sha1", hash(sha1)],
  ["sha256", hash(sha256)],
];
