import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttestorSpec, compileAttestor } from "../../../core/verify/attestor.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/verify/attestor");
const pem = fixtureText("trust/release.pub");
const root = fixtureText("trust/root.pem");
const pemOf = (namedCurve: string): string =>
  String(generateKeyPairSync("ec", { namedCurve }).publicKey.export({ format: "pem", type: "spki" }));

test("exactly one of keys, certificates and keyless", () => {
  throwsCode("malformed", () => compileAttestor({}, { limits: defaultLimits }));
  throwsCode("malformed", () =>
    compileAttestor({ keys: { pem }, keyless: { subject: "*" } }, { limits: defaultLimits }),
  );
});

test("a key is one PEM or a reference", () => {
  assert.is(compileAttestor({ keys: { pem } }, { limits: defaultLimits }).signer.kind, "key");
  assert.is(
    compileAttestor({ keys: { reference: "awskms:///x" } }, { limits: defaultLimits }).signer.kind,
    "key-reference",
  );
  for (const keys of [
    {},
    { pem, reference: "awskms:///x" },
    { pem: "" },
    { pem: `${pem}\n${pem}` },
    { pem: "no key" },
    { pem: root },
  ])
    throwsCode("malformed", () => compileAttestor({ keys }, { limits: defaultLimits }));
});

test("the inner signature algorithm wins, unless it says nothing", () => {
  const hashes = (spec: AttestorSpec) => {
    const { signer } = compileAttestor(spec, { limits: defaultLimits });
    return signer.kind === "key"
      ? signer.algorithms.map((algorithm) => ("hash" in algorithm ? algorithm.hash : algorithm.scheme))
      : [];
  };
  assert.equal(hashes({ keys: { pem } }), ["sha256"]);
  assert.equal(hashes({ keys: { pem, signatureAlgorithm: "sha512" } }), ["sha512"]);
  assert.equal(hashes({ keys: { pem, signatureAlgorithm: "sha256" }, signatureAlgorithm: "sha512" }), ["sha512"]);
  assert.equal(hashes({ keys: { pem, signatureAlgorithm: "sha384" }, signatureAlgorithm: "sha512" }), ["sha384"]);
  const p384 = hashes({ keys: { pem: pemOf("P-384") } });
  assert.ok(p384.includes("sha384") && p384.includes("sha256"));
  throwsCode("malformed", () =>
    compileAttestor({ keys: { pem, signatureAlgorithm: "md5" } }, { limits: defaultLimits }),
  );
});

test("certificates: a leaf, a chain, both, not neither", () => {
  assert.is(compileAttestor({ certificates: { cert: root } }, { limits: defaultLimits }).signer.kind, "certificate");
  assert.is(compileAttestor({ certificates: { certChain: root } }, { limits: defaultLimits }).signer.kind, "issued");
  const both = compileAttestor({ certificates: { cert: root, certChain: root } }, { limits: defaultLimits }).signer;
  assert.ok(both.kind === "certificate" && both.path !== undefined);
  throwsCode("malformed", () => compileAttestor({ certificates: {} }, { limits: defaultLimits }));
  throwsCode("malformed", () => compileAttestor({ certificates: { cert: pem } }, { limits: defaultLimits }));
  throwsCode("over-limit", () =>
    compileAttestor({ certificates: { certChain: root.repeat(12) } }, { limits: defaultLimits }),
  );
});

test("keyless asks for somebody", () => {
  for (const keyless of [{ subject: "a" }, { issuer: "b" }, { subjectRegExp: "a" }, { roots: root }])
    assert.is(compileAttestor({ keyless }, { limits: defaultLimits }).signer.kind, "issued");
  for (const keyless of [{}, { subject: "", issuer: "" }, { additionalExtensions: { githubWorkflowName: "x" } }])
    throwsCode("malformed", () => compileAttestor({ keyless }, { limits: defaultLimits }));
});

test("the log: required unless ignored; an own key needs no URL and asks no log", () => {
  const log = (rekor: AttestorSpec["rekor"]) =>
    compileAttestor({ keys: { pem }, ...(rekor === undefined ? {} : { rekor }) }, { limits: defaultLimits }).log;
  assert.equal(log(undefined), { required: true, url: "https://rekor.sigstore.dev" });
  assert.equal(log({ ignoreTlog: true, url: "not a url \u0000", pubKey: "junk" }), { required: false });
  const own = log({ ignoreTlog: false, pubKey: `${pem}${pemOf("P-256")}` });
  assert.is(own.keys?.length, 2);
  assert.is(own.url, undefined);
  assert.is(log({ ignoreTlog: false, url: "https://rekor.example" }).url, "https://rekor.example");
  throwsCode("malformed", () => log({ ignoreTlog: false, url: "http://a b" }));
  throwsCode("malformed", () => log({ ignoreTlog: false, pubKey: "junk" }));
});

test("certificate transparency: not of a chain that the policy supplies, unless it names a log", () => {
  const required = (spec: AttestorSpec) =>
    compileAttestor(spec, { limits: defaultLimits }).certificateTransparency.required;
  assert.ok(required({ keyless: { subject: "*" } }));
  assert.not(required({ keyless: { subject: "*" }, ctlog: { ignoreSCT: true, pubKey: "junk" } }));
  assert.not(required({ certificates: { certChain: root } }));
  assert.ok(required({ certificates: { certChain: root }, ctlog: { ignoreSCT: false, pubKey: pem } }));
});

test("a digest names the expectation", () => {
  const digest = (spec: AttestorSpec) => compileAttestor(spec, { limits: defaultLimits }).digest;
  assert.is(digest({ keys: { pem } }), digest({ keys: { pem } }));
  assert.is.not(digest({ keys: { pem } }), digest({ keys: { pem }, annotations: { a: "b" } }));
  assert.is.not(
    compileAttestor({ keyless: { subject: "a*" } }, { limits: defaultLimits }).digest,
    compileAttestor({ keyless: { subject: "a*" } }, { identityTexts: "exact", limits: defaultLimits }).digest,
  );
});

test.run();
