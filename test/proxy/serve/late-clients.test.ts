import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Heard } from "../../../proxy/serve/connection-room.ts";
import { HttpListener } from "../../../proxy/serve/http-listener.ts";
import { LateClients } from "../../../proxy/serve/late-clients.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/serve/late-clients");

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Stage {
  readonly port: number;
  readonly refused: readonly string[];
  /** A connection that is open on both sides, and what comes over it until it ends or `end` of it came. */
  readonly open: () => Promise<{ readonly socket: Socket; readonly got: Promise<string> }>;
}

/** Times are 1 s each, and Node looks each second. */
async function listening(answer: Answer, act: (stage: Stage) => Promise<void>, tls = false): Promise<void> {
  const refused: string[] = [];
  const issued = tls ? await (await tlsAuthority()).issue(["127.0.0.1"]) : undefined;
  const listener = await HttpListener.open({
    address: { host: "127.0.0.1", port: 0 },
    tls: issued === undefined ? undefined : { certificate: issued.cert, key: issued.key },
    bounds: { headers: 16_384, connections: 100, headerTimeout: 1000, requestTimeout: 1000 },
    handle: answer,
    refused: (reason) => refused.push(reason),
  });
  const { port } = listener;
  const sockets: Socket[] = [];
  const open: Stage["open"] = () =>
    new Promise((resolve) => {
      const to = { port, host: "127.0.0.1" };
      const socket: Socket = tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
      sockets.push(socket);
      let text = "";
      const got = new Promise<string>((ended) => {
        socket.on("data", (bytes) => {
          text += bytes.toString();
          if (text.endsWith("end")) ended(text);
        });
        socket.on("error", () => undefined);
        socket.on("close", () => ended(text));
      });
      // One turn later the other side has taken it, too.
      socket.once(tls ? "secureConnect" : "connect", () => setTimeout(() => resolve({ socket, got }), 50));
    });
  try {
    await act({ port, refused, open });
  } finally {
    for (const socket of sockets) socket.destroy();
    listener.cut();
    await listener.stop();
  }
}

