import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Damage, DamagedPlace } from "../../../proxy/mirror/damage.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/images-that-need");
const repository = "ghcr.io/org/app";
const present = (value: unknown) => ({ state: "present", value, ...origin }) as const;
const type = "application/vnd.oci.image.manifest.v1+json";
const content = (text: string) => ({ mediaType: "a/b", digest: digestOf(encodeUtf8(text)), size: text.length });

/** Puts a manifest that names these, and gives its descriptor. */
function put(mirror: Mirror, members: object, within = repository) {
  const bytes = encodeUtf8(JSON.stringify({ schemaVersion: 2, mediaType: type, layers: [], ...members }));
  const digest = digestOf(bytes);
  mirror.writer().setAnswer({ kind: "manifest", repository: within, digest }, present(bytes));
  return { mediaType: type, digest, size: bytes.length };
}

const tag = (mirror: Mirror, name: string, value: object, within = repository) =>
  void mirror.writer().setAnswer({ kind: "tag", repository: within, tag: name }, present(value));

const row = (table: DamagedPlace, ...key: readonly string[]): Damage => ({ table, key, subject: "", reason: "" });

test("content, children, signatures of every layout, and signatures in another repository lead to tags", () => {
  const digests: Record<string, string> = {};
  const store = writtenMirror((mirror) => {
    const platform = put(mirror, { config: content("config"), layers: [content("layer")] });
    const index = put(mirror, {
      mediaType: "application/vnd.oci.image.index.v1+json",
      layers: undefined,
      manifests: [platform],
    });
    for (const name of ["1", "1.0"]) tag(mirror, name, index);
    const signature = put(mirror, { config: content("{}"), layers: [content("payload")] });
    tag(mirror, `${index.digest.replace(":", "-")}.sig`, signature);
    const bundle = put(mirror, { layers: [content("bundle")], subject: index });
    const { digest } = index;
    mirror.writer().setAnswer({ kind: "referrers", repository, digest }, present([bundle]));
    const far = put(mirror, { layers: [content("far payload")] }, "ghcr.io/org/signatures");
    tag(mirror, `${index.digest.replace(":", "-")}.sig`, far, "ghcr.io/org/signatures");
    const untagged = put(mirror, { layers: [content("alone")] });
    Object.assign(digests, { platform: platform.digest, index: index.digest, untagged: untagged.digest });
    Object.assign(digests, { signature: signature.digest, bundle: bundle.digest, far: far.digest });
  });
  const both = [`${repository}:1`, `${repository}:1.0`];
  const expected: readonly (readonly [string, readonly string[]])[] = [
    ...["index", "platform", "signature", "bundle", "far"].map((name) => [digests[name] ?? "", both] as const),
    ...["config", "layer", "payload", "bundle", "far payload"].map((text) => [content(text).digest, both] as const),
    [digests.untagged ?? "", [`${repository}@${digests.untagged}`]],
    [content("alone").digest, [`${repository}@${digests.untagged}`]],
    [content("nobody's").digest, []],
  ];
  const imagesOf = (damage: readonly Damage[]) =>
    reading(store, (mirror) => {
      const found = mirror.imagesThatNeed(damage);
      for (const images of found.values()) assert.ok(images.length > 0, "a row that no image needs is left out");
      return damage.map((one) => found.get(one) ?? []);
    });
  assert.equal(
    imagesOf(expected.map(([digest]) => row("blob", digest))),
    expected.map(([, images]) => images),
  );
  const file = `/m/blobs/sha256/${content("layer").digest.slice("sha256:".length)}`;
  const signatureTag = `tag ${repository} ${digests.index?.replace(":", "-")}.sig`;
  const rows = [
    row("layer", file),
    row("answer", "tag", signatureTag),
    row("answer", "tag", `tag ${repository} 1`),
    row("answer", "referrers", `referrers ${repository} ${digests.index}`),
    row("answer", "key", "key k8s://a/b"),
    row("answer", "tag", "no question"),
    row("pin", "key", "k8s://a/b"),
    row("answer"),
  ];
  assert.equal(imagesOf(rows), [both, both, [`${repository}:1`], both, [], [], [], []]);
  // A tag whose row is damaged too says nothing; what else leads there does.
  tamper(store, "UPDATE answer SET source = 'x' WHERE question = ?", `tag ${repository} 1`);
  assert.equal(imagesOf([row("blob", content("layer").digest)]), [[`${repository}:1.0`]]);
});

test("lists that lead in a circle end, and no more than a hundred rows are looked at", () => {
  let damage: readonly Damage[] = [];
  const store = writtenMirror((mirror) => {
    const [one, other] = ["one", "other"].map((text) => put(mirror, { layers: [content(text)] }));
    if (one === undefined || other === undefined) throw new Error("two were put");
    for (const [about, listed] of [
      [one, other],
      [other, one],
    ] as const)
      mirror.writer().setAnswer({ kind: "referrers", repository, digest: about.digest }, present([listed]));
    tag(mirror, "1", one);
    damage = Array.from({ length: 101 }, () => row("blob", other.digest));
  });
  const found = reading(store, (mirror) => mirror.imagesThatNeed(damage));
  assert.equal(
    damage.map((one) => found.get(one)),
    damage.map((_, index) => (index < 100 ? [`${repository}:1`] : undefined)),
  );
});

test.run();
