/** Wrong entries of Rekor v1. */
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { LogEntry } from "../../../core/tlog/log-entry.ts";
import { encodePae } from "../../../core/dsse/envelope.ts";
import {
  encodeBody,
  envelopeJson,
  entryBody,
  type Making,
  otherLeaf,
  signNote,
  strangers,
  withForeignProof,
} from "../../lab/index.ts";
import { flip, type Mutations, retiredLogs } from "./mutation.ts";

const promised = [
  "key-tag",
  "key-bundle",
  "key-file-promise",
  "certificate-tag",
  "certificate-file-promise",
  "certificate-bundle",
  "key-tag-attestation",
  "certificate-artifact",
];
const proven = ["key-file-proof", "key-bundle", "certificate-file", "certificate-file-attestation"];
const logged = [
  "key-tag",
  "key-bundle",
  "key-file",
  "certificate-tag",
  "certificate-bundle",
  "certificate-file-attestation",
  "key-tag-attestation-dsse",
  "key-tag-attestation-intoto001",
];
const timed = ["certificate-tag", "certificate-bundle", "certificate-file-promise"];

const one = (change: (entry: LogEntry, making: Making) => LogEntry) => () => ({
  entries: ([entry, ...rest]: readonly LogEntry[], making: Making) =>
    entry === undefined ? [] : [change(entry, making), ...rest],
});
const proof = (
  change: (
    proof: NonNullable<LogEntry["inclusionProof"]>,
    making: Making,
  ) => Partial<NonNullable<LogEntry["inclusionProof"]>>,
) =>
  one((entry, making) =>
    entry.inclusionProof === undefined
      ? entry
      : { ...entry, inclusionProof: { ...entry.inclusionProof, ...change(entry.inclusionProof, making) } },
  );

