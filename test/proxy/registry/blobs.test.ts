import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { mediaTypes } from "../../../core/oci/manifest.ts";
import { PulledLayers } from "../../../proxy/registry/pulled-layers.ts";
import { withProxy } from "../../support/proxy-stage.ts";
import { manifestReply, type Reply, serveRegistry } from "../../support/registry-server.ts";

const test = suite("proxy/registry/blobs");
const layer = randomBytes(1_000_000);
const digest = digestOf(layer);
const path = `org/app/blobs/${digest}`;
const type = { "content-type": "application/octet-stream" };
const gives =
  (bytes: Uint8Array, at: Digest = digest) =>
  (asked: string): Reply | undefined =>
    asked === `/v2/org/app/blobs/${at}`
      ? (request: IncomingMessage, response: ServerResponse) => {
          response.writeHead(200, { ...type, "content-length": String(bytes.length) });
          response.end(request.method === "HEAD" ? undefined : bytes);
        }
      : undefined;
const layersIn = (maxBytes: number) => ({ layersIn: (folder: string) => new PulledLayers({ folder, maxBytes }) });
const pulledFiles = (folder: string): readonly string[] => {
  const blobs = join(folder, "pulled", "blobs", "sha256");
  return existsSync(blobs) ? readdirSync(blobs).sort() : [];
};

for (const stores of [false, true])
  test(`a layer comes whole, and in part, ${stores ? "stored" : "not stored"}`, () =>
    withProxy(stores ? layersIn(10_000_000) : {}, async (stage) => {
      stage.answers = gives(layer);
      const whole = await stage.get(path);
      assert.is(whole.status, 200);
      assert.ok(layer.equals(whole.body));
      assert.equal([stage.events.at(-1)?.bytes, stage.events.at(-1)?.sending], [layer.length, "pulled"]);
      for (const [range, start, end] of [
        ["bytes=0-9", 0, 10],
        ["bytes=500000-", 500_000, layer.length],
        ["bytes=-7", layer.length - 7, layer.length],
        ["bytes=999990-5000000", 999_990, layer.length],
      ] as const) {
        const part = await stage.get(path, { range });
        assert.is(part.status, 206, range);
        assert.is(part.headers["content-range"], `bytes ${start}-${end - 1}/${layer.length}`);
        assert.ok(layer.subarray(start, end).equals(part.body), range);
      }
      assert.is((await stage.get(path, { range: "bytes=1000000-" })).status, 416);
      // Several ranges, or none that can be read: the whole.
      for (const range of ["bytes=0-1,5-6", "bytes=5-1", "lines=0-1", `bytes=${"0-1,".repeat(2000)}0-1`])
        assert.is((await stage.get(path, { range })).status, 200, range.slice(0, 20));
      const head = await stage.get(path, {}, "HEAD");
      assert.is(head.headers["content-length"], String(layer.length));
      assert.is(stage.upstream.asked().filter((line) => line.startsWith("GET")).length, stores ? 1 : 10);
      assert.equal(pulledFiles(stage.mirror.folder), stores ? [digest.slice(7)] : []);
      if (stores) {
        await stage.stopUpstream();
        assert.ok(layer.equals((await stage.get(path)).body));
        assert.is((await stage.get(path, { "if-none-match": `"${digest}"` })).status, 304);
      }
    }));

test("the beginning reaches the client while the rest is still to come", () =>
  withProxy(layersIn(10_000_000), async (stage) => {
    let finish: () => void = () => undefined;
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { ...type, "content-length": String(layer.length) });
      response.write(layer.subarray(0, 600_000));
      finish = () => response.end(layer.subarray(600_000));
    };
    const response = await fetch(`http://127.0.0.1:${stage.port}/v2/${path}?ns=${stage.host}`);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    assert.ok((first.value?.length ?? 0) > 0);
    finish();
    let count = first.value?.length ?? 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) count += piece.value.length;
    assert.is(count, layer.length);
  }));

test("many clients, one pull; each gets all of it", () =>
  withProxy(layersIn(10_000_000), async (stage) => {
    stage.answers = gives(layer);
    const all = await Promise.all(Array.from({ length: 12 }, () => stage.get(path)));
    for (const { body } of all) assert.ok(layer.equals(body));
    assert.is(stage.upstream.asked().filter((line) => line.startsWith("GET /v2/org")).length, 1);
    assert.is(pulledFiles(stage.mirror.folder).length, 1);
    stage.upstream.asked();
    await stage.get(path);
    assert.equal(stage.upstream.asked(), []);
  }));

