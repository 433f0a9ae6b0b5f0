import type { RequestListener } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeHex } from "../../../../core/encoding/hex.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { verifyConsistency } from "../../../../core/tlog/consistency-proof.ts";
import { askGrowth, type GrowthQuestion } from "../../../../proxy/upstream/rekor/consistency-proofs.ts";
import { consistencyPath, treeRoot } from "../../../lab/merkle-tree.ts";
import { tileFiles } from "../../../lab/tiles.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { serveLoopback } from "../../../support/loopback-server.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";

const test = suite("proxy/upstream/rekor/consistency-proofs");

const leaves = Array.from({ length: 700 }, (_, index) => Uint8Array.of(index >> 8, index & 255));
type Sizes = Pick<GrowthQuestion, "firstSize" | "secondSize">;

async function asking(
  handle: RequestListener,
  use: (
    ask: (sizes: Sizes, origin?: string) => Promise<readonly Uint8Array[]>,
    asked: () => readonly string[],
  ) => Promise<void>,
): Promise<void> {
  const server = await serveLoopback(handle);
  try {
    const ask = askGrowth({ fetcher: quickFetcher(), limits: defaultLimits });
    const signal = new AbortController().signal;
    await use(
      async (sizes, origin = "log.example") => ask({ log: `${server.url}/base`, origin, ...sizes }, signal),
      server.asked,
    );
  } finally {
    await server.close();
  }
}

/** Serves these files below `/base/api/v2/`. */
const serving =
  (files: Readonly<Record<string, Uint8Array>>): RequestListener =>
  (request, response) => {
    const file = files[(request.url ?? "").replace("/base/api/v2/", "")];
    if (file === undefined) response.writeHead(404).end();
    else response.end(file);
  };

test("the proof between two trees of tiles is the one of RFC 9162", async () => {
  const sizes: readonly (readonly [number, number])[] = [
    [1, 2],
    [1, 700],
    [3, 7],
    [4, 7],
    [255, 256],
    [256, 257],
    [256, 512],
    [300, 600],
    [511, 513],
    [512, 700],
    [699, 700],
  ];
  for (const [first, second] of sizes)
    await asking(serving(tileFiles(leaves.slice(0, second), "")), async (ask) => {
      const path = await ask({ firstSize: BigInt(first), secondSize: BigInt(second) });
      assert.equal(
        path.map(encodeHex),
        consistencyPath(leaves.slice(0, second), first).map(encodeHex),
        `${first} ${second}`,
      );
    });
});

test("where a log keeps whole tiles alone, those are read; each once", async () => {
  const grown = tileFiles(leaves, "");
  // At 600 entries the third tile has 88 hashes; by now it has 188, and the log is asked for another part of it.
  const whole = { ...grown, "tile/0/002": grown["tile/0/002.p/188"] as Uint8Array };
  await asking(serving(whole), async (ask, asked) => {
    const path = await ask({ firstSize: 300n, secondSize: 600n });
    verifyConsistency(
      { firstSize: 300n, secondSize: 600n, path },
      treeRoot(leaves.slice(0, 300)),
      treeRoot(leaves.slice(0, 600)),
    );
    const lines = asked();
    assert.is(new Set(lines).size, lines.length);
    assert.ok(lines.some((line) => line.includes("tile/0/002.p/88")));
  });
});

test("a log of Rekor 1 is asked for the tree that its origin names", async () => {
  const path = consistencyPath(leaves.slice(0, 12), 7);
  const handle: RequestListener = (_, response) =>
    response.end(JSON.stringify({ hashes: path.map(encodeHex), rootHash: "" }));
  await asking(handle, async (ask, asked) => {
    const found = await ask({ firstSize: 7n, secondSize: 12n }, "log.example - 123");
    assert.equal(found.map(encodeHex), path.map(encodeHex));
    assert.equal(asked(), ["GET /base/api/v1/log/proof?firstSize=7&lastSize=12&treeID=123"]);
  });
});

test("what is no proof is an upstream's failure, and an outage is one", async () => {
  const sizes = { firstSize: 7n, secondSize: 12n };
  const answers: readonly string[] = ["no JSON", "[]", "{}", '{"hashes":[1]}', '{"hashes":["zz"]}'];
  for (const answer of [...answers, JSON.stringify({ hashes: Array.from({ length: 129 }, () => "00") })])
    await asking(
      (_, response) => response.end(answer),
      async (ask) => void (await rejectsCode("upstream-error", () => ask(sizes, "log.example - 1"))),
    );
  await asking(
    (_, response) => response.writeHead(503).end(),
    async (ask) => {
      await rejectsCode("upstream-error", () => ask(sizes, "log.example - 1"));
      await rejectsCode("upstream-error", () => ask(sizes));
    },
  );
  await asking(
    (_, response) => response.end(new Uint8Array(31)),
    async (ask) => void (await rejectsCode("upstream-error", () => ask(sizes))),
  );
  await asking(serving({}), async (ask, asked) => {
    await rejectsCode("upstream-error", () => ask(sizes));
    for (const wrong of [0n, 12n, 13n])
      await rejectsCode("malformed", () => ask({ firstSize: wrong, secondSize: 12n }));
    assert.is(asked().length, 2);
  });
});

test.run();
