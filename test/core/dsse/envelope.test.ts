import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodePae, parseEnvelope, readEnvelope } from "../../../core/dsse/envelope.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { patched } from "../../support/patch.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/dsse/envelope");
const envelope = {
  payloadType: "application/vnd.in-toto+json",
  payload: "e30=",
  signatures: [{ keyid: "", sig: "AAEC" }],
};
const parse = (value: JsonValue) => parseEnvelope(JSON.stringify(value), defaultLimits);

test("the protocol's own example", () => {
  assert.is(
    decodeUtf8(encodePae("http://example.com/HelloWorld", encodeUtf8("hello world"))),
    "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  );
  assert.is(decodeUtf8(encodePae("", new Uint8Array(0))), "DSSEv1 0  0 ");
});

test("lengths count bytes, not characters", () => {
  assert.is(decodeUtf8(encodePae("typé", encodeUtf8("€"))), "DSSEv1 5 typé 3 €");
});

test("type and payload are decoded", () => {
  const read = parse(envelope);
  assert.is(read.payloadType, envelope.payloadType);
  assert.equal(read.payload, encodeUtf8("{}"));
  assert.equal(read.signatures, [{ keyid: "", sig: Uint8Array.of(0, 1, 2) }]);
  assert.equal(readEnvelope(envelope, "/dsseEnvelope", defaultLimits), read);
});

test("a layer's envelope may have further fields and the URL-safe alphabet; a bundle's may not", () => {
  const certified = patched(envelope, "signatures/0/cert", "PEM");
  assert.is(parse(certified).signatures.length, 1);
  throwsCode("malformed", () => readEnvelope(certified, "", defaultLimits));
  throwsCode("malformed", () => readEnvelope(patched(envelope, "extra", 1), "", defaultLimits));
  const urlSafe = patched(envelope, "signatures/0/sig", "-_-_");
  assert.equal(parse(urlSafe).signatures[0]?.sig, Uint8Array.of(0xfb, 0xff, 0xbf));
  throwsCode("malformed", () => readEnvelope(urlSafe, "", defaultLimits));
});

test("one text for one content: no other base64", () => {
  for (const bad of ["e30", "e30==", "e3 0=", "e31=", "e31=\n", "e30=\t", "%"]) {
    throwsCode("malformed", () => parse(patched(envelope, "payload", bad)));
    throwsCode("malformed", () => readEnvelope(patched(envelope, "payload", bad), "", defaultLimits));
  }
});

test("payload and signatures in lines, as base64 and openssl write them", () => {
  const wrapped = patched(patched(envelope, "payload", "e3\r\n0=\n"), "signatures/0/sig", "AA\nEC\n");
  assert.equal(parse(wrapped), parse(envelope));
  assert.equal(parse(patched(envelope, "signatures/0/sig", "-_\n-_")).signatures[0]?.sig, Uint8Array.of(251, 255, 191));
  // In a bundle the length with line ends counts: see decodeProtoBase64.
  throwsCode("malformed", () => readEnvelope(patched(envelope, "payload", "e3\r\n0=\n"), "", defaultLimits));
  const bundled = patched(patched(envelope, "payload", "e3\r\n0=\r\n"), "signatures/0/sig", "AA\nEC\n");
  assert.equal(readEnvelope(bundled, "", defaultLimits), parse(envelope));
});

test("missing, empty and wrong parts", () => {
  for (const [path, value] of [
    ["payloadType", undefined],
    ["payloadType", 1],
    ["payload", null],
    ["signatures", undefined],
    ["signatures", {}],
    ["signatures", []],
    ["signatures", [null]],
    ["signatures/0/sig", undefined],
    ["signatures/0/sig", ""],
    ["signatures/0/sig", 1],
    ["signatures/0/keyid", 1],
  ] as const)
    throwsCode("malformed", () => parse(patched(envelope, path, value as never)));
  throwsCode("malformed", () => parse([]));
  throwsCode("malformed", () => parse(null));
});

test("repeated keys and cut documents are malformed, signatures are bounded", () => {
  const text = JSON.stringify(envelope);
  throwsCode("malformed", () => parseEnvelope(text.replace("{", '{"payload":"AA==",'), defaultLimits));
  for (let length = 0; length < text.length; length++)
    assert.is(
      onlyEngineErrors(() => parseEnvelope(encodeUtf8(text.slice(0, length)), defaultLimits)),
      "threw",
    );
  throwsCode("over-limit", () =>
    parse({
      ...envelope,
      signatures: Array.from({ length: defaultLimits.envelopeSignatures + 1 }, () => ({ sig: "AA==" })),
    }),
  );
});

test.run();
