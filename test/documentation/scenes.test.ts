/**
 * Each scene that the documentation tells, with images that cosign signed and the documentation's policies with our
 * keys in place of theirs.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requestFor } from "../../core/index.ts";
import { digestIn, play, pod, readFixture } from "./scene.ts";

const test = suite("documentation/scenes");
const image = (tag: string): string => `ghcr.io/kyverno/test-verify-image:${tag}`;
const main = "/spec/containers/0/image";
const app = (tag: string): string => `registry.io/org/app:${tag}`;
const sentence = (reference: string, what: string): string => `image verification failed for ${reference}: ${what}`;
const codesOf = ({ decision }: ReturnType<typeof play>): readonly string[] => [
  ...new Set(
    decision.results
      .filter(({ pass }) => pass === "mutate")
      .flatMap(({ failures }) => failures.map(({ code }) => code)),
  ),
];
/** The base64 of a key of `trust/`. */
const keyLines = (name: string): readonly string[] => readFixture(`trust/${name}.pub`).trim().split("\n").slice(1, -1);
/** Denied, with one documented sentence and these codes. */
function denied(scene: ReturnType<typeof play>, reference: string, what: string, ...codes: readonly string[]): void {
  assert.not(scene.allowed, reference);
  assert.equal([scene.says, codesOf(scene)], [[sentence(reference, what)], codes]);
}
/** Admitted, and the image has its digest. */
function admitted(scene: ReturnType<typeof play>, reference: string, pointer = main): void {
  assert.ok(scene.allowed, `${reference}: ${scene.says.join()} ${codesOf(scene).join()}`);
  assert.equal(scene.statuses, ["pass"], reference);
  assert.is(scene.patched[pointer], `${reference}@${digestIn(reference)}`);
}

test("signed: created, and mutated to use the digest", () =>
  admitted(play("01-signature-by-key", pod(image("signed"))), image("signed")));

test("unsigned: blocked, signature not found", () =>
  denied(
    play("01-signature-by-key", pod(image("unsigned"))),
    image("unsigned"),
    "signature not found",
    "no-signature",
  ));

test("signed by someone else: blocked, invalid signature", () => {
  const other = image("signed-by-someone-else");
  denied(play("01-signature-by-key", pod(other)), other, "invalid signature", "wrong-key");
});

test("signed by someone else and by us: created", () =>
  admitted(play("01-signature-by-key", pod(image("signed-by-both"))), image("signed-by-both")));

test("each layout of a signature, and an index of several platforms", () => {
  for (const tag of ["signed-and-logged", "signed-in-a-bundle", "signed-as-referrer", "signed-platforms"])
    admitted(play("01-signature-by-key", pod(image(tag))), image(tag));
});

test("another repository is none of the policy's business", () => {
  const { allowed, statuses, patched } = play("01-signature-by-key", pod("ghcr.io/trusted/tool:1"));
  assert.equal([allowed, statuses, patched], [true, [], {}]);
});

test("a digest is judged, whatever the tag beside it says", () => {
  const lying = `${image("signed")}@${digestIn(image("unsigned"))}`;
  denied(
    play("01-signature-by-key", pod(lying)),
    lying.replace(":signed@", "@"),
    "signature not found",
    "no-signature",
  );
  const { allowed, patched } = play("01-signature-by-key", pod(`${image("signed")}@${digestIn(image("signed"))}`));
  assert.equal([allowed, patched], [true, {}], "it has its digest already");
});

test("skipped references are excluded, others of the pattern are not; without ignoreTlog a log entry is needed", () => {
  const skipped = play("02-skip-image-references", pod("ghcr.io/trusted/tool:1"));
  assert.equal([skipped.allowed, skipped.statuses, skipped.patched], [true, ["skip"], {}]);
  for (const tag of ["signed-and-logged", "signed-in-a-bundle"])
    admitted(play("02-skip-image-references", pod(image(tag))), image(tag));
  denied(
    play("02-skip-image-references", pod(image("unsigned"))),
    image("unsigned"),
    "signature not found",
    "no-signature",
  );
  const unlogged = play("02-skip-image-references", pod(image("signed")));
  assert.equal(
    [unlogged.allowed, unlogged.statuses, codesOf(unlogged)],
    [false, ["error"], ["not-in-mirror"]],
    "the log was never asked",
  );
});

