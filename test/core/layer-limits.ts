/** What the bounds of layers that pass through a proxy do: nothing said where all of a layer comes in one pull. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { request as send } from "node:http";
import { Readable } from "node:stream";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { type Limits, limitsWith } from "../../core/limits.ts";
import type { Door } from "../../proxy/registry/door/door.ts";
import { steadySource } from "../../proxy/registry/steady-source.ts";
import { type ProxyStage, withProxy } from "../support/proxy-stage.ts";
import { manifestReply } from "../support/registry-server.ts";

type Given = Partial<Limits>;
const layer = randomBytes(1_500_000);
const path = (content: Uint8Array): string => `org/app/blobs/${digestOf(content)}`;
const headers = (from = 0) => ({
  "content-type": "application/octet-stream",
  "content-length": String(layer.length - from),
  ...(from === 0 ? {} : { "content-range": `bytes ${from}-${layer.length - 1}/${layer.length}` }),
});

/** Begins to read from the proxy: resolves when so many bytes are here; `done` when all are. */
function beginning({ port, host }: ProxyStage, wanted: number) {
  let came: () => void = () => undefined;
  const here = new Promise<void>((resolve) => (came = resolve));
  const done = new Promise<number>((resolve, reject) => {
    send({ port, host: "127.0.0.1", path: `/v2/${path(layer)}?ns=${host}`, agent: false }, (response) => {
      let count = 0;
      response.on("data", (piece: Buffer) => {
        count += piece.length;
        if (count >= wanted) came();
      });
      response.on("end", () => resolve(count)).on("error", reject);
    })
      .on("error", reject)
      .end();
  });
  return { here, done };
}

/** Two clients, the second when the first has got a good part: how many pulls that costs. */
const joining = async (limits: Given): Promise<readonly string[]> => {
  let pulls = 0;
  const open: ServerResponse[] = [];
  await withProxy({ limits }, async (stage) => {
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      pulls += 1;
      open.push(response);
      response.writeHead(200, headers());
      response.write(layer.subarray(0, 1_000_000));
    };
    const first = beginning(stage, 700_000);
    await first.here;
    const second = beginning(stage, 1);
    await second.here;
    for (const response of open) response.end(layer.subarray(1_000_000));
    await Promise.all([first.done, second.done]);
  });
  return pulls === 1 ? [] : [`pulls: ${pulls}`];
};

/** Two layers at the same time. */
const pullingTwo = async (limits: Given): Promise<readonly string[]> => {
  let said: readonly string[] = [];
  await withProxy({ limits }, async (stage) => {
    const open: ServerResponse[] = [];
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      open.push(response);
      response.writeHead(200, headers());
      response.write(layer.subarray(0, 1_000_000));
    };
    const first = beginning(stage, 1);
    await first.here;
    let isRefused = false;
    const second = stage.get(path(new Uint8Array(1))).then(({ status, body }) => {
      isRefused = status === 503 && /overloaded/.test(body.toString());
      return isRefused;
    });
    while (open.length < 2 && !isRefused) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const response of open) response.end(layer.subarray(1_000_000));
    await first.done;
    if (await second) said = ["over-limit: layers at the same time"];
  });
  return said;
};

/** A connection that breaks in the middle. */
const breaking = async (limits: Given): Promise<readonly string[]> => {
  let said: readonly string[] = [];
  await withProxy({ limits }, async (stage) => {
    stage.answers = () => (request: IncomingMessage, response: ServerResponse) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
      response.writeHead(from === 0 ? 200 : 206, headers(from));
      if (from > 0) response.end(layer.subarray(from));
      else response.write(layer.subarray(0, 500_000), () => response.destroy());
    };
    const { cut, body } = await stage.get(path(layer));
    if (cut) said = [`cut after ${body.length > 0 ? "some" : "no"} bytes`];
  });
  return said;
};

/** `steadySource` of a registry that gives a byte now and then. */
const dripping = async (given: Given): Promise<readonly string[]> => {
  async function* bytes() {
    for (let count = 0; count < 20; count++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield new Uint8Array(100);
    }
  }
  const blob = { body: Readable.from(bytes()), size: 2000, from: 0 };
  const options = { subject: "x", open: async () => undefined, limits: limitsWith(given), rateMs: 30 };
  try {
    for await (const piece of steadySource(blob, 0, options)) piece.at(0);
    return [];
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [`${error.code}: ${error.message}`];
  }
};

/** A catalogue of two repositories. */
const listing = async (limits: Given): Promise<readonly string[]> => {
  let said: readonly string[] = [];
  await withProxy({ limits, offline: true }, async (stage) => {
    for (const name of ["a", "b"]) {
      const value = { mediaType: "a/b", digest: digestOf(layer), size: 1 };
      const answer = { state: "present", value, at: "2026-01-01T00:00:00Z", from: "test" } as const;
      stage.mirror.writer().setAnswer({ kind: "tag", repository: `a.example/${name}`, tag: "1" }, answer);
    }
    const { body, headers: fields } = await stage.get("_catalog?n=9");
    const { repositories } = JSON.parse(body.toString());
    if (repositories.length < 2) said = [`a page of ${repositories.length}, next ${fields.link !== undefined}`];
  });
  return said;
};

