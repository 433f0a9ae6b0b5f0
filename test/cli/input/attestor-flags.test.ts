import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttestorOptions, foldAliases, readAttestor } from "../../../cli/input/attestor-flags.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO, type TestWorld } from "../command-io.ts";

const test = suite("cli/input/attestor-flags");
const read = (options: AttestorOptions, world: TestWorld = {}) => readAttestor(options, testIO(world).io);
const identity = { certificateIdentity: "me", certificateOidcIssuer: "https://issuer.example" };

test("a key, and what is not required of it", () => {
  assert.equal(read({ key: "a.pub", insecureIgnoreTlog: true }, { files: { "a.pub": "PEM" } }), {
    keys: { pem: "PEM" },
    rekor: { ignoreTlog: true },
    ctlog: { ignoreSCT: false },
  });
});

test("references stay references", () => {
  for (const key of ["k8s://ns/name", "awskms:///alias/a", "gcpkms://a", "azurekms://a", "hashivault://a"])
    assert.equal(read({ key }).keys, { reference: key });
  throwsCode("invalid-usage", () => read({ key: "ftp://a" }));
  throwsCode("no-key", () => read({ key: "env://NONE" }));
});

test("an identity with workflow claims", () => {
  assert.equal(
    read({ ...identity, certificateGithubWorkflowSha: "abc", certificateGithubWorkflowTrigger: "push" }).keyless,
    {
      subject: "me",
      issuer: "https://issuer.example",
      additionalExtensions: { githubWorkflowSHA: "abc", githubWorkflowTrigger: "push" },
    },
  );
  assert.equal(read({ certificateIdentityRegexp: "^me$", certificateOidcIssuerRegexp: ".*" }).keyless, {
    subjectRegExp: "^me$",
    issuerRegExp: ".*",
  });
});

test("an identity needs both halves, and excludes a key", () => {
  throwsCode("invalid-usage", () => read({}));
  throwsCode("invalid-usage", () => read({ certificateIdentity: "me" }));
  throwsCode("invalid-usage", () => read({ certificateOidcIssuer: "i" }));
  throwsCode("invalid-usage", () => read({ ...identity, key: "a.pub" }, { files: { "a.pub": "PEM" } }));
});

test("an empty text is no identity, beside another form too", () => {
  for (const flag of [
    "certificateIdentity",
    "certificateIdentityRegexp",
    "certificateOidcIssuer",
    "certificateOidcIssuerRegexp",
  ] as const)
    assert.match(
      throwsCode("invalid-usage", () => read({ ...identity, [flag]: "" })).message,
      /^--certificate-(identity|oidc-issuer)(-regexp)? is empty/,
    );
});

test("annotations are repeated or listed", () => {
  assert.equal(read({ ...identity, annotations: ["a=1,b=2=3", "c="] }).annotations, { a: "1", b: "2=3", c: "" });
  throwsCode("invalid-usage", () => read({ ...identity, annotations: ["a"] }));
  throwsCode("invalid-usage", () => read({ ...identity, annotations: ["=a"] }));
  assert.equal(read({ ...identity, annotations: ["a=1", "a=1"] }).annotations, { a: "1" });
  throwsCode("invalid-usage", () => read({ ...identity, annotations: ["a=1", "a=2"] }));
});

test("cosign's variables fill what flags leave open, and give way to a trusted root", () => {
  const world = {
    files: { "ca.pem": "CA", "other.pem": "OTHER", "rekor.pub": "REKOR", "ct.pub": "CT", "tsa.pem": "TSA" },
    env: {
      SIGSTORE_ROOT_FILE: "ca.pem",
      SIGSTORE_REKOR_PUBLIC_KEY: "rekor.pub",
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: "ct.pub",
      SIGSTORE_TSA_CERTIFICATE_FILE: "tsa.pem",
    },
  };
  const spec = read(identity, world);
  assert.equal(
    [spec.keyless?.roots, spec.rekor?.pubKey, spec.ctlog?.pubKey, spec.ctlog?.tsaCertChain],
    ["CA", "REKOR", "CT", "TSA"],
  );
  assert.is(read({ ...identity, caRoots: "other.pem" }, world).keyless?.roots, "OTHER");
  const rooted = read({ ...identity, trustedRoot: "root.json" }, world);
  assert.equal(
    [rooted.keyless?.roots, rooted.rekor?.pubKey, rooted.ctlog?.pubKey, rooted.ctlog?.tsaCertChain],
    [undefined, undefined, undefined, undefined],
  );
});

test("other tools' spellings stand for cosign's", () => {
  const folded = foldAliases({ certIdentity: "me", certOidcIssuer: "i", certIdentityRegex: "r" });
  assert.equal(
    [folded.certificateIdentity, folded.certificateOidcIssuer, folded.certificateIdentityRegexp],
    ["me", "i", "r"],
  );
  assert.is(foldAliases({ certIdentity: "me", certificateIdentity: "you" }).certificateIdentity, "you");
});

test("claims are always checked", () => {
  throwsCode("unsupported", () => read({ ...identity, checkClaims: false }));
});

test.run();
