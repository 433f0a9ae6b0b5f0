import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as node from "../../../core/encoding/base64.ts";
import { throwsCode } from "../../support/assert.ts";
import { importPortable } from "../../support/import-portable.ts";

const test = suite("core/encoding/base64");
const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 89 + 7) % 256);

const portable = await importPortable<typeof node>("core/encoding/base64.ts");
for (const [host, codec] of Object.entries({ node, portable })) {
  const { decodeBase64, decodeBase64Url, decodeWrappedBase64, encodeBase64 } = codec;

  test(`every length up to 300, in both alphabets (${host})`, () => {
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.subarray(0, length);
      const text = Buffer.from(part).toString("base64");
      const url = text.replaceAll("+", "-").replaceAll("/", "_");
      assert.is(encodeBase64(part), text);
      assert.equal(decodeBase64(text), Uint8Array.from(part));
      assert.equal(decodeBase64Url(url), Uint8Array.from(part));
    }
  });

  test(`a long text (${host})`, () => {
    const long = new Uint8Array(100_000).map((_, index) => index % 251);
    assert.equal(decodeBase64(encodeBase64(long)), long);
  });

  test(`one text for one content (${host})`, () => {
    for (const bad of [
      "A",
      "AA",
      "AAA",
      "AA=",
      "A===",
      "====",
      "AB==",
      "AAB=",
      "AA==AAAA",
      "AAAA=",
      "AA\n==",
      " AAAA",
      "AAAA\n",
      "-_AA",
      "AAA%",
      "AAé=",
      "AAA\u0100",
      "\u0141AAA",
      "AAA\uff21",
      "AAAA\u0080AAA",
    ]) {
      throwsCode("malformed", () => decodeBase64(bad));
    }
    throwsCode("malformed", () => decodeBase64Url("+/AA"));
  });

  test(`line ends, wherever they stand, and nothing else (${host})`, () => {
    for (let length = 0; length <= bytes.length; length += 7) {
      const part = bytes.slice(0, length);
      const text = encodeBase64(part);
      for (const wrapped of [
        text,
        text.replace(/.{64}/g, "$&\n"),
        text.replace(/.{76}/g, "$&\r\n"),
        `${text}\n`,
        text.replace(/./g, "\r$&\n"),
      ])
        assert.equal(decodeWrappedBase64(wrapped), part);
    }
    for (const bad of [" AAAA", "AAAA\t", "AA\nA", "AB\n==", "AA\u2028AA", "AA\u0085AA", "AA\\nAA", "AA==\nAAAA"])
      throwsCode("malformed", () => decodeWrappedBase64(bad));
  });
}

test.run();