export const logMutations: Mutations = {
  "a promise for another index": {
    on: promised,
    change: one((entry, { lab }) => ({
      ...entry,
      inclusionPromise: lab.rekor.promise({ ...entry, logIndex: entry.logIndex + 1n }),
    })),
  },
  "a promise for another time": {
    on: promised,
    change: one((entry, { lab }) => ({
      ...entry,
      inclusionPromise: lab.rekor.promise({ ...entry, integratedTime: (entry.integratedTime ?? 0n) + 1n }),
    })),
  },
  "a promise for another body": {
    on: promised,
    change: one((entry, { lab }) => ({
      ...entry,
      inclusionPromise: lab.rekor.promise({ ...entry, body: otherLeaf("another") }),
    })),
  },
  "a promise by a stranger": {
    on: promised,
    change: one((entry, { lab }) => ({ ...entry, inclusionPromise: strangers(lab).rekor.promise(entry) })),
  },
  "a promise with a flipped bit": {
    on: promised,
    change: one((entry) =>
      entry.inclusionPromise === undefined ? entry : { ...entry, inclusionPromise: flip(entry.inclusionPromise, -1) },
    ),
  },
  "an entry of a stranger's log": {
    on: logged,
    change: one((entry, { lab }) =>
      strangers(lab).rekor.entry(entry.body, lab.loggedAt, {
        promise: entry.inclusionPromise !== undefined,
        proof: entry.inclusionProof !== undefined,
      }),
    ),
  },
  "an entry of a log that was retired before": {
    on: timed,
    change: retiredLogs,
  },
  "logged after the certificate's end": {
    on: timed,
    change: (lab) => ({
      rekor1: { change: (entry) => ({ ...entry, integratedTime: BigInt(lab.leafEnd.getTime() / 1000 + 1) }) },
    }),
  },
  "logged at the certificate's last second": {
    on: timed,
    change: (lab) => ({
      rekor1: { change: (entry) => ({ ...entry, integratedTime: BigInt(lab.leafEnd.getTime() / 1000) }) },
    }),
  },
  "logged before the certificate": {
    on: timed,
    change: (lab) => ({
      rekor1: { change: (entry) => ({ ...entry, integratedTime: BigInt(lab.signedAt.getTime() / 1000 - 1) }) },
    }),
  },
  "no promise, so no time": {
    on: ["certificate-bundle", "certificate-file", "key-file"],
    change: () => ({ rekor1: { promise: false } }),
  },
  "an entry about another signature": {
    on: logged,
    change: () => ({ logged: (told, { key }) => ({ ...told, signature: key.sign(encodeUtf8("another")) }) }),
  },
  "an entry about another signer": {
    on: logged,
    change: () => ({ logged: (told, { lab }) => ({ ...told, verifier: lab.key("another") }) }),
  },
  "an entry about other content": {
    on: logged,
    change: () => ({
      logged: (told) => ({
        ...told,
        content:
          "message" in told.content
            ? { message: encodeUtf8("another") }
            : { ...told.content, payload: encodeUtf8("{}"), envelope: encodeUtf8("{}") },
      }),
    }),
  },
  "our own entry for something else": {
    on: logged,
    change: () => ({
      logged: (told, { key }) => {
        const other = encodeUtf8("something else");
        if (!("envelope" in told.content)) return { ...told, signature: key.sign(other), content: { message: other } };
        const { payloadType } = told.content;
        const signature = key.sign(encodePae(payloadType, other));
        return {
          ...told,
          signature,
          content: {
            payloadType,
            payload: other,
            envelope: encodeUtf8(JSON.stringify(envelopeJson(payloadType, other, [signature]))),
          },
        };
      },
    }),
  },
  "an entry of another kind": {
    on: ["key-file", "certificate-file"],
    change: () => ({
      body: (_, { lab, signature, key, certificate, payload }) =>
        entryBody("dsse 0.0.1", {
          signature,
          verifier: certificate ?? lab.key(),
          content: { payloadType: "x", payload, envelope: key.sign(payload) },
        }),
    }),
  },
  "an entry of kind rekord": {
    on: ["key-file", "certificate-file", "key-tag"],
    change: () => ({
      body: (_, { signature, key, certificate, payload }) =>
        entryBody("rekord 0.0.1", { signature, verifier: certificate ?? key, content: { message: payload } }),
    }),
  },
  "an entry of kind intoto 0.0.1": {
    on: ["key-file-attestation", "certificate-file-attestation", "key-tag-attestation"],
    change: () => ({
      body: (_, { signature, key, certificate, payload, envelope }) =>
        entryBody("intoto 0.0.1", {
          signature,
          verifier: certificate ?? key,
          content: { payloadType: "", payload, envelope: envelope ?? payload },
        }),
    }),
  },
  "a body with an unknown field": {
    on: logged,
    change: () => ({ body: (body) => ({ ...body, spec: { ...body.spec, more: "x" } }) }),
  },
  "a body with spaces": { on: logged, change: () => ({ body: (body) => encodeUtf8(JSON.stringify(body, null, 1)) }) },
  "a body that is a list": {
    on: ["key-tag", "key-file"],
    change: () => ({ body: () => encodeUtf8('{"apiVersion":"0.0.1","kind":"hashedrekord","spec":[]}') }),
  },
  "a kind that is not the body's": {
    on: ["key-file", "certificate-bundle"],
    change: one((entry) => ({ ...entry, kindVersion: { kind: "intoto", version: "0.0.2" } })),
  },
  "the same entry twice": {
    on: ["key-file", "certificate-bundle"],
    change: () => ({ entries: ([entry]) => (entry === undefined ? [] : [entry, entry]) }),
  },
  "a stranger's entry beside ours": {
    on: ["key-file", "certificate-bundle"],
    change: () => ({
      entries: ([entry], { lab }) =>
        entry === undefined ? [] : [strangers(lab).rekor.entry(entry.body, lab.loggedAt), entry],
    }),
  },
  "an entry with a broken promise beside ours": {
    on: ["key-file", "certificate-bundle"],
    change: () => ({
      entries: ([entry], { lab }) =>
        entry === undefined
          ? []
          : [
              { ...lab.rekor.entry(entry.body, lab.loggedAt, { index: 5 }), inclusionPromise: Uint8Array.of(1, 2, 3) },
              entry,
            ],
    }),
  },
  "a negative index": {
    on: ["key-file"],
    change: () => ({
      bundle: (bundle) => ({
        ...bundle,
        verificationMaterial: {
          ...bundle.verificationMaterial,
          tlogEntries: bundle.verificationMaterial.tlogEntries.map((entry: typeof bundle) => ({
            ...entry,
            logIndex: "-1",
          })),
        },
      }),
    }),
  },
  "a proof of another entry": {
    on: proven,
    change: one((entry, { lab }) => withForeignProof(entry, lab.rekor.entry(otherLeaf("another"), lab.loggedAt))),
  },
  "a proof with a flipped bit": {
    on: proven,
    change: proof(({ hashes }) => ({ hashes: hashes.map((hash, index) => (index === 0 ? flip(hash, 0) : hash)) })),
  },
  "a proof that lacks a hash": { on: proven, change: proof(({ hashes }) => ({ hashes: hashes.slice(0, -1) })) },
  "a proof with one hash more": {
    on: proven,
    change: proof(({ hashes }) => ({ hashes: [...hashes, new Uint8Array(32)] })),
  },
  "a proof with a hash of 31 bytes": {
    on: proven,
    change: proof(({ hashes }) => ({ hashes: hashes.map((hash, index) => (index === 0 ? hash.slice(1) : hash)) })),
  },
  "a proof for another place": { on: proven, change: proof(() => ({ logIndex: 4n })) },
  "a proof that states another size": { on: proven, change: proof(() => ({ treeSize: 6n })) },
  "a proof that states another root": { on: proven, change: proof(() => ({ rootHash: new Uint8Array(32) })) },
  "a checkpoint of another tree": {
    on: proven,
    change: proof((_, { lab }) => ({ checkpoint: lab.rekor.checkpoint(lab.rekor.leaves(otherLeaf("another"), {})) })),
  },
  "a checkpoint that states another size": { on: proven, change: () => ({ rekor1: { checkpoint: { size: 8n } } }) },
  "a checkpoint of another origin": {
    on: proven,
    change: () => ({ rekor1: { checkpoint: { origin: "another.example - 1" } } }),
  },
  "a checkpoint with further lines": {
    on: proven,
    change: () => ({ rekor1: { checkpoint: { more: ["Timestamp: 1"] } } }),
  },
  "a checkpoint by a stranger": {
    on: proven,
    change: (lab) => ({ rekor1: { checkpoint: { signers: strangers(lab).rekor.signers() } } }),
  },
  "a checkpoint by a stranger under our hint": {
    on: proven,
    change: (lab) => ({
      rekor1: {
        checkpoint: {
          signers: strangers(lab)
            .rekor.signers()
            .map((signer) => ({ ...signer, hint: lab.rekor.id.subarray(0, 4) })),
        },
      },
    }),
  },
  "a checkpoint signed by another name": {
    on: proven,
    change: (lab) => ({
      rekor1: {
        checkpoint: { signers: lab.rekor.signers().map((signer) => ({ ...signer, name: "another.example" })) },
      },
    }),
  },
  "a checkpoint with a witness": {
    on: proven,
    change: (lab) => ({ rekor1: { checkpoint: { cosigners: [lab.witness()] } } }),
  },
  "a checkpoint without signature": {
    on: proven,
    change: proof(({ checkpoint }) => ({ checkpoint: `${checkpoint.slice(0, checkpoint.indexOf("\n\n"))}\n\n` })),
  },
  "a checkpoint signed over another text": {
    on: proven,
    change: proof(({ checkpoint }, { lab }) => {
      const text = checkpoint.slice(0, checkpoint.indexOf("\n\n") + 1);
      return {
        checkpoint: signNote(
          text,
          lab.rekor.signers().map((signer) => ({ ...signer, text: `${text}more\n` })),
        ),
      };
    }),
  },
  "a broken proof beside a right promise": {
    on: ["key-file", "certificate-bundle"],
    change: proof(() => ({ hashes: [] })),
  },
  "an empty entry": {
    on: ["key-tag"],
    change: () => ({ layer: (annotations) => ({ ...annotations, "dev.sigstore.cosign/bundle": "{}" }) }),
  },
  "no entry": { on: [...logged], change: () => ({ entries: () => [] }) },
  "a log id that is another log's": {
    on: ["key-tag", "key-file"],
    change: () => ({ rekor1: { change: (entry) => ({ ...entry, logId: encodeHex(encodeUtf8("x".repeat(32))) }) } }),
  },
  "a body in other base64": {
    on: ["key-tag"],
    change: () => ({
      layer: (annotations) => ({
        ...annotations,
        "dev.sigstore.cosign/bundle": (annotations["dev.sigstore.cosign/bundle"] ?? "").replace(
          /"body":"([^"]*)"/,
          (_, text: string) => `"body":"${text.replace(/=+$/, "")}"`,
        ),
      }),
    }),
  },
  "an entry whose verifier is text in another case": {
    on: ["key-tag"],
    change: () => ({
      body: (body) =>
        encodeBody({
          ...body,
          spec: {
            ...body.spec,
            signature: { ...body.spec.signature, publicKey: { content: encodeBase64(encodeUtf8("none")) } },
          },
        }),
    }),
  },
};
