import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Descriptor } from "../../../core/oci/descriptor.ts";
import { mediaTypes } from "../../../core/oci/manifest.ts";
import { type Got, type ProxyStage, withProxy } from "../../support/proxy-stage.ts";
import { indexReply, referrer } from "../../support/registry-server.ts";

const test = suite("proxy/registry/referrers");
const digest = digestOf(new Uint8Array([1]));
const path = `org/app/referrers/${digest}`;
const at = "2026-01-01T00:00:00Z";
const put = ({ mirror, host }: ProxyStage, value: readonly Descriptor[], partial?: true): void =>
  void mirror
    .writer()
    .setAnswer(
      { kind: "referrers", repository: `${host}/org/app`, digest },
      { state: "present", value, at, from: "test", ...(partial === undefined ? {} : { partial }) },
    );
const listed = ({ body }: Got): readonly Descriptor[] =>
  (JSON.parse(body.toString()) as { readonly manifests: readonly Descriptor[] }).manifests;
const one = { ...referrer("one"), artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json" };
const other = { ...referrer("other"), artifactType: "application/spdx+json" };

test("a filter is applied, and said to be, where every type is known", () =>
  withProxy({ offline: true }, async (stage) => {
    put(stage, [one, other]);
    const query = `ns=${stage.host}&artifactType=${encodeURIComponent(other.artifactType)}`;
    const filtered = await stage.get(`${path}?${query}`);
    assert.equal(listed(filtered), [other]);
    assert.is(filtered.headers["oci-filters-applied"], "artifactType");
    assert.is((await stage.get(path)).headers["oci-filters-applied"], undefined);
    const nothing = await stage.get(`${path}?ns=${stage.host}&artifactType=none`);
    assert.equal(listed(nothing), []);
    put(stage, [one, referrer("untyped")]);
    const unfiltered = await stage.get(`${path}?${query}`);
    assert.is(listed(unfiltered).length, 2);
    assert.is(unfiltered.headers["oci-filters-applied"], undefined);
  }));

test("a type that the list lacks is taken from the manifest that the mirror has", () =>
  withProxy({ offline: true }, async (stage) => {
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: "application/x", digest, size: 1 },
      layers: [],
    });
    const entry = { mediaType: mediaTypes.manifest, digest: digestOf(encodeUtf8(text)), size: text.length };
    stage.mirror
      .writer()
      .setAnswer(
        { kind: "manifest", repository: `${stage.host}/org/app`, digest: entry.digest },
        { state: "present", value: encodeUtf8(text), at, from: "test" },
      );
    put(stage, [entry]);
    assert.is(listed(await stage.get(path))[0]?.artifactType, "application/x");
  }));

test("a list that may have more carries a warning offline; an empty one is no list", () =>
  withProxy({ offline: true }, async (stage) => {
    put(stage, [one], true);
    const got = await stage.get(path);
    assert.is(listed(got).length, 1);
    assert.match(got.headers.warning ?? "", /^299 - "/);
    put(stage, [], true);
    assert.is((await stage.get(path)).status, 503);
  }));

test("the rest of such a list is asked for where somebody may be asked", async () => {
  await withProxy({}, async (stage) => {
    put(stage, [one], true);
    stage.answers = (asked) => (asked.includes("/referrers/") ? indexReply([one, other]) : undefined);
    assert.is(listed(await stage.get(path)).length, 2);
  });
  for (const [failurePolicy, status] of [
    ["Fail", 503],
    ["Ignore", 200],
  ] as const)
    await withProxy({ failurePolicy }, async (stage) => {
      put(stage, [one], true);
      await stage.stopUpstream();
      assert.is((await stage.get(path)).status, status);
    });
});

test("a list that did not change is 304", () =>
  withProxy({ offline: true }, async (stage) => {
    put(stage, [one]);
    const { headers } = await stage.get(path);
    assert.is((await stage.get(path, { "if-none-match": headers.etag ?? "" })).status, 304);
  }));

test.run();
