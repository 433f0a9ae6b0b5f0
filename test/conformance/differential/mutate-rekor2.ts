/** Wrong entries of Rekor v2. */
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { sha256 } from "../../../core/crypto/digest.ts";
import type { LogEntry } from "../../../core/tlog/log-entry.ts";
import { type Making, otherLeaf, strangers, withForeignProof } from "../../lab/index.ts";
import { flip, type Mutations, retiredLogs } from "./mutation.ts";

const on = ["key-file-rekor2", "certificate-bundle-rekor2", "certificate-file-rekor2"];
const one = (change: (entry: LogEntry, making: Making) => LogEntry) => () => ({
  entries: ([entry]: readonly LogEntry[], making: Making) => (entry === undefined ? [] : [change(entry, making)]),
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
// biome-ignore lint/suspicious/noExplicitAny: a body of any shape
const record = (change: (record: any) => any) => () => ({
  // biome-ignore lint/suspicious/noExplicitAny: a body of any shape
  body: (body: any) => ({ ...body, spec: { hashedRekordV002: change(body.spec.hashedRekordV002) } }),
});

export const rekor2Mutations: Mutations = {
  "v2: no proof": { on, change: one(({ inclusionProof: _, ...entry }) => entry) },
  "v2: a proof of another entry": {
    on,
    change: one((entry, { lab }) => withForeignProof(entry, lab.rekor2.entry(otherLeaf("another")))),
  },
  "v2: a proof with a flipped bit": {
    on,
    change: proof(({ hashes }) => ({ hashes: hashes.map((hash, index) => (index === 0 ? flip(hash, 0) : hash)) })),
  },
  "v2: an entry at another index": { on, change: one((entry) => ({ ...entry, logIndex: 4n })) },
  "v2: a proof that states another index": { on, change: proof(() => ({ logIndex: 4n })) },
  "v2: a proof that states another size": { on, change: proof(() => ({ treeSize: 99n })) },
  "v2: a proof that states another root": { on, change: proof(() => ({ rootHash: new Uint8Array(32) })) },
  "v2: a checkpoint of another origin": {
    on,
    change: () => ({ rekor2: { checkpoint: { origin: "another.example" } } }),
  },
  "v2: a checkpoint signed by another name": {
    on,
    change: (lab) => ({ rekor2: { checkpoint: { signers: [{ name: "another.example", key: lab.rekor2.key }] } } }),
  },
  "v2: a checkpoint by a stranger": {
    on,
    change: (lab) => ({ rekor2: { checkpoint: { signers: strangers(lab).rekor2.signers() } } }),
  },
  "v2: a checkpoint by witnesses alone": {
    on,
    change: (lab) => ({ rekor2: { checkpoint: { signers: [lab.witness()] } } }),
  },
  "v2: a checkpoint with witnesses": {
    on,
    change: (lab) => ({ rekor2: { checkpoint: { cosigners: [lab.witness(), lab.witness("witness2.lab.example")] } } }),
  },
  "v2: a witness before the log": {
    on,
    change: (lab) => ({ rekor2: { checkpoint: { signers: [lab.witness(), ...lab.rekor2.signers()] } } }),
  },
  "v2: a second line by the log's name and another key": {
    on,
    change: (lab) => ({
      rekor2: { checkpoint: { cosigners: [{ name: lab.rekor2.host, key: lab.key("old log", "p256") }] } },
    }),
  },
  "v2: a broken line by the log before the right one": {
    on,
    change: (lab) => ({
      rekor2: {
        checkpoint: {
          signers: [
            { name: lab.rekor2.host, key: lab.rekor2.key, signature: (signature) => flip(signature, 0) },
            ...lab.rekor2.signers(),
          ],
        },
      },
    }),
  },
  "v2: a broken line by the log behind the right one": {
    on,
    change: (lab) => ({
      rekor2: {
        checkpoint: {
          cosigners: [{ name: lab.rekor2.host, key: lab.rekor2.key, signature: (signature) => flip(signature, 0) }],
        },
      },
    }),
  },
  "v2: a checkpoint that states another size": { on, change: () => ({ rekor2: { checkpoint: { size: 9n } } }) },
  "v2: a checkpoint that states a size with a leading zero": {
    on,
    change: () => ({ rekor2: { checkpoint: { size: "07" } } }),
  },
  "v2: a checkpoint that states another root": {
    on,
    change: () => ({ rekor2: { checkpoint: { root: new Uint8Array(32) } } }),
  },
  "v2: a time planted, inside the certificate's": {
    on,
    change: (lab) => ({
      rekor2: { change: (entry) => ({ ...entry, integratedTime: BigInt(lab.loggedAt.getTime() / 1000) }) },
    }),
  },
  "v2: a time planted, outside the certificate's": {
    on,
    change: (lab) => ({
      rekor2: { change: (entry) => ({ ...entry, integratedTime: BigInt(lab.leafEnd.getTime() / 1000 + 60) }) },
    }),
  },
  "v2: a promise planted": {
    on,
    change: one((entry, { lab }) => ({ ...entry, inclusionPromise: lab.rekor.promise(entry) })),
  },
  "v2: an entry about another signature": {
    on,
    change: () => ({ logged: (told, { key }) => ({ ...told, signature: key.sign(otherLeaf("x")) }) }),
  },
  "v2: our own entry for something else": {
    on,
    change: () => ({
      logged: (told, { key }) => ({
        ...told,
        signature: key.sign(otherLeaf("x")),
        content: { message: otherLeaf("x") },
      }),
    }),
  },
  "v2: an entry about another signer": {
    on,
    change: () => ({ logged: (told, { lab }) => ({ ...told, verifier: lab.key("another") }) }),
  },
  "v2: details of another key type": {
    on,
    change: record((value) => ({
      ...value,
      signature: {
        ...value.signature,
        verifier: { ...value.signature.verifier, keyDetails: "PKIX_ECDSA_P384_SHA_384" },
      },
    })),
  },
  "v2: another hash": { on, change: record((value) => ({ ...value, data: { ...value.data, algorithm: "SHA2_512" } })) },
  "v2: an envelope logged by its payload alone": {
    on: ["certificate-bundle-rekor2", "key-bundle-rekor2"],
    change: () => ({
      body: (body, { payload }) => ({
        ...body,
        spec: {
          hashedRekordV002: {
            ...body.spec.hashedRekordV002,
            data: { algorithm: "SHA2_256", digest: encodeBase64(sha256(payload)) },
          },
        },
      }),
    }),
  },
  "v2: an unknown field": { on, change: record((value) => ({ ...value, more: 1 })) },
  "v2: a kind that does not exist": { on, change: () => ({ body: (body) => ({ ...body, kind: "dsse" }) }) },
  "v2: a log id of the key alone": {
    on,
    change: (lab) => ({ rekor2: { change: (entry) => ({ ...entry, logId: lab.rekor2.key.publicKey.fingerprint }) } }),
  },
  "v2: a log that was retired before": {
    on,
    change: retiredLogs,
  },
  "v2: a log without the start of its validity": {
    on,
    change: () => ({
      trustedRoot: (root) => ({
        ...root,
        tlogs: root.tlogs.map((log: typeof root) => ({ ...log, publicKey: { ...log.publicKey, validFor: {} } })),
      }),
    }),
  },
};
