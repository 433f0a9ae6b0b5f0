import { suite } from "uvu";
import * as assert from "uvu/assert";
import { everyCapability, type Scheme } from "../../../../proxy/upstream/registry/endpoint.ts";
import { Schemes } from "../../../../proxy/upstream/registry/schemes.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";
import { never, serveRegistry } from "../../../support/registry-server.ts";
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

test("https where it is spoken, http where nothing else is; found out once", async () => {
  const authority = await tlsAuthority();
  const [plain, tls] = await Promise.all([
    serveRegistry(() => 200),
    serveRegistry(() => 401, await authority.issue(["127.0.0.1"])),
  ]);
  const schemes = new Schemes(quickFetcher({}, { authorities: [authority.ca] }));
  for (let round = 0; round < 2; round++) {
    const found = await Promise.all([
      ...[plain.host, plain.host].map((host) => schemes.originOf(endpoint(host), never)),
      ...[tls.host, tls.host].map((host) => schemes.originOf(endpoint(host), never)),
    ]);
    assert.equal(
      found.map(({ protocol }) => protocol),
      ["http:", "http:", "https:", "https:"],
    );
  }
  assert.equal(plain.asked(), [], "nothing of HTTP is in a handshake");
  assert.equal(tls.asked(), ["HEAD /v2/"]);
  await Promise.all([plain.close(), tls.close()]);
});

test("an untrusted certificate is no reason to speak without one", async () => {
  const authority = await tlsAuthority();
  const tls = await serveRegistry(() => 200, await authority.issue(["127.0.0.1"]));
  const schemes = new Schemes(quickFetcher());
  await rejectsCode("tls-failure", () => schemes.originOf(endpoint(tls.host), never));
  assert.equal(tls.asked(), []);
  await tls.close();
});

test("a host that is down is asked again by the next question", async () => {
  const gone = await serveRegistry(() => 200);
  await gone.close();
  let now = 0;
  const schemes = new Schemes(quickFetcher({ now: () => now }));
  for (let round = 0; round < 2; round++) {
    await rejectsCode("unreachable", () => schemes.originOf(endpoint(gone.host), never));
    now += 60_000;
  }
});

test.run();
