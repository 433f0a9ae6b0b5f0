import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { carried, carriedDigest, carriedFolder, carriedKey } from "../../support/carried.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/mirror-add");
const image = "registry.example/shop/app:1";

/** Adds to a mirror of its own, by each of the two commands that do so. */
async function* adding(...words: readonly string[]) {
  for (const command of [["mirror", "add"], ["import"]]) {
    const store = temporaryFolder();
    const run = await runCli([...command, "--store", store, ...words]);
    const json = await runCli([...command, "--store", store, "-o", "json", ...words]);
    yield { store, ...run, json: JSON.parse(json.out) };
  }
}
const verify = async (store: string): Promise<number> => {
  const words = ["verify", "--store", store, "--key", "key.pub", "--insecure-ignore-tlog", image];
  return (await runCli(words, { files: { "key.pub": carriedKey } })).exit;
};

test("the same image from each tool: signed where the tool carries signatures, unknown where it does not", async () => {
  for (const [flag, format, signed] of [
    [`${image}=${carried("cosign-save.tar.gz")}`, "cosign", true],
    [`registry.example/shop/app=${carried("oras.tar.gz")}`, "oci", true],
    [`registry.example=${carried("mirror_000001.tar.gz")}`, "oc-mirror", true],
    [carried("haul.tar.zst"), "hauler", true],
    [carried("skopeo-oci.tar.gz"), "oci", false],
    [carried("docker-save.tar.gz"), "docker", false],
    [carried("skopeo-docker-archive.tar.gz"), "docker-archive", false],
    [carried("zarf-package-app.tar.zst"), "zarf", false],
  ] as const)
    for await (const { store, exit, out, json } of adding(flag)) {
      assert.is(exit, 0, flag);
      assert.match(out, `copied ${image}`);
      assert.match(out, "does not carry");
      assert.equal([json.layouts[0].format, json.layouts[0].images[0].tag], [format, "1"]);
      assert.is(await verify(store), signed ? 0 : 5, `${flag} ${format}`);
    }
});

test("what a tool cannot carry is said once for each format", async () => {
  const two = [`${image}=${carriedFolder("cosign-save.tar.gz")}`, `${image}=${carried("cosign-save.tar.gz")}`];
  for await (const { out } of adding(...two, carried("haul.tar.zst")))
    assert.is(out.match(/does not carry/g)?.length, 2);
});

test("what is missing is named, and the command ends with 7", async () => {
  const folder = carriedFolder("mirror_000001.tar.gz");
  const hex = carriedDigest.slice("sha256:".length);
  rmSync(join(folder, "docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex), { recursive: true });
  for await (const { exit, err, json } of adding(`registry.example=${folder}`)) {
    assert.is(exit, 7);
    assert.match(err, hex);
    assert.is(json.exitCode, 7);
  }
});

test("a format that needs a name asks for it, and a wrong file is wrong usage", async () => {
  for (const file of ["cosign-save.tar.gz", "mirror_000001.tar.gz"])
    for (const command of [["mirror", "add"], ["import"]])
      assert.is((await runCli([...command, "--store", temporaryFolder(), carried(file)])).exit, 2, file);
  assert.is((await runCli(["import", "--store", temporaryFolder(), carried("cosign.pub")])).exit, 2);
});

test("archives of oc-mirror that are cut into several are read as one", async () => {
  const folder = carriedFolder("mirror_000001.tar.gz");
  const blobs = join(folder, "docker/registry/v2/blobs/sha256");
  const parts = temporaryFolder();
  const [first = "", ...others] = readdirSync(blobs).map((name) => `docker/registry/v2/blobs/sha256/${name}`);
  const top = readdirSync(folder).filter((name) => name !== "docker");
  const tar = (part: number, ...paths: readonly string[]): string => {
    const path = join(parts, `mirror_00000${part}.tar`);
    execFileSync("tar", ["-cf", path, "-C", folder, ...paths]);
    return `registry.example=${path}`;
  };
  // The second one has blobs alone, so that it is nothing by itself.
  const words = [tar(1, "docker/registry/v2/repositories", first, ...top), tar(2, ...others)];
  for (const named of [words, words.toReversed()])
    for await (const { exit, out, json, store } of adding(...named)) {
      assert.is(exit, 0);
      assert.match(out, "oc-mirror 2 does not carry");
      assert.equal([json.layouts.length, json.layouts[0].missing], [1, []]);
      assert.is(await verify(store), 0);
    }
  for await (const { exit, json } of adding(words[0] ?? "")) {
    assert.is(exit, 7, "one alone lacks what the other one has");
    assert.ok(json.layouts[0].missing.length > 0);
  }
});

test("other archives that are named as parts are are read one by one", async () => {
  const folder = temporaryFolder();
  const names = ["a_000001.tar.gz", "a_000002.tar.gz"].map((name) => join(folder, name));
  for (const name of names) copyFileSync(carried("docker-save.tar.gz"), name);
  for await (const { exit, json } of adding(...names)) assert.equal([exit, json.layouts.length], [0, 2]);
});

test("--format says what a file is; what it is not is refused", async () => {
  const named = `registry.example/shop/app:2=${carried("oras.tar.gz")}`;
  const words = ["import", "--store", temporaryFolder(), "-o", "json"];
  const forced = await runCli([...words, "--format", "cosign", named]);
  assert.is(JSON.parse(forced.out).layouts[0].format, "cosign");
  assert.is((await runCli([...words, "--format", "oc-mirror", named])).exit, 2);
  assert.is((await runCli([...words, "--format", "none", named])).exit, 2);
});

test.run();
