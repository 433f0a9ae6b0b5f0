/** Layouts of other programs as people have them: what the fixtures of `test/fixtures/formats` must come to. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LayoutFolder, refName } from "../support/layout-folder.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { runCli, type TestRun } from "./command-io.ts";

const test = suite("cli/formats");
const fixtures = "test/fixtures/formats";
const run = (name: string, words: readonly string[], files: readonly string[] = []): Promise<TestRun> =>
  runCli(
    words.map((word) => word.replace("{}", `${fixtures}/${name}`)),
    { files: Object.fromEntries(files.map((file) => [file, readFileSync(`${fixtures}/${name}/${file}`)])) },
  );

test("base64 in lines: a signature annotation, an envelope's payload and its signature", async () => {
  const layout = ["--layout", "{}/layout", "--complete"];
  const words = ["--key", "cosign.pub", "--insecure-ignore-tlog", ...layout];
  for (const command of [
    ["verify", ...words, "registry.example/shop/app:1"],
    ["verify-attestation", "--type", "slsaprovenance1", ...words, "registry.example/shop/app:2"],
  ]) {
    const { exit, err } = await run("wrapped-base64", command, ["cosign.pub"]);
    assert.is(exit, 0, err);
  }
});

test("no predicate, and a predicate that is null: proven by flags, refused by a policy", async () => {
  const files = ["policy.yaml", "pod1.yaml", "pod2.yaml"];
  for (const tag of ["1", "2"]) {
    const applied = await run(
      "statement-without-predicate",
      ["apply", "policy.yaml", "-r", `pod${tag}.yaml`, "--layout", "{}/layout", "--complete"],
      files,
    );
    assert.is(applied.exit, 1);
    assert.match(applied.out, "[malformed] the statement has no predicate");
    const verified = await run(
      "statement-without-predicate",
      [
        ...["verify-attestation", "--key", "cosign.pub", "--type", "https://example.test/p", "--insecure-ignore-tlog"],
        ...["--layout", "{}/layout", "--complete", "-o", "json", `registry.example/shop/app:${tag}`],
      ],
      ["cosign.pub"],
    );
    assert.is(verified.exit, 0, verified.err);
    assert.is(JSON.parse(verified.out).images[0].statements[0].predicate, null);
  }
});

test("a policy's own chain whose leaf does not say what it is for passes, as in Kyverno", async () => {
  const { exit, out } = await run(
    "certchain-leaf-without-eku",
    ["apply", "policy.yaml", "-r", "pod.yaml", "--layout", "{}/layout", "--complete"],
    ["policy.yaml", "pod.yaml"],
  );
  assert.is(exit, 0, out);
  assert.match(out, "pass: 2, fail: 0, warn: 0, error: 0, skip: 0");
});

const shop = "registry.example/shop/app";
const byKey = ["verify", "--key", "cosign.pub", "--insecure-ignore-tlog"];

test("one name for two contents is refused everywhere, and nothing is written", async () => {
  const store = temporaryFolder();
  const added = await run("two-digests-one-name", ["mirror", "add", "--store", store, "{}/layout"]);
  assert.is(added.exit, 6);
  assert.match(added.err, "archive-corrupt");
  assert.match(added.err, `${shop}:1.0`);
  assert.is((await runCli(["mirror", "ls", "--store", store, "-o", "name"])).out, "");
  const files = { "cosign.pub": readFileSync(`${fixtures}/wrapped-base64/cosign.pub`) };
  const layout = `${fixtures}/two-digests-one-name/layout`;
  for (const words of [
    [...byKey, "--layout", layout, `${shop}:1.0`],
    [...byKey, "--local-image", layout],
    ["apply", "policy.yaml", "-r", "pod.yaml", "--layout", layout],
    ["explain", `${shop}:1.0`, "-p", "policy.yaml", "--layout", layout],
  ]) {
    const { exit, err } = await runCli(words, {
      files: {
        ...files,
        "policy.yaml": readFileSync(`${fixtures}/certchain-leaf-without-eku/policy.yaml`),
        "pod.yaml": readFileSync(`${fixtures}/certchain-leaf-without-eku/pod.yaml`),
      },
    });
    assert.is(exit, 6, `${words[0]}: ${err}`);
  }
});

test("a tag given to a layout of an image and its signature tag names the image", async () => {
  for (const given of [shop, `${shop}:1.0`, `${shop}:2.0`]) {
    const image = given === shop ? `${shop}:1.0` : given;
    const { exit, err } = await run(
      "tag-given-to-two-entries",
      [...byKey, "--layout", `${given}={}/layout`, image],
      ["cosign.pub"],
    );
    assert.is(exit, 0, err);
  }
});

test("--local-image judges the image that cosign marked", async () => {
  const { exit, err } = await run(
    "local-image",
    ["verify", "--key", "key.pub", "--insecure-ignore-tlog", "--local-image", "{}"],
    ["key.pub"],
  );
  assert.is(exit, 10, err);
  assert.match(err, "no-signature");
});

test("a tar and a compressed tar of a layout are read as the folder, by every flag that takes one", async () => {
  const folder = `${fixtures}/tag-given-to-two-entries/layout`;
  const files = { "cosign.pub": readFileSync(`${fixtures}/tag-given-to-two-entries/cosign.pub`) };
  const tar = join(temporaryFolder(), "saved.tar");
  execFileSync("tar", ["-cf", tar, "-C", folder, "."]);
  execFileSync("tar", ["-czf", `${tar}.gz`, "-C", `${folder}/..`, "layout"]);
  const added: string[] = [];
  for (const path of [folder, tar, `${tar}.gz`]) {
    const store = temporaryFolder();
    const add = await runCli(["mirror", "add", "--store", store, `${shop}=${path}`]);
    assert.is(add.exit, 0, add.err);
    added.push(add.out.replaceAll(path, "IT"));
    for (const words of [
      ["--layout", `${shop}=${path}`, `${shop}:1.0`],
      ["--local-image", path],
      ["--store", store, `${shop}:1.0`],
    ]) {
      const { exit, err } = await runCli([...byKey, ...words], { files });
      assert.is(exit, 0, err);
    }
  }
  assert.is(added[1], added[0]);
  assert.is(added[2], added[0]);
});

test("odd entries are reported and skipped, unread material is reported, and the rest is added", async () => {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.add(folder.manifest(), { [refName]: `${shop}:1` });
  folder.add({ ...image, digest: `sha512:${"a".repeat(128)}` as never });
  folder.add(folder.blob("text", "text/plain"), { [refName]: `${shop}:notes` });
  const bundleType = "application/vnd.dev.sigstore.bundle.v0.9+json";
  const bundle = folder.blob('{"mediaType":"application/vnd.dev.sigstore.bundle.v0.9+json"}', bundleType);
  folder.manifest({ artifactType: bundleType, subject: image, layers: [bundle] });
  folder.manifest({ artifactType: "application/vnd.cncf.notary.signature", subject: image });
  const store = temporaryFolder();
  const { exit, out, err } = await runCli(["mirror", "add", "--store", store, folder.write()]);
  assert.is(exit, 7);
  assert.match(out, `copied ${shop}:1 ${image.digest}\n`);
  assert.match(err, "sha512:aaaa");
  assert.match(err, '"text/plain"');
  const unread = `not readable ${shop}@${image.digest}\n`;
  const other = 'not read: 1 referrer of type "application/vnd.cncf.notary.signature"\n';
  assert.match(err, unread);
  assert.match(out, other);
  const checked = await runCli(["mirror", "check", "--store", store]);
  assert.is(checked.exit, 0);
  assert.match(checked.err, unread);
  assert.match(checked.out, other);
});

test("what docker save writes is a layout: the image has the name that Docker gave it", async () => {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.add(folder.manifest(), {
    [refName]: "1.0",
    "io.containerd.image.name": "docker.io/library/app:1.0",
  });
  folder.write();
  writeFileSync(join(folder.path, "manifest.json"), '[{"Config":"blobs/sha256/a","RepoTags":["app:1.0"],"Layers":[]}]');
  const tar = join(temporaryFolder(), "app.tar");
  execFileSync("tar", ["-cf", tar, "-C", folder.path, "blobs", "index.json", "manifest.json", "oci-layout"]);
  const { exit, out } = await runCli(["mirror", "add", "--store", temporaryFolder(), tar]);
  assert.is(exit, 0);
  assert.match(out, `copied docker.io/library/app:1.0 ${image.digest}\n`);
});

test("a bundle past the limit is named, and read where the limit is raised", async () => {
  const layout = `${fixtures}/referrer-artifact-type/layout`;
  const image = `${shop}:1`;
  const identity = ["--certificate-identity", "a", "--certificate-oidc-issuer", "b", "--insecure-ignore-sct"];
  const codes = async (...words: readonly string[]) => {
    const { out } = await runCli(
      [
        "verify",
        ...identity,
        "--insecure-ignore-tlog",
        "--layout",
        layout,
        "--complete",
        "-o",
        "json",
        image,
        ...words,
      ],
      { files: {} },
    );
    return (JSON.parse(out).images[0].failures as { readonly code: string }[]).map(({ code }) => code);
  };
  assert.ok((await codes("--max-bundle-size", "1KiB")).includes("over-limit"));
  assert.not((await codes("--max-bundle-size", "1MiB")).includes("over-limit"));
  const store = temporaryFolder();
  const small = await runCli(["mirror", "add", "--store", store, "--max-bundle-size", "1KiB", layout]);
  assert.match(small.err, /not readable .*\n.*\n.*at most 1024 are read/);
  assert.is((await runCli(["mirror", "check", "--store", store])).err, "");
  assert.match((await runCli(["mirror", "check", "--store", store, "--max-bundle-size", "1K"])).err, "not readable");
  const env = { SALLYPORT_MAX_BUNDLE_SIZE: "1K" };
  assert.match((await runCli(["mirror", "check", "--store", store], { env })).err, "not readable");
});

test("anything but a layout or an archive of one is an error, and nothing is judged", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "text"), "hello");
  writeFileSync(join(folder, "xz"), Buffer.from("fd377a585a000000", "hex"));
  for (const name of ["nowhere", "text", "xz"]) {
    const { exit, err } = await runCli(["mirror", "add", "--store", temporaryFolder(), join(folder, name)]);
    assert.is(exit, 2, err);
  }
});

test.run();
