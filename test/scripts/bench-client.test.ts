/** The client of the benchmarks: it knows where an answer ends, and waits for none before it sends the next request. */
import { Buffer } from "node:buffer";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { IncomingMessage, ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AnswerEnd } from "../../scripts/bench/answer-end.ts";
import { LoadClient, part } from "../../scripts/bench/load-client.ts";
import { requestOf } from "../../scripts/bench/admission-reviews.ts";
import { tlsAuthority } from "../support/tls-identity.ts";

const test = suite("scripts/bench-client");

/** How many answers end in these pieces, which are read into one room. */
function endsIn(pieces: readonly string[]): number {
  const end = new AnswerEnd();
  const room = Buffer.alloc(1024, "x");
  return pieces.filter((piece) => end.take(room, room.write(piece, "latin1"))).length;
}

const answers = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: now\r\n\r\nabcde",
  "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r!\r\n0\r\n\r\n",
];

test("an answer ends with its last byte, in whatever pieces it comes", () => {
  for (const answer of answers) {
    assert.is(endsIn([answer, answer]), 2);
    assert.is(endsIn([...answer, ...answer]), 2, "byte by byte");
    for (let at = 1; at < answer.length; at++) {
      assert.is(endsIn([answer.slice(0, at)]), 0, `${at} bytes of ${answer}`);
      assert.is(endsIn([answer.slice(0, at), answer.slice(at), answer]), 2, `cut after ${at} bytes of ${answer}`);
    }
  }
});

test("what is not 200, or has no end, is no answer", () => {
  assert.throws(() => endsIn(["HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"]));
  assert.throws(() => endsIn(["HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"]));
});

async function served(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  use: (port: number, server: Server) => Promise<void>,
): Promise<void> {
  const server = createServer(await (await tlsAuthority()).issue(["127.0.0.1"]), handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use((server.address() as AddressInfo).port, server);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("requests go out whether or not earlier ones are answered, and each answer is counted once", async () => {
  const client = await LoadClient.open([requestOf('{"a":1}', "/one"), requestOf('{"b":2}', "/two")]);
  const held: ServerResponse[] = [];
  const seen = new Map<string, number>();
  let connections = 0;
  let holds = false;
  const handle = ({ url = "" }: IncomingMessage, response: ServerResponse): void => {
    seen.set(url, (seen.get(url) ?? 0) + 1);
    held.push(response);
    // Until twenty are here, none is answered: a client that waits for an answer would wait for ever.
    if (holds && held.length < 20) return;
    holds = false;
    for (const one of held.splice(0)) one.end("{}");
  };
  try {
    await served(handle, async (port, server) => {
      server.on("secureConnection", () => {
        connections += 1;
      });
      const most = await client.most([port], 100);
      assert.ok(most.rate > 0 && most.client > 0);
      assert.is(connections, 16);
      const opened = 16;
      assert.is(seen.get("/one?timeout=10s"), (100 + opened) / 2, "each connection is used once before it is measured");
      assert.is(seen.get("/two?timeout=10s"), (100 + opened) / 2);
      await client.paced(port, 1000, 10);
      assert.is(connections, 64);
      holds = true;
      const { times, late, held: share } = await client.paced(port, 1000, 50);
      assert.is(connections, 64, "they stay open");
      assert.equal([times.length, late.length], [50, 50]);
      assert.ok(
        times.every((time, index) => time > 0 && time >= (times[index - 1] ?? 0)),
        "sorted, and none is missing",
      );
      assert.ok(share > 0 && share < 1);
    });
  } finally {
    client.end();
  }
});

test("a server that refuses, or hangs up, ends the measurement", async () => {
  const client = await LoadClient.open([requestOf("{}", "/one")]);
  const failure = (port: number): Promise<string> =>
    client.most([port], 10).then(
      () => "measured",
      (error: Error) => error.message,
    );
  try {
    await served(
      (_, response) => response.writeHead(500, { "content-length": 0 }).end(),
      async (port) => assert.match(await failure(port), "HTTP/1.1 500"),
    );
    await served(
      ({ socket }) => void socket.destroy(),
      async (port) => assert.is.not(await failure(port), "measured"),
    );
  } finally {
    client.end();
  }
});

test("a share of sorted times", () => {
  const times = Float64Array.from({ length: 1000 }, (_, index) => index);
  assert.equal([part(times, 0.5), part(times, 0.99), part(times, 0.999)], [500, 990, 999]);
});

test.run();