for (const stores of [false, true])
  for (const [name, wrong] of [
    ["other bytes", Buffer.concat([layer.subarray(0, 999_999), Buffer.from([1 + (layer.at(-1) ?? 0)])])],
    ["too few", layer.subarray(0, 900_000)],
    ["too many", Buffer.concat([layer, Buffer.from("x")])],
  ] as const)
    test(`${name} from a registry: the body is cut, nothing is kept, a range is refused (${stores})`, () =>
      withProxy(stores ? layersIn(10_000_000) : {}, async (stage) => {
        stage.answers = gives(wrong);
        const got = await stage.get(path);
        assert.ok(got.cut);
        assert.ok(got.body.length < Math.min(wrong.length, layer.length));
        const again = await stage.get(path, { range: `bytes=${got.body.length}-` });
        assert.is(again.status, 503);
        assert.equal(pulledFiles(stage.mirror.folder), []);
        assert.ok(stage.reports.some(({ code }) => code === "upstream-error"));
        // The registry mends it: a pull from the beginning is a new one.
        stage.answers = gives(layer);
        assert.ok(layer.equals((await stage.get(path)).body));
      }));

test("a short content that proves wrong is refused with a status, not cut", () =>
  withProxy({}, async (stage) => {
    stage.answers = gives(encodeUtf8("something else"));
    assert.is((await stage.get(path)).status, 503);
  }));

test("a registry that breaks off cuts the body, and the client may go on", () =>
  withProxy({}, async (stage) => {
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { ...type, "content-length": String(layer.length) });
      response.write(layer.subarray(0, 600_000), () => setTimeout(() => response.destroy(), 20));
    };
    const got = await stage.get(path);
    assert.ok(got.cut);
    stage.answers = gives(layer);
    const rest = await stage.get(path, { range: `bytes=${got.body.length}-` });
    assert.is(rest.status, 206);
    assert.ok(layer.equals(Buffer.concat([got.body, rest.body])));
  }));

test("a stored layer that was damaged is never given whole, and is pulled again", () =>
  withProxy(layersIn(10_000_000), async (stage) => {
    stage.answers = gives(layer);
    await stage.get(path);
    const damaged = Buffer.from(layer);
    damaged[999_999] = 255 - (damaged[999_999] ?? 0);
    writeFileSync(join(stage.mirror.folder, "pulled", "blobs", "sha256", digest.slice(7)), damaged);
    assert.ok((await stage.get(path)).cut);
    assert.ok(stage.reports.some(({ code }) => code === "mirror-corrupt"));
    assert.ok(layer.equals((await stage.get(path)).body));
  }));

test("configurations and signed material go into the mirror, and stay when the registry is gone", () =>
  withProxy({}, async (stage) => {
    const config = encodeUtf8('{"os":"linux"}');
    const payload = encodeUtf8('{"critical":{}}');
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
      layers: [
        {
          mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
          digest: digestOf(payload),
          size: payload.length,
        },
        { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest, size: layer.length },
      ],
    });
    stage.answers = (asked) =>
      asked.includes("/manifests/1") || asked.endsWith(digestOf(encodeUtf8(manifest)))
        ? manifestReply(manifest)
        : (gives(config, digestOf(config))(asked) ?? gives(payload, digestOf(payload))(asked) ?? gives(layer)(asked));
    await stage.get("org/app/manifests/1");
    for (const bytes of [config, payload, layer])
      assert.is((await stage.get(`org/app/blobs/${digestOf(bytes)}`)).status, 200);
    await stage.stopUpstream();
    for (const bytes of [config, payload]) {
      const got = await stage.get(`org/app/blobs/${digestOf(bytes)}`);
      assert.ok(Buffer.from(bytes).equals(got.body));
      assert.is((await stage.get(`org/app/blobs/${digestOf(bytes)}`, { range: "bytes=0-0" })).status, 206);
    }
    assert.is((await stage.get(path)).status, 503);
  }));

