/**
 * Sources without a mirrored test of their own: which test runs them, and why that is enough. `scripts/check-tests.ts`
 * keeps the list true.
 */
import { clusterTestedElsewhere } from "./cluster-tested-elsewhere.ts";
import { commandsTestedElsewhere } from "./commands-tested-elsewhere.ts";
import { recordsTestedElsewhere } from "./records-tested-elsewhere.ts";

export const testedElsewhere: Readonly<Record<string, { readonly test: string; readonly why: string }>> = {
  ...commandsTestedElsewhere,
  ...clusterTestedElsewhere,
  ...recordsTestedElsewhere,
  "core/kernel/claimed-sum.ts": {
    test: "test/core/kernel/comb-verifier.test.ts",
    why: "both verifiers that use it judge signatures of every kind there, and in sum-verifier.test.ts",
  },
  "cli/render/document-format.ts": {
    test: "test/cli/error-document.test.ts",
    why: "json and yaml are formats there, and text is none",
  },
  "proxy/snapshot/artifact.ts": {
    test: "test/proxy/snapshot/publish-snapshot.test.ts",
    why: "what it writes is pushed there, and read again in bring-snapshot.test.ts",
  },
  "proxy/mirror/trust-gate.ts": {
    test: "test/attacks/archives.test.ts",
    why: "what it refuses of archives is imported there, of snapshots in snapshots.test.ts, and what it lets through",
  },
  "cli/health/root-status.ts": {
    test: "test/cli/commands/trust-status.test.ts",
    why: "fresh, tolerated, stale, broken and pinned roots are shown there",
  },
  "cli/input/fetch-trust.ts": {
    test: "test/cli/commands/trust-update.test.ts",
    why: "the command brings roots from servers and folders there, and serve in test/cli/serve/keep-trust.test.ts",
  },
  "cli/serve/named-trust.ts": {
    test: "test/cli/serve/keep-trust.test.ts",
    why: "a root that is missing, of another repository, and there are shown there by /readyz",
  },
  "cli/input/initial-roots.ts": {
    test: "test/cli/commands/snapshot.test.ts",
    why: "a root of SALLYPORT_TUF_ROOT is the one that counts there, and without it the built-in one",
  },
  "proxy/mirror/snapshot-trust.ts": {
    test: "test/attacks/snapshots.test.ts",
    why: "what it refuses is pulled there, and what it lets through",
  },
  "proxy/snapshot/download.ts": {
    test: "test/proxy/snapshot/bring-snapshot.test.ts",
    why: "a registry lies about the file there in each way, cuts it off, and has none",
  },
  "proxy/snapshot/find-snapshot.ts": {
    test: "test/proxy/snapshot/bring-snapshot.test.ts",
    why: "signed by others, by nobody, and moved while it is read there",
  },
  "proxy/snapshot/list-snapshots.ts": {
    test: "test/proxy/snapshot/remove-old.test.ts",
    why: "lists before and after a removal, and what is wrong with each",
  },
  "proxy/crossing/archive-diff.ts": {
    test: "test/cli/commands/archive.test.ts",
    why: "the command prints what differs, of full archives and of deltas",
  },
  "proxy/crossing/archive-part.ts": {
    test: "test/proxy/crossing/archive-reader.test.ts",
    why: "every byte of the beginning is flipped there",
  },
  "proxy/crossing/bootstrap-files.ts": {
    test: "test/proxy/crossing/spool.test.ts",
    why: "its files go into a spool there",
  },
  "proxy/crossing/delta-base.ts": {
    test: "test/cli/commands/export.test.ts",
    why: "deltas begin at numbers and at files there",
  },
  "proxy/crossing/verify-archive.ts": {
    test: "test/proxy/crossing/archive-reader.test.ts",
    why: "verifies what is changed, cut and moved there",
  },
  "proxy/archive/cosign-key.ts": {
    test: "test/proxy/archive/signing-key.test.ts",
    why: "keys that cosign wrote are opened there, and wrong ones refused",
  },
  "proxy/registry/listed-asker.ts": {
    test: "test/proxy/registry/open-door.test.ts",
    why: "asks listed registries there, keeps what they say, and asks no other",
  },
  "core/admission/report-result.ts": {
    test: "test/cli/render/policy-report.test.ts",
    why: "each field of a result is compared there, and in resource-report.test.ts beside it",
  },
  "cli/serve/open-recheck.ts": {
    test: "test/cli/serve/recheck-by-timer.test.ts",
    why: "serve lets images in there, at the registry's door and at admission, and tells what is refuted later",
  },
  "cli/input/password-stdin.ts": {
    test: "test/cli/input/open-online-credentials.test.ts",
    why: "passwords are piped there, right, wrong, none and several lines",
  },
  "proxy/state/read-recheck.ts": {
    test: "test/proxy/state/open-state.test.ts",
    why: "is how the file is read there, whole and damaged",
  },
  "proxy/state/state-sql.ts": {
    test: "test/proxy/state/recheck-list.test.ts",
    why: "each text runs there or in decision-log.test.ts; test/scripts/sql-texts.test.ts compares it with the files",
  },
  "proxy/state/state-statements.ts": {
    test: "test/proxy/state/recheck-list.test.ts",
    why: "each statement runs there or in decision-log.test.ts",
  },
  "proxy/registry/silent-hosts.ts": {
    test: "test/proxy/registry/shared-asker.test.ts",
    why: "two askers share it there: what one hears ends the outage of both",
  },
  "proxy/registry/outage-code.ts": {
    test: "test/proxy/registry/recheck.test.ts",
    why: "an outage ends the asking of a registry there, and a missing answer does not",
  },
  "proxy/mirror/repository-contents.ts": {
    test: "test/proxy/mirror/collect-garbage.test.ts",
    why: "is the graph from which garbage is collected; each kind of edge keeps something there",
  },
  "proxy/mirror/retention.ts": {
    test: "test/proxy/mirror/collect-garbage.test.ts",
    why: "each rule keeps something there",
  },
  "proxy/mirror/mirror-status.ts": {
    test: "test/cli/commands/mirror-status.test.ts",
    why: "the command prints every number of it",
  },
  "proxy/sync/run-sync.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "is what the command does: each outcome of an image, outage and claim has a case there",
  },
  "proxy/sync/exit-of-sync.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "the exit code of each outcome is looked at there",
  },
  "proxy/sync/coverage.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "decides about every image that is synced there",
  },
  "proxy/sync/sync-engine.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "asks there for what the policies want, and says what they decide",
  },
  "proxy/sync/noting-asker.ts": {
    test: "test/cli/commands/mirror-sync.test.ts",
    why: "counts what is asked there, and leaves blobs out of dry runs",
  },
  "proxy/mirror/attempt-row.ts": {
    test: "test/proxy/mirror/remove-damage.test.ts",
    why: "a row of each table is damaged there",
  },
  "proxy/mirror/checkpoint-row.ts": {
    test: "test/proxy/mirror/remove-damage.test.ts",
    why: "a row of each table is damaged there",
  },
  "proxy/sync/lists/entry-settings.ts": {
    test: "test/proxy/sync/lists/plain-lines.test.ts",
    why: "each setting is written right and wrong there",
  },
  "proxy/sync/lists/list-sink.ts": {
    test: "test/proxy/sync/lists/plain-lines.test.ts",
    why: "collects what is read there: faults, what is named twice, contradictions",
  },
  "proxy/sync/lists/zarf.ts": {
    test: "test/proxy/sync/lists/read-image-list.test.ts",
    why: "one file of the form, right and wrong",
  },
  "proxy/sync/lists/hauler.ts": {
    test: "test/proxy/sync/lists/read-image-list.test.ts",
    why: "one file of the form, right and wrong",
  },
  "proxy/sync/lists/oc-mirror.ts": {
    test: "test/proxy/sync/lists/read-image-list.test.ts",
    why: "one file of each version, right and wrong",
  },
  "proxy/sync/lists/policy-references.ts": {
    test: "test/proxy/sync/lists/read-image-list.test.ts",
    why: "policies of every kind are read there",
  },
  "proxy/serve/setting.ts": {
    test: "test/proxy/serve/read-config.test.ts",
    why: "names of flags and variables of every setting are used there",
  },
  "proxy/serve/settings.ts": {
    test: "test/proxy/serve/read-config.test.ts",
    why: "every setting is given wrong there in each way that it can be",
  },
  "proxy/registry/layer-flight.ts": {
    test: "test/proxy/registry/blobs.test.ts",
    why: "several clients read one pull there, which ends well, breaks off, or proves wrong",
  },
  "proxy/registry/layer-source.ts": {
    test: "test/proxy/registry/blobs.test.ts",
    why: "pulls layers there, stored and not, from registries that give, break off and lie",
  },
  "proxy/registry/manifests.ts": {
    test: "test/proxy/registry/statuses.test.ts",
    why: "every state of knowledge is asked for there by tag and by digest; registry-proxy.test.ts has what is ready",
  },
  "proxy/registry/named-blobs.ts": {
    test: "test/proxy/registry/door-keeper.test.ts",
    why: "finds the manifests that name a digest, by which blobs and children are let in there",
  },
  "proxy/registry/oci-error.ts": {
    test: "test/proxy/registry/respond.test.ts",
    why: "the body of an error is read there",
  },
  "proxy/registry/parts.ts": {
    test: "test/proxy/registry/statuses.test.ts",
    why: "makes the refusals of all handlers, whose statuses and headers are compared there",
  },
  "proxy/registry/pull-through.ts": {
    test: "test/proxy/registry/statuses.test.ts",
    why: "every state of knowledge, outage and failure policy is a row there",
  },
  "proxy/mirror/signed-time-row.ts": {
    test: "test/proxy/mirror/signed-time.test.ts",
    why: "is written, read and damaged there",
  },
  "core/cosign/layer-annotation.ts": {
    test: "test/core/cosign/signed-entity-layer.test.ts",
    why: "names of annotations, which the layers of that test carry",
  },
  "core/cosign/bundle-log-entry.ts": {
    test: "test/core/cosign/bundle.test.ts",
    why: "every field of an entry is broken there, within a bundle, the only place where it occurs",
  },
  "core/kyverno/image/attestation.ts": {
    test: "test/core/decide/engine.test.ts",
    why:
      "is judged within a decision; conformance over the golden verdicts and test/documentation have the cases " +
      "of its conditions",
  },
  "core/kyverno/policy/yaml-cursor.ts": {
    test: "test/core/kyverno/policy/yaml-block.test.ts",
    why: "moves over spaces, line ends and comments; every text of that test needs it",
  },
  "core/kyverno/policy/yaml-fault.ts": {
    test: "test/core/kyverno/policy/yaml.test.ts",
    why: "an error class, whose offset is the position in that test",
  },
  "core/kyverno/policy/yaml-parts.ts": {
    test: "test/core/kyverno/policy/yaml-block.test.ts",
    why: "anchors, tags, aliases and keys, right and wrong ones, are in its texts",
  },
  "core/kyverno/policy/yaml-tree.ts": {
    test: "test/core/kyverno/policy/yaml-block.test.ts",
    why: "types, and the empty value, which that test shows",
  },
  "core/kyverno/image/compile-entry.ts": {
    test: "test/core/decide/engine.test.ts",
    why: "counts, several keys, nested sets and broken entries are decided there",
  },
  "core/kyverno/image/compile-rule.ts": {
    test: "test/core/kyverno/image/rule-index.test.ts",
    why: "what it compiles is indexed there and decided in test/core/decide/engine.test.ts",
  },
  "core/kyverno/image/decide-policy.ts": {
    test: "test/core/decide/engine-rules.test.ts",
    why: "namespaces, applyRules and several policies are decided there",
  },
  "core/kyverno/image/exception-index.ts": {
    test: "test/core/decide/engine-rules.test.ts",
    why: "an exception that fits and one that does not are decided there",
  },
  "core/kyverno/image/verify-image-entry.ts": {
    test: "test/core/decide/engine.test.ts",
    why: "one entry over one image is what every decision there is made of",
  },
  "core/kyverno/image/mutate-rule.ts": {
    test: "test/core/decide/engine.test.ts",
    why: "both passes, in all combinations of their settings",
  },
  "core/kyverno/image/validate-rule.ts": {
    test: "test/core/decide/passes.test.ts",
    why: "what every policy asks of the patched resource is decided there",
  },
  "core/kyverno/image/rule-images.ts": {
    test: "test/core/decide/engine-rules.test.ts",
    why: "match, preconditions, exceptions and images that cannot be found are decided there",
  },
  "core/timestamp/signed-data.ts": {
    test: "test/core/timestamp/verify-timestamp.test.ts",
    why: "every byte of a real token is flipped there, and every length cut",
  },
  "core/tlog/transparency-log-key.ts": {
    test: "test/core/tlog/binding.test.ts",
    why: "one function, which is called there",
  },
  "core/trust/resolve-trust.ts": { test: "test/core/trust/trust-cache.test.ts", why: "its three ways are taken there" },
  "core/trust/trust-material.ts": {
    test: "test/core/trust/trust-cache.test.ts",
    why: "its result is checked there, and used in test/core/verify/verify-entity.test.ts",
  },
  "core/tuf/root.ts": { test: "test/core/tuf/metadata.test.ts", why: "each form of metadata is read and broken there" },
  "core/tuf/metadata-shape.ts": {
    test: "test/core/tuf/metadata.test.ts",
    why: "each reader is given what it refuses there",
  },
  "core/tuf/snapshot.ts": {
    test: "test/core/tuf/metadata.test.ts",
    why: "each form of metadata is read and broken there",
  },
  "core/tuf/targets.ts": {
    test: "test/core/tuf/metadata.test.ts",
    why: "each form of metadata is read and broken there",
  },
  "core/tuf/timestamp.ts": {
    test: "test/core/tuf/metadata.test.ts",
    why: "each form of metadata is read and broken there",
  },
  "core/tuf/trusted-set.ts": {
    test: "test/core/tuf/verify-source.test.ts",
    why: "floors and expiry of each role refuse there",
  },
  "core/tuf/update-root.ts": {
    test: "test/core/tuf/verify-source.test.ts",
    why: "chains of roots that are right and wrong in one place are walked there",
  },
  "core/tuf/update-targets.ts": {
    test: "test/core/tuf/update-snapshot.test.ts",
    why: "the two steps are alike, and tested together",
  },
  "core/tuf/update-timestamp.ts": {
    test: "test/core/tuf/verify-source.test.ts",
    why: "timestamps that are wrong in one place are refused there",
  },
  "core/verify/candidate-run.ts": {
    test: "test/core/verify/verify-entity.test.ts",
    why: "its methods are the steps of the pipeline; each fails there or in test/core/verify/broken-images.test.ts",
  },
  "core/verify/certificate-path.ts": {
    test: "test/core/verify/real-images.test.ts",
    why:
      "roots, authorities, times and missing logs are wrong there one by one, and in " +
      "test/core/verify/verify-entity.test.ts",
  },
  "core/verify/content-signature.ts": {
    test: "test/core/verify/broken-images.test.ts",
    why: "each kind of content and signature is broken there",
  },
  "core/verify/distrust-check.ts": {
    test: "test/core/verify/verify-entity.test.ts",
    why: "each kind of row refuses there",
  },
  "core/verify/log-proof.ts": {
    test: "test/core/verify/broken-images.test.ts",
    why:
      "entries that are missing, changed and another's are refused there; the proofs themselves are " +
      "test/core/tlog's",
  },
  "core/verify/logged-signature.ts": {
    test: "test/core/verify/real-images.test.ts",
    why: "binds entries of every layout and kind there",
  },
  "core/verify/signer.ts": {
    test: "test/core/verify/verify-entity.test.ts",
    why:
      "keys where certificates are required and the other way round; key references in " +
      "test/documentation/scenes.test.ts",
  },
  "core/verify/timestamp-proof.ts": {
    test: "test/core/verify/verify-entity.test.ts",
    why: "a timestamp that is there, missing and not needed; the tokens themselves are test/core/timestamp's",
  },
  "core/verify/to-evidence.ts": {
    test: "test/core/verify/verify-entity.test.ts",
    why: "the evidence of each kind of signer is checked there",
  },
  "proxy/crossing/imported-rows.ts": {
    test: "test/proxy/crossing/import-archive.test.ts",
    why: "rows of every kind are imported there; import-faults.test.ts has those that are wrong",
  },
  "proxy/mirror/sql-texts.ts": {
    test: "test/proxy/mirror/statements.test.ts",
    why: "every text in it is prepared there; test/scripts/sql-texts.test.ts compares it with the files",
  },
};
