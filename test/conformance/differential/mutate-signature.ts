/** Wrong signatures and wrong claims under right ones. */
import { p256 } from "@noble/curves/nist.js";
import { concat } from "../../../core/encoding/bytes.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Json } from "../../lab/index.ts";
import { flip, type Mutations } from "./mutation.ts";

/** The other one of the two values of s: as valid, other bytes. */
function mirrored(signature: Uint8Array): Uint8Array {
  const parsed = p256.Signature.fromBytes(signature, "der");
  return new p256.Signature(parsed.r, p256.Point.Fn.neg(parsed.s)).toBytes("der");
}

const everywhere = [
  "key-tag",
  "key-bundle",
  "key-bundle-rekor2",
  "key-file",
  "certificate-tag",
  "certificate-bundle",
  "certificate-file-rekor2",
  "key-saved-tag",
];
const simple = ["key-tag", "certificate-tag", "key-artifact"];
const statements = ["key-tag-attestation", "key-bundle-attestation", "key-file-attestation", "certificate-bundle"];
const subject = (change: (subject: Json) => Json) => () => ({
  payload: (statement: Json) => ({ ...statement, subject: [change(statement.subject[0])] }),
});
const raw = (change: (text: string) => string) => () => ({
  payload: (payload: Json) => encodeUtf8(change(JSON.stringify(payload))),
});
const strange = "0".repeat(64);

export const signatureMutations: Mutations = {
  "another key signed": { on: everywhere, change: () => ({ signingKey: (_, lab) => lab.key("another") }) },
  "a flipped bit, logged as it is": {
    on: everywhere,
    change: () => ({ signature: (signature) => flip(signature, -1) }),
  },
  "over other bytes": {
    on: everywhere,
    change: () => ({ signature: (_, message, key) => key.sign(concat(message, Uint8Array.of(0))) }),
  },
  "r and s side by side": {
    on: ["key-tag-unlogged", "key-bundle-unlogged", "key-file", "certificate-file-rekor2"],
    change: () => ({ signature: (signature) => p256.Signature.fromBytes(signature, "der").toBytes("compact") }),
  },
  "the other s, logged": { on: ["key-tag", "key-file", "certificate-bundle"], change: () => ({ signature: mirrored }) },
  "the other s, not the one that was logged": {
    on: ["key-tag", "key-file", "key-bundle-rekor2", "certificate-file-rekor2"],
    change: () => ({ logged: (logged) => ({ ...logged, signature: mirrored(logged.signature) }) }),
  },
  "bytes behind the signature": {
    on: ["key-tag-unlogged", "key-bundle-unlogged", "key-file"],
    change: () => ({ signature: (signature) => concat(signature, Uint8Array.of(0)) }),
  },
  "an empty signature": {
    on: ["key-tag-unlogged", "key-file"],
    change: () => ({ signature: () => new Uint8Array(0) }),
  },
  "a payload of another image": {
    on: simple,
    change: () => ({
      payload: (payload) => ({
        ...payload,
        critical: { ...payload.critical, image: { "docker-manifest-digest": `sha256:${strange}` } },
      }),
    }),
  },
  "a payload whose digest is in capitals": {
    on: simple,
    change: raw((text) =>
      text.replace(/sha256:[0-9a-f]{64}/, (digest) => digest.toUpperCase().replace("SHA256", "sha256")),
    ),
  },
  "a payload of another type": {
    on: simple,
    change: () => ({
      payload: (payload) => ({ ...payload, critical: { ...payload.critical, type: "something else" } }),
    }),
  },
  "a payload with keys in capitals": { on: simple, change: raw((text) => text.replace('"critical"', '"CRITICAL"')) },
  "a payload with two digests, the right one last": {
    on: simple,
    change: raw((text) =>
      text.replace('"docker-manifest-digest"', `"docker-manifest-digest":"sha256:${strange}","docker-manifest-digest"`),
    ),
  },
  "a payload without claims": { on: simple, change: () => ({ payload: () => ({}) }) },
  "a statement about another image": { on: statements, change: subject(() => ({ digest: { sha256: strange } })) },
  "a statement whose digest is in capitals": {
    on: statements,
    change: subject(({ digest }) => ({ digest: { sha256: digest.sha256.toUpperCase() } })),
  },
  "a statement with another digest beside": {
    on: statements,
    change: subject(({ digest }) => ({ digest: { ...digest, sha512: "00" } })),
  },
  "a statement with a digest under another name only": {
    on: statements,
    change: subject(({ digest }) => ({ digest: { gitCommit: digest.sha256 } })),
  },
  "a statement with two subjects, the second one ours": {
    on: statements,
    change: () => ({
      payload: (made) => ({ ...made, subject: [{ name: "x", digest: { sha256: strange } }, ...made.subject] }),
    }),
  },
  "a statement without subject": { on: statements, change: () => ({ payload: (made) => ({ ...made, subject: [] }) }) },
  "a statement with a null subject": {
    on: statements,
    change: () => ({ payload: (made) => ({ ...made, subject: [null] }) }),
  },
  "a statement of another statement type": {
    on: statements,
    change: () => ({ payload: (made) => ({ ...made, _type: "https://in-toto.io/Statement/v9" }) }),
  },
  "a statement with an unknown field": {
    on: statements,
    change: () => ({ payload: (made) => ({ ...made, more: true }) }),
  },
  "a statement with one field twice": {
    on: statements,
    change: raw((text) => text.replace('"subject"', '"predicateType":"https://other.example","subject"')),
  },
  "another predicate type": {
    on: statements,
    change: () => ({ payload: (made) => ({ ...made, predicateType: "https://other.example/v1" }) }),
  },
  "a predicate that is text": {
    on: statements,
    change: () => ({ payload: (made) => ({ ...made, predicate: "yes" }) }),
  },
  "another payload type, signed": { on: statements, change: () => ({ payloadType: "application/json" }) },
  "another payload type, not signed": {
    on: statements,
    change: () => ({ envelope: (envelope) => ({ ...envelope, payloadType: "application/json" }) }),
  },
  "another payload under the signature": {
    on: statements,
    change: () => ({ envelope: (envelope) => ({ ...envelope, payload: encodeBase64(encodeUtf8("{}")) }) }),
  },
  "two signatures on the envelope": {
    on: statements,
    change: () => ({
      envelope: (envelope, { lab }) => ({
        ...envelope,
        signatures: [...envelope.signatures, { sig: encodeBase64(lab.key("another").sign(encodeUtf8("x"))) }],
      }),
    }),
  },
  "no signature on the envelope": {
    on: statements,
    change: () => ({ envelope: (envelope) => ({ ...envelope, signatures: [] }) }),
  },
  "an envelope with an unknown field": {
    on: statements,
    change: () => ({ envelope: (envelope) => ({ ...envelope, more: 1 }) }),
  },
};
