/**
 * Attacks on the registry proxy: by registries that lie, by clients that choose names, and on what passes through.
 */
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createConnection } from "node:net";
import * as assert from "uvu/assert";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import { PulledLayers } from "../../proxy/registry/pulled-layers.ts";
import { readHostsFolder } from "../../proxy/upstream/registry/hosts-toml.ts";
import { memoryFiles } from "../support/memory-files.ts";
import { getFrom, type ProxyStage, withProxy } from "../support/proxy-stage.ts";
import { manifestReply, notFound, referrer, serveRegistry, someManifest } from "../support/registry-server.ts";
import { textArchive } from "../support/text-archive.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("registry-proxy");
const { text, digest } = someManifest();
const other = someManifest("other");
const layer = Buffer.alloc(500_000, "layer");
const layerDigest = digestOf(layer);
const question = ({ host }: ProxyStage) => ({ kind: "manifest", repository: `${host}/org/app`, digest }) as const;
const gives = (bytes: Uint8Array) => () => (request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": String(bytes.length) });
  response.end(request.method === "HEAD" ? undefined : bytes);
};

attack(201, "a manifest with one byte changed, by its digest: 503, and the mirror knows nothing", () =>
  withProxy({}, async (stage) => {
    stage.answers = () => ({ headers: { "content-type": mediaTypes.manifest }, body: text.replace("2", "3") });
    assert.is((await stage.get(`org/app/manifests/${digest}`)).status, 503);
    assert.is(stage.mirror.knowledge().answer(question(stage)), undefined);
  }),
);

attack(202, "HEAD names one digest, the content has another", () =>
  withProxy({}, async (stage) => {
    stage.answers = () => manifestReply(other.text, { "docker-content-digest": digest });
    assert.is((await stage.get("org/app/manifests/1")).status, 503);
    assert.is(stage.mirror.knowledge().answer(question(stage)), undefined);
  }),
);

attack(203, "ns with a scheme, a path, a user, a line end, nothing, or twice", () =>
  withProxy({ upstreams: ["registry.example"] }, async (stage) => {
    for (const ns of [
      `http://${stage.host}`,
      `${stage.host}/x`,
      `user@${stage.host}`,
      `${stage.host}%0d%0ax:%20y`,
      `${stage.host}%23`,
      "",
      `registry.example&ns=${stage.host}`,
    ])
      assert.is((await getFrom(stage.port, `org/app/manifests/1?ns=${ns}`)).status, 400, ns);
    assert.equal(stage.upstream.asked(), []);
  }),
);

attack(204, "by parameter and by path, a host that is not listed", () =>
  withProxy({ upstreams: ["registry.example"] }, async (stage) => {
    const { host, port } = stage;
    const paths = [`manifests/1`, `manifests/${digest}`, `blobs/${digest}`, `referrers/${digest}`, "tags/list"];
    for (const path of paths)
      for (const target of [`org/app/${path}?ns=${host}`, `${host}/org/app/${path}`])
        assert.is((await getFrom(port, target)).status, 503, target);
    assert.equal(stage.upstream.asked(), []);
  }),
);

attack(205, "what one registry has under a tag and a digest is not another registry's", () =>
  withProxy({ upstreams: ["127.0.0.1"] }, async (stage) => {
    const evil = await serveRegistry(() => manifestReply(text));
    try {
      await withProxy({ upstreams: [evil.host] }, async ({ port, mirror }) => {
        for (const reference of ["1", digest])
          assert.is((await getFrom(port, `org/app/manifests/${reference}?ns=${evil.host}`)).status, 200);
        for (const reference of ["1", digest])
          for (const target of [`org/app/manifests/${reference}?ns=ghcr.io`, `org/app/manifests/${reference}`])
            assert.is((await getFrom(port, target)).status, 503, target);
        assert.is(mirror.knowledge().answer({ kind: "tag", repository: "ghcr.io/org/app", tag: "1" }), undefined);
      });
    } finally {
      await evil.close();
    }
    assert.equal(stage.upstream.asked(), []);
  }),
);

