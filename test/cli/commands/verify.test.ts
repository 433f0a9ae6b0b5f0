import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Lab, type Recipe, sign } from "../../lab/index.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout, repository } from "../demo-layout.ts";

const test = suite("cli/commands/verify");
const demo = demoLayout();
const world: TestWorld = { files: { "key.pub": demo.key.pem, "other.pub": demo.other.pem } };
const base = ["verify", "--layout", demo.folder, "--insecure-ignore-tlog"];
const complete = [...base, "--complete"];
const withKey = [...complete, "--key", "key.pub"];

test("a signature by the key is shown with what proves it", async () => {
  const { exit, out, err } = await runCli([...withKey, demo.signed], world);
  assert.is(exit, 0);
  assert.is(err, "");
  assert.match(out, `✓ ${demo.signed}  ${demo.digests.signed}\n  key        `);
  assert.match(out, "found at   cosign tag sha256-");
});

const outcomes: readonly (readonly [name: string, words: readonly string[], exit: number, code: string])[] = [
  ["another key", [...withKey, demo.foreign], 12, "wrong-key"],
  ["no signature", [...withKey, demo.unsigned], 10, "no-signature"],
  ["no such tag", [...withKey, "--complete=repository", `${repository}:nothing`], 11, "image-not-found"],
  [
    "a tag that nobody knows, where only images are complete",
    [...withKey, `${repository}:nothing`],
    5,
    "not-in-mirror",
  ],
  [
    "no certificate where an identity is wanted",
    [...complete, "--certificate-identity", "a", "--certificate-oidc-issuer", "b", demo.signed],
    13,
    "no-certificate",
  ],
  ["an annotation that was not signed", [...withKey, "-a", "env=test", demo.signed], 12, "wrong-annotations"],
  ["nothing known of an image", [...base, "--key", "key.pub", "elsewhere.example/app:1"], 5, "not-in-mirror"],
  [
    "a log entry that is wanted, and no trust to check one with",
    ["verify", "--layout", demo.folder, "--complete", "--key", "key.pub", demo.signed],
    3,
    "no-trust",
  ],
  [
    "a timestamp that is wanted and not there",
    [...withKey, "--use-signed-timestamps", demo.signed],
    14,
    "no-timestamp",
  ],
  ["a reference that does not parse", [...withKey, "UPPER/case:1:2"], 2, "invalid-reference"],
  ["neither key nor identity", [...complete, demo.signed], 2, "invalid-usage"],
  [
    "a key and an identity",
    [...withKey, "--certificate-identity", "a", "--certificate-oidc-issuer", "b", demo.signed],
    2,
    "invalid-usage",
  ],
  ["a key file that is not there", [...complete, "--key", "gone.pub", demo.signed], 2, "invalid-usage"],
  ["a key reference without a pin", [...complete, "--key", "k8s://ns/key", demo.signed], 5, "no-key"],
  ["claims that are not to be checked", [...withKey, "--check-claims=false", demo.signed], 2, "unsupported"],
  ["an invalid time", [...withKey, "--at", "yesterday", demo.signed], 2, "invalid-usage"],
];
for (const [name, words, exit, code] of outcomes) {
  test(`${name}: exit ${exit}, ${code}`, async () => {
    const run = await runCli(words, world);
    assert.match(run.err, new RegExp(`^error ${code}: .*\\n( {2}why: {2}.*\\n)?( {2}fix: {2}.*\\n)?$`));
    assert.is(run.exit, exit);
  });
}

test("the claim behind an absence is in the document and in the text", async () => {
  const json = async (...words: readonly string[]) =>
    JSON.parse((await runCli([...withKey, "-o", "json", ...words], world)).out).images[0];
  const scope = `${repository}@${demo.digests.unsigned}`;
  assert.equal(
    (await json(demo.unsigned)).claims.map((claim: { readonly scope: string }) => claim.scope),
    [scope],
  );
  assert.is((await json(demo.signed)).claims, undefined);
  const missing = await json("--complete=repository", `${repository}:nothing`);
  assert.is(missing.failures[0].claim.scope, repository);
  assert.match((await runCli([...withKey, demo.unsigned], world)).out, /no others:/);
});

test("annotations that were signed hold, also as a list", async () =>
  assert.is((await runCli([...withKey, "-a", "env=prod", demo.signed], world)).exit, 0));

