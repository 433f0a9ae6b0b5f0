import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { LayerStore } from "../../../proxy/mirror/layer-store.ts";
import { createLayerFetcher } from "../../../proxy/sync/fetch-layer.ts";
import { openRegistry } from "../../../proxy/upstream/registry/open-registry.ts";
import { rejectsCode } from "../../support/assert.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/sync/fetch-layer");
const bytes = encodeUtf8("a layer, somewhat longer than its beginning");
const digest = digestOf(bytes);
const layer = { mediaType: "a/b", digest, size: bytes.length };
type Answer = (range: string | undefined, response: ServerResponse) => void;

const whole: Answer = (_, response) => void response.end(bytes);
/** As registries do: the part that was asked for. */
const ranged: Answer = (range, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  if (range === undefined) return whole(range, response);
  const headers = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(206, headers).end(bytes.subarray(from));
};
const after =
  (count: number): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, count), () => response.destroy());
  };

async function withRegistry(
  act: (world: {
    readonly layers: LayerStore;
    readonly ranges: (string | undefined)[];
    /** As a new run. */
    fetch(answer: Answer): Promise<readonly unknown[]>;
    begin(text: string): void;
  }) => Promise<void>,
): Promise<void> {
  const ranges: (string | undefined)[] = [];
  let answer: Answer = whole;
  const server = await serveLoopback((request: IncomingMessage, response) => {
    if (request.url === "/v2/") return void response.end("{}");
    ranges.push(request.headers.range);
    answer(request.headers.range, response);
  });
  const { host } = new URL(server.url);
  const layers = new LayerStore(temporaryFolder());
  const registry = openRegistry({
    hosts: { plainHttp: new Set([host]) },
    credentials: { find: () => Promise.resolve(undefined) },
    connections: { env: {} },
    fetching: { tries: 1 },
    limits: defaultLimits,
    now: () => new Date("2026-11-30T00:00:00Z"),
  });
  const fetch = async (next: Answer): Promise<readonly unknown[]> => {
    answer = next;
    const { signal } = new AbortController();
    const bring = createLayerFetcher({ layers, content: registry.content, limits: defaultLimits, signal });
    const first = await bring(`${host}/app`, layer);
    const second = await bring(`${host}/app`, layer);
    assert.equal([second.bytes, layers.size(digest)], [0, bytes.length]);
    assert.is(second.wasHere, first.wasHere);
    assert.not(existsSync(`${layers.path(digest)}.new`));
    return [first.bytes, first.wasHere];
  };
  const begin = (text: string): void => {
    mkdirSync(dirname(layers.path(digest)), { recursive: true });
    writeFileSync(`${layers.path(digest)}.new`, text);
  };
  try {
    await act({ layers, ranges, fetch, begin });
  } finally {
    await registry.close();
    await server.close();
  }
}

test("a layer that broke off is gone on from, and its bytes are those from the first on", () =>
  withRegistry(async ({ layers, ranges, fetch }) => {
    await rejectsCode("unreachable", () => fetch(after(10)));
    assert.equal([layers.size(digest), layers.partial(digest)], [undefined, 10]);
    assert.equal(await fetch(ranged), [bytes.length - 10, true]);
    assert.equal(ranges, [undefined, "bytes=10-"]);
    assert.equal(await fetch(ranged), [0, true], "there");
    assert.is(ranges.length, 2);
  }));

test("a registry without ranges sends all of it, and so does one that sends another part", () =>
  withRegistry(async ({ ranges, fetch, begin }) => {
    begin("a layer");
    assert.equal(await fetch(whole), [bytes.length, false]);
    assert.equal(ranges, ["bytes=7-"]);
  }).then(() =>
    withRegistry(async ({ ranges, fetch, begin }) => {
      begin("a layer");
      const other: Answer = (range, response) => {
        if (range === undefined) return whole(range, response);
        response.writeHead(206, { "content-range": `bytes 0-1/${bytes.length}` }).end(bytes.subarray(0, 2));
      };
      assert.equal(await fetch(other), [bytes.length, false]);
      assert.equal(ranges, ["bytes=7-", undefined]);
    }),
  ));

test("a beginning that is wrong is found by the digest, and all of it is fetched", () =>
  withRegistry(async ({ ranges, fetch, begin }) => {
    begin("a lAyer");
    assert.equal(await fetch(ranged), [bytes.length, false]);
    assert.equal(ranges, ["bytes=7-", undefined]);
  }));

test("what is whole already is only looked at; what is longer than the layer is not used", () =>
  withRegistry(async ({ ranges, fetch, begin }) => {
    begin(new TextDecoder().decode(bytes));
    assert.equal(await fetch(ranged), [0, true]);
    assert.equal(ranges, []);
  }).then(() =>
    withRegistry(async ({ ranges, fetch, begin }) => {
      begin(`${new TextDecoder().decode(bytes)} and more`);
      assert.equal(await fetch(ranged), [bytes.length, false]);
      assert.equal(ranges, [undefined]);
    }),
  ));

test("wrong content leaves nothing to go on from", () =>
  withRegistry(async ({ layers, fetch, begin }) => {
    const wrong: Answer = (_, response) => void response.end(bytes.map((byte) => byte ^ 1));
    await rejectsCode("upstream-error", () => fetch(wrong));
    assert.is(layers.partial(digest), 0);
    begin("a layer");
    await rejectsCode("upstream-error", () => fetch(wrong));
    assert.equal([layers.partial(digest), layers.size(digest)], [0, undefined]);
  }));

test.run();
