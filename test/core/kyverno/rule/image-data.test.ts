import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { loadImage } from "../../../../core/kyverno/rule/image-data.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import type { Digest } from "../../../../core/crypto/digest.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/image-data");
const settings = { limits: defaultLimits, references: {} };
const bytes = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));
const mediaType = "application/vnd.oci.image.manifest.v1+json";

function stored(repository: string): {
  readonly knowledge: MemoryKnowledge;
  readonly digest: Digest;
  readonly index: Digest;
} {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const config = bytes({ architecture: "amd64", config: { User: "app" } });
  const configDigest = knowledge.putBlob(repository, config);
  const manifest = bytes({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: configDigest, size: config.length },
    layers: [],
  });
  const digest = knowledge.putManifest(repository, manifest, "1");
  const child = { mediaType, digest, size: manifest.length };
  const index = bytes({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      { ...child, platform: { os: "linux", architecture: "arm64" } },
      { ...child, platform: { os: "linux", architecture: "amd64" } },
    ],
  });
  return { knowledge, digest, index: knowledge.putManifest(repository, index, "multi") };
}

test("a single image by tag", () => {
  const { knowledge, digest } = stored("ghcr.io/org/app");
  const value = loadImage("ghcr.io/org/app:1", knowledge, settings);
  const { image, resolvedImage, registry, repository, identifier, manifestList, configData } = JSON.parse(
    JSON.stringify(value),
  );
  assert.equal(
    { image, resolvedImage, registry, repository, identifier, manifestList },
    {
      image: "ghcr.io/org/app:1",
      resolvedImage: `ghcr.io/org/app@${digest}`,
      registry: "ghcr.io",
      repository: "org/app",
      identifier: "1",
      manifestList: null,
    },
  );
  assert.equal(configData, { architecture: "amd64", config: { User: "app" } });
});

test("an index by digest: the manifest of the platform that a client means", () => {
  const { knowledge, digest, index } = stored("docker.io/library/nginx");
  const value = JSON.parse(JSON.stringify(loadImage(`nginx@${index}`, knowledge, settings)));
  assert.is(value.registry, "index.docker.io");
  assert.is(value.repository, "library/nginx");
  assert.is(value.resolvedImage, `index.docker.io/library/nginx@${index}`);
  assert.is(value.identifier, index);
  assert.is(value.manifestList.manifests[1].digest, digest);
  assert.is(value.manifest.mediaType, mediaType);
});

test("what is not known is a question, what does not exist is unresolved", () => {
  assert.is(
    throwsCode("not-in-mirror", () => loadImage("ghcr.io/org/app:1", new MemoryKnowledge(defaultLimits), settings))
      .subject,
    "ghcr.io/org/app:1",
  );
  const knowledge = new MemoryKnowledge(defaultLimits).absent({ kind: "tag", repository: "ghcr.io/org/app", tag: "1" });
  throwsCode("unresolved", () => loadImage("ghcr.io/org/app:1", knowledge, settings));
  throwsCode("unresolved", () => loadImage("Bad Image", knowledge, settings));
});

test("a tag that may have moved is a question, as it is for an image", () => {
  const { knowledge, digest } = stored("ghcr.io/org/app");
  const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
  const told = { at: "2026-01-01T00:00:00Z", from: "ghcr.io" } as const;
  const outage = { state: "unavailable", code: "unreachable", ...told } as const;
  const answer = knowledge.answer(tag);
  if (answer?.state !== "present") throw assert.unreachable();
  knowledge.set(tag, { ...answer, outage });
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const load = (text: string, hides: boolean) => loadImage(text, knowledge, { ...settings, stale: { hides, warn } });
  throwsCode("unreachable", () => load("ghcr.io/org/app:1", true));
  assert.is(load("ghcr.io/org/app:1", false).identifier, "1");
  assert.is(warnings.length, 1);
  assert.is(load(`ghcr.io/org/app@${digest}`, true).identifier, digest, "a digest cannot be stale");
});

test("content that does not have its digest is refused", () => {
  const { knowledge, digest } = stored("ghcr.io/org/app");
  knowledge.present(
    { kind: "manifest", repository: "ghcr.io/org/app", digest },
    bytes({ schemaVersion: 2, layers: [] }),
  );
  throwsCode("malformed", () => loadImage("ghcr.io/org/app:1", knowledge, settings));
});

test("an artifact without configuration has no image data", () => {
  const knowledge = new MemoryKnowledge(defaultLimits);
  knowledge.putManifest("ghcr.io/org/app", bytes({ schemaVersion: 2, mediaType, layers: [] }), "1");
  throwsCode("unresolved", () => loadImage("ghcr.io/org/app:1", knowledge, settings));
});

test.run();
