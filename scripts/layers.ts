/**
 * Who may import whom: a unit is a folder or a file, the most specific one that holds a path counts, and a unit may
 * always import itself. Rows of `proxy` and `cli` name no more than is imported. Source: docs/architecture.md#layers.
 */

import { cliLayers } from "./cli-layers.ts";
import { api, basis, coreLayers, stored, type Layer, type LayerTable } from "./core-layers.ts";

export type { Layer, LayerTable };

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
  ...coreLayers,

  // A folder of Node's names the folders of core whose specification it carries out, and the public API where it
  // decides.
  "proxy/host/node-hashes.ts": { units: [], packages: ["node:"] },
  "proxy/host/node-codecs.ts": { units: ["core/encoding"], packages: ["node:"] },
  "proxy/host/wasm-host.ts": { units: ["core/kernel"] },
  "proxy/host/node-verifier.ts": {
    units: ["core/crypto", "core/kernel", "proxy/host/wasm-host.ts"],
    packages: ["node:"],
  },
  "proxy/host/chosen-verifier.ts": {
    units: ["core/crypto", "core/kernel", "proxy/host/node-verifier.ts", "proxy/host/wasm-host.ts"],
  },
  "proxy/make-folder.ts": { units: [], packages: ["node:"] },
  "proxy/bounded-map.ts": { units: [] },
  "proxy/young-garbage.ts": { units: [], packages: ["node:"] },
  "proxy/flights.ts": { units: [] },
  "proxy/until-deadline.ts": { units: [] },
  "proxy/synced.ts": { units: [], packages: ["node:"] },
  "proxy/system-words.ts": { units: ["core/errors.ts"] },
  "proxy/log.ts": { units: ["core/encoding"], packages: ["pino"] },
  "proxy/freshness-metrics.ts": { units: [], packages: ["prom-client"] },
  "proxy/listener-metrics.ts": { units: [], packages: ["prom-client"] },
  "proxy/verify-metrics.ts": { units: [], packages: ["prom-client"] },
  "proxy/kyverno-metrics.ts": { units: [], packages: ["prom-client"] },
  "proxy/metrics.ts": {
    units: [
      "proxy/freshness-metrics.ts",
      "proxy/kyverno-metrics.ts",
      "proxy/listener-metrics.ts",
      "proxy/verify-metrics.ts",
    ],
    packages: ["prom-client"],
  },
  "proxy/serve/destination.ts": { units: [] },
  "proxy/serve": {
    units: [
      "proxy/serve/destination.ts",
      ...basis,
      "core/crypto",
      "core/trust",
      "core/tuf",
      "core/kyverno/policy",
      "core/oci",
      "core/verify/log-url.ts",
      "proxy/bounded-map.ts",
      "proxy/flights.ts",
      "proxy/make-folder.ts",
      "proxy/snapshot/place.ts",
      "proxy/until-deadline.ts",
      "proxy/log.ts",
      "proxy/metrics.ts",
      "proxy/upstream",
      "proxy/upstream/registry",
      "proxy/upstream/registry/credentials",
    ],
    packages: ["node:", "express", "@peculiar/x509", "bcryptjs", "reflect-metadata"],
  },
  "proxy/mirror": {
    units: [
      ...stored,
      "core/archive",
      "core/cosign",
      "core/tlog",
      "core/trust",
      "core/tuf",
      "proxy/make-folder.ts",
      "proxy/synced.ts",
      "proxy/system-words.ts",
    ],
    packages: ["node:", "better-sqlite3"],
  },
  "proxy/state": {
    units: [
      "core/errors.ts",
      "core/limits.ts",
      "core/crypto",
      "proxy/make-folder.ts",
      "proxy/mirror",
      "proxy/system-words.ts",
    ],
    packages: ["node:", "better-sqlite3"],
  },
  "proxy/record": {
    units: [...basis, "proxy/make-folder.ts", "proxy/system-words.ts"],
    packages: ["node:"],
  },
  "proxy/capsule": {
    units: [...basis, "core/knowledge", "core/capsule", "core/decide", "proxy/host/node-verifier.ts", "proxy/sync"],
  },
  "proxy/archive": {
    units: [...stored, "core/archive", "proxy/mirror"],
    packages: ["node:", "fzstd", "tar-stream", "@noble/ciphers", "@noble/curves"],
  },
  "proxy/crossing": {
    units: [
      ...basis,
      "core/knowledge",
      "core/crypto",
      "core/oci",
      "core/archive",
      "proxy/archive",
      "proxy/synced.ts",
      "proxy/system-words.ts",
      "proxy/make-folder.ts",
      "proxy/young-garbage.ts",
      "proxy/mirror",
      "core/tlog",
    ],
    packages: ["node:", "better-sqlite3"],
  },
  "proxy/snapshot/place.ts": { units: ["core/errors.ts", "core/crypto", "core/oci"] },
  "proxy/snapshot": {
    units: [
      ...stored,
      "core/archive",
      "proxy/archive",
      "proxy/snapshot/place.ts",
      "proxy/synced.ts",
      "proxy/make-folder.ts",
      "proxy/mirror",
      "proxy/upstream",
      "proxy/upstream/registry",
      "proxy/system-words.ts",
    ],
    packages: ["node:"],
  },
  "proxy/upstream": {
    units: [...basis, "core/crypto", "core/knowledge", "proxy/flights.ts"],
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
      "proxy/synced.ts",
      "proxy/upstream",
    ],
    packages: ["node:"],
  },
  "proxy/upstream/cluster": {
    units: [...basis, "core/crypto", "core/knowledge", "proxy/upstream"],
    packages: ["node:", "yaml"],
  },
  "proxy/cluster": {
    units: [...basis, "core/knowledge", "core/kyverno/policy", "proxy/serve", "proxy/upstream/cluster"],
    packages: ["node:"],
  },
  "proxy/upstream/kms": { units: [...basis, "core/crypto", "proxy/upstream"], packages: ["node:"] },
  "proxy/upstream/rekor": { units: [...basis, "core/tlog", "proxy/upstream"] },
  "proxy/upstream/registry/credentials": {
    units: [...basis, "proxy/upstream"],
    packages: ["node:"],
  },
  "proxy/upstream/registry": {
    units: [...stored, "proxy/bounded-map.ts", "proxy/upstream", "proxy/upstream/registry/credentials"],
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
      "core/kyverno/policy",
      "core/kyverno/outcome",
      "proxy/flights.ts",
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
    units: [...api, "core/crypto", "core/encoding", "core/errors.ts", "core/decide", "core/kyverno/policy"],
  },
  "proxy/registry": {
    units: [
      ...stored,
      "core/decide",
      "core/trust",
      "proxy/archive",
      "proxy/bounded-map.ts",
      "proxy/flights.ts",
      "proxy/until-deadline.ts",
      "proxy/make-folder.ts",
      "proxy/young-garbage.ts",
      "proxy/mirror",
      "proxy/state",
      "proxy/upstream",
      "proxy/upstream/registry",
      "proxy/registry/door",
      "proxy/system-words.ts",
    ],
    packages: ["node:"],
  },
  "proxy/reports": {
    units: [...api, "core/admission", "core/crypto", "core/encoding", "proxy/bounded-map.ts", "proxy/upstream/cluster"],
    packages: ["node:"],
  },
  "proxy/edge": {
    units: [
      "core/errors.ts",
      "core/limits.ts",
      "core/encoding",
      "core/crypto",
      "core/admission",
      "core/capsule",
      "core/entry",
    ],
  },
  "proxy/webhook": {
    units: [
      "proxy/serve/destination.ts",
      ...api,
      "core/admission",
      "core/crypto",
      "core/decide",
      "core/kernel",
      "core/knowledge",
      "core/kyverno/policy",
      "core/kyverno/rule",
      "proxy/host/wasm-host.ts",
      "proxy/state",
      "proxy/until-deadline.ts",
    ],
    packages: ["node:"],
  },

  ...cliLayers,
};
