import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ConnectionRoom } from "../../../proxy/serve/connection-room.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/serve/connection-room");
const most = 8;

async function openStage(tls = false) {
  const clock = { ms: 0 };
  const waiting: ServerResponse[] = [];
  let dropped = 0;
  const answer: RequestListener = (asked, response) => {
    room.asked(asked, response);
    if (asked.url === "/slow") waiting.push(response);
    else if (asked.url === "/large") response.end(Buffer.alloc(64 * 1024 * 1024));
    else if (asked.url === "/streamed") response.write(Buffer.alloc(64 * 1024 * 1024));
    else response.end("ok");
  };
  const server: Server = tls
    ? createTlsServer(await (await tlsAuthority()).issue(["127.0.0.1"]), answer)
    : createServer(answer);
  server.maxConnections = most;
  // Node's own times end nobody here.
  server.keepAliveTimeout = 65_000;
  const room = new ConnectionRoom({ server, most, now: () => clock.ms });
  server.on("drop", () => {
    dropped += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  return {
    clock,
    room,
    waiting,
    dropped: () => dropped,
    count: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    /** A connection that sends this, and stays open. */
    send: (text: string) =>
      new Promise<void>((resolve) => {
        const client = connect({ port, host: "127.0.0.1" }, () => client.write(text));
        client.on("error", () => undefined);
        client.once("data", () => resolve());
        clients.push(client);
      }),
    /** A connection that asks, and stays open; resolves with what is said, or with nothing where it is ended. */
    ask: (path = "/") =>
      new Promise<string>((resolve) => {
        const to = { port, host: "127.0.0.1" };
        const client: Socket = tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
        clients.push(client);
        client.on("data", (bytes) => resolve(bytes.toString().split("\r\n")[0] ?? ""));
        client.on("error", () => resolve(""));
        client.on("close", () => resolve(""));
        client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      }),
    /** Asks once more over the last connection. */
    again: (path: string) => clients.at(-1)?.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`),
    /** A connection that asks, takes the beginning of the answer and no more. */
    unread: (path: string) =>
      new Promise<void>((resolve) => {
        const client = connect({ port, host: "127.0.0.1" }, () =>
          client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`),
        );
        client.on("error", () => undefined);
        client.once("data", () => {
          client.pause();
          resolve();
        });
        clients.push(client);
      }),
    silent: () =>
      new Promise<Socket>((resolve) => {
        const client = connect({ port, host: "127.0.0.1" }, () => resolve(client));
        client.on("error", () => undefined);
        clients.push(client);
      }),
    close: () => {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

for (const tls of [false, true])
  test(`connections that were used make room for others, by ${tls ? "TLS" : "TCP"}; one in use does not`, async () => {
    const stage = await openStage(tls);
    const slow = stage.ask("/slow");
    while (stage.waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    for (let index = 0; index < 5 * most; index++) {
      stage.clock.ms += 101;
      assert.is(await stage.ask(), "HTTP/1.1 200 OK", `client ${index}`);
    }
    assert.is(stage.dropped(), 0);
    assert.ok((await stage.count()) <= most);
    stage.waiting[0]?.end("ok");
    assert.is(await slow, "HTTP/1.1 200 OK");
    await stage.close();
  });

for (const tls of [false, true])
  test(`what came over a connection is known until it was answered, by ${tls ? "TLS" : "TCP"}`, async () => {
    const stage = await openStage(tls);
    const first = stage.ask("/slow");
    while (stage.waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const [response] = stage.waiting.splice(0);
    const { req: request } = response as ServerResponse;
    assert.equal(stage.room.heard(request.socket).requests, 1);
    assert.is(stage.room.heard(request.socket).last, request);
    response?.end("ok");
    await first;
    while (stage.room.heard(request.socket).last !== undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    stage.again("/slow");
    while (stage.waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    assert.is(stage.room.heard(request.socket).requests, 2);
    await stage.close();
  });

test("connections on which nothing is asked make room after a second", async () => {
  const stage = await openStage();
  for (let index = 0; index < most; index++) await stage.silent();
  assert.is(await stage.ask(), "", "all of them have just come");
  assert.is(stage.dropped(), 1);
  stage.clock.ms += 1001;
  // Who is dropped makes room for the next.
  await stage.ask();
  while ((await stage.count()) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.is(await stage.ask(), "HTTP/1.1 200 OK");
  await stage.close();
});

test("who has an answer and sends a part of a body, or of another request, makes room after a second", async () => {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (const text of [`${head}Content-Length: 10\r\n\r\n`, `${head}\r\n${head}`]) {
    const stage = await openStage();
    for (let index = 0; index < most; index++) await stage.send(text);
    assert.is(await stage.count(), most);
    if (text.includes("Length")) {
      stage.clock.ms += 500;
      await stage.ask();
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.is(await stage.count(), most, "the body may still come");
    }
    stage.clock.ms += 1001;
    // Who is dropped makes room for the next.
    await stage.ask();
    for (let look = 0; look < 500 && (await stage.count()) > 0; look++)
      await new Promise((resolve) => setTimeout(resolve, 2));
    assert.is(await stage.count(), 0);
    assert.is(await stage.ask(), "HTTP/1.1 200 OK");
    await stage.close();
  }
});

for (const [path, isEnded] of [
  ["/large", true],
  ["/streamed", false],
] as const)
  test(`who does not take ${path} ${isEnded ? "makes room after ten seconds" : "is still sent it"}`, async () => {
    const stage = await openStage();
    const unread = Array.from({ length: most }, () => stage.unread(path));
    await Promise.all(unread);
    assert.is(await stage.count(), most);
    for (const [ms, count] of [
      [1000, most],
      [8000, most],
      [2000, isEnded ? 0 : most],
    ] as const) {
      stage.clock.ms += ms;
      assert.is(await stage.ask(), "");
      for (let look = 0; look < 500 && (await stage.count()) > count; look++)
        await new Promise((resolve) => setTimeout(resolve, 2));
      assert.is(await stage.count(), count, `${stage.clock.ms} ms`);
    }
    await stage.close();
  });

test("a listener that is not nearly full ends nobody", async () => {
  const stage = await openStage();
  for (let index = 0; index < most / 2; index++) await stage.silent();
  stage.clock.ms += 60_000;
  assert.is(await stage.ask(), "HTTP/1.1 200 OK");
  assert.is(await stage.count(), most / 2 + 1);
  await stage.close();
});

test("connections that ended take no room", async () => {
  const stage = await openStage();
  for (let index = 0; index < 2 * most; index++) {
    (await stage.silent()).destroy();
    while ((await stage.count()) > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  for (let index = 0; index < most / 2; index++) await stage.silent();
  stage.clock.ms += 60_000;
  assert.is(await stage.ask(), "HTTP/1.1 200 OK");
  assert.is(await stage.count(), most / 2 + 1);
  await stage.close();
});

test.run();