test("code review: repository, branch and reviewers of the predicate", () => {
  const play03 = (tag: string): ReturnType<typeof play> => play("03-attestation-code-review", pod(app(tag)));
  for (const tag of ["reviewed", "reviewed-in-a-bundle"]) admitted(play03(tag), app(tag));
  for (const tag of ["reviewed-by-nobody", "reviewed-on-a-branch"])
    denied(play03(tag), app(tag), "attestation checks failed", "condition-failed");
  denied(play03("reviewed-by-someone-else"), app("reviewed-by-someone-else"), "invalid signature", "wrong-key");
  denied(play03("not-reviewed"), app("not-reviewed"), "signature not found", "no-attestation");
});

test("the fields of the image variable in conditions", () => {
  admitted(play("image-variable", pod(app("reviewed"))), app("reviewed"));
  assert.ok(play("image-variable", pod(`${app("reviewed")}@${digestIn(app("reviewed"))}`)).allowed, "with a digest");
  denied(
    play("image-variable", pod(app("reviewed-in-a-bundle"))),
    app("reviewed-in-a-bundle"),
    "attestation checks failed",
    "condition-failed",
  );
});

test("a certificate: by itself, with its authority, and by the authority alone", () => {
  const [ours, team] = [image("signed-cert"), image("signed-cert-by-a-team")];
  for (const policy of ["04-certificate-and-chain", "certificate-alone", "05-certificate-chain-only"]) {
    admitted(play(policy, pod(ours)), ours);
    denied(play(policy, pod(image("unsigned"))), image("unsigned"), "signature not found", "no-signature");
    for (const tag of ["signed", "signed-keyless-by-cosign-2"])
      assert.not(play(policy, pod(image(tag))).allowed, `${policy} ${tag}`);
  }
  admitted(play("05-certificate-chain-only", pod(team)), team);
  for (const policy of ["04-certificate-and-chain", "certificate-alone"])
    denied(play(policy, pod(team)), team, "invalid signature", "wrong-key");
});

test("keyless: a subject with a wildcard, and its issuer", () => {
  for (const tag of ["signed-keyless", "signed-keyless-by-cosign-2"]) {
    const signed = play("06-keyless", pod(image(tag)));
    admitted(signed, image(tag));
    assert.match(JSON.stringify(signed.decision.results.map((result) => result.image?.attestors)), "ada@example.com");
  }
  denied(play("06-keyless", pod(image("unsigned"))), image("unsigned"), "signature not found", "no-signature");
  denied(play("06-keyless", pod(image("signed"))), image("signed"), "invalid signature", "no-certificate");
  denied(
    play("06-keyless", pod(image("signed-cert"))),
    image("signed-cert"),
    "invalid signature",
    "untrusted-certificate",
  );
  for (const [from, to] of [
    ["*@example.com", "*@example.org"],
    ["https://accounts.google.com", "https://accounts.example.com"],
  ] as const)
    denied(
      play("06-keyless", pod(image("signed-keyless")), { change: (text) => text.replace(from, to) }),
      image("signed-keyless"),
      "invalid signature",
      "wrong-identity",
    );
});

test("keyless without trust is unknown, and blocks", () => {
  const scene = play("06-keyless", pod(image("signed-keyless")), { noTrust: true });
  assert.equal([scene.allowed, scene.statuses, codesOf(scene)], [false, ["error"], ["no-trust"]]);
  assert.equal(scene.says, [`image verification could not decide for ${image("signed-keyless")}`]);
});

