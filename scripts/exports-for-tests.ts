/** Exports that only tests import: `FILE NAME` → why they are still exported. */
export const exportsForTests: Readonly<Record<string, string>> = {
  "core/portability.ts NodeLeak": "an expected error of the compiler",
  "core/portability.ts DomLeak": "an expected error of the compiler",

  // Built before the shell that calls them.
  "proxy/sync/interval.ts withJitter": "the spread without a wait",
  "proxy/upstream/cluster/api-path.ts rawPath": "paths of the cluster's API",
  "proxy/upstream/kms/sdk.ts sdkVersions": "compared with package.json",

  // What the tests' lab writes or signs.
  "core/crypto/ecdsa-signature.ts p1363ToDer": "vectors have signatures in either form",
  "core/tlog/signed-entry-timestamp.ts encodeEntryTimestampPayload": "what the lab's log signs",
  "core/trust/distrust.ts compileDistrust": "tests of the pipeline are given a list of their own",
  "core/x509/fulcio.ts fulcioExtensions": "the lab's certificates",

  // Parts with more cases than their callers could show.
  "core/kyverno/image/reference-filter.ts selectsImage":
    "one name against one entry's patterns, in every spelling; what ships asks for all names of an image",
  "proxy/webhook/plain-review.ts openReviewShortening": "compared with what is left of any JSON, review or not",
  "proxy/webhook/plain-review.ts openPlainReviews": "hosts without WebAssembly, or without its vectors",
  "cli/input/cluster-files.ts parsePath": "paths of the cluster's API",
  "cli/program.ts commands": "every command is run through its help",
  "cli/render/decision.ts decisionTrees": "trees before they are drawn",
  "cli/render/problem.ts renderProblem": "problems at several widths",
  "cli/render/style.ts createStyle": "screens of every kind",
  "cli/render/fix.ts fixText": "the fix of each code, before it fits a screen",
  "cli/render/evidence.ts evidenceNodes": "trees before they are drawn",
  "core/encoding/proto-json.ts optionalInstant": "forms of a time",
  "core/jmespath/functions/standard.ts areSame": "equality of any two values",
  "core/kyverno/functions/go-time.ts daysFromCivil": "compared with another calendar",
  "core/kyverno/image/rule-index.ts literalPrefix": "prefixes of any pattern",
  "core/kyverno/rule/conditions.ts compileConditions": "conditions without a rule",
  "core/kyverno/rule/operators/equality.ts deepEqual": "equality of any two values",
  "core/tlog/inclusion-proof.ts rootOfInclusion": "proofs without a checkpoint",
  "core/x509/sct.ts precertificateTbs": "compared with the bytes of a real precertificate",
  "proxy/upstream/registry/tokens.ts tokenEndpoint": "hosts that no test can serve",
  "proxy/host/node-verifier.ts usesBeforeComb": "the use after which a key has its comb",
};
