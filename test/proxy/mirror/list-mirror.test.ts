import Database from "better-sqlite3";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addLayout } from "../../../proxy/archive/add-layout.ts";
import { throwsCode } from "../../support/assert.ts";
import { LayoutFolder, refName } from "../../support/layout-folder.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/list-mirror");
const repository = "docker.io/library/redis";
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const logEntry = JSON.stringify({
  SignedEntryTimestamp: "",
  Payload: { body: "", integratedTime: 1700000000, logIndex: 42, logID: "c0d2" },
});

/** A multi-platform image with signatures and attestations in every layout, and an image that only a digest names. */
function layout() {
  const folder = new LayoutFolder(temporaryFolder());
  const child = folder.manifest({
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: `sha256:${"1".repeat(64)}`, size: 1000 }],
  });
  const index = folder.blob(JSON.stringify({ manifests: [child] }), "application/vnd.oci.image.index.v1+json");
  folder.add(index, { [refName]: "7" });
  const tag = (suffix: string) => ({ [refName]: `sha256-${index.digest.slice(7)}${suffix}` });
  const layer = folder.blob("{}", "application/vnd.dev.cosign.simplesigning.v1+json");
  folder.add(
    folder.manifest({ layers: [{ ...layer, annotations: { "dev.sigstore.cosign/bundle": logEntry } }, layer] }),
    tag(".sig"),
  );
  folder.add(
    folder.manifest({
      layers: [
        {
          ...layer,
          mediaType: "application/vnd.dsse.envelope.v1+json",
          annotations: { predicateType: "https://slsa.dev/provenance/v0.2" },
        },
      ],
    }),
    tag(".att"),
  );
  folder.manifest({ artifactType: "application/vnd.dev.cosign.artifact.sig.v1+json", subject: index, layers: [layer] });
  const bundle = folder.blob(
    JSON.stringify({
      verificationMaterial: {
        tlogEntries: [{ logIndex: "7", logId: { keyId: "wNI=" }, integratedTime: "1700000001" }],
      },
    }),
    bundleType,
  );
  for (const predicate of ["https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom"]) {
    folder.manifest({
      artifactType: bundleType,
      subject: index,
      layers: [bundle],
      annotations: { "dev.sigstore.bundle.predicateType": predicate },
    });
  }
  folder.manifest({ artifactType: "application/x", subject: index });
  const untagged = folder.manifest({ annotations: { un: "tagged" } });
  folder.add(untagged, { [refName]: `${repository}@${untagged.digest}` });
  return { path: folder.write(), index, child, untagged };
}

const { path, index, child, untagged } = layout();
const filled = () =>
  writtenMirror((mirror) => void addLayout(mirror, path, { repository: "redis", at: origin.at, from: "stick" }));

test("images with their signed material; children, referrers and signatures are no images", () => {
  reading(filled(), (mirror) => {
    const [tagged, other, ...rest] = mirror.list();
    assert.equal(rest, []);
    assert.equal(tagged, {
      image: `${repository}:7`,
      repository,
      tag: "7",
      digest: index.digest,
      signatures: 4,
      attestations: 2,
      predicateTypes: ["https://cyclonedx.org/bom", "https://slsa.dev/provenance/v0.2"],
      // A layout may lack some of them.
      unasked: ["referrers"],
      size: index.size + child.size + 1000 + 2,
      at: origin.at,
      from: "stick",
    });
    assert.is(other?.image, `${repository}@${untagged.digest}`);
    assert.is(other?.signatures, 0);
    assert.equal(other?.unasked, ["signature tag", "attestation tag", "referrers"]);
  });
});

test("the tags of a repository: those of images, without the signatures' own", () =>
  reading(filled(), (mirror) => {
    assert.equal(mirror.tags(repository), ["7"]);
    assert.equal(mirror.tags("docker.io/library/other"), []);
  }));

test("nothing found is nothing there only where it was asked", () => {
  const folder = filled();
  writtenMirror((mirror) => mirror.writer().setComplete("docker.io", origin), folder);
  reading(folder, (mirror) => {
    for (const { unasked, complete } of mirror.list()) assert.equal([unasked, complete?.grain], [[], "host"]);
  });
});

test("damage behind a tag is the image's problem, damage of a tag's row is the list's", () => {
  const folder = filled();
  tamper(folder, "UPDATE blob SET bytes = CAST('x' AS BLOB) WHERE digest = ?", index.digest);
  reading(folder, (mirror) => {
    const [tagged] = mirror.list();
    assert.match(tagged?.problem ?? "", "mirror-corrupt");
    assert.is(tagged?.size, undefined);
  });
  tamper(folder, "UPDATE answer SET value = '{}' WHERE kind = 'tag' AND subject = '7'");
  reading(folder, (mirror) => throwsCode("mirror-corrupt", () => mirror.list()));
});

test("an empty mirror lists nothing", () => {
  reading(
    writtenMirror(() => undefined),
    (mirror) => assert.equal(mirror.list(), []),
  );
});

test("the views show signatures, attestations, log entries and TUF roots", () => {
  const folder = filled();
  const metadata = new Uint8Array(Buffer.from('{"signed":{"version":3,"expires":"2027-01-01T00:00:00Z"}}'));
  writtenMirror((mirror) => {
    mirror.writer().setAnswer(
      { kind: "trusted-root", name: "public-good" },
      {
        state: "present",
        value: {
          form: "tuf",
          roots: [metadata],
          timestamp: metadata,
          snapshot: metadata,
          targets: [],
          target: metadata,
        },
        ...origin,
      },
    );
    // A document that does not read must not spoil the views.
    mirror.writer().addBlob(Uint8Array.of(0xff, 0x00));
  }, folder);
  const database = new Database(join(folder, "mirror.db"), { readonly: true });
  const rows = (sql: string) => database.prepare(sql).all();
  assert.equal(
    rows("SELECT layout, count(*) AS count FROM signature WHERE image IS NOT NULL GROUP BY layout ORDER BY layout"),
    [
      { layout: "artifact", count: 1 },
      { layout: "bundle", count: 1 },
      { layout: "tag", count: 2 },
    ],
  );
  assert.equal(rows("SELECT DISTINCT image, repository FROM signature"), [{ image: index.digest, repository }]);
  assert.equal(rows("SELECT layout, predicate_type FROM attestation ORDER BY layout"), [
    { layout: "bundle", predicate_type: "https://cyclonedx.org/bom" },
    { layout: "tag", predicate_type: "https://slsa.dev/provenance/v0.2" },
  ]);
  assert.equal(rows("SELECT DISTINCT log_id, log_index, integrated_time FROM rekor_entry ORDER BY log_index"), [
    { log_id: "c0d2", log_index: 42, integrated_time: 1700000000 },
    { log_id: "wNI=", log_index: "7", integrated_time: "1700000001" },
  ]);
  assert.equal(rows("SELECT repository, version, expires FROM tuf_root"), [
    { repository: "public-good", version: 3, expires: "2027-01-01T00:00:00Z" },
  ]);
  database.close();
});

test.run();
