import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toPredicateType } from "../../../core/dsse/predicate-types.ts";

const test = suite("core/dsse/predicate-types");

test("cosign's short names", () => {
  assert.is(toPredicateType("slsaprovenance"), "https://slsa.dev/provenance/v0.2");
  assert.is(toPredicateType("slsaprovenance1"), "https://slsa.dev/provenance/v1");
  assert.is(toPredicateType("spdxjson"), "https://spdx.dev/Document");
  assert.is(toPredicateType("cyclonedx"), "https://cyclonedx.org/bom");
  assert.is(toPredicateType("vuln"), "https://cosign.sigstore.dev/attestation/vuln/v1");
});

test("any other text is used as it is", () => {
  for (const text of ["https://spdx.dev/Document/v2.3", "SPDX", "", "constructor", "__proto__"])
    assert.is(toPredicateType(text), text);
});

test.run();
