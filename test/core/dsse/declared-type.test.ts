import { suite } from "uvu";
import * as assert from "uvu/assert";
import { declaredPredicateType } from "../../../core/dsse/declared-type.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/dsse/declared-type");
const read = (value: unknown): string | undefined =>
  declaredPredicateType(encodeUtf8(typeof value === "string" ? value : JSON.stringify(value)), defaultLimits);
const payload = (statement: unknown, encoding: BufferEncoding = "base64"): string =>
  Buffer.from(JSON.stringify(statement).padEnd(300)).toString(encoding);

test("the type of a statement that nobody could verify, in an envelope and in a bundle", () => {
  const broken = { _type: "x", predicateType: "https://spdx.dev/Document" };
  assert.is(read({ payload: payload(broken) }), "https://spdx.dev/Document");
  assert.is(read({ dsseEnvelope: { payload: payload(broken), signatures: 5 } }), "https://spdx.dev/Document");
  const url = { predicateType: "https://a/?", note: "??>>~~" };
  assert.is(read({ payload: payload(url, "base64url") }), "https://a/?");
});

test("what cannot be read declares no type", () => {
  for (const value of [
    "not JSON",
    "[]",
    {},
    { payload: 5 },
    { payload: "***" },
    { payload: payload("text") },
    { payload: payload({ predicateType: 5 }) },
    { payload: payload({ predicateType: "" }) },
    { dsseEnvelope: null },
  ])
    assert.is(read(value), undefined, JSON.stringify(value));
});

test.run();