attack(206, "dots in every spelling, in names, tags and digests", () =>
  withProxy({}, async (stage) => {
    for (const path of [
      "../../etc/passwd/manifests/1",
      "org/%2e%2e/%2e%2e/x/manifests/1",
      "org/%252e%252e/x/manifests/1",
      "org/..%2f../manifests/1",
      "org/app/blobs/sha256:..%2f..%2fmirror.db",
      "org/app/manifests/..%2f..%2f1",
    ]) {
      const { status } = await getFrom(stage.port, `${path}?ns=${stage.host}`);
      assert.ok(status === 400 || status === 404, `${path} ${status}`);
    }
    assert.equal(stage.upstream.asked(), []);
  }),
);

attack(207, "a manifest whose media type ends a header and begins another", () =>
  withProxy({}, async (stage) => {
    const hostile = JSON.stringify({ schemaVersion: 2, mediaType: "a/b\r\nX-Evil: yes", layers: [], config: null });
    stage.answers = () => ({ headers: { "content-type": mediaTypes.manifest }, body: hostile });
    const got = await stage.get(`org/app/manifests/${digestOf(encodeUtf8(hostile))}`);
    assert.is(got.headers["x-evil"], undefined);
    assert.is(got.headers["content-type"], "application/octet-stream");
  }),
);

attack(208, "a thousand ranges that overlap are one answer with the whole content", () =>
  withProxy({}, async (stage) => {
    stage.answers = gives(layer);
    const range = `bytes=${Array.from({ length: 1000 }, () => "0-").join(",")}`;
    const got = await stage.get(`org/app/blobs/${layerDigest}`, { range });
    assert.is(got.status, 200);
    assert.is(got.body.length, layer.length);
  }),
);

attack(209, "the last bytes of a layer are others: cut, and what is missing is not given by range", () =>
  withProxy({ layersIn: (folder) => new PulledLayers({ folder, maxBytes: 10_000_000 }) }, async (stage) => {
    const wrong = Buffer.concat([layer.subarray(0, -1), Buffer.from("!")]);
    stage.answers = gives(wrong);
    const got = await stage.get(`org/app/blobs/${layerDigest}`);
    assert.ok(got.cut);
    for (const range of [`bytes=${got.body.length}-`, "bytes=0-9", "bytes=-1"])
      assert.is((await stage.get(`org/app/blobs/${layerDigest}`, { range })).status, 503, range);
  }),
);

attack(210, "a layer that goes on for ever, with and without a stated length", () =>
  withProxy({ limits: { layerBytes: 1_000_000 } }, async (stage) => {
    for (const headers of [{}, { "content-length": "100000000000" }]) {
      stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { "content-type": "application/octet-stream", ...headers });
        const more = (): void => {
          while (!response.destroyed && response.write(layer));
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      };
      const got = await stage.get(`org/app/blobs/${layerDigest}`);
      assert.ok(got.status === 503 || got.cut);
      assert.ok(got.body.length <= 1_000_000);
    }
    assert.ok(stage.reports.every(({ code }) => code === "over-limit"));
  }),
);

attack(
  211,
  "a layer is said to be at another host: it gets no credentials, and a cloud's own address is never asked",
  () =>
    withProxy(
      { asking: { credential: { who: "user", secret: { form: "password", username: "user", password: "secret" } } } },
      async (stage) => {
        const elsewhere = await serveRegistry(() => gives(layer)());
        const wants = (request: IncomingMessage) =>
          request.headers.authorization === undefined
            ? { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }
            : undefined;
        try {
          stage.answers = (path, request) =>
            wants(request) ?? { status: 307, headers: { location: `http://${elsewhere.host}${path}` } };
          assert.is((await stage.get(`org/app/blobs/${layerDigest}`)).status, 200);
          assert.ok(stage.upstream.authorizations().some((one) => one.startsWith("Basic ")));
          assert.equal(
            elsewhere.authorizations().filter((one) => one !== ""),
            [],
          );
          stage.answers = (_, request) =>
            wants(request) ?? { status: 307, headers: { location: "http://169.254.169.254/latest/meta-data/" } };
          const got = await stage.get(`org/app/blobs/${layerDigest}`);
          assert.is(got.status, 503);
          assert.not.match(got.body.toString(), /secret/);
        } finally {
          await elsewhere.close();
        }
      },
    ),
);

