import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { type Digest, digest as hash, type HashName } from "../../../core/crypto/digest.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { compileAttestor } from "../../../core/verify/attestor.ts";
import { createImageVerifier } from "../../../core/verify/image-verifier.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { Lab, sign, verdict } from "../../lab/index.ts";
import { fixtureBundle, fixtureBytes, fixtureImage } from "../../support/fixture-images.ts";

const test = suite("core/verify/verify-bundle");
const text = fixtureBundle();
const { digest } = fixtureImage("signed-keyless");
const attestor = compileAttestor(
  { keyless: { subject: "ada@example.com", issuer: "https://accounts.google.com" } },
  { identityTexts: "exact", limits: defaultLimits },
);
const run = (
  bundle: string | Uint8Array,
  artifact: { readonly digest: Digest } | { readonly bytes: Uint8Array } = { digest },
  crypto = nodeVerifier,
) =>
  createImageVerifier({ crypto, limits: defaultLimits }).verifyBundle(
    {
      bundle,
      artifact,
      expectation: attestor,
      trustedRoot: { form: "pinned", bytes: fixtureBytes("trust/trusted-root.json") },
    },
    new Date("2026-11-26T00:00:00Z"),
  );

test("a bundle about a digest, as text and as bytes, by both verifiers", () => {
  for (const verifier of [nodeVerifier, nobleVerifier])
    for (const bundle of [text, encodeUtf8(text)]) assert.is(run(bundle, { digest }, verifier).truth, "proven");
});

test("another artifact", () => {
  const verification = run(text, { bytes: encodeUtf8("another") });
  assert.ok(verification.truth === "refuted" && verification.failures[0]?.code === "wrong-digest");
});

test("cut at any length, and every flipped byte of the evidence, is a verdict and not an exception", () => {
  const bytes = encodeUtf8(text);
  for (let length = 0; length < bytes.length; length += 37)
    assert.is(run(bytes.slice(0, length)).truth, "refuted", `cut at ${length}`);
  let accepted = 0;
  for (let at = 0; at < bytes.length; at += 23) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 4;
    if (run(changed).truth === "proven") accepted++;
  }
  // Two fields of a bundle of this kind are nobody's word: the log's index beside the proof, and the key id.
  assert.ok(accepted <= 6, `${accepted} changes were accepted`);
});

test("too large a bundle is refused unread", () => {
  const verification = run(new Uint8Array(65 * 1024 * 1024));
  assert.ok(verification.truth === "refuted" && verification.failures[0]?.code === "over-limit");
});

test("junk in place of a trusted root is no refutation", () => {
  const verification = createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits }).verifyBundle(
    {
      bundle: text,
      artifact: { digest },
      expectation: attestor,
      trustedRoot: { form: "pinned", bytes: encodeUtf8("{") },
    },
    new Date(0),
  );
  assert.ok(verification.truth === "unknown" && verification.failures[0]?.code === "no-trust");
});

test("what a statement says of a file under another algorithm must be true; of an image only SHA-256 is read", () => {
  const lab = new Lab();
  const signed = (sha512: (bytes: Uint8Array) => string, layout: "file" | "bundle") =>
    sign(lab, {
      layout,
      claim: "attestation",
      change: {
        payload: (statement) => ({
          ...statement,
          subject: [
            {
              digest: {
                ...statement.subject[0].digest,
                sha512: sha512(encodeUtf8("file of registry.lab.example/team/app:v1\n")),
              },
            },
          ],
        }),
      },
    });
  const right = (bytes: Uint8Array) => encodeHex(hash("sha512", bytes));
  assert.is(verdict(signed(right, "file")), "proven");
  assert.is(verdict(signed(() => "00", "file")), "refuted: wrong-digest");
  // Only the digest is at hand: nothing can contradict it.
  const other = signed(() => "00", "file");
  assert.is(verdict(other, { artifact: { digest: other.digest } }), "proven");
  assert.is(verdict(signed(() => "00", "bundle")), "proven");
});

test("a file is named by SHA-256, SHA-384 or SHA-512, by some subject, and by nothing else", () => {
  const lab = new Lab();
  const file = encodeUtf8("file of registry.lab.example/team/app:v1\n");
  const hex = (algorithm: HashName, bytes = file) => encodeHex(hash(algorithm, bytes));
  const verdictOf = (subject: readonly Record<string, unknown>[]) =>
    verdict(
      sign(lab, {
        layout: "file",
        claim: "attestation",
        change: { payload: (statement) => ({ ...statement, subject }) },
      }),
    );
  const other = encodeUtf8("another file");
  for (const algorithm of ["sha256", "sha384", "sha512"] as const) {
    const subject = { name: "archive", digest: { [algorithm]: hex(algorithm) } };
    assert.is(verdictOf([subject]), "proven", algorithm);
    assert.is(verdictOf([{ digest: { [algorithm]: hex(algorithm, other) } }, subject]), "proven", algorithm);
    assert.is(verdictOf([{ digest: { [algorithm]: hex(algorithm, other) } }]), "refuted: wrong-digest");
    assert.is(verdictOf([{ digest: { [algorithm]: hex(algorithm).slice(2) } }]), "refuted: wrong-digest");
  }
  assert.is(verdictOf([{ digest: { sha256: hex("sha256"), sha512: hex("sha512") } }]), "proven");
  assert.is(verdictOf([{ digest: { sha384: hex("sha384"), sha512: hex("sha512", other) } }]), "refuted: wrong-digest");
  // Hashes that are not collision free, or unknown, name nothing.
  assert.is(verdictOf([{ digest: { sha224: hex("sha224") } }]), "refuted: wrong-digest");
  assert.is(verdictOf([{ digest: {} }]), "refuted: wrong-digest");
});

test.run();
