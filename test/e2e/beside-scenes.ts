/** Scenes that real Kyverno and `serve` decide: what kubectl is told, in the namespace of which policy. */
import { digestIn } from "../documentation/scene.ts";

export interface BesideScene {
  /** Of `beside-policies.ts`; the namespace, too. */
  readonly policy: string;
  /** For a person. */
  readonly what: string;
  /** Words of kubectl, or what it creates. */
  readonly asks: readonly string[] | object;
  /** Where the verdicts differ: how the row of `docs/kyverno-differences.md` begins that says so. */
  readonly differs?: string;
  /** It is denied once the policy is in force: it is tried until then. */
  readonly isProbe?: true;
}

const image = (tag: string): string => `ghcr.io/kyverno/test-verify-image:${tag}`;
const app = (tag: string): string => `registry.io/org/app:${tag}`;
const ours = (tag: string): string => `ghcr.io/myorg/myimage:${tag}`;
const pinned = (reference: string): string => `${reference}@${digestIn(reference)}`;

let made = 0;
const run = (policy: string, reference: string, what: string, more: Partial<BesideScene> = {}): BesideScene => {
  made += 1;
  return { policy, what, asks: ["run", `pod-${made}`, `--image=${reference}`], ...more };
};
const isProbe = true;
const layouts = { differs: "`type` absent: bundle referrers are not read" };
const skipped = { differs: "a skipped image is still resolved, and mutated" };
const withoutSct = { differs: "certificates of the policy's own chain need an SCT" };
const create = (
  policy: string,
  what: string,
  asks: readonly string[] | object,
  more: Partial<BesideScene> = {},
): BesideScene => ({ policy, what, asks, ...more });
const pod = (name: string, spec: object): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "by-key" },
  spec,
});
const task = (name: string, reference: string): object => ({
  apiVersion: "tekton.dev/v1",
  kind: "TaskRun",
  metadata: { name, namespace: "task-run" },
  spec: { steps: [{ name: "step", image: reference }] },
});
const disk = (name: string, reference: string): object => ({
  apiVersion: "cdi.kubevirt.io/v1beta1",
  kind: "DataVolume",
  metadata: { name, namespace: "disk" },
  spec: { source: { registry: { url: `docker://${reference}` } } },
});
const debug = (tag: string): readonly string[] => [
  ...["patch", "pod", "patched", "--subresource=ephemeralcontainers", "-p"],
  JSON.stringify({ spec: { ephemeralContainers: [{ name: `debug-${tag}`, image: image(tag) }] } }),
];

const byKey: readonly BesideScene[] = [
  run("by-key", image("signed"), "signed"),
  run("by-key", image("unsigned"), "unsigned", { isProbe }),
  run("by-key", image("signed-by-someone-else"), "signed by someone else"),
  run("by-key", image("signed-by-both"), "signed by both"),
  run("by-key", image("signed-platforms"), "an index of platforms, signed"),
  run("by-key", image("signed-in-a-bundle"), "signed in a bundle", layouts),
  run("by-key", image("signed-as-referrer"), "signed, the signature a referrer", layouts),
  run("by-key", pinned(image("signed")), "signed, by digest"),
  run("by-key", pinned(image("unsigned")), "unsigned, by digest"),
  run("by-key", image("missing"), "a tag that does not exist"),
  run("by-key", "ghcr.io/trusted/tool:1", "an image that the policy does not name"),
  create(
    "by-key",
    "two containers, one of them unsigned",
    pod("two", {
      containers: [
        { name: "a", image: image("signed") },
        { name: "b", image: image("unsigned") },
      ],
    }),
  ),
  create(
    "by-key",
    "an init container unsigned",
    pod("init", {
      initContainers: [{ name: "a", image: image("unsigned") }],
      containers: [{ name: "b", image: image("signed") }],
    }),
  ),
  create("by-key", "a Deployment, signed", ["create", "deployment", "good", `--image=${image("signed")}`]),
  create("by-key", "a Deployment, unsigned", ["create", "deployment", "bad", `--image=${image("unsigned")}`], {
    isProbe,
  }),
  create("by-key", "a Deployment is scaled", ["scale", "deployment", "good", "--replicas=3"]),
  create("by-key", "a Deployment gets an unsigned image", [
    "set",
    "image",
    "deployment/good",
    `*=${image("unsigned")}`,
  ]),
  create("by-key", "a Job, signed", ["create", "job", "good", `--image=${image("signed")}`]),
  create("by-key", "a Job, unsigned", ["create", "job", "bad", `--image=${image("unsigned")}`], { isProbe }),
  create("by-key", "a CronJob, signed", [
    ...["create", "cronjob", "good", "--schedule=0 0 * * *"],
    `--image=${image("signed")}`,
  ]),
  create(
    "by-key",
    "a CronJob, unsigned",
    [...["create", "cronjob", "bad", "--schedule=0 0 * * *"], `--image=${image("unsigned")}`],
    { isProbe },
  ),
  create("by-key", "dry run, signed", ["run", "dry", `--image=${image("signed")}`, "--dry-run=server"]),
  create("by-key", "dry run, unsigned", ["run", "dry", `--image=${image("unsigned")}`, "--dry-run=server"]),
  create("by-key", "a Pod to change", ["run", "patched", `--image=${image("signed")}`]),
  create("by-key", "its labels are changed", ["label", "pod", "patched", "seen=yes"]),
  create("by-key", "it gets a signed container for debugging", debug("signed")),
  create("by-key", "it gets an unsigned container for debugging", debug("unsigned")),
];