const text = (value: object): string => JSON.stringify({ schemaVersion: 2, ...value });
const entry = (content: string) => ({ mediaType: "a/b", digest: digestOf(encodeUtf8(content)), size: content.length });

/**
 * A layer of two images, one of which is in an index, by a door that admits some of their digests. The image is pulled
 * before, or not.
 */
const judging =
  (admitted: "index" | "image" | "second", isPulled = false) =>
  async (limits: Given): Promise<readonly string[]> => {
    const first = text({ config: entry("{}"), layers: [entry("layer"), entry("last")], annotations: { a: "1" } });
    const second = text({ config: entry("{}"), layers: [entry("layer")], annotations: { a: "2" } });
    const index = text({ manifests: [entry(first)] });
    const images = [first, second].toSorted((one, other) => (entry(one).digest < entry(other).digest ? -1 : 1));
    const wanted = { index, image: first, second: images[1] ?? "" }[admitted];
    const asked: string[] = [];
    const admit: Door = {
      judge: async ({ digest }) => {
        asked.push(digest);
        return digest === entry(wanted).digest ? { verdict: "admitted" } : { verdict: "refused", message: "no" };
      },
    };
    let said: readonly string[] = [];
    await withProxy({ limits, offline: true, admit }, async (stage) => {
      const repository = `${stage.host}/org/app`;
      const known = { at: "2026-01-01T00:00:00Z", from: "test" };
      for (const one of [first, second, index]) {
        const question = { kind: "manifest", repository, digest: entry(one).digest } as const;
        stage.mirror.writer().setAnswer(question, { state: "present", value: encodeUtf8(one), ...known });
      }
      const blob = { kind: "blob", repository, digest: entry("layer").digest } as const;
      stage.mirror.writer().setAnswer(blob, { state: "present", value: encodeUtf8("layer"), ...known });
      if (isPulled) await stage.get(`org/app/manifests/${entry(first).digest}`);
      asked.length = 0;
      const { status } = await stage.get(`org/app/blobs/${entry("layer").digest}`);
      if (status !== 200) said = [`${status}`];
      else if (isPulled && asked.length > 0) said = [`asked again: ${asked.length}`];
    });
    return said;
  };

/** A manifest and its configuration, pulled through twice: what the mirror keeps, and whether it is read again. */
const pullingTwice = async (limits: Given): Promise<readonly string[]> => {
  const said: string[] = [];
  const config = "{}";
  const manifest = text({ config: { ...entry(config), mediaType: "application/vnd.oci.image.config.v1+json" } });
  await withProxy({ limits }, async (stage) => {
    const { mirror, host, get } = stage;
    stage.answers = (asked) => (asked.includes("/blobs/") ? { body: config } : manifestReply(manifest));
    const path = `org/app/manifests/${entry(manifest).digest}`;
    await get(path);
    await get(path);
    const read = mirror.knowledge().answer.bind(mirror.knowledge());
    let reads = 0;
    mirror.knowledge().answer = (question) => {
      reads += 1;
      return read(question);
    };
    await get(path);
    if (reads > 0) said.push("read again");
    await get(`org/app/blobs/${entry(config).digest}`);
    const blob = { kind: "blob", repository: `${host}/org/app`, digest: entry(config).digest } as const;
    if (read(blob) === undefined) said.push("not kept");
  });
  return said;
};

/** Two layers that prove wrong, one after the other; then the rest of the first is asked for. */
const resumingWrong = async (limits: Given): Promise<readonly string[]> => {
  let said: readonly string[] = [];
  await withProxy({ limits }, async (stage) => {
    stage.answers = () => (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, headers());
      response.end(layer);
    };
    const [first, second] = [path(Buffer.from("first")), path(Buffer.from("second"))];
    await stage.get(first);
    await stage.get(second);
    const pulls = stage.upstream.asked().length;
    await stage.get(first, { range: "bytes=1-" });
    if (stage.upstream.asked().length > 0) said = [`asked again after ${pulls}`];
  });
  return said;
};

/** Rows of the table of limits. */
export const layerRows = {
  catalogPage: { low: 1, run: listing, says: /^a page of 1, next true$/ },
  keptBlobBytes: { low: 1, run: pullingTwice, says: /^not kept$/ },
  readyManifests: { low: 0, run: pullingTwice, says: /^read again$/ },
  readyManifestBytes: { low: 1, run: pullingTwice, says: /^read again$/ },
  wrongContents: { low: 1, run: resumingWrong, says: /^asked again after 2$/ },
  doorReached: { low: 1, run: judging("image", true), says: /^asked again: / },
  doorJudged: { low: 1, run: judging("second"), says: /^503$/ },
  doorDepth: { low: 1, run: judging("index"), says: /^403$/ },
  layerStreams: { low: 1, run: pullingTwo },
  passingLayerBytes: { low: 1, run: joining, says: /^pulls: 2$/ },
  passingBytes: { low: 1, run: joining, says: /^pulls: 2$/ },
  layerResumes: { low: 0, run: breaking, says: /^cut after some bytes$/ },
  // A bound from below.
  leastLayerRate: { low: 1_000_000_000, run: dripping, says: /^timed-out: the registry gives too little/ },
};
