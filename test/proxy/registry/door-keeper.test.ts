import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { mediaTypes } from "../../../core/oci/manifest.ts";
import type { Door, DoorImage, Verdict } from "../../../proxy/registry/door/door.ts";
import { type ProxyStage, type StageOptions, withProxy } from "../../support/proxy-stage.ts";

const test = suite("proxy/registry/door-keeper");
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
const describe = (text: string, mediaType: string) => ({
  mediaType,
  digest: digestOf(encodeUtf8(text)),
  size: Buffer.byteLength(text),
});
const manifestOf = (layers: readonly object[], more: object = {}): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: describe("{}", "application/vnd.oci.image.config.v1+json"),
    layers,
    ...more,
  });
const image = manifestOf([describe("layer", layerType)]);
const index = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.index,
  manifests: [describe(image, mediaTypes.manifest)],
});
const digest = (text: string) => digestOf(encodeUtf8(text));

/** Puts contents into the mirror, which nobody can ask beyond. */
function put(
  { mirror, host }: ProxyStage,
  contents: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>> = {},
) {
  const repository = `${host}/org/app`;
  const origin = { at: "2026-01-01T00:00:00Z", from: "test" };
  const writer = mirror.writer();
  for (const text of Object.values(contents)) {
    const kind = text.startsWith('{"schemaVersion"') ? "manifest" : "blob";
    writer.setAnswer(
      { kind, repository, digest: digest(text) },
      { state: "present", value: encodeUtf8(text), ...origin },
    );
  }
  for (const [tag, text] of Object.entries(tags))
    writer.setAnswer(
      { kind: "tag", repository, tag },
      { state: "present", value: describe(text, mediaTypes.manifest), ...origin },
    );
}

/** A door that admits these digests and refuses all others, and what it was asked. */
function doorFor(admitted: readonly string[], other: Verdict = { verdict: "refused", message: "signature not found" }) {
  const asked: DoorImage[] = [];
  const door: Door = {
    judge: (one) => {
      asked.push(one);
      return Promise.resolve(admitted.includes(one.digest) ? { verdict: "admitted" } : other);
    },
  };
  return { door, asked };
}

const staged = (door: Door, act: (stage: ProxyStage) => Promise<void>, more: StageOptions = {}) =>
  withProxy({ offline: true, admit: door, ...more }, act);

test("an admitted index lets its children, configurations and layers in, and is judged once", () => {
  const { door, asked } = doorFor([digest(index)]);
  return staged(door, async (stage) => {
    put(stage, { index, image, config: "{}", layer: "layer" }, { "1": index });
    for (const path of ["manifests/1", `manifests/${digest(index)}`, `manifests/${digest(image)}`])
      assert.is((await stage.get(`org/app/${path}`)).status, 200, path);
    for (const text of ["{}", "layer"]) assert.is((await stage.get(`org/app/blobs/${digest(text)}`)).status, 200);
    assert.equal(
      asked.map(({ tag }) => tag),
      ["1"],
    );
  });
});

test("after a start of the proxy the manifests that name a digest are judged again, up to the index", () => {
  const { door, asked } = doorFor([digest(index)]);
  return staged(door, async (stage) => {
    put(stage, { index, image, config: "{}", layer: "layer" });
    assert.is((await stage.get(`org/app/blobs/${digest("layer")}`)).status, 200);
    assert.ok(asked.some((one) => one.digest === digest(index)));
  });
});

test("what is refused is 403 with the sentence, by tag, by digest, and its layers", () => {
  const { door } = doorFor([]);
  return staged(door, async (stage) => {
    put(stage, { image, config: "{}", layer: "layer" }, { "1": image });
    for (const path of [
      "manifests/1",
      `manifests/${digest(image)}`,
      `blobs/${digest("layer")}`,
      `blobs/${digest("{}")}`,
    ]) {
      const got = await stage.get(`org/app/${path}`);
      assert.is(got.status, 403, path);
      assert.match(got.body.toString(), /"DENIED".*signature not found/);
    }
  });
});

test("an unknown verdict is 503 under Fail; an outage is let in with a warning under Ignore", async () => {
  const verdict = { verdict: "unknown", message: "could not decide", code: "unreachable" } as const;
  for (const [failurePolicy, isIgnorable, status] of [
    ["Fail", true, 503],
    ["Ignore", true, 200],
    ["Ignore", false, 503],
  ] as const)
    await staged(
      doorFor([], { ...verdict, isIgnorable }).door,
      async (stage) => {
        put(stage, { image, layer: "layer" }, { "1": image });
        const got = await stage.get("org/app/manifests/1");
        assert.is(got.status, status);
        if (status === 200) assert.is(got.headers.warning, '299 - "could not decide"');
        assert.is((await stage.get(`org/app/blobs/${digest("layer")}`)).status, status);
      },
      { failurePolicy },
    );
});