const attestations: readonly BesideScene[] = [
  run("code-review", app("reviewed"), "reviewed on the main branch"),
  run("code-review", app("reviewed-by-nobody"), "reviewed by nobody on the list"),
  run("code-review", app("reviewed-on-a-branch"), "reviewed on another branch"),
  run("code-review", app("reviewed-by-someone-else"), "the review signed by someone else"),
  run("code-review", app("reviewed-in-a-bundle"), "the review in a bundle", layouts),
  run("code-review", app("not-reviewed"), "not reviewed", { isProbe }),
  run("image-variable", app("reviewed"), "conditions about the image variable"),
  run("required-only", app("reviewed"), "conditions, and a key without a log"),
  run("required-only", app("reviewed-on-a-branch"), "a condition that does not hold", { isProbe }),
];

const certificates: readonly BesideScene[] = [
  run("certificate", image("signed-cert"), "a certificate with its authority", {
    differs: "`certificates` with `cert` and `certChain` never pass",
  }),
  run("certificate", image("signed-cert-by-a-team"), "another certificate of that authority"),
  run("certificate", image("unsigned"), "unsigned", { isProbe }),
  run("certificate-alone", image("signed-cert"), "a certificate by itself"),
  run("authority", image("signed-cert"), "any certificate of an authority", withoutSct),
  run("authority", image("signed-cert-by-a-team"), "a certificate below another one", withoutSct),
  run("authority", image("signed-keyless-by-cosign-2"), "a certificate of another authority"),
];

const keyless: readonly BesideScene[] = [
  run("keyless", image("signed-keyless"), "keyless, by cosign 3", layouts),
  run("keyless", image("signed-keyless-by-cosign-2"), "keyless, by cosign 2"),
  run("keyless", image("unsigned"), "unsigned", { isProbe }),
  run("keyless", image("signed"), "signed by a key"),
  run("keyless-other-subject", image("signed-keyless-by-cosign-2"), "another subject is asked for"),
  run("keyless-other-issuer", image("signed-keyless-by-cosign-2"), "another issuer is asked for"),
  run("workflow", "ghcr.io/acme/app:v1.2.0", "a GitHub workflow, with its extensions", layouts),
  run("workflow-other-trigger", "ghcr.io/acme/app:v1.2.0", "another trigger is asked for"),
  run("key-bundle", image("signed-in-a-bundle"), "type SigstoreBundle: by a key"),
  run("key-bundle", image("unsigned"), "type SigstoreBundle: unsigned", { isProbe }),
  run("keyless-bundle", image("signed-keyless"), "type SigstoreBundle: keyless, by cosign 3"),
  run("keyless-bundle", image("signed-in-a-bundle"), "type SigstoreBundle: by a key, where keyless is asked for"),
  run("keyless-bundle-other", image("signed-keyless"), "type SigstoreBundle: another subject is asked for"),
  run("workflow-bundle", "ghcr.io/acme/app:v1.2.0", "type SigstoreBundle: a GitHub workflow"),
];

