/**
 * Who may import whom: a unit is a folder or a file, the most specific one that holds a path counts, and a unit may
 * always import itself. Rows of `proxy` and `cli` name no more than is imported. Source: docs/architecture.md#layers.
 */

export interface Layer {
  /** Other units, by name or by a group's name. */
  readonly units: readonly string[];
  /** Packages, and `node:` for Node's own modules. */
  readonly packages?: readonly string[];
}

export type LayerTable = Readonly<Record<string, Layer>>;

const basis = ["core/errors.ts", "core/limits.ts", "core/encoding"];
const bytes = [...basis, "core/asn1", "core/crypto"];
const formats = [...bytes, "core/patterns", "core/x509", "core/dsse", "core/tlog", "core/timestamp"];
const world = ["core/knowledge", "core/oci/descriptor.ts", "core/verdict.ts"];
const evidence = [...formats, ...world, "core/tuf", "core/trust", "core/oci", "core/cosign"];
const language = [...basis, "core/patterns", "core/knowledge", "core/jmespath"];
const policies = [
  ...language,
  "core/crypto",
  "core/oci",
  "core/kyverno/quantity",
  "core/kyverno/policy",
  "core/kyverno/functions",
];
const engine = [
  ...evidence,
  ...policies,
  "core/verify",
  "core/kyverno/rule",
  "core/kyverno/outcome",
  "core/kyverno/image",
];
/** What is stored and carried: answers, and their source formats. */
const stored = [...basis, "core/knowledge", "core/crypto", "core/oci", "core/oci/descriptor.ts"];
/** The public API of the engine. */
const api = ["core/index.ts"];

/**
 * Modules that a host may have a faster one for: the `#…` names of package.json, where `default` is core's own and
 * `node` is Node's. The one exception to the rule that core imports core: only the folder of the `default` may name
 * them, and core is compiled with `default`.
 */
export const hostImports: Readonly<Record<string, { readonly node: string; readonly default: string }>> = {
  "#hashes": { node: "proxy/host/node-hashes.ts", default: "core/crypto/hashes.ts" },
  "#codecs": { node: "proxy/host/node-codecs.ts", default: "core/encoding/host-codecs.ts" },
};

