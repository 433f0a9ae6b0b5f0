/** What a broken or hostile registry answers: each has a code, ends, and brings few requests. */
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../../../core/errors.ts";
import { mediaTypes } from "../../../../core/oci/manifest.ts";
import type { Credential } from "../../../../proxy/upstream/registry/credentials/credential.ts";
import { withoutTls } from "../../../../core/knowledge/plain-source.ts";
import { rejectsCode } from "../../../support/assert.ts";
import {
  askRegistries,
  indexReply,
  manifestReply,
  never,
  type Reply,
  referrer,
  serveRegistry,
  someManifest,
  withRegistry,
} from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/faults");
const { text, digest } = someManifest();
const bot: Credential = { secret: { form: "password", username: "bot", password: "s3cr3t" }, who: "user bot" };
const limits = { manifestBytes: 10_000, blobBytes: 20_000 };
const inHeaders = { "content-type": mediaTypes.manifest };

const endless: Reply = (_, response) => {
  response.writeHead(200, inHeaders);
  const write = (): void => {
    while (!response.destroyed && response.write("x".repeat(1000)));
    if (!response.destroyed) response.once("drain", write);
  };
  write();
};
const cut: Reply = (_, response) => {
  response.writeHead(200, { ...inHeaders, "content-length": "5000" });
  response.write("x", () => response.destroy());
};
const reset: Reply = (request) => request.socket.resetAndDestroy();
const bomb: Reply = (_, response) => {
  response.writeHead(200, { ...inHeaders, "content-encoding": "gzip" });
  response.end(gzipSync(Buffer.alloc(1_000_000)));
};
const noHttp: Reply = (request) => request.socket.end("SSH-2.0-OpenSSH_9\r\n");
const to = (location: string, status = 302): Reply => ({ status, headers: { location } });

