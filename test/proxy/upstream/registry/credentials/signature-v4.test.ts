import { suite } from "uvu";
import * as assert from "uvu/assert";
import { signRequest } from "../../../../../proxy/upstream/registry/credentials/signature-v4.ts";

const test = suite("proxy/upstream/registry/credentials/signature-v4");
// The keys, time and service of Amazon's published test suite for Signature Version 4 ("post-vanilla").
const keys = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const at = new Date("2015-08-30T12:36:00Z");
const vanilla = {
  url: new URL("https://example.amazonaws.com/"),
  headers: {},
  body: "",
  region: "us-east-1",
  service: "service",
};

test("the published signature of post-vanilla", () => {
  assert.equal(signRequest(vanilla, keys, at), {
    "x-amz-date": "20150830T123600Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
      "SignedHeaders=host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  });
});

test("a session's token, the headers and the body are signed", () => {
  const signed = signRequest({ ...vanilla, headers: { "x-amz-target": "T" } }, { ...keys, session: "S" }, at);
  assert.match(signed.authorization ?? "", /SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target,/);
  assert.is(signed["x-amz-security-token"], "S");
  const all = [
    signed.authorization,
    signRequest({ ...vanilla, headers: { "x-amz-target": "U" } }, { ...keys, session: "S" }, at).authorization,
    signRequest({ ...vanilla, body: "{}" }, keys, at).authorization,
    signRequest(vanilla, keys, at).authorization,
    signRequest(vanilla, { ...keys, secret: "x" }, at).authorization,
  ];
  assert.is(new Set(all).size, all.length);
});

test.run();