test("a complete repository knows which blobs it has not; what a manifest names is unknown there, not absent", () =>
  withProxy({ offline: true }, async (stage) => {
    const manifest = encodeUtf8(
      JSON.stringify({ schemaVersion: 2, config: { mediaType: "a/b", digest, size: 5 }, layers: [] }),
    );
    const repository = `${stage.host}/org/app`;
    const at = "2026-01-01T00:00:00Z";
    const writer = stage.mirror.writer();
    writer.setAnswer(
      { kind: "manifest", repository, digest: digestOf(manifest) },
      { state: "present", value: manifest, at, from: "test" },
    );
    const other = digestOf(encodeUtf8("never seen"));
    assert.is((await stage.get(`org/app/blobs/${other}`)).status, 503);
    writer.setComplete(repository, { at, from: "test" });
    assert.is((await stage.get(`org/app/blobs/${other}`)).status, 404);
    assert.is((await stage.get(path)).status, 503);
  }));

for (const stores of [false, true])
  test(`many clients are one pull, ${stores ? "stored" : "not stored"}; a broken one goes on where it broke`, () =>
    withProxy(stores ? layersIn(10_000_000) : {}, async (stage) => {
      const ranges: (string | undefined)[] = [];
      let breakOff: () => void = () => undefined;
      stage.answers = () => (request: IncomingMessage, response: ServerResponse) => {
        const { range } = request.headers;
        ranges.push(range);
        const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
        response.writeHead(from > 0 ? 206 : 200, {
          ...type,
          "content-length": String(layer.length - from),
          ...(from > 0 ? { "content-range": `bytes ${from}-${layer.length - 1}/${layer.length}` } : {}),
        });
        if (from > 0) return void response.end(layer.subarray(from));
        response.write(layer.subarray(0, 400_000));
        breakOff = () => response.destroy();
      };
      const count = 20;
      let begun = 0;
      const get = async (): Promise<Buffer> => {
        const response = await fetch(`http://127.0.0.1:${stage.port}/v2/${path}?ns=${stage.host}`);
        assert.is(response.status, 200);
        begun += 1;
        // Only when everybody has the beginning: nobody comes after the break.
        if (begun === count) breakOff();
        return Buffer.from(await response.arrayBuffer());
      };
      for (const body of await Promise.all(Array.from({ length: count }, get))) assert.ok(layer.equals(body));
      assert.equal(ranges.length, 2, JSON.stringify(ranges));
      assert.match(String(ranges[1]), /^bytes=\d+-$/);
    }));

test("a registry that gives nothing is a 503 for everybody who waits, and holds up nobody who asks another", () =>
  withProxy({}, async (stage) => {
    const other = await serveRegistry(gives(layer));
    try {
      stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { ...type, "content-length": String(layer.length) });
        response.flushHeaders();
      };
      const waiting = [stage.get(path), stage.get(path)];
      await new Promise((resolve) => setTimeout(resolve, 100));
      const elsewhere = await stage.get(`${path}?ns=${other.host}`);
      assert.is(elsewhere.status, 503, "it is not listed");
      for (const { status, body, headers } of await Promise.all(waiting)) {
        assert.equal([status, headers["retry-after"]], [503, "10"]);
        assert.match(body.toString(), /timed-out/);
      }
    } finally {
      await other.close();
    }
  }));

test("the same layer of two registries at the same time: the slow one holds up nobody else", async () => {
  const other = await serveRegistry(gives(layer));
  let first: ServerResponse | undefined;
  const slow = await serveRegistry(() => (_: IncomingMessage, response: ServerResponse) => {
    first = response;
    response.writeHead(200, { ...type, "content-length": String(layer.length) });
    response.write(layer.subarray(0, 1000));
  });
  for (const stores of [false, true])
    await withProxy({ ...(stores ? layersIn(10_000_000) : {}), upstreams: [slow.host, other.host] }, async (stage) => {
      const waiting = stage.get(`${path}?ns=${slow.host}`);
      while (first === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.ok(layer.equals((await stage.get(`${path}?ns=${other.host}`)).body));
      first.end(layer.subarray(1000));
      first = undefined;
      assert.ok(layer.equals((await waiting).body));
    });
  await slow.close();
  await other.close();
});

test("part of a layer beyond its end leaves no pull behind", () =>
  withProxy({}, async (stage) => {
    let open = 0;
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      open += 1;
      response.once("close", () => (open -= 1));
      response.writeHead(200, { ...type, "content-length": String(layer.length) });
      response.write(layer.subarray(0, 1000));
    };
    for (let count = 0; count < 5; count++) assert.is((await stage.get(path, { range: "bytes=1000000-" })).status, 416);
    for (let times = 0; times < 400 && open > 0; times++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.is(open, 0);
  }));

test.run();
