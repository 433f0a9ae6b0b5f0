import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttestorOptions, foldAliases, readAttestor } from "../../../cli/input/attestor-flags.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { testIO, type TestWorld } from "../command-io.ts";

const test = suite("cli/input/attestor-flags");
const read = (options: AttestorOptions, world: TestWorld = {}) => readAttestor(options, testIO(world).io);
const keyText = fixtureText("trust/release.pub");
const chainText = fixtureText("trust/root.pem");
const identity = { certificateIdentity: "me", certificateOidcIssuer: "https://issuer.example" };

test("a key, and what is not required of it", () => {
  assert.equal(read({ key: "a.pub", insecureIgnoreTlog: true }, { files: { "a.pub": keyText } }), {
    keys: { pem: keyText },
    rekor: { ignoreTlog: true },
    ctlog: { ignoreSCT: false },
  });
});

test("references stay references", () => {
  for (const key of [
    "k8s://ns/name",
    "awskms:///alias/a",
    "gcpkms://a",
    "azurekms://a",
    "hashivault://a",
    "openbao://a",
  ])
    assert.equal(read({ key }).keys, { reference: key });
  throwsCode("invalid-usage", () => read({ key: "ftp://a" }));
  throwsCode("invalid-usage", () => read({ key: "env://NONE" }));
  assert.equal(read({ key: "env://KEY" }, { env: { KEY: keyText } }).keys, { pem: keyText });
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
});

test("flags that contradict each other are refused, whichever they are", () => {
  const files = { "a.pub": keyText, "ca.pem": chainText };
  const besideKey: readonly AttestorOptions[] = [
    { certificateIdentity: "me" },
    { certificateIdentityRegexp: "me" },
    { certificateOidcIssuer: "i" },
    { certificateOidcIssuerRegexp: "i" },
    { certificateGithubWorkflowName: "w" },
    { certificateGithubWorkflowRef: "r" },
    { certificateGithubWorkflowRepository: "o/r" },
    { certificateGithubWorkflowSha: "s" },
    { certificateGithubWorkflowTrigger: "t" },
    { caRoots: "ca.pem" },
    { certificateChain: "ca.pem" },
  ];
  for (const options of besideKey) {
    const error = throwsCode("invalid-usage", () => read({ ...options, key: "a.pub" }, { files }));
    assert.match(error.message, /^exactly one of: key reference \(--key\) or certificate identity/);
  }
  throwsCode("invalid-usage", () => read({ ...identity, certificateIdentityRegexp: "me" }));
  throwsCode("invalid-usage", () => read({ ...identity, caRoots: "ca.pem", certificateChain: "ca.pem" }, { files }));
  assert.ok(read({ ...identity, certificateOidcIssuerRegexp: "i", caRoots: "ca.pem" }, { files }));
});

test("a file that does not hold what its flag asks for is wrong usage with its name", () => {
  const world = {
    files: {
      "pod.yaml": "kind: Pod\n",
      "two.pub": `${keyText}${fixtureText("trust/someone-else.pub")}`,
      "cut.pub": keyText.replace("MFkw", "MFk"),
      "utf16.pub": Uint8Array.of(0xff, 0xfe, 0x2d, 0),
      "key.pub": keyText,
      "leaf.pem": fixtureText("trust/leaf.pem"),
    },
  };
  const wrong = (options: AttestorOptions, file: string, env: Readonly<Record<string, string>> = {}) => {
    const error = throwsCode("invalid-usage", () => read(options, { ...world, env }));
    assert.is(error.subject, file);
    assert.ok(error.message.includes(file), error.message);
  };
  for (const file of ["pod.yaml", "two.pub", "cut.pub", "utf16.pub", "leaf.pem", "gone.pub"])
    wrong({ key: file }, file);
  wrong({ key: "env://KEY" }, "env://KEY", { KEY: "kind: Pod" });
  for (const file of ["pod.yaml", "key.pub", "utf16.pub", "gone.pem"]) {
    wrong({ ...identity, caRoots: file }, file);
    wrong({ ...identity, certificateChain: file }, file);
    wrong({ ...identity, timestampCertificateChain: file }, file);
    wrong(identity, file, { SIGSTORE_ROOT_FILE: file });
    wrong(identity, file, { SIGSTORE_TSA_CERTIFICATE_FILE: file });
  }
  wrong({ ...identity, timestampCertificateChain: "leaf.pem" }, "leaf.pem");
  wrong(identity, "pod.yaml", { SIGSTORE_REKOR_PUBLIC_KEY: "pod.yaml" });
  wrong(identity, "pod.yaml", { SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: "pod.yaml" });
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
    files: {
      "ca.pem": chainText,
      "other.pem": fixtureText("trust/fulcio.pem"),
      "rekor.pub": fixtureText("trust/rekor.pub"),
      "ct.pub": fixtureText("trust/ct.pub"),
      "tsa.pem": chainText,
    },
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
    [chainText, fixtureText("trust/rekor.pub"), fixtureText("trust/ct.pub"), chainText],
  );
  assert.is(read({ ...identity, caRoots: "other.pem" }, world).keyless?.roots, fixtureText("trust/fulcio.pem"));
  const rooted = read({ ...identity, trustedRoot: "root.json" }, world);
  assert.equal(
    [rooted.keyless?.roots, rooted.rekor?.pubKey, rooted.ctlog?.pubKey, rooted.ctlog?.tsaCertChain],
    [undefined, undefined, undefined, undefined],
  );
});

test("other tools' spellings mean cosign's flags", () => {
  const folded = foldAliases({ certIdentity: "me", certOidcIssuer: "i", certIdentityRegex: "r" });
  assert.equal(
    [folded.certificateIdentity, folded.certificateOidcIssuer, folded.certificateIdentityRegexp],
    ["me", "i", "r"],
  );
  assert.is(foldAliases({ certIdentity: "me", certificateIdentity: "me" }).certificateIdentity, "me");
  throwsCode("invalid-usage", () => foldAliases({ certIdentity: "me", certificateIdentity: "you" }));
});

test("claims are always checked", () => {
  throwsCode("unsupported", () => read({ ...identity, checkClaims: false }));
});

test.run();
