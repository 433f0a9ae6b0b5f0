/**
 * Policies of the scenes that real Kyverno and `serve` decide: the documentation's, and some of its features. Each is
 * about one namespace of its own, which has its name, so that all of them are in one cluster.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { entryOf, key, type PolicyText, policyText } from "../support/fixture-policies.ts";

const folder = fileURLToPath(new URL("../fixtures/documentation/policies/", import.meta.url));

interface Policy {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: object };
  readonly spec: {
    readonly rules: readonly {
      readonly match: { readonly any: readonly { readonly resources: { readonly kinds: readonly string[] } }[] };
    }[];
  };
}

/** The policy of a file, whose texts are changed. */
const documented =
  (file: string, ...changes: readonly (readonly [from: string, to: string])[]) =>
  (): string =>
    changes.reduce((text, [from, to]) => text.replaceAll(from, to), readFileSync(`${folder}${file}.yaml`, "utf8"));

/** Without a trusted root nobody needs anybody but the registry. */
const alone = 'rekor: { ignoreTlog: true, url: "https://rekor.sigstore.dev" }';
const own =
  (text: PolicyText): (() => string) =>
  () =>
    policyText(text).replaceAll("rekor: { ignoreTlog: true }", alone);

/** Of Sigstore's bundles alone. */
const bundled = (text: () => string) => (): string =>
  text().replace(/( *)- imageReferences:/, "$1- type: SigstoreBundle\n$1  imageReferences:");

const enforce = "validationFailureAction: Enforce";
const reviewed = `attestations:
- type: https://example.com/CodeReview/v1
  attestors:
  - entries:
    - keys:
        ${key("a", 8)}
  conditions:
  - all:
    - { key: "{{ repo.branch }}", operator: Equals, value: main }`;

const texts: Readonly<Record<string, () => string>> = {
  "by-key": documented("01-signature-by-key"),
  skipped: documented("02-skip-image-references"),
  "code-review": documented("03-attestation-code-review"),
  "image-variable": documented("image-variable"),
  certificate: documented("04-certificate-and-chain"),
  authority: documented("05-certificate-chain-only"),
  "certificate-alone": documented("certificate-alone"),
  keyless: documented("06-keyless"),
  "keyless-other-subject": documented("06-keyless", ["*@example.com", "*@example.org"]),
  "keyless-other-issuer": documented("06-keyless", ["accounts.google.com", "accounts.example.com"]),
  workflow: documented("07-keyless-github-workflow"),
  "workflow-other-trigger": documented("07-keyless-github-workflow", ["Trigger: push", "Trigger: schedule"]),
  "key-bundle": bundled(own({})),
  "keyless-bundle": bundled(documented("06-keyless", ["*@example.com", "ada@example.com"])),
  "keyless-bundle-other": bundled(documented("06-keyless", ["*@example.com", "bob@example.com"])),
  "workflow-bundle": bundled(documented("07-keyless-github-workflow", ["refs/tags/*", "refs/tags/v1.2.0"])),
  annotated: documented("08-annotations"),
  elsewhere: documented("12-signature-repository"),
  "no-log": documented("13-ignore-tlog"),
  // The documentation's spelling is refused by Kyverno's own definition.
  "own-log-key": documented("15-custom-rekor-and-ctlog-key", ["pubKey:", "pubkey:"]),
  "task-run": documented(
    "16-extractor-task-run",
    ["tekton.dev/v1beta1/TaskRun.status", "tekton.dev/v1/TaskRun"],
    ["/status/taskSpec/steps/*", "/spec/steps/*"],
  ),
  disk: documented("19-extractor-data-volume"),
  nested: documented("nested-attestors"),
  "one-of-several": documented("one-of-several"),
  "several-attestors": documented("several-attestors"),
  "key-in-secret": documented("secret-key"),
  "secret-object": documented("secret-object"),
  "both-counted": own({ entries: [entryOf("a"), entryOf("b")], count: 2 }),
  "two-entries": own({ entries: [entryOf("a"), entryOf("b")] }),
  unpinned: own({ fields: "mutateDigest: false\nverifyDigest: false" }),
  "digest-wanted": own({ fields: "mutateDigest: false\nverifyDigest: true" }),
  "not-required": own({ fields: "required: false" }),
  "required-only": own({ entries: [], fields: reviewed, references: '["registry.io/org/app*"]' }),
  audited: own({ spec: "validationFailureAction: Audit", fields: "mutateDigest: false\nverifyDigest: false" }),
  "audited-entry": own({ spec: "", fields: "failureAction: Audit\nmutateDigest: false\nverifyDigest: false" }),
  "enforced-entry": own({ spec: "", fields: "failureAction: Enforce" }),
  overridden: own({
    spec: `${enforce}\nvalidationFailureActionOverrides: [{ action: Audit, namespaces: [overridden] }]`,
    fields: "mutateDigest: false\nverifyDigest: false",
  }),
  excepted: own({}),
  guarded: own({
    rule: 'preconditions: { all: [{ key: "{{ request.object.metadata.name }}", operator: NotEquals, value: "free" }] }',
  }),
  excluded: own({ rule: "exclude: { any: [{ resources: { names: [free-*] } }] }" }),
  "older-key": () =>
    own({ entries: [], fields: key("a", 0).replace("publicKeys", "key").split("\nrekor:")[0] ?? "" })(),
  namespaced: own({ kind: "Policy", namespace: "namespaced" }),
};

export const scenePolicies: readonly string[] = Object.keys(texts);

/** Names of hosts become paths of one registry. */
export const onHost = (text: string, host: string): string =>
  text.replaceAll(/(?<![\w.-])(?:ghcr\.io|registry\.io|docker\.io)(?=\/)/g, (name) => `${host}/${name}`);

/** The policy with this name, for the images of one registry. */
export function scenePolicy(name: string, host: string): object {
  const policy = parse(onHost(texts[name]?.() ?? "", host)) as Policy;
  const rules = policy.spec.rules.map((rule) => ({
    ...rule,
    match: {
      any: rule.match.any.map(({ resources }) => ({
        resources: { ...resources, ...(policy.kind === "Policy" ? {} : { namespaces: [name] }) },
      })),
    },
  }));
  return { ...policy, metadata: { ...policy.metadata, name }, spec: { ...policy.spec, rules } };
}
