import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type EntitySearch,
  findSignedEntities,
  type SearchOptions,
} from "../../../core/cosign/find-signed-entities.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { openQuestions } from "../../../core/knowledge/ask.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseManifest } from "../../../core/oci/manifest.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { type Digest, digestOf } from "../../../core/crypto/digest.ts";
import { fixtureBundle } from "../../support/fixture-images.ts";

const test = suite("core/cosign/find-signed-entities");
const repository = "ghcr.io/org/app";
const digest: Digest = `sha256:${"a".repeat(64)}`;
const image = { repository, digest };
const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: `sha256:${"e".repeat(64)}`, size: 2 };
const signature = { "dev.cosignproject.cosign/signature": "AAEC" };
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

const find = (knowledge: MemoryKnowledge, options: Partial<SearchOptions> = {}) =>
  findSignedEntities(image, { layouts: "all", purpose: "signature", ...options }, knowledge, defaultLimits);
const manifest = (fields: object): Uint8Array =>
  encodeUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: empty,
      layers: [],
      ...fields,
    }),
  );
const subject = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 };

function world() {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const layer = (
    text: string,
    annotations: object = signature,
    mediaType = "application/vnd.dev.cosign.simplesigning.v1+json",
  ) => {
    const bytes = encodeUtf8(text);
    return { mediaType, digest: knowledge.putBlob(repository, bytes), size: bytes.length, annotations };
  };
  return {
    knowledge,
    layer,
    tag: (layers: readonly object[]) =>
      knowledge.putManifest(repository, manifest({ layers }), `${digest.replace(":", "-")}.sig`),
    artifact: (layers: readonly object[]) =>
      knowledge.putManifest(
        repository,
        manifest({ artifactType: "application/vnd.dev.cosign.artifact.sig.v1+json", layers, subject }),
      ),
    bundle: (text: string, changes: object = {}) =>
      knowledge.putManifest(
        repository,
        manifest({ artifactType: bundleType, layers: [layer(text, {}, bundleType)], subject, ...changes }),
      ),
  };
}

test("nothing known: every layout stays open", () => {
  const search = find(new MemoryKnowledge(defaultLimits));
  assert.equal(search.entities, []);
  assert.equal(
    search.open.map(({ kind }) => kind),
    ["tag", "referrers"],
  );
  assert.ok(search.failures.every(({ code }) => code === "not-in-mirror"));
});

test("a list that may have more is read, and stays open", () => {
  const { knowledge, bundle } = world();
  bundle(fixtureBundle());
  knowledge.complete(repository);
  const asked = { kind: "referrers", repository, digest } as const;
  const whole = knowledge.answer(asked);
  assert.ok(whole?.state === "present");
  assert.equal(find(knowledge).open, []);
  for (const [partial, code] of [
    [true, "not-in-mirror"],
    [{ state: "unavailable", code: "access-denied", at: "", from: "registry" }, "access-denied"],
  ] as const) {
    const search = find(knowledge.set(asked, { ...whole, partial }), { layouts: "bundles" });
    assert.equal(search.open, [asked]);
    assert.is(search.entities.length, 1);
    assert.equal(
      search.failures.map((failure) => failure.code),
      [code],
    );
  }
});

test("a complete repository without signatures has none", () => {
  const search = find(new MemoryKnowledge(defaultLimits).complete(repository));
  assert.equal([search.entities, search.failures, search.open], [[], [], []]);
});

const spdx = "https://spdx.dev/Document";
const declares = (type: string) => ({ annotations: { "dev.sigstore.bundle.predicateType": type } });
const brokenBundle = (predicateType: string): string =>
  JSON.stringify({
    mediaType: bundleType,
    dsseEnvelope: { payload: Buffer.from(JSON.stringify({ predicateType })).toString("base64") },
  });