/** `most` requests for one question that is tried twice. */
const faults: Readonly<Record<string, readonly [answer: Reply, code: ErrorCode, most: number]>> = {
  "a body without end": [endless, "over-limit", 1],
  "a body that is cut": [cut, "unreachable", 2],
  "a connection that is reset": [reset, "unreachable", 2],
  "gzip that grows": [bomb, "over-limit", 1],
  "another protocol": [noHttp, "upstream-error", 1],
  "a redirect to itself": [
    (request, response) => response.writeHead(301, { location: request.url }).end(),
    "upstream-error",
    6,
  ],
  "a redirect to a file": [to("file:///etc/passwd"), "upstream-error", 1],
  "a redirect to a cloud's metadata": [to("http://169.254.169.254/latest/"), "access-denied", 1],
  "a redirect to a link-local IPv6 address": [to("http://[fe80::1]/"), "access-denied", 1],
  "a redirect to nowhere": [to("http://"), "upstream-error", 1],
  "a redirect without a target": [302, "upstream-error", 1],
  "a page of a portal": [{ headers: { "content-type": "text/html" }, body: "<h1>Log in</h1>" }, "upstream-error", 1],
  "a page of a proxy": [
    { status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad</h1>" },
    "upstream-error",
    2,
  ],
  "other content": [manifestReply(`${text} `), "upstream-error", 1],
  "no content": [{ headers: inHeaders }, "upstream-error", 1],
  "a rate limit": [429, "rate-limited", 2],
  "an outage": [503, "upstream-error", 2],
};
for (const [name, [answer, code, most]] of Object.entries(faults))
  test(`${name} is ${code}`, () =>
    withRegistry(
      () => answer,
      async (server, parts) => {
        const repository = `${server.host}/org/app`;
        await rejectsCode(code, () => parts.manifest.ask({ kind: "manifest", repository, digest }, never));
        const requests = server.asked().length;
        assert.ok(requests >= 1 && requests <= most, `${requests} requests`);
        assert.not.ok(server.authorizations().some((value) => value !== ""));
      },
      { limits, credential: bot },
    ));

test("a hang ends with the question", () =>
  withRegistry(
    () => () => undefined,
    async (server, parts) => {
      const stop = new AbortController();
      const repository = `${server.host}/org/app`;
      const asked = rejectsCode("timed-out", () =>
        parts.manifest.ask({ kind: "manifest", repository, digest }, stop.signal),
      );
      setTimeout(() => stop.abort(), 20);
      await asked;
    },
  ));

const realms: readonly (readonly [name: string, challenge: (host: string) => string, code: ErrorCode])[] = [
  ["by http at another host", () => 'Bearer realm="http://auth.example/token"', "access-denied"],
  ["of a file", () => 'Bearer realm="file:///etc/passwd"', "access-denied"],
  ["at a cloud's metadata", () => 'Bearer realm="https://169.254.169.254/token"', "access-denied"],
  ["without an address", () => 'Bearer realm="token"', "access-denied"],
  ["that is missing", () => 'Bearer service="x"', "access-denied"],
  ["that refuses", (host) => `Bearer realm="http://${host}/refuse"`, "access-denied"],
  ["that is down", (host) => `Bearer realm="http://${host}/down"`, "upstream-error"],
  ["that answers a page", (host) => `Bearer realm="http://${host}/page"`, "upstream-error"],
  ["that redirects in a circle", (host) => `Bearer realm="http://${host}/circle"`, "upstream-error"],
  ["without quotes whose token is not taken", (host) => `Bearer realm=http://${host}/token,service=x`, "access-denied"],
  [
    "with quotes that stay open, whose token is not taken",
    (host) => `Bearer realm="http://${host}/token`,
    "access-denied",
  ],
];
for (const [name, challenge, code] of realms)
  test(`a token endpoint ${name} is ${code}`, () =>
    withRegistry(
      (path, request) => {
        if (path.startsWith("/refuse")) return 401;
        if (path.startsWith("/down")) return 503;
        if (path.startsWith("/page")) return { headers: { "content-type": "text/html" }, body: "<h1>Log in</h1>" };
        if (path.startsWith("/circle")) return to(path);
        if (path.startsWith("/token")) return { body: { token: "abc" } };
        return { status: 401, headers: { "www-authenticate": challenge(request.headers.host ?? "") } };
      },
      async (server, parts) => {
        const repository = `${server.host}/org/app`;
        const { message } = await rejectsCode(code, () => parts.tag.ask({ kind: "tag", repository, tag: "1" }, never));
        assert.not.match(message, /s3cr3t|abc/);
        assert.ok(server.asked().length <= 8);
      },
      { credential: bot },
    ));

test("a realm in odd quotes whose token is taken is understood", async () => {
  for (const challenge of [
    (host: string) => `bearer Realm = "http://${host}/token" , Service=x`,
    (host: string) => `Bearer realm=http://${host}/token`,
    (host: string) => `Basic realm="x", Bearer realm="http:\\/\\/${host}/token"`,
  ])
    await withRegistry(
      (path, request) => {
        if (path.startsWith("/token")) return { body: { token: "abc" } };
        return request.headers.authorization === "Bearer abc"
          ? manifestReply(text)
          : { status: 401, headers: { "www-authenticate": challenge(request.headers.host ?? "") } };
      },
      async (server, parts) => {
        const answer = await parts.tag.ask({ kind: "tag", repository: `${server.host}/org/app`, tag: "1" }, never);
        assert.is(answer?.state, "present");
      },
    );
});

test("a list with foreign entries is given as it is: subjects are compared where manifests are read", () => {
  const foreign = { ...referrer("foreign"), annotations: { subject: "another" } };
  return withRegistry(
    (path) => (path.includes("/referrers/") ? indexReply([foreign]) : undefined),
    async (server, parts) => {
      const answer = await parts.referrers.ask({ kind: "referrers", repository: `${server.host}/a`, digest }, never);
      const listed = answer?.state === "present" ? answer.value : [];
      assert.equal(
        listed.map((entry) => [entry.digest, { ...entry.annotations }]),
        [[foreign.digest, foreign.annotations]],
      );
    },
  );
});

test("a cache whose upstream is dead says 404, and that is nobody's absence", async () => {
  const cache = await serveRegistry(() => undefined);
  const own = await serveRegistry(() => 503);
  const rules = (isKnown: boolean) => ({
    rules: [
      {
        prefix: own.host,
        insecure: false,
        blocked: false,
        mirrors: [{ location: cache.host, insecure: false, digestOnly: false }],
      },
    ],
    ...(isKnown ? { authoritative: new Set([cache.host]) } : {}),
  });
  const question = { kind: "tag", repository: `${own.host}/org/app`, tag: "1" } as const;
  const asking = askRegistries({ hosts: rules(false) });
  await rejectsCode("upstream-error", () => asking.parts.tag.ask(question, never));
  const knowing = askRegistries({ hosts: rules(true) });
  const answer = await knowing.parts.tag.ask(question, never);
  assert.equal([answer?.state, answer?.from], ["absent", withoutTls(cache.host)]);
  await Promise.all([asking.close(), knowing.close(), cache.close(), own.close()]);
});

test("an authoritative mirror that is down leaves the question open; its registry is not asked", async () => {
  const own = await serveRegistry(() => undefined);
  const mirror = await serveRegistry(() => reset);
  const rule = {
    prefix: own.host,
    insecure: false,
    blocked: false,
    mirrors: [{ location: mirror.host, insecure: false, digestOnly: false }],
  };
  const asking = askRegistries({ hosts: { rules: [rule], authoritative: new Set([mirror.host]) } });
  const question = { kind: "tag", repository: `${own.host}/org/app`, tag: "1" } as const;
  await rejectsCode("unreachable", () => asking.parts.tag.ask(question, never));
  assert.equal(own.asked(), []);
  assert.is(asking.parts.tag.from(question), mirror.host);
  await Promise.all([asking.close(), mirror.close(), own.close()]);
});

test("many questions of a host that is down bring few requests", () =>
  withRegistry(
    () => reset,
    async (server, parts) => {
      const questions = Array.from({ length: 50 }, (_, index) => ({
        kind: "blob" as const,
        repository: `${server.host}/org/app`,
        digest: digestOf(encodeUtf8(String(index))),
      }));
      await rejectsCode("unreachable", () => parts.blob.ask(questions[0] as (typeof questions)[0], never));
      const before = server.asked().length;
      await Promise.all(questions.map((question) => rejectsCode("unreachable", () => parts.blob.ask(question, never))));
      assert.equal([before, server.asked().length], [2, 0]);
    },
  ));

test.run();