test("switches are written Go's way too", async () => {
  assert.is(
    (
      await runCli(
        [
          "verify",
          "--layout",
          demo.folder,
          "--complete",
          "--insecure-ignore-tlog=true",
          "--check-claims=true",
          "--key",
          "key.pub",
          demo.signed,
        ],
        world,
      )
    ).exit,
    0,
  );
  assert.is(
    (
      await runCli(
        [
          "verify",
          "--layout",
          demo.folder,
          "--complete",
          "--insecure-ignore-tlog=false",
          "--key",
          "key.pub",
          demo.signed,
        ],
        world,
      )
    ).exit,
    3,
  );
});

test("the exit code of several images is the gravest", async () => {
  assert.is((await runCli([...withKey, demo.signed, demo.unsigned, demo.foreign], world)).exit, 12);
  assert.is((await runCli([...withKey, demo.unsigned, "elsewhere.example/app:1"], world)).exit, 5);
});

test("JSON is one document with the verdict, and nothing else on stdout", async () => {
  const { out, exit } = await runCli([...withKey, "-o", "json", demo.signed, demo.foreign], world);
  const document = JSON.parse(out);
  assert.is(exit, 12);
  assert.equal(
    [document.apiVersion, document.kind, document.verdict, document.exitCode, document.evaluatedAt],
    ["sallyport.dev/v1", "VerificationResult", "fail", 12, "2026-11-23T12:00:00.000Z"],
  );
  assert.equal(
    document.images.map((image: { readonly verdict: string; readonly code?: string }) => [image.verdict, image.code]),
    [
      ["pass", undefined],
      ["fail", "wrong-key"],
    ],
  );
  assert.is(document.images[0].signatures[0].evidence.digest, demo.digests.signed);
});

test("YAML is the same document", async () =>
  assert.match(
    (await runCli([...withKey, "-o", "yaml", demo.signed], world)).out,
    /^apiVersion: sallyport\.dev\/v1\nkind: VerificationResult\nverdict: pass\n/,
  ));

test("cosign's payloads can be piped", async () => {
  const [payload] = JSON.parse((await runCli([...withKey, "-o", "cosign", demo.signed], world)).out);
  assert.equal(payload.critical.image, { "docker-manifest-digest": demo.digests.signed });
  assert.equal(payload.optional, { env: "prod" });
});

test("another time is announced", async () =>
  assert.match(
    (await runCli([...withKey, "--at", "2027-01-01T00:00:00Z", demo.signed], world)).err,
    "judged as of 2027-01-01T00:00:00.000Z",
  ));

test("a key from the environment", async () => {
  assert.is((await runCli([...complete, "--key", "env://KEY", demo.signed], { env: { KEY: demo.key.pem } })).exit, 0);
  assert.is((await runCli([...complete, "--key", "env://KEY", demo.signed])).exit, 2);
});

test("quiet says nothing of success", async () =>
  assert.equal(await runCli([...withKey, "-q", demo.signed], world), { exit: 0, out: "", err: "", written: {} }));

test("a timestamp that is wanted counts beside a bare key", async () => {
  const lab = new Lab();
  const run = async (recipe: Recipe) => {
    const signed = sign(lab, recipe);
    const folder = tempFolder();
    signed.store.write(folder);
    const files = { "key.pub": lab.key().pem, "root.json": signed.trustedRoot };
    const words = [
      "verify",
      "--layout",
      folder,
      "--complete",
      "--trusted-root",
      "root.json",
      "--key",
      "key.pub",
      "--use-signed-timestamps",
    ];
    return (await runCli([...words, `${signed.repository}@${signed.digest}`], { files })).exit;
  };
  assert.is(await run({ evidence: ["rekor2", "timestamp"] }), 0);
  assert.is(await run({ evidence: ["promise", "proof"] }), 14);
  assert.is(await run({ evidence: ["rekor2", "timestamp"], change: { stamped: (message) => message.slice(1) } }), 14);
});

test("a folder that cosign save wrote has its image without a name", async () => {
  const lab = new Lab();
  for (const recipe of [{ layout: "tag" }, { layout: "tag", image: "index" }, { by: "certificate" }] as const) {
    const signed = sign(lab, recipe);
    const folder = tempFolder();
    signed.store.save(folder, signed.digest);
    const who =
      signed.recipe.by === "key"
        ? ["--key", "key.pub"]
        : ["--certificate-identity", "ada@lab.example", "--certificate-oidc-issuer", "https://issuer.lab.example"];
    const files = { "key.pub": lab.key().pem, "other.pub": lab.key("another").pem, "root.json": signed.trustedRoot };
    const words = ["verify", "--local-image", "--trusted-root", "root.json"];
    assert.is((await runCli([...words, ...who, folder], { files })).exit, 0);
    assert.is((await runCli([...words, "--key", "other.pub", folder], { files })).exit, 12);
  }
});

test.run();