const fields: readonly BesideScene[] = [
  run("skipped", "ghcr.io/trusted/tool:1", "skipImageReferences: an unsigned image that is skipped", skipped),
  run("skipped", image("signed-and-logged"), "skipImageReferences: signed, and logged"),
  run("skipped", image("signed"), "skipImageReferences: signed, in no log"),
  run("skipped", image("unsigned"), "skipImageReferences: unsigned", { isProbe }),
  run("annotated", ours("original"), "annotations: as asked for"),
  run("annotated", ours("copy"), "annotations: another value"),
  run("annotated", ours("plain"), "annotations: none", { isProbe }),
  run("elsewhere", image("signed-elsewhere"), "repository: the signature is there"),
  run("elsewhere", image("signed"), "repository: the signature is beside the image", { isProbe }),
  run("no-log", image("signed"), "ignoreTlog"),
  run("own-log-key", image("signed-and-logged"), "rekor.pubkey: in this log"),
  run("own-log-key", image("signed"), "rekor.pubkey: in no log", { isProbe }),
  run("key-in-secret", image("signed"), "a key in a Secret, by k8s://"),
  run("key-in-secret", image("signed-by-someone-else"), "the same, signed by someone else", { isProbe }),
  run("secret-object", image("signed"), "a key in a Secret, by name"),
  run("older-key", image("signed-and-logged"), "the older field key"),
  run("older-key", image("signed-by-someone-else"), "the older field key, signed by someone else", { isProbe }),
];

const counted: readonly BesideScene[] = [
  run("one-of-several", image("signed"), "count 1 of 2: by the first"),
  run("one-of-several", image("signed-by-someone-else"), "count 1 of 2: by neither", { isProbe }),
  run("two-entries", image("signed-by-both"), "2 entries without count: by both"),
  run("two-entries", image("signed"), "2 entries without count: by one", { isProbe }),
  run("both-counted", image("signed-by-both"), "count 2 of 2: by both"),
  run("both-counted", image("signed"), "count 2 of 2: by one", { isProbe }),
  run("several-attestors", image("signed-by-release-and-security"), "2 keys: by both"),
  run("nested", image("signed-by-both"), "a nested attestor: by the key and one of the two"),
  run("nested", image("signed-by-release-and-security"), "a nested attestor: by the key and the other one"),
  run("nested", image("signed"), "a nested attestor: by the key alone", { isProbe }),
];

const actions: readonly BesideScene[] = [
  run("unpinned", image("signed"), "mutateDigest and verifyDigest false: signed"),
  run("unpinned", image("unsigned"), "mutateDigest and verifyDigest false: unsigned", { isProbe }),
  run("digest-wanted", image("signed"), "verifyDigest: by tag", { isProbe }),
  run("digest-wanted", pinned(image("signed")), "verifyDigest: by digest"),
  run("not-required", image("signed"), "required false: signed"),
  run("not-required", image("unsigned"), "required false: unsigned", { isProbe }),
  run("audited", image("signed"), "Audit: signed"),
  run("audited", image("unsigned"), "Audit: unsigned"),
  run("audited", image("missing"), "Audit: a tag that does not exist"),
  run("audited-entry", image("unsigned"), "failureAction Audit of an entry: unsigned"),
  run("enforced-entry", image("unsigned"), "failureAction Enforce of an entry: unsigned", { isProbe }),
  run("enforced-entry", image("signed"), "failureAction Enforce of an entry: signed"),
  run("overridden", image("unsigned"), "an override to Audit of the namespace: unsigned"),
  create("excepted", "an exception by name: unsigned", ["run", "exempt", `--image=${image("unsigned")}`]),
  create("excepted", "an exception for others: unsigned", ["run", "other", `--image=${image("unsigned")}`], {
    isProbe,
  }),
  create("guarded", "preconditions do not hold: unsigned", ["run", "free", `--image=${image("unsigned")}`]),
  create("guarded", "preconditions hold: unsigned", ["run", "bound", `--image=${image("unsigned")}`], { isProbe }),
  create("excluded", "excluded by name: unsigned", ["run", "free-1", `--image=${image("unsigned")}`]),
  create("excluded", "not excluded: unsigned", ["run", "bound", `--image=${image("unsigned")}`], { isProbe }),
  run("namespaced", image("signed"), "a Policy of the namespace: signed"),
  run("namespaced", image("unsigned"), "a Policy of the namespace: unsigned", { isProbe }),
];

const extractors: readonly BesideScene[] = [
  create("task-run", "a TaskRun, signed and logged", task("good", "registry.io/tekton/pipeline:1")),
  create("task-run", "a TaskRun, signed by someone else", task("other", "registry.io/tekton/pipeline:2")),
  create("task-run", "a TaskRun, unsigned", task("bad", "registry.io/tekton/step:2"), { isProbe }),
  create("disk", "a DataVolume, signed", disk("good", "docker.io/kubevirt/fedora-cloud-registry-disk-demo")),
  create("disk", "a DataVolume, signed by someone else", disk("bad", "docker.io/kubevirt/other"), { isProbe }),
];

export const besideScenes: readonly BesideScene[] = [
  ...byKey,
  ...attestations,
  ...certificates,
  ...keyless,
  ...fields,
  ...counted,
  ...actions,
  ...extractors,
];
