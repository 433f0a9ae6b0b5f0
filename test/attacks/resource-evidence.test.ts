/**
 * Attacks by numbers and sizes within one piece of evidence: entries, timestamps, subjects and certificates without
 * end, and what would become large once it is unpacked.
 */
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits } from "../../core/limits.ts";
import { compileAttestor } from "../../core/verify/attestor.ts";
import { type Json, jsonBytes, type Recipe, sign, type Store, unknownExtension, verdict } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { lab, refuses } from "./refuses.ts";

const { attack, run } = attackSuite("resource-evidence");

const overLimit = (error: unknown): boolean => error instanceof EngineError && error.code === "over-limit";
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const inMaterial = (change: (material: Json) => Json) => ({
  bundle: (json: Json) => ({
    ...json,
    verificationMaterial: { ...json.verificationMaterial, ...change(json.verificationMaterial) },
  }),
});

attack(71, "more than thirty-two log entries or timestamps in a bundle", () => {
  for (const recipe of [{ by: "certificate" }, { layout: "file", by: "certificate" }] as const) {
    const entries = (count: number) =>
      inMaterial(({ tlogEntries }) => ({ tlogEntries: many(count, () => tlogEntries[0]) }));
    refuses("over-limit", recipe, entries(defaultLimits.logEntries + 1));
    refuses("over-limit", recipe, entries(5000));
    // One entry again and again is none the better: it is refused for that.
    refuses("bad-log-proof", recipe, entries(defaultLimits.logEntries));
    const stamped: Recipe = { ...recipe, evidence: ["rekor2", "timestamp"] };
    const timestamps = (count: number) => ({
      timestamps: ([first]: readonly Uint8Array[]) => many(count, () => first as Uint8Array),
    });
    refuses("over-limit", stamped, timestamps(defaultLimits.timestamps + 1));
    assert.is(verdict(sign(lab, { ...stamped, change: timestamps(defaultLimits.timestamps) })), "proven");
  }
});

attack(71, "thousands of subjects, of digests of one subject, of signatures on an envelope", () => {
  const other = (index: number): Json => ({ name: `other ${index}`, digest: { sha256: "0".repeat(64) } });
  const subjects = (count: number) => ({
    payload: (payload: Json) => ({ ...payload, subject: [...many(count - 1, other), ...payload.subject] }),
  });
  const digests = (count: number) => ({
    payload: (payload: Json) => {
      const [own] = payload.subject;
      return {
        ...payload,
        subject: [
          { ...own, digest: { ...Object.fromEntries(many(count - 1, (index) => [`x${index}`, "00"])), ...own.digest } },
        ],
      };
    },
  });
  for (const recipe of [
    { claim: "attestation", layout: "tag", evidence: [] },
    { claim: "attestation", evidence: [] },
    { evidence: [] },
  ] as const) {
    refuses("over-limit", recipe, subjects(defaultLimits.statementSubjects + 1));
    assert.is(verdict(sign(lab, { ...recipe, change: subjects(defaultLimits.statementSubjects) })), "proven");
    refuses("over-limit", recipe, digests(defaultLimits.digestsPerSubject + 1));
    assert.is(verdict(sign(lab, { ...recipe, change: digests(defaultLimits.digestsPerSubject) })), "proven");
  }
  const repeated = (envelope: Json) => ({
    ...envelope,
    signatures: many(defaultLimits.envelopeSignatures + 1, () => envelope.signatures[0]),
  });
  for (const layout of ["tag", "bundle"] as const)
    refuses("over-limit", { claim: "attestation", layout, evidence: [] }, { envelope: repeated });
});

