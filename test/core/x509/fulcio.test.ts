/** What Fulcio writes into certificates. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { parseCertificate } from "../../../core/x509/certificate.ts";
import {
  fulcioExtensionName,
  fulcioExtensions,
  issuerOf,
  readFulcioExtensions,
  subjectsOf,
} from "../../../core/x509/fulcio.ts";
import { throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import type { ExtensionSpec } from "../../lab/certificate.ts";
import { type GeneralNameSpec, subjectAlternativeName } from "../../lab/extensions.ts";
import { newKey } from "../../lab/keys.ts";
import { plainCertificate } from "../../lab/plain-certificate.ts";
import { realLeaves } from "./real.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/fulcio");
const key = newKey();
const arc = "1.3.6.1.4.1.57264.1";
const text = (value: string, tag: number = Tag.utf8String): Uint8Array => encodeElement(tag, encodeUtf8(value));
const plain = (number: number, value: string): ExtensionSpec => ({ id: `${arc}.${number}`, value: encodeUtf8(value) });
const der = (number: number, value: string): ExtensionSpec => ({ id: `${arc}.${number}`, value: text(value) });
const certificate = (...extensions: ExtensionSpec[]) => plainCertificate({ key, extensions });
const named = (...names: GeneralNameSpec[]) => certificate(subjectAlternativeName([...names]));

test("the table", () => {
  assert.equal(
    fulcioExtensions.map(({ number }) => number),
    [1, 2, 3, 4, 5, 6, ...Array.from({ length: 17 }, (_, index) => index + 8)],
  );
  assert.is(fulcioExtensionName("oidcIssuer"), "issuer");
  assert.is(fulcioExtensionName("issuer"), "issuer");
  assert.is(fulcioExtensionName(`${arc}.1`), "issuer");
  assert.is(fulcioExtensionName(`${arc}.8`), "issuer");
  assert.is(fulcioExtensionName("githubWorkflowSHA"), "githubWorkflowSHA");
  assert.is(fulcioExtensionName(`${arc}.24`), "tokenSubject");
  for (const unknown of ["", "githubworkflowsha", `${arc}.7`, `${arc}.25`, "toString", arc])
    assert.is(fulcioExtensionName(unknown), undefined);
});

test("issuer: 8, else 1, and both must agree", () => {
  assert.is(issuerOf(certificate(plain(1, "https://a"))), "https://a");
  assert.is(issuerOf(certificate(der(8, "https://b"))), "https://b");
  assert.is(issuerOf(certificate(plain(1, "https://a"), der(8, "https://a"))), "https://a");
  assert.is(issuerOf(certificate()), undefined);
  throwsCode("malformed", () => issuerOf(certificate(plain(1, "https://a"), der(8, "https://b"))));
  throwsCode("malformed", () => issuerOf(certificate(der(8, "https://b"), plain(1, "https://a"))));
});

test("values by name", () => {
  const values = readFulcioExtensions(
    certificate(
      plain(2, "push"),
      plain(4, "build\tand test"),
      der(11, "github-hosted"),
      der(24, "repo:x"),
      der(8, "https://b"),
    ),
  );
  assert.equal(
    { ...values },
    {
      githubWorkflowTrigger: "push",
      githubWorkflowName: "build\tand test",
      runnerEnvironment: "github-hosted",
      tokenSubject: "repo:x",
      issuer: "https://b",
    },
  );
  assert.is(Object.getPrototypeOf(values), null);
  assert.equal({ ...readFulcioExtensions(certificate()) }, {});
});

const wrong: Readonly<Record<string, ExtensionSpec>> = {
  "text that is not UTF-8": { id: `${arc}.1`, value: Uint8Array.of(0xff) },
  "bare text where DER is expected": plain(8, "https://b"),
  "trailing bytes": { id: `${arc}.8`, value: concat(text("https://b"), Uint8Array.of(0)) },
  "an octet string": { id: `${arc}.8`, value: encodeElement(Tag.octetString, encodeUtf8("https://b")) },
  "a line feed": der(8, "https://b\nhttps://c"),
  nothing: { id: `${arc}.8`, value: new Uint8Array(0) },
};
for (const [what, extension] of Object.entries(wrong))
  test(`issuer refused: ${what}`, () => void throwsCode("malformed", () => issuerOf(certificate(extension))));

test("other strings of Go's reader are read", () => {
  for (const tag of [Tag.printableString, Tag.ia5String])
    assert.is(issuerOf(certificate({ id: `${arc}.8`, value: text("https://b", tag) })), "https://b");
});

const userName = (value: string, type = `${arc}.7`): GeneralNameSpec => ({ id: type, otherName: text(value) });
test("subjects in cosign's order", () => {
  assert.equal(
    subjectsOf(
      named(
        userName("alice"),
        { uri: "https://u/" },
        { ip: Uint8Array.of(10, 0, 0, 1) },
        { email: "a@b" },
        { dns: "d.e" },
        { dns: "f.g" },
      ),
    ),
    ["d.e", "f.g", "a@b", "10.0.0.1", "https://u/", "alice"],
  );
  assert.equal(subjectsOf(certificate()), []);
});
test("user names: one, of Fulcio's type", () => {
  assert.equal(subjectsOf(named(userName("alice"))), ["alice"]);
  assert.equal(subjectsOf(named(userName("alice"), userName("bob"))), []);
  assert.equal(subjectsOf(named(userName("alice", "1.3.6.1.4.1.311.20.2.3"))), []);
  assert.equal(subjectsOf(named(userName("alice"), userName("x", "1.2.3"), { email: "a@b" })), ["a@b"]);
  throwsCode("malformed", () => subjectsOf(named(userName("alice\nbob"))));
  throwsCode("malformed", () =>
    subjectsOf(named({ id: `${arc}.7`, otherName: encodeElement(Tag.octetString, encodeUtf8("alice")) })),
  );
});

if (vectorsDir() === undefined) skipped("core/x509/fulcio", 1, "SALLYPORT_VECTORS is not set");
else
  test("a real leaf", () => {
    const leaf = realLeaves().find(({ name }) => name === "happy-path-v0.3");
    assert.ok(leaf);
    const parsed = parseCertificate(leaf.der, defaultLimits);
    assert.is(issuerOf(parsed), "https://token.actions.githubusercontent.com");
    assert.equal(subjectsOf(parsed), [
      "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
    ]);
    const values = readFulcioExtensions(parsed);
    assert.is(values.githubWorkflowRepository, "sigstore-conformance/extremely-dangerous-public-oidc-beacon");
    assert.is(values.sourceRepositoryRef, "refs/heads/main");
    assert.is(values.runnerEnvironment, "github-hosted");
    assert.is(Object.keys(values).length, 20);
  });

test.run();
