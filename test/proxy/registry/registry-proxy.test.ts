import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { getFrom, withProxy } from "../../support/proxy-stage.ts";
import { indexReply, manifestReply, referrer, reply, someManifest } from "../../support/registry-server.ts";

const test = suite("proxy/registry/registry-proxy");
const { text, digest } = someManifest();
const layer = "a layer of some bytes";
const layerDigest = digestOf(encodeUtf8(layer));
const manifests = "/v2/org/app/manifests";
const codeIn = (body: Buffer): unknown =>
  (JSON.parse(body.toString()) as { readonly errors: readonly { readonly code: string }[] }).errors[0]?.code;

/** One image, its layer and a list of what refers to it. */
const answers = (path: string) =>
  path === `${manifests}/1` || path === `${manifests}/${digest}`
    ? manifestReply(text)
    : path === `/v2/org/app/blobs/${layerDigest}`
      ? { body: layer }
      : path === `/v2/org/app/referrers/${digest}`
        ? indexReply([{ ...referrer("a"), artifactType: "application/x" }])
        : path === "/v2/org/app/tags/list"
          ? { body: { name: "org/app", tags: ["2", "1"] } }
          : undefined;

test("the base never depends on a registry, and writes are refused with a registry's error", () =>
  withProxy({}, async (stage) => {
    await stage.stopUpstream();
    for (const path of ["", "?ns=ghcr.io"]) assert.is((await stage.get(path)).status, 200);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const got = await stage.get("org/app/blobs/uploads/", {}, method);
      assert.is(got.status, 405);
      assert.is(got.headers.allow, "GET, HEAD");
      assert.is(codeIn(got.body), "UNSUPPORTED");
    }
  }));

test("a first pull is asked for and kept; the second one asks nobody", () =>
  withProxy({}, async (stage) => {
    stage.answers = answers;
    const first = await stage.get("org/app/manifests/1");
    assert.is(first.status, 200);
    assert.is(first.body.toString(), text);
    assert.is(first.headers["docker-content-digest"], digest);
    assert.is(first.headers.etag, `"${digest}"`);
    stage.upstream.asked();
    for (const reference of ["1", digest])
      for (const method of ["GET", "HEAD"]) {
        const got = await stage.get(`org/app/manifests/${reference}`, {}, method);
        assert.is(got.status, 200);
        assert.is(got.headers["content-length"], String(text.length));
        assert.is(got.body.length, method === "HEAD" ? 0 : text.length);
      }
    assert.equal(stage.upstream.asked(), []);
    assert.is((await stage.get("org/app/manifests/1", { "if-none-match": `"${digest}"` })).status, 304);
  }));

test("one repository by ns, by its path, and as the default", () =>
  withProxy({}, async (stage) => {
    stage.answers = answers;
    const paths = [`org/app/manifests/1?ns=${stage.host}`, `${stage.host}/org/app/manifests/1`];
    for (const path of paths) assert.is((await getFrom(stage.port, path)).status, 200);
    assert.is((await getFrom(stage.port, `${stage.host}/org/app/manifests/1?ns=${stage.host}`)).status, 200);
    // Docker's own registry is not listed here: nobody is asked.
    assert.is((await getFrom(stage.port, "org/app/manifests/1")).status, 503);
    assert.equal(
      stage.upstream.asked().filter((line) => line.startsWith("HEAD")),
      [`HEAD ${manifests}/1`],
    );
  }));

test("referrers, tags and layers come through, in the form of a registry", () =>
  withProxy({}, async (stage) => {
    stage.answers = answers;
    const list = await stage.get(`org/app/referrers/${digest}`);
    assert.is(list.headers["content-type"], "application/vnd.oci.image.index.v1+json");
    assert.is((JSON.parse(list.body.toString()) as { manifests: unknown[] }).manifests.length, 1);
    const tags = await stage.get("org/app/tags/list");
    assert.equal(JSON.parse(tags.body.toString()), { name: "org/app", tags: ["1", "2"] });
    const blob = await stage.get(`org/app/blobs/${layerDigest}`);
    assert.is(blob.body.toString(), layer);
    assert.is(blob.headers["content-encoding"], undefined);
    assert.equal(stage.reports, []);
  }));

