/** Wrong forms: bundles, layers, manifests, trusted roots. */
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { type Json, strangers } from "../../lab/index.ts";
import type { Mutations } from "./mutation.ts";

const on = ["key-file", "certificate-file-rekor2", "key-bundle"];
const bundle = (change: (bundle: Json) => Json) => () => ({ bundle: change });
const material = (change: (material: Json) => Json) =>
  bundle((made) => ({ ...made, verificationMaterial: change(made.verificationMaterial) }));
const layers = ["key-tag", "certificate-tag"];
const annotation = (name: string, text: string | undefined) => () => ({
  layer: ({ [name]: _, ...rest }: Record<string, string>) => (text === undefined ? rest : { ...rest, [name]: text }),
});

export const bundleMutations: Mutations = {
  "an unknown version": {
    on,
    change: bundle((made) => ({ ...made, mediaType: "application/vnd.dev.sigstore.bundle.v0.9+json" })),
  },
  "the older spelling of the version": {
    on: ["key-file", "certificate-file-rekor2"],
    change: bundle((made) => ({ ...made, mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.3" })),
  },
  "no media type": { on, change: bundle(({ mediaType: _, ...made }) => made) },
  "an unknown field": { on, change: bundle((made) => ({ ...made, more: {} })) },
  "an unknown field inside": { on, change: material((made) => ({ ...made, more: {} })) },
  "a field in snake case": {
    on: ["key-file"],
    change: bundle(({ verificationMaterial, ...made }) => ({ ...made, verification_material: verificationMaterial })),
  },
  "no material": { on: ["key-file"], change: bundle(({ verificationMaterial: _, ...made }) => made) },
  "a message and an envelope": {
    on: ["key-file"],
    change: bundle((made) => ({
      ...made,
      dsseEnvelope: { payload: "", payloadType: "x", signatures: [{ sig: "eA==" }] },
    })),
  },
  "no content": { on: ["key-file"], change: bundle(({ messageSignature: _, ...made }) => made) },
  "a digest of another artifact": {
    on: ["key-file", "certificate-file-rekor2"],
    change: bundle((made) => ({
      ...made,
      messageSignature: {
        ...made.messageSignature,
        messageDigest: { algorithm: "SHA2_256", digest: encodeBase64(new Uint8Array(32)) },
      },
    })),
  },
  "no digest": {
    on: ["key-file", "certificate-file-rekor2"],
    change: bundle((made) => ({ ...made, messageSignature: { signature: made.messageSignature.signature } })),
  },
  "a signature in base64 for URLs": {
    on: ["key-file"],
    change: bundle((made) => ({
      ...made,
      messageSignature: {
        ...made.messageSignature,
        signature: made.messageSignature.signature.replaceAll("+", "-").replaceAll("/", "_"),
      },
    })),
  },
  "a digest in base64 without padding": {
    on: ["key-file"],
    change: bundle(({ messageSignature, ...made }) => ({
      ...made,
      messageSignature: {
        ...messageSignature,
        messageDigest: {
          ...messageSignature.messageDigest,
          digest: messageSignature.messageDigest.digest.replaceAll("=", ""),
        },
      },
    })),
  },
  "another hint": {
    on: ["key-file", "key-bundle"],
    change: material((made) => ({ ...made, publicKey: { hint: "another" } })),
  },
  "no hint": { on: ["key-file", "key-bundle"], change: material((made) => ({ ...made, publicKey: {} })) },
  "a chain in version 0.3": {
    on: ["certificate-file-rekor2", "certificate-bundle"],
    change: () => ({
      bundle: ({ verificationMaterial: { certificate, ...rest }, ...made }, { lab }) => ({
        ...made,
        verificationMaterial: {
          ...rest,
          x509CertificateChain: {
            certificates: [
              certificate,
              ...lab.authority.chain.slice(0, -1).map(({ der }) => ({ rawBytes: encodeBase64(der) })),
            ],
          },
        },
      }),
    }),
  },
  "a root in the chain": {
    on: ["certificate-file-v02"],
    change: () => ({
      bundle: (made, { lab }) => ({
        ...made,
        verificationMaterial: {
          ...made.verificationMaterial,
          x509CertificateChain: {
            certificates: [
              ...made.verificationMaterial.x509CertificateChain.certificates,
              { rawBytes: encodeBase64(lab.authority.root.der) },
            ],
          },
        },
      }),
    }),
  },
  "an empty chain": {
    on: ["certificate-file-v02"],
    change: material((made) => ({ ...made, x509CertificateChain: { certificates: [] } })),
  },
  "no proof in version 0.2": { on: ["certificate-file-v02"], change: () => ({ rekor1: { proof: false } }) },
  "a certificate where a key is asked for": {
    on: ["certificate-file", "certificate-bundle", "certificate-tag"],
    change: () => ({ attestor: (_, { key }) => ({ keys: { pem: key.pem } }) }),
  },
  "a key where a certificate is asked for": {
    on: ["key-file", "key-bundle", "key-tag"],
    change: () => ({
      attestor: () => ({ keyless: { subject: "ada@lab.example", issuer: "https://issuer.lab.example" } }),
    }),
  },
  "another key is asked for": {
    on: ["key-tag", "key-bundle", "key-file", "key-saved-bundle"],
    change: (lab) => ({ attestor: (spec) => ({ ...spec, keys: { pem: lab.key("another").pem } }) }),
  },
  "a stranger's trusted root": {
    on: [
      "key-bundle",
      "key-tag",
      "certificate-bundle",
      "certificate-tag",
      "certificate-file-rekor2",
      "key-saved-tag",
      "certificate-saved-bundle",
    ],
    change: (lab) => ({ trustedRoot: () => JSON.parse(Buffer.from(strangers(lab).trustedRoot()).toString()) }),
  },
  "a trusted root without logs": {
    on: ["key-bundle", "key-tag"],
    change: () => ({ trustedRoot: (root) => ({ ...root, tlogs: [] }) }),
  },
  "a trusted root with an unknown field": {
    on: ["key-file"],
    change: () => ({ trustedRoot: (root) => ({ ...root, more: 1 }) }),
  },
  "a trusted root with a log of an unknown key type": {
    on: ["key-file"],
    change: () => ({
      trustedRoot: (root) => ({
        ...root,
        tlogs: root.tlogs.map((log: Json) => ({ ...log, publicKey: { ...log.publicKey, keyDetails: "LMS_SHA256" } })),
      }),
    }),
  },
  "a layer without signature": { on: layers, change: annotation("dev.cosignproject.cosign/signature", undefined) },
  "a signature that is no base64": { on: layers, change: annotation("dev.cosignproject.cosign/signature", "%%%") },
  "a certificate that is no certificate": {
    on: ["certificate-tag", "key-tag-unlogged"],
    change: annotation(
      "dev.sigstore.cosign/certificate",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ),
  },
  "no certificate": { on: ["certificate-tag"], change: annotation("dev.sigstore.cosign/certificate", undefined) },
  "no chain": { on: ["certificate-tag"], change: annotation("dev.sigstore.cosign/chain", undefined) },
  "a chain that is junk": { on: ["certificate-tag"], change: annotation("dev.sigstore.cosign/chain", "junk") },
  "a chain of strangers": {
    on: ["certificate-tag"],
    change: (lab) =>
      annotation(
        "dev.sigstore.cosign/chain",
        strangers(lab)
          .authority.chain.map(({ pem }) => pem)
          .join(""),
      )(),
  },
  "an entry that is junk": {
    on: ["key-tag", "key-tag-unlogged"],
    change: annotation("dev.sigstore.cosign/bundle", "junk"),
  },
  "a timestamp that is junk": {
    on: ["key-tag-timestamp", "key-tag-unlogged"],
    change: annotation("dev.sigstore.cosign/rfc3161timestamp", "junk"),
  },
  "a layer of another media type": {
    on: ["key-tag", "key-bundle"],
    change: () => ({
      manifest: (made) => ({
        ...made,
        layers: made.layers.map((layer: Json) => ({ ...layer, mediaType: "text/plain" })),
      }),
    }),
  },
  "a manifest of another subject": {
    on: ["key-bundle"],
    change: () => ({
      manifest: (made) => ({
        ...made,
        annotations: { ...made.annotations, more: "x" },
        subject: { ...made.subject, size: made.subject.size + 1 },
      }),
    }),
  },
  "no layers": { on: ["key-tag", "key-bundle"], change: () => ({ manifest: (made) => ({ ...made, layers: [] }) }) },
  "the layer twice": {
    on: ["key-tag", "key-bundle"],
    change: () => ({ manifest: (made) => ({ ...made, layers: [...made.layers, ...made.layers] }) }),
  },
  "annotations that are asked for and signed": {
    on: ["key-tag", "key-bundle"],
    change: () => ({
      payload: (made) =>
        "critical" in made
          ? { ...made, optional: { stage: "live" } }
          : { ...made, subject: made.subject.map((one: Json) => ({ ...one, annotations: { stage: "live" } })) },
      attestor: (spec) => ({ ...spec, annotations: { stage: "live" } }),
    }),
  },
  "annotations that are asked for and not signed": {
    on: ["key-tag", "key-bundle", "certificate-bundle"],
    change: () => ({ attestor: (spec) => ({ ...spec, annotations: { stage: "live" } }) }),
  },
  "annotations that are a number": {
    on: ["key-tag", "key-bundle"],
    change: () => ({
      payload: (made) =>
        "critical" in made
          ? { ...made, optional: { stage: 1 } }
          : { ...made, subject: made.subject.map((one: Json) => ({ ...one, annotations: { stage: 1 } })) },
      attestor: (spec) => ({ ...spec, annotations: { stage: "1" } }),
    }),
  },
  "an attestation where a signature is asked for": {
    on: ["key-bundle"],
    change: () => ({ payload: (made) => ({ ...made, predicateType: "https://other.example/v1" }) }),
  },
};