attack(71, "certificates, extensions, SCTs and signatures on a checkpoint beyond their bounds", () => {
  const chain = (count: number) => ({
    bundle: (json: Json) => {
      const [, parent] = json.verificationMaterial.x509CertificateChain.certificates;
      json.verificationMaterial.x509CertificateChain.certificates.push(...many(count, () => parent));
      return json;
    },
  });
  const old: Recipe = { by: "certificate", layout: "file", version: "0.2" };
  refuses("over-limit", old, chain(defaultLimits.certificatesPerChain));
  assert.is(verdict(sign(lab, { ...old, change: chain(2) })), "proven");
  const keyless: Recipe = { by: "certificate" };
  const extension = (index: number) => ({ ...unknownExtension(false), id: `1.3.6.1.4.1.57264.99.${100 + index}` });
  const extended = (count: number) => ({
    leaf: (spec: Json) => ({ ...spec, extensions: [...spec.extensions, ...many(count, extension)] }),
  });
  refuses("over-limit", keyless, extended(defaultLimits.extensionsPerCertificate));
  assert.is(verdict(sign(lab, { ...keyless, change: extended(50) })), "proven");
  refuses("over-limit", keyless, {
    certificateTimestamps: (all) => many(defaultLimits.signedCertificateTimestamps + 1, () => all[0] as never),
  });
  refuses(
    "over-limit",
    { evidence: ["rekor2"] },
    { rekor2: { checkpoint: { cosigners: many(defaultLimits.checkpointSignatures, () => lab.witness()) } } },
  );
  assert.is(
    verdict(sign(lab, { evidence: ["rekor2"], change: { rekor2: { checkpoint: { cosigners: [lab.witness()] } } } })),
    "proven",
  );
});

attack(71, "certificates in a token, in the policy's chain for timestamps, in a layer's chain", () => {
  const stamped: Recipe = { by: "certificate", evidence: ["rekor2", "timestamp"] };
  const bag = (count: number) => ({
    token: () => ({ certificates: [...lab.timestampAuthority.chain, ...many(count, () => lab.authority.root)] }),
  });
  refuses("over-limit", stamped, bag(defaultLimits.certificatesPerChain));
  const { root } = lab.timestampAuthority.authority;
  const policy = (count: number) => ({
    keys: { pem: lab.key().pem },
    ctlog: { ignoreSCT: false, tsaCertChain: many(count, () => root.pem).join("") },
  });
  assert.throws(() => compileAttestor(policy(13), { limits: defaultLimits }), overLimit);
  compileAttestor(policy(2), { limits: defaultLimits });
  const roots = (spec: Json) => ({ keyless: { ...spec.keyless, roots: lab.authority.root.pem } });
  const parents = (count: number) => ({
    layer: (annotations: Record<string, string>) => ({
      ...annotations,
      "dev.sigstore.cosign/chain": many(count, () => lab.authority.chain[0]?.pem).join(""),
    }),
  });
  const layer: Recipe = { by: "certificate", layout: "tag", change: { attestor: roots } };
  refuses("over-limit", layer, parents(defaultLimits.certificatesPerChain + 1));
});

attack(72, "a compressed bundle, small as it is and large as it would be", () => {
  const store = (pack: (bundle: Uint8Array) => Uint8Array, mediaType?: string) => ({
    store: (held: Store) => {
      const kept = held.manifests.pop();
      const json = JSON.parse(new TextDecoder().decode(kept?.bytes));
      const bundle = held.blobs.at(-1)?.bytes ?? new Uint8Array(0);
      const packed = pack(bundle);
      json.layers = [
        { ...json.layers[0], ...held.blob(kept?.repository ?? "", packed, mediaType ?? json.layers[0].mediaType) },
      ];
      held.manifest(kept?.repository ?? "", json);
    },
  });
  refuses("malformed", {}, store(gzipSync));
  refuses("malformed", {}, store(gzipSync, "application/vnd.dev.sigstore.bundle.v0.3+json+gzip"));
  refuses(
    "malformed",
    {},
    store(() => gzipSync(new Uint8Array(64 * 1024 * 1024))),
  );
  refuses(
    "malformed",
    {},
    store((bundle) => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...bundle)),
  );
});

attack(72, "a compressed payload in a layer, signed as it is", () => {
  const zipped = (payload: Json): Uint8Array => gzipSync(jsonBytes(payload));
  for (const claim of ["signature", "attestation"] as const)
    refuses("malformed", { layout: "tag", claim, evidence: [] }, { payload: zipped });
  const bomb = gzipSync(new Uint8Array(64 * 1024 * 1024));
  refuses("malformed", { layout: "tag", evidence: [] }, { payload: () => bomb });
});

run();
