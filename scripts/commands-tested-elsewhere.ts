/** Sources of `cli` without a mirrored test of their own, for `tested-elsewhere.ts`. */
export const commandsTestedElsewhere: Readonly<Record<string, { readonly test: string; readonly why: string }>> = {
  "cli/input/remembered-decision.ts": {
    test: "test/cli/serve/open-webhook.test.ts",
    why: "a decision of admission is explained there by its id, and ids that are none are refused",
  },
  "cli/health/machine-items.ts": {
    test: "test/cli/commands/doctor.test.ts",
    why: "folders, locks, writers and the runtime are looked at there",
  },
  "cli/health/config-items.ts": {
    test: "test/cli/commands/doctor.test.ts",
    why: "configurations and certificates, right and wrong, are looked at there",
  },
  "cli/health/reach-items.ts": {
    test: "test/cli/commands/doctor.test.ts",
    why: "registries and an API server are asked there, and one that is not there",
  },
  "cli/serve/reach-upstreams.ts": {
    test: "test/cli/commands/doctor.test.ts",
    why: "opens the upstreams of a configuration and the cluster of a kubeconfig there",
  },
  "cli/health/item.ts": {
    test: "test/cli/commands/status.test.ts",
    why: "every level and its threshold is seen there, as text and as a document",
  },
  "cli/health/render-items.ts": {
    test: "test/cli/commands/status.test.ts",
    why: "every item is shown there within 80 columns",
  },
  "cli/health/mirror-items.ts": {
    test: "test/cli/commands/status.test.ts",
    why: "each state of mirror, trust, checkpoints and runs is made there",
  },
  "cli/commands/snapshot-ls.ts": {
    test: "test/cli/commands/snapshot.test.ts",
    why: "runs the command line there",
  },
  "cli/commands/snapshot-pull.ts": {
    test: "test/cli/commands/snapshot.test.ts",
    why: "runs the command line there, with each refusal",
  },
  "cli/commands/snapshot-push.ts": {
    test: "test/cli/commands/snapshot.test.ts",
    why: "runs the command line there",
  },
  "cli/input/snapshot-flags.ts": {
    test: "test/cli/commands/snapshot.test.ts",
    why: "each wrong flag and key is refused there",
  },
  "cli/render/snapshot.ts": {
    test: "test/cli/commands/snapshot.test.ts",
    why: "what is shown is compared there",
  },
  "cli/serve/follow-snapshots.ts": {
    test: "test/cli/commands/serve-snapshots.test.ts",
    why: "a server follows there, and meets each failure",
  },
  "cli/serve/reloading.ts": {
    test: "test/cli/commands/serve-snapshots.test.ts",
    why: "switches under load there, also with a configuration that is wrong; serve.test.ts changes configurations",
  },
  "cli/serve/judging.ts": {
    test: "test/cli/serve/open-webhook.test.ts",
    why: "aliases, distrust, roots and upstreams count there; sync-by-timer.test.ts has the same for syncs",
  },
  "cli/input/retention-flags.ts": {
    test: "test/cli/commands/mirror-gc.test.ts",
    why: "every flag is given there",
  },
  "cli/input/list-filters.ts": {
    test: "test/cli/commands/mirror-ls.test.ts",
    why: "every filter is given there",
  },
  "cli/input/sync-flags.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "each flag is given there, right and wrong",
  },
  "cli/render/sync-fixes.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "reports of syncs say there what to do",
  },
  "cli/render/sync.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "lines, events and reports are read there",
  },
  "cli/render/unread.ts": {
    test: "test/cli/commands/mirror.test.ts",
    why: "what an addition and a check say of the same material",
  },
  "cli/render/mend.ts": {
    test: "test/cli/commands/mirror-check.test.ts",
    why: "the commands for each kind of damage, which are run there",
  },
  "cli/input/ask-key.ts": {
    test: "test/cli/commands/mirror-pins.test.ts",
    why: "the one command that asks for a key alone does so there, of each source",
  },
  "cli/input/config-file.ts": {
    test: "test/cli/commands/config.test.ts",
    why: "finds the file, and puts flags and variables over it, in every way there",
  },
  "cli/serve/trust-options.ts": {
    test: "test/cli/commands/serve.test.ts",
    why: "each mode, age and digest is served there",
  },
  "cli/serve/log-ear.ts": {
    test: "test/cli/serve/sync-by-timer.test.ts",
    why: "a warning of a sync is a line of the log there",
  },
  "cli/serve/open-parts.ts": {
    test: "test/cli/commands/serve.test.ts",
    why: "puts together what the command serves there",
  },
  "cli/input/output-flag.ts": {
    test: "test/cli/documents.test.ts",
    why: "every command that takes the flag is run there, in both forms",
  },
  "cli/input/store.ts": {
    test: "test/cli/commands/mirror.test.ts",
    why: "opens the mirror for the commands that are tested there, also if there is none",
  },
  "cli/signed-word.ts": {
    test: "test/cli/commands/mirror-ls.test.ts",
    why: "gives the words of the column SIGNED, each of which an image there has",
  },
  "cli/attached.ts": {
    test: "test/cli/commands/tree.test.ts",
    why: "reads what the command shows; download reads the same",
  },
  "cli/completion/tree.ts": {
    test: "test/cli/commands/completion.test.ts",
    why: "is written by each script there, and asked by bash",
  },
  "cli/completion/bash.ts": { test: "test/cli/commands/completion.test.ts", why: "bash runs the script there" },
  "cli/completion/zsh.ts": { test: "test/cli/commands/completion.test.ts", why: "zsh reads the script where it is" },
  "cli/completion/fish.ts": { test: "test/cli/commands/completion.test.ts", why: "fish reads the script where it is" },
  "cli/completion/powershell.ts": {
    test: "test/cli/commands/completion.test.ts",
    why: "every command and flag is looked for in the script",
  },
  "cli/input/flag-variables.ts": {
    test: "test/cli/input/other-flags.test.ts",
    why: "sets flags from variables; every flag that narrows is given there in both ways",
  },
  "cli/render/environment.ts": {
    test: "test/cli/environment.test.ts",
    why: "says which variables had a say, which each test there reads",
  },
  "cli/version.ts": { test: "test/cli/commands/version.test.ts", why: "one constant, which the command shows" },
  "cli/local-image.ts": {
    test: "test/cli/commands/verify.test.ts",
    why: "is --local-image of the verify commands; layouts of every kind are given there",
  },
  "cli/verify-images.ts": {
    test: "test/cli/commands/verify.test.ts",
    why: "is what both verify commands do; each outcome has a case there",
  },
  "cli/commands/initialize.ts": {
    test: "test/cli/commands/trust-update.test.ts",
    why: "another name of the command that is tested there, and called by it",
  },
  "cli/commands/trusted-root.ts": {
    test: "test/cli/commands/trust-create.test.ts",
    why: "another name of the command that is tested there, and called by it",
  },
  "cli/render/apply-reports.ts": {
    test: "test/cli/commands/apply.test.ts",
    why: "each format is written there, of every kind of result",
  },
  "cli/render/trust.ts": {
    test: "test/cli/commands/trust-status.test.ts",
    why: "what it writes is compared there, line by line",
  },
  "cli/commands/quarantine.ts": {
    test: "test/cli/commands/import.test.ts",
    why: "images that a policy refutes and admits are judged there",
  },
  "cli/render/imported.ts": {
    test: "test/cli/commands/import.test.ts",
    why: "archives of each kind, with what is said of them, are shown there",
  },
  "cli/input/test-file.ts": { test: "test/cli/commands/test.test.ts", why: "good and bad test files are read there" },
  "cli/render/test-results.ts": { test: "test/cli/commands/test.test.ts", why: "each form is compared there" },
};
