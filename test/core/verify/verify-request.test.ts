/** Requests to verify one image. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { readVerifyRequest } from "../../../core/verify/verify-request.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/verify/verify-request");

test("what is not said is required", () => {
  const { attestor } = readVerifyRequest({
    image: "a/b:1",
    attestor: { keyless: { subject: "s", issuer: "i" }, rekor: { url: "https://log.example" }, ctlog: {} },
  });
  assert.equal(attestor.rekor, { ignoreTlog: false, url: "https://log.example" });
  assert.equal(attestor.ctlog, { ignoreSCT: false });
});

test("a member that nobody knows, or of another kind, is refused", () => {
  const faulty: readonly JsonValue[] = [
    [],
    {},
    { image: "a/b:1" },
    { attestor: {} },
    { image: 1, attestor: {} },
    { image: "a/b:1", attestor: [] },
    { image: "a/b:1", attestor: {}, types: "x" },
    { image: "a/b:1", attestor: { keyless: { issuerRegexp: ".*" } } },
    { image: "a/b:1", attestor: { rekor: { ignoreTlog: "true" } } },
    { image: "a/b:1", attestor: { annotations: { a: 1 } } },
    { image: "a/b:1", attestor: { keys: "PEM" } },
  ];
  for (const one of faulty) throwsCode("malformed", () => readVerifyRequest(one));
});

test.run();
