import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ReviewBodies } from "../../../proxy/webhook/review-bodies.ts";
import { serveLoopback } from "../../support/loopback-server.ts";

const test = suite("proxy/webhook/review-bodies");
const mib = 1024 * 1024;

/** A server that hands over bodies, and answers when it is told to. */
async function openStage(most: number) {
  const bodies = new ReviewBodies(most);
  const whole: number[] = [];
  const waiting: ServerResponse[] = [];
  const server = await serveLoopback((request, response) =>
    bodies.read(request, response, (body) => {
      whole.push(body.length);
      waiting.push(response);
    }),
  );
  const { port } = new URL(server.url);
  /** Sends a part of a body, and hears what is answered. */
  const send = (length: number, part: number) => {
    const client: Socket & { said: string } = Object.assign(connect(Number(port), "127.0.0.1"), { said: "" });
    client.on("data", (bytes) => {
      client.said += bytes.toString();
    });
    client.on("error", () => undefined);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
    client.write(Buffer.alloc(part));
    return client;
  };
  return { bodies, whole, waiting, send, port, close: () => server.close() };
}

async function until(holds: () => boolean): Promise<void> {
  for (let look = 0; !holds(); look++) {
    assert.ok(look < 5000, "it does not come");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test("half bodies make room: the one that has been coming longest ends, and the others are read", async () => {
  const stage = await openStage(40_000);
  const clients: ReturnType<typeof stage.send>[] = [];
  for (let index = 1; index <= 6; index++) {
    const before = stage.bodies.bytes;
    clients.push(stage.send(10_000, 9000));
    await until(() => (index < 5 ? stage.bodies.bytes >= before + 9000 : clients[index - 5]?.said !== ""));
    assert.ok(stage.bodies.bytes <= 40_000);
  }
  assert.equal(
    clients.map(({ said }) => said.split("\r\n")[0]),
    [...Array.from({ length: 2 }, () => "HTTP/1.1 503 Service Unavailable"), "", "", "", ""],
  );
  await until(() => clients.slice(0, 2).every(({ closed }) => closed));
  assert.match(clients[0]?.said ?? "", /this one took longest; try again/);
  for (const client of clients.slice(2)) client.write(Buffer.alloc(1000));
  await until(() => stage.whole.length === 4);
  assert.equal([stage.whole, stage.bodies.bytes], [[10_000, 10_000, 10_000, 10_000], 0]);
  for (const client of clients) client.destroy();
  await stage.close();
});

test("a client that goes away in the middle leaves nothing", async () => {
  const stage = await openStage(1_000_000);
  const clients = Array.from({ length: 50 }, () => stage.send(10_000, 9000));
  await until(() => stage.bodies.bytes >= 50 * 9000);
  for (const client of clients) client.destroy();
  await until(() => stage.bodies.bytes === 0);
  assert.equal(stage.whole, []);
  await stage.close();
});

test("a large review takes room until it is answered, and leaves some to the small ones", async () => {
  const stage = await openStage(3 * mib);
  const first = stage.send(2 * mib, 2 * mib);
  await until(() => stage.whole.length === 1);
  assert.is(stage.bodies.bytes, 2 * mib);
  const second = stage.send(2 * mib, 0);
  await until(() => second.said !== "");
  assert.match(second.said, /^HTTP\/1\.1 503 .*too many large reviews at the same time; try again/s);
  const small = stage.send(mib / 2, mib / 2);
  await until(() => stage.whole.length === 2);
  stage.waiting[0]?.end();
  await until(() => stage.bodies.bytes === 0);
  const third = stage.send(2 * mib, 2 * mib);
  await until(() => stage.whole.length === 3);
  for (const client of [first, second, small, third]) client.destroy();
  await stage.close();
});

test("small reviews are read also where large ones take nearly all of the room", async () => {
  const stage = await openStage(4 * mib);
  const large = 1.25 * mib;
  const clients: ReturnType<typeof stage.send>[] = [];
  for (let count = 1; count <= 3; count++) {
    clients.push(stage.send(large, large));
    await until(() => stage.whole.length === count);
  }
  const small = stage.send(500_000, 500_000);
  await until(() => stage.whole.length === 4 || small.said !== "");
  assert.equal([stage.whole, small.said], [[large, large, large, 500_000], ""]);
  for (const client of [...clients, small]) client.destroy();
  await stage.close();
});

/** Sends pieces of a body whose length nobody says; the last one is empty. */
function sendChunks(port: string, pieces: readonly Buffer[]) {
  const client: Socket & { said: string } = Object.assign(connect(Number(port), "127.0.0.1"), { said: "" });
  client.on("data", (bytes) => {
    client.said += bytes.toString();
  });
  client.on("error", () => undefined);
  client.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const piece of pieces) {
    client.write(`${piece.length.toString(16)}\r\n`);
    client.write(piece);
    client.write("\r\n");
  }
  return client;
}

test("a review in chunks is read, and bounded as it comes", async () => {
  const end = Buffer.alloc(0);
  const stage = await openStage(3 * mib);
  const half = Buffer.alloc(mib / 2);
  const small = sendChunks(stage.port, [Buffer.alloc(5), Buffer.alloc(7), end]);
  await until(() => stage.whole.length === 1);
  assert.equal([stage.whole, stage.bodies.bytes], [[12], 0]);
  const large = sendChunks(stage.port, [half, half, half, half, end]);
  await until(() => stage.whole.length === 2);
  assert.is(stage.bodies.bytes, 2 * mib);
  const second = sendChunks(stage.port, [half, half, half, half, end]);
  await until(() => second.said !== "");
  assert.match(second.said, /^HTTP\/1\.1 503 .*too many .*; try again/s);
  stage.waiting[1]?.end();
  await until(() => stage.bodies.bytes === 0);
  for (const client of [small, large, second]) client.destroy();
  await stage.close();
  const roomy = await openStage(64 * mib);
  const endless = sendChunks(
    roomy.port,
    Array.from({ length: 66 }, () => half),
  );
  await until(() => endless.said !== "");
  assert.match(endless.said, /^HTTP\/1\.1 413 .*the review is too long/s);
  assert.equal([roomy.whole, roomy.bodies.bytes], [[], 0]);
  endless.destroy();
  await roomy.close();
});

test("a review in chunks that proves to be large has the same bound as one that said its size", async () => {
  const stage = await openStage(8 * mib);
  const large = stage.send(7 * mib, 7 * mib);
  await until(() => stage.whole.length === 1);
  const slow = stage.send(1000, 10);
  await until(() => stage.bodies.bytes > 7 * mib);
  const half = Buffer.alloc(mib / 2);
  const second = sendChunks(stage.port, [half, half, half, Buffer.alloc(0)]);
  await until(() => second.said !== "" || stage.whole.length > 1);
  assert.match(second.said, /^HTTP\/1\.1 503 .*too many large reviews at the same time; try again/s);
  slow.write(Buffer.alloc(990));
  await until(() => stage.whole.length === 2 || slow.said !== "");
  assert.equal([stage.whole, slow.said], [[7 * mib, 1000], ""]);
  for (const client of [large, slow, second]) client.destroy();
  await stage.close();
});

/** A request that never ends, and what it is answered. */
function reading(bodies: ReviewBodies) {
  const request = Object.assign(new EventEmitter(), { headers: { "content-length": "1000" } });
  const answered: unknown[] = [];
  const response = { writeHead: (status: number) => void answered.push(status), end: () => undefined };
  bodies.read(request as unknown as IncomingMessage, response as unknown as ServerResponse, () => assert.unreachable());
  return { request, answered };
}

test("a piece is more than its bytes", () => {
  const bodies = new ReviewBodies(20_000);
  const { request, answered } = reading(bodies);
  for (let count = 0; count < 100; count++) request.emit("data", Buffer.alloc(1));
  assert.equal([answered, bodies.bytes], [[503], 0]);
  request.emit("end");
});

test("bodies of which nothing comes do not take all connections", () => {
  const bodies = new ReviewBodies(mib);
  const many = Array.from({ length: 600 }, () => reading(bodies));
  assert.equal(
    many.map(({ answered }) => answered.length),
    many.map((_, index) => (index < 600 - 512 ? 1 : 0)),
  );
});

test.run();