test("a bundle of another type that cannot be read is no news; of the wanted one, or of none, it is", () => {
  for (const [text, changes, told] of [
    ["no JSON", declares(spdx), false],
    [brokenBundle(spdx), {}, false],
    [brokenBundle("t"), declares(spdx), true],
    [brokenBundle(spdx), declares("t"), true],
    ["no JSON", declares("t"), true],
    ["no JSON", {}, true],
  ] as const) {
    const { knowledge, bundle } = world();
    bundle(text, changes);
    knowledge.complete(repository);
    const attestations = find(knowledge, { purpose: "attestation", predicateType: "t" });
    assert.equal(
      attestations.failures.map(({ code }) => code),
      told ? ["malformed"] : [],
      JSON.stringify([text, changes]),
    );
    assert.equal([...attestations.others], told ? [] : [spdx]);
  }
});

test("attestations that are met while signatures are looked for are told by their types", () => {
  const { knowledge, bundle } = world();
  bundle("no JSON", declares(spdx));
  const search = find(knowledge.complete(repository));
  assert.equal([search.failures, [...search.others]], [[], [spdx]]);
});

test("tag, artifact and bundle are merged", () => {
  const { knowledge, layer, tag, artifact, bundle } = world();
  tag([layer("one"), layer("two")]);
  artifact([layer("three")]);
  bundle(fixtureBundle());
  assert.equal(
    find(knowledge).entities.map(({ source }) => source.layout),
    ["tag", "tag", "artifact", "bundle"],
  );
  assert.equal(
    find(knowledge, { layouts: "bundles" }).entities.map(({ source }) => source.layout),
    ["bundle"],
  );
  assert.equal(find(knowledge.complete(repository), { purpose: "attestation" }).entities, []);
});

test("a malformed sibling is a failure beside the others", () => {
  const { knowledge, layer, tag, bundle } = world();
  tag([layer("one")]);
  bundle("{");
  bundle(fixtureBundle());
  const search = find(knowledge);
  assert.is(search.entities.length, 2);
  assert.equal(
    search.failures.map(({ code }) => code),
    ["malformed"],
  );
});

test("a bundle is exactly one layer of its type, of version 0.3, not compressed", () => {
  const { layer, bundle, knowledge } = world();
  bundle(fixtureBundle(), { layers: [layer(fixtureBundle(), {}, bundleType), layer("x", {}, bundleType)] });
  bundle("x", { layers: [layer(fixtureBundle(), {}, "application/json")] });
  bundle(fixtureBundle().replace("bundle.v0.3+json", "bundle+json;version=0.1"));
  bundle("\u001f\u008b");
  const search = find(knowledge.complete(repository));
  assert.equal(search.entities, []);
  assert.equal(
    search.failures.map(({ code }) => code),
    ["malformed", "malformed", "malformed", "malformed"],
  );
});

test("a referrer that refers to something else is another image's", () => {
  const { knowledge } = world();
  const other = manifest({
    artifactType: bundleType,
    layers: [],
    subject: { ...subject, digest: `sha256:${"d".repeat(64)}` },
  });
  const stray = knowledge.putManifest(repository, other);
  knowledge.present({ kind: "referrers", repository, digest }, [
    { mediaType: subject.mediaType, digest: stray, size: other.length, artifactType: bundleType },
  ]);
  const { entities, failures } = find(knowledge.complete(repository));
  assert.equal([entities, failures.map(({ code }) => code)], [[], ["wrong-digest"]]);
});

const otherTypes = [
  undefined,
  "",
  bundleType,
  "application/vnd.dev.sigstore.bundle.v0.9+json",
  "application/vnd.oci.empty.v1+json",
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.dev.cosign.artifact.sig.v1+json",
  "application/vnd.dev.cosign.artifact.att.v1+json",
  "application/spdx+json",
  "junk",
];