attack(212, "a dead registry behind a cache that answers 404: unknown, and not kept as absent", async () => {
  const cache = await serveRegistry(() => notFound());
  try {
    const files = memoryFiles({
      "/certs/registry.example/hosts.toml": `server = "http://127.0.0.1:1"\n[host."http://${cache.host}"]\n`,
    });
    const asking = { hosts: { namespaces: readHostsFolder("/certs", files) } };
    await withProxy({ upstreams: ["registry.example"], asking }, async ({ port, mirror }) => {
      for (const path of ["manifests/1", `manifests/${digest}`, `blobs/${digest}`, `referrers/${digest}`])
        assert.is((await getFrom(port, `org/app/${path}?ns=registry.example`)).status, 503, path);
      const tag = { kind: "tag", repository: "registry.example/org/app", tag: "1" } as const;
      assert.is(mirror.knowledge().answer(tag), undefined);
    });
  } finally {
    await cache.close();
  }
});

attack(213, "challenges, cookies and redirects of a registry do not reach the client", () =>
  withProxy({}, async (stage) => {
    for (const status of [401, 301, 418]) {
      stage.answers = () => ({
        status,
        headers: { "www-authenticate": 'Basic realm="evil"', "set-cookie": "a=b", location: "http://169.254.169.254/" },
      });
      for (const path of ["manifests/1", `blobs/${digest}`]) {
        const got = await stage.get(`org/app/${path}`);
        assert.is(got.status, 503, `${status} ${path}`);
        for (const name of ["www-authenticate", "set-cookie", "location"])
          assert.is(got.headers[name], undefined, name);
      }
    }
  }),
);

attack(214, "a login page with status 200, as a manifest, a list and a layer", () =>
  withProxy({}, async (stage) => {
    stage.answers = () => ({ headers: { "content-type": "text/html" }, body: "<html>log in</html>" });
    for (const path of ["manifests/1", `manifests/${digest}`, `blobs/${layerDigest}`, "tags/list"])
      assert.is((await stage.get(`org/app/${path}`)).status, 503, path);
    assert.is(stage.mirror.knowledge().answer(question(stage)), undefined);
  }),
);

attack(215, "the list of referrers fails: never an empty list, never 404", () =>
  withProxy({}, async (stage) => {
    for (const status of [500, 503, 429, 401]) {
      stage.answers = (path) => (path.includes("/referrers/") ? { status } : notFound());
      assert.is((await stage.get(`org/app/referrers/${digest}`)).status, 503, String(status));
      stage.clock += 60_000;
    }
  }),
);

attack(216, "an upload, a tag that is set, a manifest that is deleted", () =>
  withProxy({}, async (stage) => {
    for (const [method, path] of [
      ["POST", "org/app/blobs/uploads/"],
      ["PUT", "org/app/manifests/1"],
      ["DELETE", `org/app/manifests/${digest}`],
      ["PATCH", "org/app/blobs/uploads/1"],
    ] as const)
      assert.is((await stage.get(path, {}, method)).status, 405, method);
    assert.equal(stage.upstream.asked(), []);
  }),
);

attack(217, "an unsigned image under a signature's tag, and one that refers to something", () =>
  withProxy(
    { offline: true, admit: { judge: () => Promise.resolve({ verdict: "refused", message: "signature not found" }) } },
    async (stage) => {
      const image = (more: object) =>
        JSON.stringify({
          schemaVersion: 2,
          config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 2 },
          layers: [
            { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: layerDigest, size: layer.length },
          ],
          ...more,
        });
      const writer = stage.mirror.writer();
      const repository = `${stage.host}/org/app`;
      const origin = { at: "2026-01-01T00:00:00Z", from: "test" };
      const tag = `${digest.replace(":", "-")}.sig`;
      for (const manifest of [image({}), image({ subject: referrer("x") })]) {
        const [bytes, of] = [encodeUtf8(manifest), digestOf(encodeUtf8(manifest))];
        writer.setAnswer({ kind: "manifest", repository, digest: of }, { state: "present", value: bytes, ...origin });
        const value = { mediaType: mediaTypes.manifest, digest: of, size: bytes.length };
        writer.setAnswer({ kind: "tag", repository, tag }, { state: "present", value, ...origin });
        for (const reference of [tag, of])
          assert.is((await stage.get(`org/app/manifests/${reference}`)).status, 403, reference);
      }
    },
  ),
);