test("offline nobody is dialled: what is mirrored is given, all else is 503 with a sentence", () =>
  withProxy({ offline: true }, async (stage) => {
    const { mirror, host } = stage;
    const repository = `${host}/org/app`;
    const origin = { at: "2026-01-01T00:00:00Z", from: "test" };
    const tag = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: text.length };
    mirror.writer().setAnswer({ kind: "tag", repository, tag: "1" }, { state: "present", value: tag, ...origin });
    mirror
      .writer()
      .setAnswer({ kind: "manifest", repository, digest }, { state: "present", value: encodeUtf8(text), ...origin });
    assert.is((await stage.get("org/app/manifests/1")).status, 200);
    assert.is((await stage.get(`org/app/manifests/${digest}`)).status, 200);
    for (const path of ["manifests/2", `blobs/${layerDigest}`, `referrers/${digest}`]) {
      const got = await stage.get(`org/app/${path}`);
      assert.is(got.status, 503, path);
      assert.is(codeIn(got.body), "UNAVAILABLE");
      assert.is(got.headers["retry-after"], undefined);
    }
    assert.equal(stage.upstream.asked(), []);
  }));

test("what was added by hand stays when its registry says that it does not exist", () =>
  withProxy({ refreshMs: 0 }, async (stage) => {
    const repository = `${stage.host}/org/app`;
    const origin = { at: "2026-01-01T00:00:00Z", from: "layout images.tar" };
    const writer = stage.mirror.writer();
    const tag = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: text.length };
    writer.setAnswer({ kind: "tag", repository, tag: "1" }, { state: "present", value: tag, ...origin });
    writer.setAnswer(
      { kind: "manifest", repository, digest },
      { state: "present", value: encodeUtf8(text), ...origin },
    );
    for (let time = 0; time < 2; time++) assert.is((await stage.get("org/app/manifests/1")).status, 200);
    assert.ok(stage.warnings.some((line) => line.startsWith("drifted")));
  }));

test("a registry that hangs is not waited for longer than clients wait", async () => {
  for (const failurePolicy of ["Fail", "Ignore"] as const)
    await withProxy({ failurePolicy, waitMs: 150 }, async (stage) => {
      const repository = `${stage.host}/org/app`;
      const at = new Date(stage.clock - 3_600_000).toISOString();
      const writer = stage.mirror.writer();
      const tag = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: text.length };
      const [state, from] = ["present", "test"] as const;
      writer.setAnswer({ kind: "tag", repository, tag: "old" }, { state, value: tag, at, from });
      writer.setAnswer({ kind: "manifest", repository, digest }, { state, value: encodeUtf8(text), at, from });
      stage.answers = () => () => undefined;
      // Ignore gives what the mirror has.
      for (const path of ["manifests/old", "tags/list"])
        assert.is((await stage.get(`org/app/${path}`)).status, failurePolicy === "Fail" ? 503 : 200, path);
      for (const path of ["manifests/1", `blobs/${layerDigest}`, `referrers/${digest}`])
        assert.is((await stage.get(`org/app/${path}`)).status, 503, path);
    });
});

test("one question that hangs costs no other its answer, and an answer that comes late is kept", () =>
  withProxy({ waitMs: 150 }, async (stage) => {
    let late: (() => void) | undefined;
    stage.answers = (path, request) =>
      path === "/v2/org/app/tags/list"
        ? () => undefined
        : path === `${manifests}/1`
          ? (_, response) => {
              late = () => reply(response, request, manifestReply(text));
            }
          : answers(path);
    for (const path of ["tags/list", "manifests/1"]) assert.is((await stage.get(`org/app/${path}`)).status, 503, path);
    for (const path of [`manifests/${digest}`, `blobs/${layerDigest}`, `referrers/${digest}`]) {
      // On a busy machine an answer may come after the wait: whoever asks again has it then.
      let status = 0;
      for (let tries = 0; tries < 20 && status !== 200; tries++) ({ status } = await stage.get(`org/app/${path}`));
      assert.is(status, 200, path);
    }
    const question = { kind: "tag", repository: `${stage.host}/org/app`, tag: "1" } as const;
    assert.is(stage.mirror.knowledge().answer(question)?.state, undefined);
    while (late === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    late();
    while (stage.mirror.knowledge().answer(question) === undefined)
      await new Promise((resolve) => setImmediate(resolve));
    assert.is(stage.mirror.knowledge().answer(question)?.state, "present");
    stage.upstream.asked();
    assert.is((await stage.get("org/app/manifests/1")).status, 200);
    assert.equal(stage.upstream.asked(), []);
  }));

test("each request is told once, with what became of it", () =>
  withProxy({}, async (stage) => {
    stage.answers = answers;
    await stage.get("org/app/manifests/1");
    await stage.get("org/app/manifests/none");
    await stage.get("nothing");
    assert.equal(
      stage.events.map(({ kind, status, why, sending }) => [kind, status, why, sending]),
      [
        ["tag", 200, undefined, "stored"],
        ["tag", 404, "absent", "refused"],
        ["none", 404, "no-such-path", "refused"],
      ],
    );
  }));

test.run();
