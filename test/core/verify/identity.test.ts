import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Certificate } from "../../../core/x509/certificate.ts";
import { compileRe2 } from "../../../core/patterns/re2.ts";
import { compileIdentity, type IdentitySpec, requireIdentity } from "../../../core/verify/identity.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureEntity } from "../../support/fixture-images.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/verify/identity");
const certificateOf = (tag: string, repository?: string): Certificate =>
  fixtureEntity(tag, repository).certificate()?.certificate as Certificate;
const mail = certificateOf("signed-keyless");
const workflow = certificateOf("v1.2.0", "ghcr.io/acme/app");
const issuer = "https://accounts.google.com";
const accepts = (certificate: Certificate, spec: IdentitySpec, form: "wildcard" | "exact" = "wildcard") =>
  assert.is(requireIdentity(certificate, compileIdentity(compileRe2, spec, form, certificate.limits)), undefined);
const refuses = (certificate: Certificate, spec: IdentitySpec, form: "wildcard" | "exact" = "wildcard") =>
  throwsCode("wrong-identity", () =>
    requireIdentity(certificate, compileIdentity(compileRe2, spec, form, certificate.limits)),
  );

test("only required properties are checked", () => accepts(mail, {}));

test("subject and issuer, exact, by wildcard and by expression", () => {
  accepts(mail, { subject: "ada@example.com", issuer });
  accepts(mail, { subject: "*@example.com", issuer: "https://accounts.goog??.com" });
  accepts(mail, { subjectRegExp: "@example", issuerRegExp: "^https://accounts\\." });
  refuses(mail, { subject: "ada@example.co", issuer });
  refuses(mail, { subject: "*@example.com", issuer: "https://accounts.google" });
  refuses(mail, { subjectRegExp: "^example" });
  refuses(mail, { issuerRegExp: "mail$" });
});

test("exact texts have no wildcards", () => {
  accepts(mail, { subject: "ada@example.com" }, "exact");
  refuses(mail, { subject: "*@example.com" }, "exact");
});

test("a text and an expression must both match", () => {
  accepts(mail, { subject: "*", subjectRegExp: "^ada@" });
  refuses(mail, { subject: "nobody", subjectRegExp: "^ada@" });
  refuses(mail, { subject: "ada@example.com", subjectRegExp: "^nobody" });
  refuses(mail, { issuer: "*", issuerRegExp: "nobody" });
});

test("extensions by Fulcio's name, Kyverno's spelling and object identifier; a missing one is the empty text", () => {
  accepts(workflow, { additionalExtensions: { githubWorkflowRepository: "acme/app" } });
  accepts(workflow, { additionalExtensions: { githubWorkflowSha: "*", "1.3.6.1.4.1.57264.1.5": "acme/*" } });
  refuses(workflow, { additionalExtensions: { githubWorkflowRepository: "acme/other" } });
  accepts(mail, { additionalExtensions: { githubWorkflowRepository: "" } });
  refuses(mail, { additionalExtensions: { githubWorkflowRepository: "?*" } });
});

test("an extension that Fulcio does not have and an expression that is none", () => {
  throwsCode("malformed", () =>
    compileIdentity(compileRe2, { additionalExtensions: { nothing: "x" } }, "wildcard", defaultLimits),
  );
  throwsCode("malformed", () => compileIdentity(compileRe2, { subjectRegExp: "(" }, "wildcard", defaultLimits));
  throwsCode("malformed", () => compileIdentity(compileRe2, { issuerRegExp: "(?=x)" }, "wildcard", defaultLimits));
});

test("the message has both sides", () => {
  const error = throwsCode("wrong-identity", () =>
    requireIdentity(mail, compileIdentity(compileRe2, { subject: "bob@example.com" }, "exact", defaultLimits)),
  );
  assert.match(error.message, '"bob@example.com"');
  assert.match(error.message, '"ada@example.com"');
});

test.run();