test("a layer that many refused images share costs a bounded number of decisions, and is not given", () => {
  const shared = describe("layer", layerType);
  const images = Array.from({ length: 100 }, (_, index) =>
    manifestOf([shared], { annotations: { number: String(index) } }),
  );
  const { door, asked } = doorFor([]);
  return staged(door, async (stage) => {
    put(stage, { ...Object.fromEntries(images.entries()), layer: "layer" });
    const got = await stage.get(`org/app/blobs/${digest("layer")}`);
    // Another one of them may be admitted: nobody knows.
    assert.is(got.status, 503);
    assert.is(asked.length, 64);
    // A manifest that came since is read, too.
    const later = manifestOf([shared, describe("later", layerType)]);
    put(stage, { later });
    assert.is((await stage.get(`org/app/blobs/${digest("later")}`)).status, 403);
    assert.ok(asked.some((one) => one.digest === digest(later)));
  });
});

test("signatures and what refers to an image are given, whatever the door says", () => {
  const signature = manifestOf([describe('{"critical":{}}', "application/vnd.dev.cosign.simplesigning.v1+json")]);
  const bundle = manifestOf([describe('{"bundle":1}', "application/vnd.dev.sigstore.bundle.v0.3+json")], {
    subject: describe(image, mediaTypes.manifest),
  });
  const { door, asked } = doorFor([]);
  const tag = `${digest(image).replace(":", "-")}.sig`;
  return staged(door, async (stage) => {
    put(stage, { signature, bundle, a: '{"critical":{}}', b: '{"bundle":1}', c: "{}" }, { [tag]: signature });
    for (const path of [`manifests/${tag}`, `manifests/${digest(bundle)}`])
      assert.is((await stage.get(`org/app/${path}`)).status, 200, path);
    for (const text of ['{"critical":{}}', '{"bundle":1}', "{}"])
      assert.is((await stage.get(`org/app/blobs/${digest(text)}`)).status, 200, text);
    assert.equal(asked, []);
  });
});

test("an image does not pass as a signature: by its tag, by a subject, or by the type of its layers", () => {
  const archive = "layer\0of an archive";
  const tagged = manifestOf([describe("layer", layerType)], { annotations: { a: "tagged" } });
  const referring = manifestOf([describe("layer", layerType)], { subject: describe(index, mediaTypes.index) });
  const disguised = manifestOf([describe(archive, "application/vnd.dev.cosign.simplesigning.v1+json")]);
  const untyped = manifestOf([describe("layer", "")], { subject: describe(index, mediaTypes.index) });
  const tag = `${digest(index).replace(":", "-")}.sig`;
  const other = `${digest(index).replace(":", "-")}.att`;
  const { door } = doorFor([]);
  return staged(door, async (stage) => {
    put(
      stage,
      { tagged, referring, disguised, untyped, layer: "layer", archive },
      { [tag]: tagged, [other]: disguised },
    );
    for (const path of [`manifests/${tag}`, `manifests/${digest(referring)}`, `manifests/${digest(untyped)}`])
      assert.is((await stage.get(`org/app/${path}`)).status, 403, path);
    // Its manifest has nothing that can be run; what it calls a signature is no text.
    assert.is((await stage.get(`org/app/manifests/${other}`)).status, 200);
    assert.is((await stage.get(`org/app/blobs/${digest(archive)}`)).status, 403);
    assert.is((await stage.get(`org/app/blobs/${digest("layer")}`)).status, 403);
  });
});

test("a list under a fallback tag is given; an image that it names is judged by itself", () => {
  const tag = digest(image).replace(":", "-");
  const { door } = doorFor([]);
  return staged(door, async (stage) => {
    put(stage, { index, image }, { [tag]: index });
    assert.is((await stage.get(`org/app/manifests/${tag}`)).status, 200);
    assert.is((await stage.get(`org/app/manifests/${digest(image)}`)).status, 403);
  });
});

test("a decision is made again after a minute", () => {
  const admitted: string[] = [digest(image)];
  const { door } = doorFor(admitted);
  return staged(door, async (stage) => {
    put(stage, { image }, { "1": image });
    assert.is((await stage.get("org/app/manifests/1")).status, 200);
    admitted.length = 0;
    assert.is((await stage.get("org/app/manifests/1")).status, 200);
    stage.clock += 61_000;
    assert.is((await stage.get("org/app/manifests/1")).status, 403);
    stage.clock += 15 * 60_000;
    assert.is((await stage.get(`org/app/manifests/${digest(image)}`)).status, 403);
  });
});

test("the base and the lists are never judged", () => {
  const { door, asked } = doorFor([]);
  return staged(door, async (stage) => {
    put(stage, { image }, { "1": image });
    assert.is((await stage.get("")).status, 200);
    assert.is((await stage.get("org/app/tags/list")).status, 200);
    assert.is((await stage.get(`org/app/referrers/${digest(image)}`)).status, 503);
    assert.equal(asked, []);
  });
});

test.run();
