/** Rows of `tested-elsewhere.ts` for what `serve` does at an API server. */
export const clusterTestedElsewhere: Readonly<Record<string, { readonly test: string; readonly why: string }>> = {
  "cli/serve/change-glass.ts": {
    test: "test/cli/commands/break-glass.test.ts",
    why: "the command breaks and mends the glass at an API server there",
  },
  "cli/serve/gate-items.ts": {
    test: "test/cli/commands/break-glass.test.ts",
    why: "status says there what is exempt, and that the glass is broken",
  },
  "proxy/serve/trust-settings.ts": {
    test: "test/proxy/serve/read-config.test.ts",
    why: "each setting is read and shown there",
  },
  "proxy/serve/cluster-settings.ts": {
    test: "test/cli/serve/serve-cluster.test.ts",
    why: "its settings are read from a configuration there, and obeyed",
  },
  "proxy/cluster/break-glass.ts": {
    test: "test/proxy/cluster/webhook-writer.test.ts",
    why: "the writer honours its markers there, those of uninstallations too, and what it removes is gone",
  },
  "cli/serve/keep-webhooks.ts": {
    test: "test/cli/serve/serve-cluster.test.ts",
    why: "serve writes what its policies ask for there, and again when they change",
  },
  "proxy/webhook/refuse-reviews.ts": {
    test: "test/cli/serve/serve-cluster.test.ts",
    why: "reviews that come before there are policies are denied there, whatever the failure policy",
  },
  "proxy/upstream/cluster/watch-events.ts": {
    test: "test/proxy/upstream/cluster/informer.test.ts",
    why: "streams are cut, ended, expired, too long and no JSON there",
  },
};