const waiting = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const review = (length: number): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`;

for (const tls of [false, true])
  test(`a connection on which nothing was asked yet stays, and is answered${tls ? ", over TLS" : ""}`, () =>
    listening(
      (request, response) => void request.resume().on("end", () => response.end("end")),
      async ({ open, refused }) => {
        const { socket, got } = await open();
        await waiting(2300);
        socket.write(review(8));
        assert.match(await got, /^HTTP\/1\.1 200 /);
        assert.equal(refused, []);
      },
      tls,
    ));

test("a request that came whole has all the time for its answer; so has one that is read late", () =>
  listening(
    (request, response) => {
      if (request.method === "GET") setTimeout(() => response.end("end"), 2300);
      else setTimeout(() => request.resume().on("end", () => response.end("end")), 2300);
    },
    async ({ open, refused }) => {
      const [waits, unread] = [await open(), await open()];
      waits.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      unread.socket.write(review(300_000));
      for (const { got } of [waits, unread]) assert.match(await got, /^HTTP\/1\.1 200 /);
      assert.equal(refused, []);
    },
  ));

test("a request that lies whole before a busy server is read, and answered", () =>
  listening(
    (request, response) => {
      if (request.method === "GET") {
        blocked.socket.write(review(8000));
        // Nothing else happens in this thread meanwhile.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2500);
      }
      request.resume().on("end", () => response.end("end"));
    },
    async ({ open, refused }) => {
      blocked = await open();
      const { socket } = await open();
      socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assert.match(await blocked.got, /^HTTP\/1\.1 200 /);
      assert.equal(refused, []);
    },
  ));
let blocked: Awaited<ReturnType<Stage["open"]>>;

test("who sends a part and no more is late: of the headers, of a body, of the second request", () =>
  listening(
    (request, response) => void request.resume().on("end", () => response.end("end")),
    async ({ open, refused }) => {
      const [headers, body, second] = [await open(), await open(), await open()];
      headers.socket.write("GET / HTTP/1.1\r\nHost");
      body.socket.write(review(8).slice(0, -1));
      second.socket.write(review(8));
      assert.match(await second.got, /^HTTP\/1\.1 200 /);
      let more = "";
      const ended = new Promise((resolve) => second.socket.on("close", resolve));
      second.socket.on("data", (bytes) => {
        more += bytes.toString();
      });
      second.socket.write("GET / HTTP/1.1\r\nHost");
      await ended;
      for (const text of [await headers.got, await body.got, more]) assert.match(text, /^HTTP\/1\.1 408 /);
      assert.equal(refused, ["slow", "slow", "slow"]);
    },
  ));

for (const [what, begin] of [
  ["headers", "GET / HTTP/1.1\r\nHost: a\r\n"],
  ["a body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"],
] as const)
  test(`who goes on sending ${what} after 408 is cut off, and counts once`, () =>
    listening(
      (request) => void request.resume(),
      async ({ port, refused }) => {
        const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        let got = "";
        const ended = new Promise<string>((resolve) => {
          socket.on("data", (bytes) => {
            got += bytes.toString();
          });
          socket.on("error", () => undefined);
          socket.on("close", () => resolve("cut off"));
        });
        socket.write(begin);
        const drip = setInterval(() => socket.write("A: b\r\n"), 100);
        assert.is(await Promise.race([ended, waiting(20_000).then(() => "open")]), "cut off");
        clearInterval(drip);
        socket.destroy();
        assert.match(got, /^HTTP\/1\.1 408 /);
        assert.equal(refused, ["slow"]);
      },
    ));

/** A connection over which nothing more comes than what is told, and what was heard of it before and after. */
function suspected(before: Heard, after: Heard, bytesRead: () => number = () => 1) {
  const socket = {
    destroyed: false,
    get bytesRead() {
      return bytesRead();
    },
    isPaused: () => false,
  } as unknown as Socket;
  let [looks, late] = [-1, 0];
  const clients = new LateClients({
    room: { heard: () => (looks++ < 0 ? before : after) },
    againMs: 1,
    late: () => {
      late += 1;
    },
  });
  clients.suspect(socket);
  return { looks: () => looks, late: () => late };
}

test("a request is late until it came whole, or another came after it; the next one is another", async () => {
  const part = { complete: false } as IncomingMessage;
  const whole = { complete: true } as IncomingMessage;
  const heard = (requests: number, last?: IncomingMessage): Heard => ({ requests, last });
  for (const [before, after, isLate] of [
    [heard(1, part), heard(1, part), true],
    [heard(1, part), heard(1, whole), false],
    [heard(1, part), heard(1), false],
    [heard(1, part), heard(2, part), false],
    [heard(1), heard(1), true],
    [heard(1, whole), heard(1, whole), true],
    [heard(1), heard(2, part), true],
    [heard(1), heard(2, whole), false],
    [heard(1), heard(2), false],
    [heard(1), heard(3, part), false],
  ] as const) {
    const { late } = suspected(before, after);
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.is(late(), isLate ? 1 : 0, JSON.stringify([before, after]));
  }
});

test("who sent something, and then nothing until the next look, is late then", async () => {
  let bytes = 1;
  const { looks, late } = suspected({ requests: 0, last: undefined }, { requests: 0, last: undefined }, () => bytes);
  bytes = 2;
  while (late() === 0) await waiting(2);
  assert.is(looks(), 2);
});

test("who sends a byte now and then is late after a few looks; what the server does not read is not late", async () => {
  let bytes = 1;
  let isPaused = true;
  const socket = {
    destroyed: false,
    get bytesRead() {
      return bytes++;
    },
    isPaused: () => isPaused,
  } as unknown as Socket;
  let late = 0;
  const clients = new LateClients({
    room: { heard: () => ({ requests: 0, last: undefined }) },
    againMs: 1,
    late: () => {
      late += 1;
    },
  });
  clients.suspect(socket);
  await waiting(100);
  assert.is(late, 0);
  isPaused = false;
  await waiting(100);
  assert.is(late, 1);
});

test.run();
