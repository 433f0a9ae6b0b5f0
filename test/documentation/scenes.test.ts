/** Each scene that the documentation tells, with images that cosign signed and the documentation's policies with their keys in place. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requestFor } from "../../core/index.ts";
import { play, pod, readFixture } from "./scene.ts";

const test = suite("documentation/scenes");
const image = (tag: string): string => `ghcr.io/kyverno/test-verify-image:${tag}`;
const main = "/spec/containers/0/image";
const digestOf = (text: string | undefined): string => text?.slice(text.indexOf("@")) ?? "";

test("signed: created, and mutated to use the digest", () => {
  const { allowed, patched, statuses } = play("01-signature-by-key", pod(image("signed")));
  assert.ok(allowed);
  assert.equal(statuses, ["pass"]);
  assert.is(patched[main], `${image("signed")}@sha256:4d52dbb15fe1d21c95fdeb6429d8db50170baae5c04b57bd94aa647beb289765`);
});

test("unsigned: blocked, signature not found", () => {
  const { allowed, says } = play("01-signature-by-key", pod(image("unsigned")));
  assert.not(allowed);
  assert.equal(says, [`image verification failed for ${image("unsigned")}: signature not found`]);
});

test("signed by someone else: blocked, invalid signature", () => {
  const { allowed, says } = play("01-signature-by-key", pod(image("signed-by-someone-else")));
  assert.not(allowed);
  assert.equal(says, [`image verification failed for ${image("signed-by-someone-else")}: invalid signature`]);
});

test("signed by someone else and by us: created", () => assert.ok(play("01-signature-by-key", pod(image("signed-by-both"))).allowed));

test("another repository is none of the policy's business", () => {
  const { allowed, statuses, patched } = play("01-signature-by-key", pod("ghcr.io/trusted/tool:1"));
  assert.ok(allowed);
  assert.equal([statuses, patched], [[], {}]);
});

test("a digest that is not the signed image's is refused, whatever the tag says", () => {
  const unsigned = digestOf(play("02-skip-image-references", pod("ghcr.io/trusted/tool:1")).patched[main]);
  assert.is(unsigned, "", "a skipped image is not resolved");
  const { allowed } = play("01-signature-by-key", pod(`${image("signed")}@sha256:00ce35c586bd48e02ed7e3d7ac3032005bd80ff98038252d3f09d1604da51f75`));
  assert.not(allowed);
});

test("skipped references are excluded, the others of the pattern are not", () => {
  const skipped = play("02-skip-image-references", pod("ghcr.io/trusted/tool:1"));
  assert.ok(skipped.allowed);
  assert.equal(skipped.statuses, ["skip"]);
  assert.not(play("02-skip-image-references", pod(image("unsigned"))).allowed);
  assert.ok(play("02-skip-image-references", pod(image("signed"))).allowed);
});

test("code review: repository, branch and reviewers of the predicate", () => {
  assert.ok(play("03-attestation-code-review", pod("registry.io/org/app:reviewed")).allowed);
  const other = play("03-attestation-code-review", pod("registry.io/org/app:reviewed-by-nobody"));
  assert.not(other.allowed);
  assert.match(other.decision.results[0]?.message ?? "", "[condition-failed]");
  const foreign = play("03-attestation-code-review", pod("registry.io/org/app:reviewed-by-someone-else"));
  assert.not(foreign.allowed);
  assert.match(foreign.decision.results[0]?.message ?? "", "[wrong-key]");
});

test("the image variable in a condition", () => assert.ok(play("image-variable", pod("registry.io/org/app:reviewed")).allowed));

for (const policy of ["04-certificate-and-chain", "04-certificate-alone", "05-certificate-chain-only"])
  test(`${policy}: signed with the certificate, and not`, () => {
    assert.ok(play(policy, pod(image("signed-cert"))).allowed);
    for (const tag of ["signed", "unsigned", "signed-keyless"]) assert.not(play(policy, pod(image(tag))).allowed, tag);
  });

test("keyless: a subject with a wildcard, and its issuer", () => {
  const signed = play("06-keyless", pod(image("signed-keyless")));
  assert.ok(signed.allowed);
  const evidence = signed.decision.results.flatMap((result) => result.image?.attestors ?? []);
  assert.match(JSON.stringify(evidence), "ada@example.com");
  for (const tag of ["signed", "unsigned", "signed-cert"]) assert.not(play("06-keyless", pod(image(tag))).allowed, tag);
});

test("keyless without trust is unknown, and blocks", () => {
  const { allowed, statuses, decision } = play("06-keyless", pod(image("signed-keyless")), { noTrust: true });
  assert.not(allowed);
  assert.equal(statuses, ["error"]);
  assert.equal(decision.results[0]?.failures[0]?.code, "no-trust");
});

test("keyless by a workflow: subject and an extension", () => {
  assert.ok(play("07-keyless-github-workflow", pod("ghcr.io/acme/app:v1.2.0")).allowed);
});

test("annotations: there, and not", () => {
  assert.ok(play("08-annotations", pod("ghcr.io/myorg/myimage:prod")).allowed);
  const plain = play("08-annotations", pod("ghcr.io/myorg/myimage:plain"));
  assert.not(plain.allowed);
  assert.match(plain.decision.results[0]?.message ?? "", "[wrong-annotations]");
});

test("a signature repository", () => {
  assert.ok(play("12-signature-repository", pod(image("signed-elsewhere"))).allowed);
  assert.not(play("01-signature-by-key", pod(image("signed-elsewhere"))).allowed, "its own repository has none");
  assert.not(play("12-signature-repository", pod(image("signed"))).allowed, "the other repository has none");
});

test("a custom Rekor key in place of the public log", () => {
  assert.ok(play("15-custom-rekor-key", pod(image("signed-and-logged"))).allowed);
  const { allowed, decision } = play("15-custom-rekor-key", pod(image("signed")));
  assert.not(allowed);
  assert.match(decision.results[0]?.message ?? "", /\[(no-log-proof|not-in-mirror)\]/);
});

test("a KMS key and a Secret, by what was pinned for them", () => {
  for (const [policy, reference] of [
    ["kms-key", "awskms:///alias/release"],
    ["secret-key", "k8s://kyverno/cosign"],
  ] as const) {
    const ours = { [reference]: readFixture("trust/a.pub") };
    assert.ok(play(policy, pod(image("signed")), { keys: ours }).allowed, policy);
    assert.not(play(policy, pod(image("signed")), { keys: { [reference]: readFixture("trust/b.pub") } }).allowed, policy);
    const nobody = play(policy, pod(image("signed")));
    assert.not(nobody.allowed, policy);
    assert.is(nobody.decision.results[0]?.failures[0]?.code, "no-key");
  }
});

test("a registry that is offline is ignored under failurePolicy Ignore, a verdict is not", () => {
  const offline = { offline: ["ghcr.io"] };
  const ignored = play("offline-registry", pod(image("signed")), offline);
  assert.ok(ignored.allowed);
  assert.equal(ignored.statuses, ["error"]);
  assert.not(play("01-signature-by-key", pod(image("signed")), offline).allowed);
  assert.not(play("offline-registry", pod(image("unsigned"))).allowed);
});

const taskRun = (image: string) => ({
  ...requestFor({
    apiVersion: "tekton.dev/v1beta1",
    kind: "TaskRun",
    metadata: { name: "build", namespace: "ci" },
    status: { taskSpec: { steps: [{ name: "compile", image }] } },
  }),
  subResource: "status",
});

test("a TaskRun's steps", () => {
  const signed = play("16-extractor-task-run", taskRun("registry.io/tekton/step:1"));
  assert.ok(signed.allowed);
  assert.match(signed.patched["/status/taskSpec/steps/0/image"] ?? "", /^registry\.io\/tekton\/step:1@sha256:/);
  const { allowed, says } = play("16-extractor-task-run", taskRun("registry.io/tekton/step:2"));
  assert.not(allowed);
  assert.equal(says, ["image verification failed for registry.io/tekton/step:2: signature not found"]);
});

const pipelineRun = (bundle: string) => ({
  apiVersion: "tekton.dev/v1beta1",
  kind: "PipelineRun",
  metadata: { name: "run", namespace: "ci" },
  spec: { pipelineRef: { name: "main", bundle } },
});

test("a PipelineRun's bundle", () => {
  assert.match(play("17-extractor-pipeline-run", pipelineRun("registry.io/tekton/pipeline:1")).patched["/spec/pipelineRef/bundle"] ?? "", "@sha256:");
  const { allowed, says } = play("17-extractor-pipeline-run", pipelineRun("registry.io/tekton/pipeline:2"));
  assert.not(allowed);
  assert.equal(says, ["image verification failed for registry.io/tekton/pipeline:2: invalid signature"]);
});

const dataVolume = (url: string) => ({
  apiVersion: "cdi.kubevirt.io/v1beta1",
  kind: "DataVolume",
  metadata: { name: "disk", namespace: "vms" },
  spec: { source: { registry: { url } } },
});

test("a DataVolume's registry, whose prefix is taken away", () => {
  assert.ok(play("19-extractor-data-volume", dataVolume("docker://kubevirt/fedora-cloud-registry-disk-demo")).allowed);
  assert.not(play("19-extractor-data-volume", dataVolume("docker://kubevirt/other")).allowed);
});

test.run();
