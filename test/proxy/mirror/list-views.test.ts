import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { referrerClaim } from "../../../core/cosign/referrer-scheme.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Descriptor } from "../../../core/oci/descriptor.ts";
import { associatedTag } from "../../../core/oci/associated-tag.ts";
import { viewNames } from "../../../proxy/mirror/list-views.ts";
import { at, origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/list-views");
const repository = "ghcr.io/org/app";
const image = `sha256:${"ab".repeat(32)}` as const;
const layer = `sha256:${"cd".repeat(32)}`;
const logId = "c0".repeat(32);
const manifest = encodeUtf8(
  JSON.stringify({
    layers: [
      {
        mediaType: "application/x",
        digest: layer,
        size: 2,
        annotations: {
          predicateType: "https://slsa.dev/provenance/v1",
          "dev.sigstore.cosign/bundle": JSON.stringify({
            Payload: { logID: logId, logIndex: 42, integratedTime: 1_700_000_000 },
          }),
        },
      },
    ],
  }),
);
const digest = digestOf(manifest);
const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: manifest.length } as const;

const mirrorWith = (tags: readonly string[], referrers: readonly Descriptor[]) =>
  writtenMirror((mirror) => {
    const writer = mirror.writer();
    const present = (value: unknown) => ({ state: "present", value, ...origin }) as never;
    writer.setAnswer({ kind: "manifest", repository, digest }, present(manifest));
    for (const tag of tags) writer.setAnswer({ kind: "tag", repository, tag }, present(descriptor));
    writer.setAnswer({ kind: "referrers", repository, digest: image }, present(referrers));
  });

const purposes = (folder: string): readonly (string | undefined)[] =>
  reading(folder, (mirror) => [
    ...mirror.view("signatures").map(({ layout }) => `signature ${layout}`),
    ...mirror.view("attestations").map(({ layout }) => `attestation ${layout}`),
  ]);

const signType = "https://sigstore.dev/cosign/sign/v1";
for (const artifactType of [
  "application/vnd.dev.cosign.artifact.sig.v1+json",
  "application/vnd.dev.cosign.artifact.att.v1+json",
  "application/vnd.dev.cosign.artifact.sbom.v1+json",
  "application/vnd.dev.cosign.artifact.sig.v2+json",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
  "application/vnd.dev.sigstore.bundle.v0.4+json",
  "text/application/vnd.dev.sigstore.bundle",
  "application/spdx+json",
])
  for (const predicateType of [undefined, signType, "https://slsa.dev/provenance/v1"])
    test(`the views take ${artifactType} with ${predicateType ?? "no type"} for what the core takes it for`, () => {
      const annotations =
        predicateType === undefined ? {} : { annotations: { "dev.sigstore.bundle.predicateType": predicateType } };
      const referrer: Descriptor = { ...descriptor, artifactType, ...annotations };
      const claim = referrerClaim(referrer);
      const layout = artifactType.includes("bundle") ? "bundle" : "artifact";
      const purpose = claim?.purpose === "unknown" ? "attestation" : claim?.purpose;
      assert.equal(purposes(mirrorWith([], [referrer])), claim === undefined ? [] : [`${purpose} ${layout}`]);
    });

const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
for (const [says, predicateType, view, signatures, attestations] of [
  ["a signature", signType, "signature bundle", 1, 0],
  ["an attestation", "https://slsa.dev/provenance/v1", "attestation bundle", 0, 1],
  ["nothing", undefined, "attestation bundle", 0, 0],
] as const)
  test(`a list entry without annotations, of a manifest that says ${says}`, () => {
    const said = encodeUtf8(
      JSON.stringify({
        artifactType: bundleType,
        subject: { ...descriptor, digest: image },
        layers: [{ mediaType: bundleType, digest: layer, size: 2 }],
        ...(predicateType === undefined ? {} : { annotations: { "dev.sigstore.bundle.predicateType": predicateType } }),
      }),
    );
    const listed = { ...descriptor, digest: digestOf(said), size: said.length };
    const folder = mirrorWith([], [listed]);
    writtenMirror((mirror) => {
      const answer = { state: "present", value: said, ...origin } as never;
      mirror.writer().setAnswer({ kind: "manifest", repository, digest: listed.digest }, answer);
      mirror.writer().setAnswer({ kind: "tag", repository, tag: "1" }, {
        state: "present",
        value: { ...descriptor, digest: image },
        ...origin,
      } as never);
    }, folder);
    assert.equal(purposes(folder), [view]);
    const found = reading(folder, (mirror) => mirror.list()).find(({ tag }) => tag === "1");
    assert.equal(
      [found?.signatures, found?.attestations, found?.untypedBundles],
      [signatures, attestations, predicateType === undefined ? 1 : undefined],
    );
    const [attestation] = reading(folder, (mirror) => mirror.view("attestations"));
    if (view.startsWith("attestation")) assert.is(attestation?.predicateType, predicateType ?? null);
  });