test("keyless by a workflow: subject, issuer and four extensions, each of which counts", () => {
  const workflow = "ghcr.io/acme/app:v1.2.0";
  admitted(play("07-keyless-github-workflow", pod(workflow)), workflow);
  for (const [from, to] of [
    [": push", ": schedule"],
    [/githubWorkflowSha: .*/, "githubWorkflowSha: da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    [": Release", ": Nightly"],
    [": acme/app\n", ": acme/other\n"],
    ["refs/tags/*", "refs/heads/*"],
  ] as const)
    denied(
      play("07-keyless-github-workflow", pod(workflow), { change: (text) => text.replace(from, to) }),
      workflow,
      "invalid signature",
      "wrong-identity",
    );
});

test("annotations: the right one, another value, none", () => {
  const of = (tag: string): string => `ghcr.io/myorg/myimage:${tag}`;
  admitted(play("08-annotations", pod(of("original"))), of("original"));
  for (const tag of ["copy", "plain"])
    denied(play("08-annotations", pod(of(tag))), of(tag), "invalid signature", "wrong-annotations");
});

test("a signature repository", () => {
  admitted(play("12-signature-repository", pod(image("signed-elsewhere"))), image("signed-elsewhere"));
  denied(
    play("01-signature-by-key", pod(image("signed-elsewhere"))),
    image("signed-elsewhere"),
    "signature not found",
    "no-signature",
  );
  denied(play("12-signature-repository", pod(image("signed"))), image("signed"), "signature not found", "no-signature");
});

test("ignoring the log, and certificate timestamps, on every image", () => {
  for (const policy of ["13-ignore-tlog", "14-ignore-sct"]) {
    for (const tag of ["signed", "signed-and-logged"]) admitted(play(policy, pod(image(tag))), image(tag));
    denied(
      play(policy, pod("ghcr.io/trusted/tool:1")),
      "ghcr.io/trusted/tool:1",
      "signature not found",
      "no-signature",
    );
  }
});

test("keys of a log and of a certificate log in place of the public ones: no trusted root is needed", () => {
  const alone = { noTrust: true };
  admitted(play("15-custom-rekor-and-ctlog-key", pod(image("signed-and-logged")), alone), image("signed-and-logged"));
  admitted(play("custom-rekor-2-key", pod(image("signed-in-a-bundle")), alone), image("signed-in-a-bundle"));
  const [v1, v2] = [image("signed-and-logged"), image("signed-in-a-bundle")];
  denied(play("custom-rekor-2-key", pod(v1)), v1, "invalid signature", "bad-log-proof");
  denied(play("15-custom-rekor-and-ctlog-key", pod(v2)), v2, "invalid signature", "bad-log-proof");
  denied(
    play("15-custom-rekor-and-ctlog-key", pod(image("signed"))),
    image("signed"),
    "invalid signature",
    "no-log-proof",
  );
});

test("a Sigstore deployment of one's own, all of it in the policy", () => {
  const keyless = image("signed-keyless-by-cosign-2");
  admitted(play("custom-sigstore", pod(keyless), { noTrust: true }), keyless);
  const otherRoots = (text: string): string =>
    text.replace(
      /roots: [\s\S]*?(?=\n *rekor:)/,
      `roots: |-\n${readFixture("trust/root.pem").trim().replace(/^/gm, " ".repeat(22))}`,
    );
  denied(
    play("custom-sigstore", pod(keyless), { noTrust: true, change: otherRoots }),
    keyless,
    "invalid signature",
    "untrusted-certificate",
  );
  const otherLog = (text: string): string =>
    keyLines("ct").reduce((changed, line, at) => changed.replace(line, keyLines("release")[at] ?? ""), text);
  denied(
    play("custom-sigstore", pod(keyless), { noTrust: true, change: otherLog }),
    keyless,
    "invalid signature",
    "bad-sct",
  );
});

test("several attestors: all of them, one of them, and nested sets", () => {
  const both = image("signed-by-release-and-security");
  for (const policy of ["several-attestors", "one-of-several", "nested-attestors"])
    admitted(play(policy, pod(both)), both);
  denied(play("several-attestors", pod(image("signed"))), image("signed"), "invalid signature", "wrong-key");
  admitted(play("one-of-several", pod(image("signed"))), image("signed"));
  denied(
    play("one-of-several", pod(image("signed-by-someone-else"))),
    image("signed-by-someone-else"),
    "invalid signature",
    "wrong-key",
  );
  admitted(play("nested-attestors", pod(image("signed-by-both"))), image("signed-by-both"));
  for (const tag of ["signed", "signed-by-someone-else"])
    denied(play("nested-attestors", pod(image(tag))), image(tag), "invalid signature", "wrong-key");
  denied(play("nested-attestors", pod(image("unsigned"))), image("unsigned"), "signature not found", "no-signature");
});

const kms = [
  "awskms:///alias/release",
  "azurekms://vault.vault.azure.net/release",
  "gcpkms://projects/p/locations/global/keyRings/r/cryptoKeys/k",
  "hashivault://release",
  "openbao://release",
];
for (const [policy, reference, change] of [
  ...kms.map(
    (reference) =>
      ["kms-key", reference, (text: string) => text.replace("awskms:///alias/release", reference)] as const,
  ),
  ["secret-key", "k8s://kyverno/cosign", undefined],
  ["secret-object", "k8s://kyverno/cosign", undefined],
] as const)
  test(`${policy}, ${reference}: by what was pinned for it`, () => {
    const given = change === undefined ? {} : { change };
    const signed = pod(image("signed"));
    admitted(
      play(policy, signed, { ...given, keys: { [reference]: readFixture("trust/release.pub") } }),
      image("signed"),
    );
    denied(
      play(policy, signed, { ...given, keys: { [reference]: readFixture("trust/someone-else.pub") } }),
      image("signed"),
      "invalid signature",
      "wrong-key",
    );
    const nobody = play(policy, signed, given);
    assert.equal([nobody.allowed, nobody.statuses, codesOf(nobody)], [false, ["error"], ["no-key"]]);
  });

test("fields of a private registry change nothing about what is decided", () => {
  admitted(play("private-registry", pod(image("signed"))), image("signed"));
  denied(play("private-registry", pod(image("unsigned"))), image("unsigned"), "signature not found", "no-signature");
});

test("a registry that is offline is ignored under failurePolicy Ignore, a verdict is not", () => {
  const offline = { offline: ["ghcr.io"] };
  const ignored = play("offline-registry", pod(image("signed")), offline);
  assert.equal([ignored.allowed, ignored.statuses, ignored.patched], [true, ["error"], {}]);
  const fail = play("01-signature-by-key", pod(image("signed")), offline);
  assert.equal([fail.allowed, codesOf(fail)], [false, ["unreachable"]]);
  denied(play("offline-registry", pod(image("unsigned"))), image("unsigned"), "signature not found", "no-signature");
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
  const step = (tag: string): string => `registry.io/tekton/step:${tag}`;
  admitted(play("16-extractor-task-run", taskRun(step("1"))), step("1"), "/status/taskSpec/steps/0/image");
  denied(play("16-extractor-task-run", taskRun(step("2"))), step("2"), "signature not found", "no-signature");
  const { subResource: _, ...whole } = taskRun(step("2"));
  assert.equal(play("16-extractor-task-run", whole).statuses, [], "the policy speaks of the status alone");
});

const pipelineRun = (bundle: string) => ({
  apiVersion: "tekton.dev/v1beta1",
  kind: "PipelineRun",
  metadata: { name: "run", namespace: "ci" },
  spec: { pipelineRef: { name: "main", bundle } },
});

test("a PipelineRun's bundle", () => {
  const bundle = (tag: string): string => `registry.io/tekton/pipeline:${tag}`;
  admitted(play("17-extractor-pipeline-run", pipelineRun(bundle("1"))), bundle("1"), "/spec/pipelineRef/bundle");
  denied(play("17-extractor-pipeline-run", pipelineRun(bundle("2"))), bundle("2"), "invalid signature", "wrong-key");
});

const dataVolume = (url: string) => ({
  apiVersion: "cdi.kubevirt.io/v1beta1",
  kind: "DataVolume",
  metadata: { name: "disk", namespace: "vms" },
  spec: { source: { registry: { url } } },
});

test("a DataVolume's registry, whose prefix is taken away", () => {
  const signed = play("19-extractor-data-volume", dataVolume("docker://kubevirt/fedora-cloud-registry-disk-demo"));
  assert.equal([signed.allowed, signed.statuses, signed.patched], [true, ["pass"], {}]);
  denied(
    play("19-extractor-data-volume", dataVolume("docker://kubevirt/other")),
    "docker.io/kubevirt/other:latest",
    "invalid signature",
    "wrong-key",
  );
});

test.run();
