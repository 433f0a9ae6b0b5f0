import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../../proxy/archive/open-source.ts";
import { rejectsCode } from "../../support/assert.ts";
import { LayoutFolder, refName } from "../../support/layout-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/archive/open-source");
const repository = "ghcr.io/org/app";

test("a folder, a tar and a compressed tar are one layout", async () => {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.add(folder.manifest({ layers: [folder.blob("layer")] }), { [refName]: `${repository}:1` });
  folder.manifest({ subject: image, artifactType: "a/b" });
  folder.write();
  const tar = join(temporaryFolder(), "layout.tar");
  const gz = `${tar}.gz`;
  execFileSync("tar", ["-cf", tar, "-C", folder.path, "."]);
  execFileSync("tar", ["-czf", gz, "-C", join(folder.path, ".."), folder.path.slice(folder.path.lastIndexOf("/") + 1)]);
  const told: unknown[] = [];
  for (const path of [folder.path, tar, gz]) {
    const source = await openLayoutSource(path, defaultLimits);
    assert.is(source.name, path);
    const layout = openLayout(source, { at: "2026-01-01T00:00:00Z", from: "it", limits: defaultLimits });
    told.push([
      layout.images(),
      layout.answer({ kind: "tag", repository, tag: "1" }),
      layout.answer({ kind: "manifest", repository, digest: image.digest }),
      layout.answer({ kind: "referrers", repository, digest: image.digest }),
      [...(layout.repositories.get(repository)?.blobs.keys() ?? [])].map((digest) =>
        layout.answer({ kind: "blob", repository, digest }),
      ),
    ]);
    layout.close();
  }
  assert.is((told[0] as unknown[]).length, 5);
  assert.equal(told[1], told[0]);
  assert.equal(told[2], told[0]);
});

test("nothing there, and what is neither a folder nor a file", async () => {
  const folder = temporaryFolder();
  await rejectsCode("invalid-usage", () => openLayoutSource(join(folder, "nowhere"), defaultLimits));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  await rejectsCode("invalid-usage", () => openLayoutSource(join(folder, "pipe"), defaultLimits));
  writeFileSync(join(folder, "text"), "hello");
  await rejectsCode(["invalid-usage", "archive-corrupt"], () => openLayoutSource(join(folder, "text"), defaultLimits));
});

test.run();