test("tags of whole digests hold signatures and attestations, others do not", () => {
  const signature = associatedTag(image, "signature");
  const attestation = associatedTag(image, "attestation");
  const others = [signature.slice(1), `${signature}.sig`, signature.replace("ab", "AB"), associatedTag(image, "sbom")];
  const folder = mirrorWith([signature, attestation, ...others], []);
  assert.equal(purposes(folder), ["signature tag", "attestation tag"]);
  reading(folder, (mirror) => {
    const common = { repository, image, layout: "tag", manifest: digest, layer, mediaType: "application/x", at };
    assert.equal(mirror.view("signatures"), [common]);
    assert.equal(mirror.view("attestations"), [{ ...common, predicateType: "https://slsa.dev/provenance/v1" }]);
  });
});

test("log entries of layers, of bundles and of a log that was asked, alike", () => {
  const bundle = encodeUtf8(
    JSON.stringify({
      verificationMaterial: {
        tlogEntries: [
          { logIndex: "7", logId: { keyId: Buffer.from(logId, "hex").toString("base64") }, integratedTime: "0" },
          { logId: { keyId: "*" } },
        ],
      },
    }),
  );
  const held = encodeUtf8(JSON.stringify({ layers: [{ digest: digestOf(bundle), size: bundle.length }] }));
  const artifactType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const folder = mirrorWith(
    [associatedTag(image, "signature")],
    [{ ...descriptor, digest: digestOf(held), artifactType }],
  );
  const question = { kind: "log-entry", log: "https://log.example", hash: image } as const;
  const answered = { json: JSON.stringify({ "24296f": { logID: logId, logIndex: 9, integratedTime: 1_700_000_001 } }) };
  writtenMirror((mirror) => {
    mirror.writer().addBlob(bundle);
    mirror.writer().addBlob(held);
    mirror.writer().setAnswer(question, { state: "present", value: answered, ...origin } as never);
  }, folder);
  const entries = reading(folder, (mirror) => mirror.view("log-entries"));
  assert.equal(
    entries.map((entry) => [entry.logId, entry.logIndex, entry.integratedTime, entry.image]),
    [
      ["*", "0", null, image],
      [logId, "9", "2023-11-14T22:13:21.000Z", null],
      [logId, "42", "2023-11-14T22:13:20.000Z", image],
      [logId, "7", null, image],
    ],
  );
  assert.match(entries[1]?.layer ?? "", /^log-entry /);
});

test("a document that does not read spoils no view; a damaged row is the mirror's damage", () => {
  const folder = mirrorWith([associatedTag(image, "signature")], []);
  tamper(folder, "UPDATE blob SET bytes = x'ff00'");
  reading(folder, (mirror) => {
    for (const name of viewNames) assert.equal(mirror.view(name), [], name);
  });
});

test("versions of TUF roots", () => {
  const root = encodeUtf8('{"signed":{"version":3,"expires":"2027-01-01T00:00:00Z"}}');
  const value = { form: "tuf", roots: [root], timestamp: root, snapshot: root, targets: [], target: root } as const;
  const folder = writtenMirror((mirror) =>
    mirror.writer().setAnswer({ kind: "trusted-root", name: "corp" }, { state: "present", value, ...origin }),
  );
  reading(folder, (mirror) =>
    assert.equal(mirror.view("roots"), [
      { name: "corp", version: 3, expires: "2027-01-01T00:00:00Z", digest: digestOf(root) },
    ]),
  );
});

test.run();
