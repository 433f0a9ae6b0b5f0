import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseImage } from "../../../cli/input/image-argument.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("cli/input/image-argument");
const digits = "0123456789abcdef".repeat(4);

test("what Kyverno reads as an image is one", () => {
  assert.is(parseImage("shop/web", defaultLimits).canonical, "docker.io/shop/web:latest");
  assert.is(parseImage(`a.example/b@sha256:${digits}`, defaultLimits).digest, `sha256:${digits}`);
});

const faults: readonly (readonly [text: string, fault: RegExp])[] = [
  ["a/b@sha256:abc", /a digest has 64 hexadecimal digits, this one 3$/],
  [`a/b@sha256:${digits.slice(2)}`, /a digest has 64 hexadecimal digits, this one 62$/],
  [`a/b@sha256:${digits.toUpperCase()}`, /in lower case$/],
  [`a/b@sha512:${digits}${digits}`, /a digest is sha256: and 64 hexadecimal digits/],
  ["a/b@", /a digest is sha256: and/],
  ["https://a.example/b", /a scheme$/],
  ["a.example/b c", /a space$/],
  ["a.example/Web:1", /written in lower case$/],
  ["a.example/web:-1", /a tag is made of/],
  ["a.example/we___b", /single separators/],
  ["", /single separators/],
];
for (const [text, fault] of faults)
  test(`the fault of ${JSON.stringify(text)}`, () => {
    try {
      parseImage(text, defaultLimits);
    } catch (error) {
      assert.instance(error, EngineError);
      const { code, message } = error as EngineError;
      assert.is(code, "invalid-reference");
      assert.match(message, fault);
      assert.not.match(message, "defaultRegistry");
      return;
    }
    assert.unreachable();
  });

test.run();
