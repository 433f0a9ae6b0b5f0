import { suite } from "uvu";
import * as assert from "uvu/assert";
import { everyCapability, type Scheme } from "../../../../proxy/upstream/registry/endpoint.ts";
import { Schemes } from "../../../../proxy/upstream/registry/schemes.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";
import { type LoopbackServer, serveLoopback } from "../../../support/loopback-server.ts";
import { never } from "../../../support/registry-server.ts";
import { tlsAuthority } from "../../../support/tls-identity.ts";

const test = suite("proxy/upstream/registry/schemes");
const endpoint = (host: string, scheme: Scheme = "either") => ({
  host,
  scheme,
  root: "/v2/",
  path: "a",
  capabilities: everyCapability,
  knowsAbsence: true,
});

test("what is said is not found out", async () => {
  const schemes = new Schemes(quickFetcher());
  assert.is((await schemes.originOf(endpoint("a.example", "https"), never)).href, "https://a.example/");
  assert.is((await schemes.originOf(endpoint("a.example:1", "http"), never)).href, "http://a.example:1/");
});

const authority = tlsAuthority();
const caOf = async () => {
  const { ca } = await authority;
  return () => [ca];
};
const tlsServer = async (): Promise<LoopbackServer> =>
  serveLoopback(
    (_, response) => response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end(),
    await (await authority).issue(["127.0.0.1"]),
  );
const hostOf = ({ url }: LoopbackServer): string => new URL(url).host;

test("http on this machine where it is spoken, else https; found out once", async () => {
  const [plain, tls] = await Promise.all([serveLoopback((_, response) => response.end()), tlsServer()]);
  const schemes = new Schemes(quickFetcher({}, { authorities: await caOf() }));
  for (let round = 0; round < 2; round++) {
    const found = await Promise.all(
      [plain, plain, tls, tls].map((server) => schemes.originOf(endpoint(hostOf(server)), never)),
    );
    assert.equal(
      found.map(({ protocol }) => protocol),
      ["http:", "http:", "https:", "https:"],
    );
  }
  assert.equal([plain.asked(), tls.asked()], [["GET /v2/"], ["GET /v2/"]]);
  assert.equal(
    [plain, tls].map(({ url }) => schemes.challengeOf(url)),
    [undefined, 'Basic realm="x"'],
  );
  await Promise.all([plain.close(), tls.close()]);
});

test("a server that says that it waits for TLS, or leads to it, is asked with it", async () => {
  const tls = await tlsServer();
  const waiting = await serveLoopback((_, response) => response.writeHead(400).end("Client sent HTTP to HTTPS"));
  const leading = await serveLoopback((_, response) => response.writeHead(301, { location: `${tls.url}/v2/` }).end());
  const log: string[] = [];
  const fetcher = quickFetcher({ log: (line) => log.push(line) }, { authorities: await caOf() });
  for (const server of [waiting, leading]) {
    await new Schemes(fetcher).originOf(endpoint(hostOf(server)), never);
    assert.equal(server.asked(), ["GET /v2/"]);
    assert.ok(log.some((line) => line.startsWith(`GET https://${hostOf(server)}/v2/ `)));
  }
  await Promise.all([tls, waiting, leading].map((server) => server.close()));
});

test("an untrusted certificate is no reason to speak without one", async () => {
  const tls = await tlsServer();
  const schemes = new Schemes(quickFetcher());
  await rejectsCode("tls-failure", () => schemes.originOf(endpoint(hostOf(tls)), never));
  assert.equal(tls.asked(), []);
  await tls.close();
});

test("a host that is down is asked again by the next question", async () => {
  const gone = await serveLoopback(() => undefined);
  await gone.close();
  let now = 0;
  const schemes = new Schemes(quickFetcher({ now: () => now }));
  for (let round = 0; round < 2; round++) {
    await rejectsCode("unreachable", () => schemes.originOf(endpoint(hostOf(gone)), never));
    now += 60_000;
  }
});

test.run();
