import type { ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { Connections, type HostTls, refuseLinkLocal } from "../../../proxy/upstream/connections.ts";
import { Fetcher } from "../../../proxy/upstream/fetch-bounded.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";

const test = suite("proxy/upstream/connections");
const never = new AbortController().signal;

async function ask(url: string, connections: Connections): Promise<string> {
  try {
    const fetcher = new Fetcher({ connections, tries: 1 });
    return decodeUtf8((await fetcher.fetch({ url: new URL(url), maxBytes: 100 }, never)).bytes);
  } finally {
    await connections.close();
  }
}

test("a server's certificate: own authority, another one's, other name, none asked for", async () => {
  const [authority, other] = [await tlsAuthority(), await tlsAuthority("Other Root")];
  const { cert, key } = await authority.issue(["127.0.0.1", "registry.corp"]);
  const server = await serveLoopback((_, response) => void response.end("ok"), { cert, key });
  const withTls = (tls: HostTls | undefined, authorities?: readonly string[]): Promise<string> =>
    ask(
      server.url,
      new Connections({
        env: {},
        tlsOf: (host) => (host === new URL(server.url).host ? tls : undefined),
        ...(authorities === undefined ? {} : { authorities: () => authorities }),
      }),
    );
  try {
    await rejectsCode("tls-failure", () => withTls(undefined));
    await rejectsCode("tls-failure", () => withTls({ ca: other.ca }));
    assert.is(await withTls({ ca: authority.ca }), "ok");
    assert.is(await withTls({ ca: `${other.ca}\n${authority.ca}` }), "ok", "a bundle of several");
    assert.is(await withTls(undefined, [authority.ca]), "ok");
    assert.is(await withTls({ ca: authority.ca }, [other.ca]), "ok");
    assert.is(await withTls({ ca: authority.ca, serverName: "registry.corp" }), "ok");
    await rejectsCode("tls-failure", () => withTls({ ca: authority.ca, serverName: "other.corp" }));
    assert.is(await withTls({ insecure: true }), "ok");
    await rejectsCode("invalid-config", () => withTls({ cert: "no PEM", key: "none" }));
  } finally {
    await server.close();
  }
});

test("a client certificate where the server wants one", async () => {
  const authority = await tlsAuthority();
  const own = await authority.issue(["127.0.0.1"]);
  const client = await authority.issue(["client"]);
  const tls = { ...own, ca: authority.ca, requestCert: true, rejectUnauthorized: true };
  const server = await serveLoopback((_, response) => void response.end("ok"), tls);
  const settings = { authority: "--ca", client: "--cert" };
  const withTls = (more: HostTls): Promise<string> =>
    ask(server.url, new Connections({ env: {}, settings, tlsOf: () => ({ ca: authority.ca, ...more }) }));
  try {
    assert.is(await withTls(client), "ok");
    const none = await rejectsCode("access-denied", () => withTls({}));
    assert.match(none.message, /wants a client certificate; it is given with --cert/);
  } finally {
    await server.close();
  }
});

test("nothing is asked at link-local addresses", () => {
  for (const address of ["169.254.169.254", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254"])
    throwsCode("access-denied", () => refuseLinkLocal(address, "x"));
  for (const address of ["10.0.0.1", "::1", "fd00::1", "ghcr.io"]) refuseLinkLocal(address, "x");
});

test("sockets to one origin are bounded", async () => {
  let most = 0;
  let open = 0;
  const server = await serveLoopback((_, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      response.end("ok");
    }, 5);
  });
  const connections = new Connections({ env: {}, perOrigin: 3 });
  const fetcher = new Fetcher({ connections });
  const url = new URL(server.url);
  await Promise.all(Array.from({ length: 20 }, () => fetcher.fetch({ url, maxBytes: 10 }, never)));
  assert.is(most, 3);
  await connections.close();
  await server.close();
});

test("streams leave connections to short answers, within the same bound", async () => {
  const held: ServerResponse[] = [];
  let most = 0;
  let open = 0;
  const server = await serveLoopback(({ url }, response) => {
    most = Math.max(most, ++open);
    response.once("close", () => open--);
    if (url === "/layer") {
      response.writeHead(200).flushHeaders();
      held.push(response);
    } else response.end("ok");
  });
  for (const [perOrigin, streams, bound] of [
    [4, 3, 4],
    [8, 6, 8],
    [2, 1, 2],
  ] as const) {
    const connections = new Connections({ env: {}, perOrigin });
    const fetcher = new Fetcher({ connections });
    const url = new URL(`${server.url}/layer`);
    const layers = Array.from({ length: 10 }, () => fetcher.fetch({ url, maxBytes: 0, isStreamed: true }, never));
    const short = { url: new URL(`${server.url}/manifest`), maxBytes: 10 };
    // Layers hold all that they may have, and every one of many manifests is answered.
    for (let time = 0; time < 5; time++) assert.is((await fetcher.fetch(short, never)).status, 200);
    while (held.length < streams) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(Array.from({ length: 20 }, () => fetcher.fetch(short, never)));
    assert.is(held.length, streams, "no further layer begins");
    assert.ok(most <= bound, `${most} at the same time`);
    for (let ended = 0; ended < 10; ended++) {
      while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      held.shift()?.end("layer");
      (await layers[ended])?.body?.resume();
    }
    most = 0;
    await connections.close();
  }
  await server.close();
});

test("a proxy that is down, or that refuses: the message names it, and not the host behind it", async () => {
  const down = createTcpServer();
  await new Promise<void>((resolve) => down.listen(0, "127.0.0.1", resolve));
  const { port } = down.address() as AddressInfo;
  await new Promise((resolve) => down.close(resolve));
  const connections = () => new Connections({ env: { HTTPS_PROXY: `http://127.0.0.1:${port}` } });
  const error = await rejectsCode("unreachable", () => ask("https://registry.corp/v2/", connections()));
  assert.match(error.message, `the proxy 127.0.0.1:${port} cannot be reached`);
  const refusing = createTcpServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"));
  });
  await new Promise<void>((resolve) => refusing.listen(port, "127.0.0.1", resolve));
  try {
    const denied = await rejectsCode("access-denied", () => ask("https://registry.corp/v2/", connections()));
    assert.match(denied.message, /the proxy .* HTTP 407/);
  } finally {
    refusing.close();
  }
});

