import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeCanonicalJson } from "../../../core/encoding/canonical-json.ts";
import { runCanonicalJson } from "../../conformance/canonical-json.ts";
import { throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";

const test = suite("core/encoding/canonical-json");

test("keys sorted by code unit, ECMAScript numbers, no white space", () => {
  assert.is(
    encodeCanonicalJson({ b: [1.5, 1e21, -0, 1e-7], a: null, "\u20ac": true, A: "é\n" }),
    '{"A":"é\\n","a":null,"b":[1.5,1e+21,0,1e-7],"€":true}',
  );
});

test("numbers that JSON cannot write", () => {
  throwsCode("malformed", () => encodeCanonicalJson([Number.NaN]));
  throwsCode("malformed", () => encodeCanonicalJson({ a: Number.POSITIVE_INFINITY }));
});

const vectors = vectorsDir();
if (vectors === undefined) skipped("core/encoding/canonical-json", 6, "SALLYPORT_VECTORS is not set");
else
  test("vectors of cyberphone/json-canonicalization", () =>
    assert.equal(runCanonicalJson(`${vectors}/json-canonicalization`), { passed: 6, failed: [] }));

test.run();