test("a referrer is what its manifest says, whatever type the list gives it", () => {
  for (const artifactType of otherTypes) {
    const { knowledge, layer, bundle, artifact } = world();
    const listed = [bundle(fixtureBundle()), artifact([layer("three")])].map((other) => ({
      mediaType: subject.mediaType,
      digest: other,
      size: 1,
      ...(artifactType === undefined ? {} : { artifactType }),
    }));
    knowledge.present({ kind: "referrers", repository, digest }, listed);
    const { entities, failures } = find(knowledge.complete(repository));
    assert.equal(entities.map(({ source }) => source.layout).sort(), ["artifact", "bundle"], artifactType);
    assert.equal(failures, []);
  }
});

test("a manifest whose own type is wrong is a bundle by its configuration or its layer", () => {
  for (const changes of [
    { artifactType: undefined, config: { ...empty, mediaType: bundleType } },
    { artifactType: "application/vnd.oci.empty.v1+json" },
    { artifactType: "", config: empty },
    { artifactType: "application/spdx+json", config: { ...empty, mediaType: "application/json" } },
  ]) {
    const { knowledge, bundle } = world();
    bundle(fixtureBundle(), changes);
    assert.equal(
      find(knowledge.complete(repository)).entities.map(({ source }) => source.layout),
      ["bundle"],
    );
  }
});

test("a real bundle whose type is only in its manifest, as registries without the referrers API list it", () => {
  const folder = "test/fixtures/formats/referrer-artifact-type/layout/blobs/sha256";
  const contents = readdirSync(folder).map((name) => new Uint8Array(readFileSync(`${folder}/${name}`)));
  for (const artifactType of otherTypes) {
    const knowledge = new MemoryKnowledge(defaultLimits);
    const app = "registry.example/shop/app";
    let of: Digest | undefined;
    for (const bytes of contents) {
      const text = decodeUtf8(bytes);
      knowledge.putBlob(app, bytes);
      if (!text.includes('"schemaVersion"')) continue;
      const listed = knowledge.putManifest(app, bytes);
      const { subject: refersTo } = parseManifest(bytes, defaultLimits);
      if (refersTo === undefined) continue;
      of = refersTo.digest;
      const descriptor = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: listed, size: 1 };
      knowledge.present({ kind: "referrers", repository: app, digest: of }, [
        artifactType === undefined ? descriptor : { ...descriptor, artifactType },
      ]);
    }
    assert.ok(of !== undefined);
    const { entities, failures } = findSignedEntities(
      { repository: app, digest: of },
      { layouts: "all", purpose: "signature" },
      knowledge.complete(app),
      defaultLimits,
    );
    assert.equal([entities.length, failures], [1, []], artifactType);
  }
});

test("listed as another kind, and not there or no manifest: it is another kind; unasked, it stays open", () => {
  const { knowledge } = world();
  const sbom = { mediaType: subject.mediaType, size: 1, artifactType: "application/spdx+json" };
  const absent: Digest = `sha256:${"f".repeat(64)}`;
  const bytes = encodeUtf8('{"blobs":[]}');
  const junk = digestOf(bytes);
  knowledge.present({ kind: "manifest", repository, digest: junk }, bytes);
  knowledge.present({ kind: "referrers", repository, digest }, [
    { ...sbom, digest: absent },
    { ...sbom, digest: junk },
  ]);
  const { open } = find(knowledge);
  assert.equal(
    open.map((question) => question.kind),
    ["tag", "manifest"],
  );
  assert.equal(find(knowledge.complete(repository)).failures, []);
});

