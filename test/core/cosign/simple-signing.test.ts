import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSimpleSigning } from "../../../core/cosign/simple-signing.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/cosign/simple-signing");
const digest = `sha256:${"a".repeat(64)}`;
const parse = (text: string) => parseSimpleSigning(encodeUtf8(text), defaultLimits);
const image = `"image":{"docker-manifest-digest":"${digest}"}`;

test("what cosign writes", () => {
  const read = parse(
    `{"critical":{"identity":{"docker-reference":"ghcr.io/a/b"},${image},"type":"cosign container image ` +
      'signature"},"optional":{"env":"prod","n":1}}',
  );
  assert.is(read.digest, digest);
  assert.is(read.reference, "ghcr.io/a/b");
  assert.is(read.type, "cosign container image signature");
  assert.equal(Object.entries(read.optional), [
    ["env", "prod"],
    ["n", 1],
  ]);
  assert.equal(Object.keys(parse(`{"critical":{${image}},"optional":null}`).optional), []);
});

test("type, reference and unknown fields do not matter", () => {
  assert.is(parse(`{"critical":{${image},"extra":[1]},"top":true}`).digest, digest);
  assert.is(parse(`{"critical":{${image},"type":"something else"}}`).type, "something else");
});

test("keys in any case", () => {
  const read = parse(
    `{"Critical":{"Image":{"Docker-Manifest-Digest":"${digest}"},"TYPE":"t"},"Optional":{"Env":"prod"}}`,
  );
  assert.is(read.digest, digest);
  assert.is(read.type, "t");
  assert.is(read.optional.Env, "prod");
  assert.is(read.optional.env, undefined);
});

test("of a repeated key the last one counts, in whatever case", () => {
  const other = `"image":{"docker-manifest-digest":"sha256:${"0".repeat(64)}"}`;
  assert.is(parse(`{"critical":{${other},${image}}}`).digest, digest);
  assert.is(parse(`{"critical":{${other}},"CRITICAL":{${image}}}`).digest, digest);
  assert.is(parse(`{"critical":{${image}},"CRITICAL":{${other}},"critical":{${image}}}`).digest, digest);
  assert.is.not(parse(`{"critical":{${image},${other}}}`).digest, digest);
});

test("no digest is an empty one, which equals none", () => {
  for (const text of ["{}", '{"critical":{}}', '{"critical":{"image":{}}}', '{"critical":null}'])
    assert.is(parse(text).digest, "");
});

test("annotations have no prototype", () => {
  assert.is(parse("{}").optional.constructor, undefined);
  assert.is(parse('{"optional":{}}').optional.constructor, undefined);
});

test("other documents and wrong types are malformed", () => {
  for (const bad of [
    "hello, world",
    "",
    "[]",
    "null",
    '"x"',
    '{"critical":[]}',
    '{"critical":{"image":"x"}}',
    '{"critical":{"image":{"docker-manifest-digest":1}}}',
    '{"critical":{"type":1}}',
    '{"optional":[]}',
    '{"critical":{}}{}',
  ]) {
    throwsCode("malformed", () => parse(bad));
  }
  throwsCode("malformed", () => parseSimpleSigning(Uint8Array.of(0x7b, 0xff, 0x7d), defaultLimits));
});

test("a payload cut anywhere is malformed", () => {
  const text = `{"critical":{${image}},"optional":null}`;
  for (let length = 0; length < text.length; length++)
    assert.is(
      onlyEngineErrors(() => parse(text.slice(0, length))),
      "threw",
    );
});

test.run();