/** Acyclic: `scripts/check-layers.ts` refuses the table itself otherwise. */
export const layers: LayerTable = {
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
  "core/x509": { units: [...bytes, "core/patterns"] },
  "core/dsse": { units: bytes },
  "core/tlog": { units: [...bytes, "core/x509", "core/dsse"] },
  "core/timestamp": { units: [...bytes, "core/x509"], packages: ["@noble/hashes"] },
  "core/tuf": { units: [...bytes, "core/patterns", "core/knowledge"] },
  "core/trust": { units: [...formats, ...world, "core/tuf"] },
  "core/oci/descriptor.ts": { units: [...basis, "core/crypto"] },
  "core/oci": { units: [...bytes, ...world, "core/patterns"] },
  "core/cosign": { units: [...formats, ...world, "core/oci"], packages: ["@sigstore/bundle"] },
  "core/verify": { units: evidence },
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
  "core/archive": { units: [...basis, ...world, "core/crypto", "core/oci"] },
  "core/decide": { units: engine },
  "core/index.ts": { units: [...engine, "core/archive", "core/decide"] },
  "core/entry": { units: api },

  // A folder of Node's names the folders of core whose specification it carries out, and the public API where it
  // decides.
  "proxy/host/node-hashes.ts": { units: [], packages: ["node:"] },
  "proxy/host/node-codecs.ts": { units: ["core/encoding"], packages: ["node:"] },
  "proxy/host/node-verifier.ts": { units: ["core/crypto", "proxy/p384"], packages: ["node:"] },
  "proxy/p384": { units: ["core/crypto"], packages: ["@noble/curves"] },
  "proxy/make-folder.ts": { units: [], packages: ["node:"] },
  "proxy/log.ts": { units: [], packages: ["pino"] },
  "proxy/metrics.ts": { units: [], packages: ["prom-client"] },
  "proxy/serve": {
    units: [
      ...basis,
      "core/kyverno/policy",
      "proxy/make-folder.ts",
      "proxy/log.ts",
      "proxy/metrics.ts",
      "proxy/upstream",
      "proxy/upstream/registry",
      "proxy/upstream/registry/credentials",
    ],
    packages: ["node:", "@peculiar/x509", "bcryptjs", "reflect-metadata"],
  },
  "proxy/mirror": {
    units: [...stored, "core/cosign", "core/trust", "core/tuf", "proxy/make-folder.ts"],
    packages: ["node:", "better-sqlite3"],
  },
  "proxy/archive": { units: [...stored, "proxy/mirror"], packages: ["node:", "tar-stream"] },
  "proxy/upstream": {
    units: [...basis, "core/crypto", "core/knowledge"],
    packages: ["node:", "undici"],
  },
  "proxy/upstream/tuf": {
    units: [
      "core/errors.ts",
      "core/limits.ts",
      "core/crypto",
      "core/tuf",
      "core/trust",
      "proxy/make-folder.ts",
      "proxy/upstream",
    ],
    packages: ["node:"],
  },
  "proxy/upstream/cluster": {
    units: [...basis, "core/crypto", "core/knowledge", "proxy/upstream"],
    packages: ["node:", "yaml"],
  },
  "proxy/upstream/kms": { units: [...basis, "core/crypto", "proxy/upstream"], packages: ["node:"] },
  "proxy/upstream/rekor": { units: [...basis, "core/tlog", "proxy/upstream"] },
  "proxy/upstream/registry/credentials": {
    units: [...basis, "proxy/upstream"],
    packages: ["node:"],
  },
  "proxy/upstream/registry": {
    units: [...stored, "proxy/upstream", "proxy/upstream/registry/credentials"],
    packages: ["node:", "smol-toml"],
  },
  "proxy/upstream/open-upstream.ts": {
    units: [
      "core/limits.ts",
      "core/knowledge",
      "proxy/upstream",
      "proxy/upstream/cluster",
      "proxy/upstream/kms",
      "proxy/upstream/registry",
      "proxy/upstream/registry/credentials",
      "proxy/upstream/rekor",
    ],
  },
  "proxy/sync": {
    units: [
      "core/errors.ts",
      "core/limits.ts",
      "core/encoding",
      "core/crypto",
      "core/knowledge",
      "core/verdict.ts",
      "core/cosign",
      "core/oci",
      "core/oci/descriptor.ts",
      "core/decide",
      "core/kyverno/rule",
      "core/kyverno/image",
      "core/kyverno/outcome",
      "proxy/mirror",
      "proxy/sync/lists",
      "proxy/upstream",
      "proxy/upstream/registry",
    ],
    packages: ["node:"],
  },
  "proxy/sync/lists": {
    units: [...basis, "core/oci", "core/patterns", "core/kyverno/policy", "core/kyverno/rule", "core/kyverno/image"],
    packages: ["semver"],
  },
  "proxy/registry/door": {
    units: [...api, "core/crypto", "core/errors.ts", "core/decide", "core/kyverno/policy"],
  },
  "proxy/registry": {
    units: [
      ...stored,
      "core/decide",
      "core/trust",
      "proxy/archive",
      "proxy/make-folder.ts",
      "proxy/mirror",
      "proxy/upstream",
      "proxy/upstream/registry",
      "proxy/registry/door",
    ],
    packages: ["node:", "express"],
  },
  "proxy/webhook": {
    units: [
      ...api,
      "proxy/host/node-verifier.ts",
      "proxy/mirror",
      "proxy/upstream",
      "proxy/log.ts",
      "proxy/metrics.ts",
    ],
    packages: ["node:", "express", "@peculiar/x509"],
  },

  "cli/version.ts": { units: [] },
  "cli/exit-code.ts": { units: ["core/errors.ts", "core/verdict.ts"] },
  "cli/command.ts": { units: ["core/limits.ts", "cli/exit-code.ts"], packages: ["commander"] },
  "cli/environment.ts": { units: ["cli/command.ts"] },
  "cli/serve-variables.ts": { units: ["proxy/serve", "cli/environment.ts"] },
  "cli/configured.ts": { units: ["proxy/serve", "cli/command.ts", "cli/environment.ts", "cli/input"] },
  "cli/render": {
    units: [
      "core/errors.ts",
      "core/encoding",
      "core/crypto",
      "core/knowledge",
      "core/verdict.ts",
      "core/trust",
      "core/verify",
      "core/kyverno/image",
      "core/decide",
      "proxy/sync",
      "cli/command.ts",
      "cli/environment.ts",
      "cli/exit-code.ts",
    ],
    packages: ["node:", "cli-table3", "commander", "picocolors"],
  },
  "cli/input": {
    units: [
      ...basis,
      "core/knowledge",
      "core/crypto",
      "core/oci",
      "core/cosign",
      "core/x509",
      "core/tuf",
      "core/trust",
      "core/decide",
      "core/verify",
      "core/patterns",
      "core/kyverno/policy",
      "core/kyverno/rule",
      "core/kyverno/image",
      "proxy/mirror",
      "proxy/archive",
      "proxy/host/node-verifier.ts",
      "proxy/upstream",
      "proxy/upstream/cluster",
      "proxy/upstream/registry",
      "proxy/upstream/registry/credentials",
      "proxy/upstream/tuf",
      "proxy/upstream/open-upstream.ts",
      "proxy/sync/lists",
      "proxy/serve",
      "cli/command.ts",
      "cli/environment.ts",
      "cli/switches.ts",
      "cli/render",
    ],
    packages: ["commander"],
  },
  "cli/signed-word.ts": {
    units: [
      "core/encoding",
      "core/verify",
      "proxy/host/node-verifier.ts",
      "proxy/mirror",
      "cli/command.ts",
      "cli/input",
    ],
  },
  "cli/attached.ts": {
    units: [
      "core/errors.ts",
      "core/limits.ts",
      "core/knowledge",
      "core/crypto",
      "core/cosign",
      "core/oci",
      "core/oci/descriptor.ts",
    ],
  },
  "cli/node-config": { units: ["core/errors.ts", "core/encoding"] },
  "cli/completion": { units: [], packages: ["commander"] },
  "cli/judge.ts": {
    units: [
      ...api,
      "core/errors.ts",
      "core/encoding",
      "core/verdict.ts",
      "core/kyverno/outcome",
      "proxy/host/node-verifier.ts",
      "cli/command.ts",
      "cli/input",
      "cli/render",
    ],
  },
  "cli/cosign-output.ts": {
    units: [
      "core/limits.ts",
      "core/encoding",
      "core/knowledge",
      "core/crypto",
      "core/oci",
      "core/cosign",
      "core/dsse",
      "core/verify",
      "cli/render",
    ],
  },
  "cli/local-image.ts": {
    units: ["core/errors.ts", "core/knowledge", "core/verdict.ts", "core/crypto", "proxy/archive", "cli/input"],
  },
  "cli/verify-images.ts": {
    units: [
      "core/errors.ts",
      "core/knowledge",
      "core/verdict.ts",
      "core/decide",
      "core/verify",
      "core/kyverno/image",
      "proxy/host/node-verifier.ts",
      "proxy/archive",
      "cli/command.ts",
      "cli/cosign-output.ts",
      "cli/environment.ts",
      "cli/exit-code.ts",
      "cli/local-image.ts",
      "cli/input",
      "cli/render",
    ],
    packages: ["commander"],
  },
  "cli/serve": {
    units: [
      ...api,
      "core/errors.ts",
      "core/limits.ts",
      "core/cosign",
      "core/knowledge",
      "proxy/host/node-verifier.ts",
      "proxy/log.ts",
      "proxy/mirror",
      "proxy/registry",
      "proxy/registry/door",
      "proxy/serve",
      "proxy/sync",
      "proxy/upstream",
      "proxy/upstream/registry",
      "proxy/upstream/registry/credentials",
      "cli/command.ts",
      "cli/exit-code.ts",
      "cli/input",
    ],
  },
  // Commands that decide use the public API; a command about one format uses the folder of that format.
  "cli/commands": {
    units: [
      ...api,
      ...basis,
      "core/knowledge",
      "core/crypto",
      "core/cosign",
      "core/oci/descriptor.ts",
      "core/dsse",
      "core/tuf",
      "core/trust",
      "core/verify",
      "core/x509",
      "core/jmespath",
      "core/kyverno/functions",
      "core/kyverno/policy",
      "proxy/host/node-verifier.ts",
      "proxy/archive",
      "proxy/mirror",
      "proxy/upstream/open-upstream.ts",
      "proxy/sync",
      "proxy/sync/lists",
      "proxy/upstream",
      "proxy/upstream/tuf",
      "proxy/log.ts",
      "proxy/metrics.ts",
      "proxy/registry",
      "proxy/serve",
      "cli/command.ts",
      "cli/exit-code.ts",
      "cli/environment.ts",
      "cli/version.ts",
      "cli/serve-variables.ts",
      "cli/serve",
      "cli/input",
      "cli/render",
      "cli/attached.ts",
      "cli/completion",
      "cli/node-config",
      "cli/verify-images.ts",
      "cli/signed-word.ts",
      "cli/judge.ts",
    ],
    packages: ["commander"],
  },
  "cli/called-path.ts": { units: [], packages: ["commander"] },
  "cli/did-you-mean.ts": { units: ["core/kyverno/policy", "cli/called-path.ts"], packages: ["commander"] },
  "cli/program.ts": {
    units: [
      "core/errors.ts",
      "cli/called-path.ts",
      "cli/did-you-mean.ts",
      "cli/colour-flag.ts",
      "cli/command.ts",
      "cli/configured.ts",
      "cli/exit-code.ts",
      "cli/error-document.ts",
      "cli/switches.ts",
      "cli/version.ts",
      "cli/render",
      "cli/commands",
    ],
    packages: ["commander"],
  },
  "cli/colour-flag.ts": { units: [] },
  "cli/error-document.ts": { units: ["cli/exit-code.ts", "cli/render"] },
  "cli/switches.ts": { units: ["core/errors.ts"], packages: ["commander"] },
  "cli/main.ts": {
    units: [
      "core/errors.ts",
      "core/limits.ts",
      "cli/colour-flag.ts",
      "cli/command.ts",
      "cli/exit-code.ts",
      "cli/file-system.ts",
      "cli/program.ts",
      "cli/render",
    ],
    packages: ["node:"],
  },
  "cli/start": { units: ["cli/main.ts"], packages: ["node:"] },
  "cli/file-system.ts": { units: ["core/errors.ts", "core/encoding"], packages: ["node:"] },
  "cli/tuf-conformance.ts": {
    units: [
      "core/errors.ts",
      "core/limits.ts",
      "core/tuf",
      "proxy/host/node-verifier.ts",
      "proxy/upstream/open-upstream.ts",
      "proxy/upstream/tuf",
      "cli/command.ts",
    ],
    packages: ["node:", "commander"],
  },
  "cli/conformance.ts": {
    units: [...api, "core/crypto", "core/trust", "proxy/host/node-verifier.ts"],
    packages: ["node:", "commander"],
  },
};
