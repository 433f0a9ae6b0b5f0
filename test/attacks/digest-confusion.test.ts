/**
 * Attacks by other digests: algorithms that are mixed up, lengths, the digest of another thing of the same image.
 * Source: docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { parseReference } from "../../core/oci/reference.ts";
import { defaultLimits } from "../../core/limits.ts";
import { throwsCode } from "../support/assert.ts";
import { type Json, type Recipe, sign, verdict } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { withEntry, withImage } from "./other-answers.ts";
import { accepts, decided, lab, refuses } from "./refuses.ts";

const { attack, run } = attackSuite("digest-confusion");

const simple: readonly Recipe[] = [{ layout: "tag" }, { layout: "artifact" }];
const statements: readonly Recipe[] = [{ claim: "attestation" }, { claim: "attestation", layout: "tag" }, {}];
const other = encodeHex(digest("sha256", encodeUtf8("another image")));

const claimed = (change: (digest: string) => Json) => (payload: Json) => {
  payload.critical.image["docker-manifest-digest"] = change(payload.critical.image["docker-manifest-digest"]);
  return payload;
};
const named = (change: (digests: Json) => Json) => (payload: Json) => ({
  ...payload,
  subject: [{ ...payload.subject[0], digest: change(payload.subject[0].digest) }],
});

attack(101, "the claim names sha512 with the right sha256 digits, or sha256 with sha512 digits", () => {
  for (const recipe of simple) {
    refuses("wrong-digest", recipe, { payload: claimed((text) => text.replace("sha256", "sha512")) });
    refuses("wrong-digest", recipe, { payload: claimed((text) => text + text.slice("sha256:".length)) });
  }
});

attack(102, "the right digest under sha512 beside a wrong one under sha256", () => {
  for (const recipe of statements)
    refuses("wrong-digest", recipe, { payload: named(({ sha256 }) => ({ sha512: sha256 + sha256, sha256: other })) });
});

attack(103, "the digest of the image's configuration or layer stands for the image", () => {
  const signed = accepts({ layout: "tag" });
  const blobs = signed.store.blobs.map(({ bytes }) => digestOf(bytes));
  for (const recipe of [...simple, ...statements])
    for (const blob of blobs.slice(0, 2))
      refuses("wrong-digest", recipe, {
        payload: (payload) =>
          payload.critical === undefined
            ? named(() => ({ sha256: blob.slice("sha256:".length) }))(payload)
            : claimed(() => blob)(payload),
      });
});

attack(104, "a digest that is cut, padded, or has digits of other alphabets", () => {
  for (const recipe of simple)
    for (const change of [
      (text: string) => text.slice(0, -1),
      (text: string) => `${text}0`,
      (text: string) => ` ${text}`,
      (text: string) => `${text}\u0000`,
      (text: string) => text.replace(/[0-9]/, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
      (text: string) => text.replace(":", "\uff1a"),
    ])
      refuses("wrong-digest", recipe, { payload: claimed(change) });
});

attack(105, "a tag in the Pod's reference beside the digest of another image", () => {
  const signed = accepts({ layout: "tag" });
  const pinned = `${signed.repository}:${signed.tag}@sha256:${other}`;
  assert.is(decided(signed), "allowed");
  assert.is(decided(signed, { pod: withImage(pinned) }), "denied: no-signature");
});

attack(106, "a Pod names its image by sha512, which nothing is kept under", () => {
  const signed = accepts({ layout: "tag" });
  const long = `${signed.repository}@sha512:${other}${other}`;
  assert.is(decided(signed, { pod: withImage(long) }), "denied: malformed");
  for (const text of [`a/b@sha256:${other}${other}`, `a/b@sha512:${other}`, `a/b@sha1:${other.slice(0, 40)}`])
    throwsCode("malformed", () => parseReference(text, defaultLimits));
});

attack(107, "a digest in upper case, or of a longer name of the algorithm", () => {
  const signed = accepts({ layout: "tag" });
  for (const text of [
    `${signed.repository}@SHA256:${signed.digest.slice("sha256:".length)}`,
    `${signed.repository}@${signed.digest.toUpperCase()}`,
    `${signed.repository}@sha256+b64:${signed.digest.slice("sha256:".length)}`,
  ])
    assert.is(decided(signed, { pod: withImage(text) }), "denied: malformed");
});

attack(108, "two digests in one reference", () => {
  const signed = accepts({ layout: "tag" });
  for (const text of [
    `${signed.repository}@${signed.digest}@sha256:${other}`,
    `${signed.repository}@sha256:${other}:${signed.digest}`,
  ])
    assert.is(decided(signed, { pod: withImage(text) }), "denied: malformed");
});

attack(
  109,
  "the descriptor of the signature's layer names another digest, size or algorithm than its bytes have",
  () => {
    for (const recipe of simple)
      for (const change of [
        { digest: `sha256:${other}` },
        { digest: `sha512:${other}${other}` },
        { digest: `md5:${other.slice(0, 32)}` },
      ]) {
        const signed = sign(lab, {
          ...recipe,
          change: { manifest: (made) => ({ ...made, layers: [{ ...made.layers[0], ...change }] }) },
        });
        accepts(recipe);
        assert.not.match(verdict(signed), /^proven/, JSON.stringify(change));
      }
  },
);

attack(110, "a policy that pins nothing: the verified digest is written into the Pod all the same", () => {
  const signed = accepts({ layout: "tag" });
  assert.is(
    decided(signed, { policy: withEntry({ mutateDigest: false, verifyDigest: true }) }),
    "denied: ",
    "the tag is not admitted where a digest is asked for",
  );
  assert.is(
    decided(signed, {
      policy: withEntry({ mutateDigest: false, verifyDigest: true }),
      pod: withImage(`${signed.repository}@${signed.digest}`),
    }),
    "allowed",
  );
});

run();
