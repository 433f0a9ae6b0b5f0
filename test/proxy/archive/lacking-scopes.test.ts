/** Scopes that lack content, by what hangs on an image. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { lackingScopes } from "../../../proxy/archive/lacking-scopes.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { LayoutFolder, refName } from "../../support/layout-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/lacking-scopes");
const repository = "ghcr.io/org/app";

/** An index whose child has a referrer, which is itself signed; and an image that has nothing to do with them. */
const folder = new LayoutFolder(temporaryFolder());
const [bundle, payload, config] = ["bundle", "payload", "config"].map((text) => folder.blob(text));
const child = folder.manifest({ config });
const index = folder.blob(JSON.stringify({ manifests: [child] }), "application/vnd.oci.image.index.v1+json");
folder.add(index, { [refName]: "1" });
const referrer = folder.manifest({ subject: child, layers: [bundle] });
folder.add(folder.manifest({ layers: [payload] }), { [refName]: `sha256-${referrer.digest.slice(7)}.sig` });
const other = folder.add(folder.manifest({ an: "other" }), { [refName]: "2" });
const layout = openLayout(folder.write(), { repository, limits: defaultLimits });
const images = [index, child, other].map(({ digest }) => `${repository}@${digest}`);
const found = (...lacking: readonly (string | undefined)[]) =>
  lackingScopes(
    [...images, repository, "ghcr.io", "ghcr.io/org/else"],
    layout.repositories.values(),
    new Set(lacking.map(String)),
  );

test("what an image, its children or what hangs on them lacks, the image and all around it lack", () => {
  const around = [repository, "ghcr.io", ...images.slice(0, 2)].sort();
  for (const blob of [bundle, payload, config]) assert.equal([...found(blob?.digest)].sort(), around);
});

test("an image that lacks nothing stays whole, and so does all where nothing is lacking", () => {
  assert.not(found(bundle?.digest).has(images[2] ?? ""));
  assert.equal([...found()], []);
  assert.equal([...found(`sha256:${"0".repeat(64)}`)], []);
});

test.run();
