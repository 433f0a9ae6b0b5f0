import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { compileAttestor } from "../../../core/verify/attestor.ts";
import { type AttestorSpec, compileAttestorWithoutPatterns } from "../../../core/verify/compile-attestor.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/verify/compile-attestor");
const limits = defaultLimits;

test("without regular expressions both compilers make the same expectation", () => {
  const specs: readonly AttestorSpec[] = [
    { keys: { reference: "k8s://a/b" } },
    { keyless: { subject: "a@example.com", issuer: "https://issuer.example" } },
  ];
  for (const spec of specs)
    assert.is(
      JSON.stringify(compileAttestorWithoutPatterns(spec, { limits })),
      JSON.stringify(compileAttestor(spec, { limits })),
    );
});

test("an expression is never passed over: it is compiled, or refused", () => {
  for (const keyless of [{ subjectRegExp: "^a" }, { issuerRegExp: "^a" }]) {
    throwsCode("malformed", () => compileAttestorWithoutPatterns({ keyless }, { limits }));
    const { signer } = compileAttestor({ keyless }, { limits });
    assert.is(signer.kind === "issued" && signer.identity.subject.length + signer.identity.issuer.length, 1);
  }
});

test.run();
