import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { asLayout, isForeignFormat, recognise } from "../../../proxy/archive/foreign-format.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { openSource } from "../../../proxy/archive/open-source.ts";
import { rejectsCode } from "../../support/assert.ts";
import { carried, carriedDigest, carriedFolder, convertedDigest, unpackedTar } from "../../support/carried.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/foreign-format");
const limits = defaultLimits;

async function formatOf(path: string): Promise<string> {
  const source = await openSource(path, limits);
  try {
    return recognise(source, limits).format;
  } finally {
    source.close();
  }
}

const files: readonly (readonly [file: string, format: string, digest?: string])[] = [
  ["cosign-save.tar.gz", "cosign", carriedDigest],
  ["skopeo-oci.tar.gz", "oci", convertedDigest],
  ["oras.tar.gz", "oci", carriedDigest],
  ["docker-save.tar.gz", "docker", convertedDigest],
  ["skopeo-docker-archive.tar.gz", "docker-archive"],
  ["crane.tar", "docker-archive"],
  ["haul.tar.zst", "hauler", carriedDigest],
  ["zarf-package-app.tar.zst", "zarf", convertedDigest],
  ["mirror_000001.tar.gz", "oc-mirror", carriedDigest],
];

test("every tool's archive is known by its content, whatever its name, and holds the image", async () => {
  for (const [file, format, digest] of files) {
    assert.is(await formatOf(carried(file)), format, file);
    assert.ok(isForeignFormat(format));
    const source = await openSource(carried(file), limits);
    const found = recognise(source, limits);
    const registry = format === "oc-mirror" ? "registry.example" : undefined;
    const naming =
      format === "cosign" || file === "oras.tar.gz" ? { repository: "registry.example/shop/app", tag: "1" } : {};
    const layout = openLayout(asLayout(source, found, registry, limits), { ...naming, limits });
    if (digest !== undefined)
      assert.equal(
        layout.images().map((image) => image.digest),
        [digest],
        file,
      );
    layout.close();
  }
});

test("a folder, and a tar without compression or of the folder, are the same", async () => {
  for (const [file, format] of files.filter(([name]) => name.endsWith(".gz"))) {
    assert.is(await formatOf(unpackedTar(file)), format, file);
    assert.is(await formatOf(carriedFolder(file)), format, file);
  }
  const outer = temporaryFolder();
  execFileSync("cp", ["-r", carriedFolder("skopeo-oci.tar.gz"), join(outer, "saved")]);
  execFileSync("tar", ["-cf", join(outer, "saved.tar"), "-C", outer, "saved"]);
  assert.is(await formatOf(join(outer, "saved.tar")), "oci");
});

test("what is none of these, several layouts at once, and an archive of oc-mirror 1", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "manifest.json"), "{}");
  await rejectsCode("invalid-usage", () => formatOf(folder));
  mkdirSync(join(folder, "publish"));
  writeFileSync(join(folder, "publish/.metadata.json"), "{}");
  await rejectsCode("unsupported", () => formatOf(folder));
  const two = temporaryFolder();
  for (const name of ["a", "b"]) execFileSync("cp", ["-r", carriedFolder("skopeo-oci.tar.gz"), join(two, name)]);
  execFileSync("tar", ["-cf", join(two, "two.tar"), "-C", two, "a", "b"]);
  await rejectsCode("invalid-usage", () => formatOf(join(two, "two.tar")));
});

test.run();