attack(218, "a client breaks off in the middle of a layer that never ends", () =>
  withProxy({}, async (stage) => {
    let closed: () => void = () => undefined;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      response.once("close", closed);
      const more = (): void => {
        while (!response.destroyed && response.write(layer));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    };
    const socket = createConnection({ host: "127.0.0.1", port: stage.port });
    socket.write(`GET /v2/org/app/blobs/${layerDigest}?ns=${stage.host} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await isClosed;
  }),
);

attack(219, "a tag that was seen tomorrow is asked for today", () =>
  withProxy({}, async (stage) => {
    const value = { mediaType: mediaTypes.manifest, digest: other.digest, size: other.text.length };
    const at = new Date(stage.clock + 86_400_000).toISOString();
    stage.mirror
      .writer()
      .setAnswer(
        { kind: "tag", repository: `${stage.host}/org/app`, tag: "1" },
        { state: "present", value, at, from: "x" },
      );
    stage.answers = () => manifestReply(text);
    assert.is((await stage.get("org/app/manifests/1")).headers["docker-content-digest"], digest);
  }),
);

attack(220, "a layer in gzip that was asked for as it is", () =>
  withProxy({ layersIn: (folder) => new PulledLayers({ folder, maxBytes: 10_000_000 }) }, async (stage) => {
    stage.answers = () => ({ headers: { "content-encoding": "gzip" }, body: "not what was asked for" });
    const got = await stage.get(`org/app/blobs/${layerDigest}`);
    assert.is(got.status, 503);
    assert.is(got.headers["content-encoding"], undefined);
    assert.not.ok(existsSync(`${stage.mirror.folder}/pulled/blobs/sha256/${layerDigest.slice(7)}`));
  }),
);

const unsignedImage = (layers: readonly object[], more: object = {}) =>
  encodeUtf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(encodeUtf8("{}")), size: 2 },
      layers,
      subject: { mediaType: mediaTypes.manifest, digest, size: text.length },
      ...more,
    }),
  );

/** Offers these contents by digest, the first under the tag 1, to a door that refuses every image. */
const behindDoor = (contents: readonly Uint8Array[], act: (stage: ProxyStage) => Promise<void>) =>
  withProxy(
    { offline: true, admit: { judge: async () => ({ verdict: "refused", message: "unsigned" }) } },
    async (stage) => {
      const repository = `${stage.host}/org/app`;
      const origin = { at: "2026-11-30T12:00:00Z", from: "x" };
      const writer = stage.mirror.writer();
      for (const [index, value] of contents.entries())
        writer.setAnswer(
          { kind: index === 0 ? "manifest" : "blob", repository, digest: digestOf(value) },
          { state: "present", value, ...origin },
        );
      const [first = new Uint8Array()] = contents;
      const value = { mediaType: mediaTypes.manifest, digest: digestOf(first), size: first.length };
      writer.setAnswer({ kind: "tag", repository, tag: "1" }, { state: "present", value, ...origin });
      await act(stage);
    },
  );

attack(221, "a layer of an unknown type is a tar archive without a zero byte, which podman unpacks", () => {
  const archive = textArchive("usr/bin/app", "#!/bin/sh\necho evil\n");
  const manifest = unsignedImage([
    { mediaType: "application/vnd.example.note", digest: digestOf(archive), size: archive.length },
  ]);
  return behindDoor([manifest, archive], async ({ get }) => {
    for (const path of ["manifests/1", `blobs/${digestOf(archive)}`]) {
      const got = await get(`org/app/${path}`);
      assert.not.ok(got.body.includes("echo evil"), path);
    }
    assert.is((await get(`org/app/blobs/${digestOf(archive)}`)).status, 403);
    assert.is((await get(`org/app/blobs/${digestOf(archive)}`, { range: "bytes=0-99" })).status, 403);
    assert.is((await get(`org/app/blobs/${digestOf(archive)}`, {}, "HEAD")).status, 403);
  });
});

attack(222, "a layer of an unknown type has addresses, from which podman would fetch it", () => {
  const note = { mediaType: "application/vnd.example.note", digest: layerDigest, size: layer.length };
  return behindDoor([unsignedImage([{ ...note, urls: ["https://evil.example/layer.tar.gz"] }])], async ({ get }) => {
    assert.is((await get("org/app/manifests/1")).status, 403);
  });
});

attack(223, "layers beside Layers, which readers in Go take for the same", async () => {
  const real = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: layerDigest, size: layer.length };
  for (const name of ["Layers", "layer\u017f"])
    await behindDoor([unsignedImage([], { [name]: [real] })], async ({ get }) => {
      assert.is((await get("org/app/manifests/1")).status, 403, name);
    });
});

run();
