/**
 * Who may import whom inside `core`, in the order of trust, and names for what is imported together. Source:
 * docs/architecture.md#layers.
 */

export interface Layer {
  /** Other units, by name or by a group's name. */
  readonly units: readonly string[];
  /** Packages, and `node:` for Node's own modules. */
  readonly packages?: readonly string[];
}

export type LayerTable = Readonly<Record<string, Layer>>;

export const basis = ["core/errors.ts", "core/limits.ts", "core/encoding"];
export const bytes = [...basis, "core/asn1", "core/crypto"];
export const formats = [...bytes, "core/patterns", "core/x509", "core/dsse", "core/tlog", "core/timestamp"];
export const world = ["core/knowledge", "core/oci/descriptor.ts", "core/verdict.ts"];
export const evidence = [...formats, ...world, "core/tuf", "core/trust", "core/oci", "core/cosign"];
export const language = [...basis, "core/patterns", "core/knowledge", "core/jmespath"];
export const policies = [
  ...language,
  "core/crypto",
  "core/oci",
  "core/kyverno/quantity",
  "core/kyverno/policy",
  "core/kyverno/functions",
];
export const engine = [
  ...evidence,
  ...policies,
  "core/verify",
  "core/kyverno/rule",
  "core/kyverno/outcome",
  "core/kyverno/image",
];
/** What is stored and carried: answers, and their source formats. */
export const stored = [...basis, "core/knowledge", "core/crypto", "core/oci", "core/oci/descriptor.ts"];
/** The public API of the engine. */
export const api = ["core/index.ts"];

export const coreLayers: LayerTable = {
  "core/errors.ts": { units: [] },
  "core/limits.ts": { units: ["core/errors.ts"] },
  "core/portability.ts": { units: [] },
  "core/encoding": { units: ["core/errors.ts", "core/limits.ts"] },
  "core/knowledge": { units: [...bytes, "core/oci/descriptor.ts"] },
  "core/verdict.ts": { units: ["core/errors.ts", "core/knowledge"] },
  "core/patterns": { units: basis, packages: ["re2js"] },
  "core/asn1": { units: basis },
  "core/crypto": {
    units: [...basis, "core/asn1"],
    packages: ["@noble/curves", "@noble/hashes"],
  },
  "core/kernel": { units: bytes },
  "core/x509": { units: [...bytes, "core/patterns"] },
  "core/dsse": { units: bytes },
  "core/tlog": { units: [...bytes, "core/x509", "core/dsse"] },
  "core/timestamp": { units: [...bytes, "core/x509"], packages: ["@noble/hashes"] },
  "core/tuf": { units: [...bytes, "core/patterns", "core/knowledge"] },
  "core/trust": { units: [...formats, ...world, "core/tuf"] },
  "core/oci/descriptor.ts": { units: [...basis, "core/crypto"] },
  "core/oci": { units: [...bytes, ...world, "core/patterns"] },
  "core/cosign": { units: [...formats, ...world, "core/oci"], packages: ["@sigstore/bundle"] },
  "core/verify/log-url.ts": { units: ["core/errors.ts"] },
  "core/verify": { units: [...evidence, "core/verify/log-url.ts"] },
  "core/jmespath": { units: [...basis, "core/patterns"], packages: ["@jmespath-community/jmespath"] },
  "core/kyverno/quantity": { units: basis },
  "core/kyverno/policy": { units: [...language, "core/kyverno/quantity", "core/oci"] },
  "core/kyverno/functions": {
    units: [
      ...language,
      "core/kyverno/quantity",
      "core/kyverno/policy",
      "core/oci",
      "core/asn1",
      "core/crypto",
      "core/x509",
    ],
    packages: ["@noble/hashes", "yaml"],
  },
  "core/kyverno/rule": { units: policies },
  "core/kyverno/outcome": {
    units: [...policies, ...world, "core/kyverno/rule", "core/verify"],
  },
  "core/kyverno/image": {
    units: [...evidence, ...policies, "core/verify", "core/kyverno/rule", "core/kyverno/outcome"],
  },
  "core/archive": { units: [...stored, "core/dsse"] },
  "core/decide": { units: engine },
  "core/admission": { units: [...engine, "core/decide"] },
  "core/record": { units: [...engine, "core/archive", "core/decide"] },
  "core/capsule": { units: [...engine, "core/archive", "core/decide"] },
  "core/index.ts": { units: [...engine, "core/archive", "core/decide", "core/record", "core/capsule"] },
  "core/entry": { units: [...engine, "core/admission", "core/archive", "core/capsule", "core/decide"] },
};