/** A proxy to which every host is the server at `url`. */
async function tunnelTo(url: string) {
  const asked: string[] = [];
  const proxy = createTcpServer((socket) => {
    socket.once("data", (head) => {
      asked.push(head.toString("latin1").split("\r\n")[0] ?? "");
      const inside = connect(Number(new URL(url).port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(inside).pipe(socket);
      });
      inside.on("error", () => socket.destroy());
      socket.on("error", () => inside.destroy());
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  return { env, asked, close: () => void proxy.close() };
}

test("through a proxy: what a server says of a client's certificate, when the connection stands, is told", async () => {
  const authority = await tlsAuthority();
  const own = await authority.issue(["registry.corp"]);
  const tls = { ...own, ca: authority.ca, requestCert: true, rejectUnauthorized: true };
  const server = await serveLoopback((_, response) => void response.end("ok"), tls);
  const { env, close } = await tunnelTo(server.url);
  const settings = { authority: "--ca", client: "--cert" };
  const withTls = (more: HostTls): Promise<string> =>
    ask("https://registry.corp/", new Connections({ env, settings, tlsOf: () => ({ ca: authority.ca, ...more }) }));
  try {
    assert.is(await withTls(await authority.issue(["client"])), "ok");
    const none = await rejectsCode("access-denied", () => withTls({}));
    assert.match(none.message, /wants a client certificate; it is given with --cert, through the proxy/);
  } finally {
    close();
    await server.close();
  }
});

test("through a proxy: the tunnel is asked for, and what is inside it is checked as without", async () => {
  const authority = await tlsAuthority();
  const server = await serveLoopback(
    (_, response) => void response.end("ok"),
    await authority.issue(["registry.corp"]),
  );
  const { env, asked, close } = await tunnelTo(server.url);
  const tlsOf = () => ({ ca: authority.ca });
  try {
    assert.is(await ask("https://registry.corp:5000/v2/", new Connections({ env, tlsOf })), "ok");
    assert.equal(asked, ["CONNECT registry.corp:5000 HTTP/1.1"]);
    await rejectsCode("tls-failure", () => ask("https://other.corp/", new Connections({ env, tlsOf })));
  } finally {
    close();
    await server.close();
  }
});

test("origins are bounded: redirects may name new ones without end", async () => {
  const connections = new Connections({ env: {} });
  const first = connections.to(new URL("http://host-0/"));
  assert.is(connections.to(new URL("http://host-0/other")), first);
  for (let index = 1; index <= 256; index++) connections.to(new URL(`http://host-${index}/`));
  assert.is.not(connections.to(new URL("http://host-0/")), first);
  await connections.close();
});

test.run();
