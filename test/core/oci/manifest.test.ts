import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import {
  findManifest,
  mediaTypeOf,
  mediaTypes,
  parseManifest,
  referrerDescriptor,
} from "../../../core/oci/manifest.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";

const test = suite("core/oci/manifest");
const digest = `sha256:${"ab".repeat(32)}` as const;
const descriptor = { mediaType: "application/octet-stream", digest, size: 3 };
const image = {
  schemaVersion: 2,
  mediaType: mediaTypes.manifest,
  config: descriptor,
  layers: [{ ...descriptor, annotations: { a: "b" } }],
  annotations: { c: "d" },
};
const encode = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));
const parse = (value: unknown) => parseManifest(encode(value), defaultLimits);

test("an image manifest", () => {
  const manifest = parse(image);
  assert.is(manifest.kind, "manifest");
  assert.is(manifest.config?.digest, digest);
  assert.is(manifest.layers[0]?.annotations?.a, "b");
  assert.is(manifest.annotations.c, "d");
  assert.is(manifest.subject, undefined);
});

test("of bytes that may be anything: what is no manifest is none", () => {
  assert.is(findManifest(encode(image), defaultLimits)?.kind, "manifest");
  for (const bytes of [encode({}), encodeUtf8("no JSON"), new Uint8Array()])
    assert.is(findManifest(bytes, defaultLimits), undefined);
});

test("an index, with platforms", () => {
  const manifest = parse({
    schemaVersion: 2,
    manifests: [{ ...descriptor, platform: { os: "linux", architecture: "arm64", variant: "v8" } }, descriptor],
  });
  assert.is(manifest.kind, "index");
  assert.equal(manifest.manifests[0]?.platform, { os: "linux", architecture: "arm64", variant: "v8" });
  assert.is(manifest.manifests[1]?.platform, undefined);
  assert.is(mediaTypeOf(manifest), mediaTypes.index);
});

test("Docker media types, and none at all", () => {
  assert.is(parse({ ...image, mediaType: mediaTypes.dockerManifest }).kind, "manifest");
  assert.is(parse({ mediaType: mediaTypes.dockerIndex, manifests: [] }).kind, "index");
  assert.is(mediaTypeOf(parse({ layers: [] })), mediaTypes.manifest);
});

test("absent and null lists are empty", () => {
  assert.equal(parse({ config: descriptor }).layers, []);
  assert.equal(parse({ layers: null }).layers, []);
});

test("a document that can be read both ways is malformed", () => {
  throwsCode("malformed", () => parse({ ...image, manifests: [] }));
  throwsCode("malformed", () => parse({ ...image, mediaType: mediaTypes.index }));
  throwsCode("malformed", () => parse({ manifests: [], mediaType: mediaTypes.dockerManifest }));
  throwsCode("malformed", () => parseManifest(encodeUtf8('{"layers":[],"layers":[]}'), defaultLimits));
});

const malformed: readonly (readonly [string, unknown, string])[] = [
  ["no members", {}, "/"],
  ["a list", [], "/"],
  ["layers of another kind", { layers: {} }, "/layers"],
  ["an upper-case digest", { layers: [{ ...descriptor, digest: `sha256:${"AB".repeat(32)}` }] }, "/layers/0/digest"],
  [
    "a sha512 subject",
    { ...image, subject: { ...descriptor, digest: `sha512:${"ab".repeat(64)}` } },
    "/subject/digest",
  ],
  ["a negative size", { layers: [descriptor, { ...descriptor, size: -1 }] }, "/layers/1/size"],
  ["a fractional size", { layers: [{ ...descriptor, size: 1.5 }] }, "/layers/0/size"],
  ["an annotation that is no text", { layers: [{ ...descriptor, annotations: { a: 1 } }] }, "/layers/0/annotations/a"],
  ["an artifact type that is no text", { ...image, artifactType: 1 }, "/artifactType"],
];
for (const [name, value, subject] of malformed)
  test(`${name} is malformed at ${subject}`, () =>
    assert.is(throwsCode("malformed", () => parse(value)).subject, subject));

test("bounds: bytes, layers, children, depth", () => {
  const layers = (count: number) => ({ layers: Array.from({ length: count }, () => descriptor) });
  assert.is(parse(layers(1000)).layers.length, 1000);
  throwsCode("over-limit", () => parse(layers(1001)));
  throwsCode("over-limit", () => parse({ manifests: layers(1001).layers }));
  throwsCode("over-limit", () => parseManifest(new Uint8Array(defaultLimits.manifestBytes + 1), defaultLimits));
  throwsCode("over-limit", () =>
    parseManifest(encodeUtf8(`{"x":${"[".repeat(200)}${"]".repeat(200)},"layers":[]}`), defaultLimits),
  );
});

test("truncated or changed anywhere: a manifest or an EngineError", () => {
  const bytes = encode(image);
  for (let length = 0; length < bytes.length; length++)
    assert.is(
      onlyEngineErrors(() => parseManifest(bytes.slice(0, length), defaultLimits)),
      "threw",
    );
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 1;
    onlyEngineErrors(() => parseManifest(changed, defaultLimits));
  }
});

test("the descriptor of a manifest in a referrers list", () => {
  assert.equal(
    JSON.parse(JSON.stringify(referrerDescriptor(parse({ ...image, artifactType: "application/x" }), digest, 9))),
    {
      mediaType: mediaTypes.manifest,
      digest,
      size: 9,
      artifactType: "application/x",
      annotations: { c: "d" },
    },
  );
  assert.is(referrerDescriptor(parse(image), digest, 9).artifactType, "application/octet-stream");
});

test.run();
