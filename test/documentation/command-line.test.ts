/** The documentation's policies by the command line, from a SQLite mirror that was filled with the committed layout. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli, type TestRun } from "../cli/command-io.ts";
import { digestIn, pod, readFixture } from "./scene.ts";

const test = suite("documentation/command-line");
const fixtures = fileURLToPath(new URL("../fixtures/documentation", import.meta.url));
const store = join(tempFolder(), "mirror");
const image = (tag: string): string => `ghcr.io/kyverno/test-verify-image:${tag}`;
const policies = [
  "01-signature-by-key",
  "02-skip-image-references",
  "03-attestation-code-review",
  "05-certificate-chain-only",
  "06-keyless",
  "kms-key",
];

/** Runs a command with the policies at hand, and a Pod for each image: `NAME.yaml`. */
function run(words: readonly string[], pods: Readonly<Record<string, string>> = {}): Promise<TestRun> {
  const files = {
    ...Object.fromEntries(policies.map((name) => [`${name}.yaml`, readFixture(`policies/${name}.yaml`)])),
    ...Object.fromEntries(
      Object.entries(pods).map(([name, reference]) => [`${name}.yaml`, JSON.stringify(pod(reference, name))]),
    ),
    "release.pub": readFixture("trust/release.pub"),
    "someone-else.pub": readFixture("trust/someone-else.pub"),
    "trusted-root.json": readFixture("trust/trusted-root.json"),
  };
  return runCli(words, { files, env: { SALLYPORT_STORE: store }, now: "2026-11-26T12:00:00Z" });
}
/** `apply` of one policy to one image. */
const apply = (policy: string, reference: string, ...more: readonly string[]): Promise<TestRun> =>
  run(["apply", `${policy}.yaml`, "-r", "web.yaml", ...more], { web: reference });
const counts = ({ out }: TestRun): string => /^pass: .*[0-9]/m.exec(out)?.[0] ?? "";
const count = (pass: number, fail: number, error = 0, skip = 0): string =>
  `pass: ${pass}, fail: ${fail}, warn: 0, error: ${error}, skip: ${skip}`;

test.before(async () => {
  const added = await run(["mirror", "add", join(fixtures, "layout"), "--complete=repository"]);
  assert.is(added.exit, 0, added.err);
});

test("signed: admitted, and written with its digest", async () => {
  const answer = await apply("01-signature-by-key", image("signed"), "-o", "admitted.yaml");
  assert.equal([answer.exit, counts(answer)], [0, count(2, 0)]);
  assert.match(answer.written["admitted.yaml"] ?? "", `${image("signed")}@${digestIn(image("signed"))}`);
});

test("unsigned and signed by someone else: the documented sentences, and Kyverno's exit code", async () => {
  for (const [tag, sentence] of [
    ["unsigned", "signature not found"],
    ["signed-by-someone-else", "invalid signature"],
  ] as const) {
    const answer = await apply("01-signature-by-key", image(tag));
    assert.equal([answer.exit, counts(answer)], [1, count(0, 2)], tag);
    assert.match(answer.out, `check-image image verification failed for ${image(tag)}: ${sentence}`);
  }
});

test("skipped references are counted as skipped", async () => {
  const answer = await apply("02-skip-image-references", "ghcr.io/trusted/tool:1");
  assert.equal([answer.exit, counts(answer)], [0, count(0, 0, 0, 2)]);
});

test("code review, and a certificate", async () => {
  assert.is(
    (await apply("03-attestation-code-review", "registry.io/org/app:reviewed")).exit,
    1,
    "its log entry needs a trusted root, which nobody pinned",
  );
  const trusted = ["--trusted-root", "trusted-root.json"];
  assert.is((await apply("03-attestation-code-review", "registry.io/org/app:reviewed", ...trusted)).exit, 0);
  const other = await apply("03-attestation-code-review", "registry.io/org/app:reviewed-by-nobody", ...trusted);
  assert.equal([other.exit, counts(other)], [1, count(0, 2)]);
  assert.is((await apply("05-certificate-chain-only", image("signed-cert"), ...trusted)).exit, 0);
});

test("keyless: unknown until somebody pins a trusted root", async () => {
  const before = await apply("06-keyless", image("signed-keyless"));
  assert.equal([before.exit, counts(before)], [1, count(0, 0, 2)]);
  assert.match(before.err, "no-trust");
  assert.is((await run(["trust", "import", "trusted-root.json"])).exit, 0);
  const after = await apply("06-keyless", image("signed-keyless"));
  assert.equal([after.exit, counts(after)], [0, count(2, 0)]);
  const { exit, out } = await run(["explain", image("signed-keyless"), "-p", "06-keyless.yaml"]);
  assert.is(exit, 0);
  for (const part of [
    "ALLOW",
    "ada@example.com",
    "https://accounts.google.com",
    "rekor.example.com",
    "06-keyless.yaml:",
  ])
    assert.match(out, part);
});

test("a KMS key: unknown until somebody pins it, and what is pinned decides", async () => {
  const before = await apply("kms-key", image("signed"));
  assert.equal([before.exit, counts(before)], [1, count(0, 0, 2)]);
  assert.match(before.err, "no-key");
  assert.is((await run(["mirror", "pin-key", "awskms:///alias/release", "someone-else.pub"])).exit, 0);
  assert.is(counts(await apply("kms-key", image("signed"))), count(0, 2));
  assert.is((await run(["mirror", "pin-key", "awskms:///alias/release", "release.pub"])).exit, 0);
  assert.is(counts(await apply("kms-key", image("signed"))), count(2, 0));
});

test("by cosign's flags: its exit codes", async () => {
  const verify = async (tag: string): Promise<number> =>
    (await run(["verify", "--key", "release.pub", "--insecure-ignore-tlog", image(tag)])).exit;
  for (const [tag, exit] of Object.entries({
    signed: 0,
    unsigned: 10,
    "no-such-tag": 11,
    "signed-by-someone-else": 12,
  }))
    assert.is(await verify(tag), exit, tag);
  const identity = [
    "--certificate-identity",
    "ada@example.com",
    "--certificate-oidc-issuer",
    "https://accounts.google.com",
  ];
  assert.is((await run(["verify", ...identity, image("signed-keyless-by-cosign-2")])).exit, 0);
  assert.is((await run(["verify", ...identity, image("signed")])).exit, 13);
});

test.run();