test("what is listed as another kind uses up no bound before what is looked for", () => {
  const { knowledge, bundle } = world();
  const signed = bundle(fixtureBundle());
  const others = ["one", "two", "three"].map((name) => bundle("x", { artifactType: name, layers: [] }));
  const listed = (other: Digest, artifactType: string) => ({
    mediaType: subject.mediaType,
    digest: other,
    size: 1,
    artifactType,
  });
  knowledge.present({ kind: "referrers", repository, digest }, [
    ...others.map((other) => listed(other, "application/spdx+json")),
    listed(signed, bundleType),
  ]);
  const search = findSignedEntities(image, { layouts: "all", purpose: "signature" }, knowledge.complete(repository), {
    ...defaultLimits,
    signatureBytesPerImage: fixtureBundle().length + 700,
  });
  assert.is(search.entities.length, 1);
  // Not every referrer was read: nobody knows that there is no other.
  assert.ok(search.failures.every(({ code }) => code === "over-limit") && search.failures.length > 0);
});

test("more candidates than the bound are refused", () => {
  const { knowledge, layer, tag } = world();
  tag([layer("one"), layer("two"), layer("three")]);
  const search = findSignedEntities(image, { layouts: "all", purpose: "signature" }, knowledge.complete(repository), {
    ...defaultLimits,
    signaturesPerImage: 2,
  });
  assert.is(search.entities.length, 2);
  assert.equal(
    search.failures.map(({ code }) => code),
    ["over-limit"],
  );
});

test("more bytes than the bound are refused, also where one blob is named again and again", () => {
  const { knowledge, layer, tag } = world();
  const one = layer("one");
  tag([one, one, one]);
  const bounded = (signatureBytesPerImage: number) =>
    findSignedEntities(image, { layouts: "all", purpose: "signature" }, knowledge.complete(repository), {
      ...defaultLimits,
      signatureBytesPerImage,
    });
  const whole = defaultLimits.signatureBytesPerImage;
  assert.equal([bounded(whole).entities.length, bounded(whole).failures], [3, []]);
  let bytes = 1;
  while (bounded(bytes).entities.length < 3) bytes += 1;
  assert.equal([bounded(bytes).failures, bounded(bytes - 1).entities.length], [[], 2]);
  assert.equal(
    bounded(bytes - 1).failures.map(({ code }) => code),
    ["over-limit"],
  );
});

test("what is still to be fetched is bounded by the sizes that are stated, and so is each fetch", () => {
  const mostOf = (questions: EntitySearch["open"]): number =>
    questions.reduce((sum, question) => sum + ("atMost" in question ? (question.atMost ?? Infinity) : Infinity), 0);
  const listed = (size: number, count: number): EntitySearch => {
    const list = Array.from({ length: count }, (_, at) => ({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: digestOf(encodeUtf8(String(at))),
      size,
      artifactType: bundleType,
    }));
    const knowledge = new MemoryKnowledge(defaultLimits);
    return find(knowledge.present({ kind: "referrers", repository, digest }, list), { layouts: "bundles" });
  };
  const honest = listed(defaultLimits.manifestBytes, 1000);
  assert.ok(honest.open.length > 0);
  assert.ok(mostOf(honest.open) < 1.1 * defaultLimits.signatureBytesPerImage);
  assert.ok(honest.failures.some(({ code }) => code === "over-limit"));
  const lying = listed(1, 1000);
  assert.is(lying.open.length, 1000);
  assert.ok(mostOf(lying.open) < 100 * 2 ** 20);
  const { knowledge, tag } = world();
  tag([{ mediaType: "a/b", digest: `sha256:${"b".repeat(64)}`, size: 9, annotations: signature }]);
  const [layer] = find(knowledge).entities;
  try {
    layer?.content();
    assert.unreachable();
  } catch (error) {
    assert.instance(error, EngineError);
    assert.equal(openQuestions(error as EngineError), [
      { kind: "blob", repository, digest: `sha256:${"b".repeat(64)}`, atMost: 9 + 65536 },
    ]);
  }
});

test("another repository is asked in place of the image's", () => {
  const search = find(new MemoryKnowledge(defaultLimits), { signatureRepository: "registry.io/signatures" });
  assert.ok(
    search.open.every((question) => "repository" in question && question.repository === "registry.io/signatures"),
  );
});

test.run();
