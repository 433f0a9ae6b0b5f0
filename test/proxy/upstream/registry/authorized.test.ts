import type { IncomingMessage } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import type { Credential } from "../../../../proxy/upstream/registry/credentials/credential.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { serveLoopback } from "../../../support/loopback-server.ts";
import {
  type AskingOptions,
  askRegistries,
  indexReply,
  manifestReply,
  never,
  referrer,
  type RegistryServer,
  type Reply,
  reply,
  serveRegistry,
  someManifest,
  withRegistry,
} from "../../../support/registry-server.ts";
import type { RegistryParts } from "../../../../proxy/upstream/registry/registry-part.ts";

const test = suite("proxy/upstream/registry/authorized");
const { text } = someManifest();
const tag = (host: string, path = "org/app", name = "1") =>
  ({ kind: "tag", repository: `${host}/${path}`, tag: name }) as const;
const bot: Credential = {
  secret: { form: "password", username: "bot", password: "s3cr3t" },
  who: "user bot from a file",
};
const basic = `Basic ${Buffer.from("bot:s3cr3t").toString("base64")}`;
const denied = (challenge: string): Reply => ({
  status: 401,
  headers: { "www-authenticate": challenge },
  body: { errors: [{ code: "UNAUTHORIZED", message: "authentication required" }] },
});

interface TokenServer {
  /** Tokens that the registry takes now. */
  readonly good: Set<string>;
  given: number;
}

/** A registry with a token endpoint below the same host. */
function tokenRegistry(challengeOf: (host: string, path: string) => string = challengeFor) {
  const state: TokenServer = { good: new Set(), given: 0 };
  const answers = (path: string, request: IncomingMessage): Reply => {
    const host = request.headers.host ?? "";
    if (path.startsWith("/token")) {
      const token = `t${++state.given}`;
      state.good.add(`Bearer ${token}`);
      return { body: { token, expires_in: 300 } };
    }
    return state.good.has(request.headers.authorization ?? "") ? manifestReply(text) : denied(challengeOf(host, path));
  };
  return { state, answers };
}
const challengeFor = (host: string, path: string): string => {
  const repository = path.replace(/^\/v2\//, "").replace(/\/manifests.*$/, "");
  return `Bearer realm="http://${host}/token",service="s",scope="repository:${repository}:pull"`;
};

test("a challenge is answered once; later requests bring the token, also for another repository", () => {
  const { answers } = tokenRegistry();
  return withRegistry(answers, async (server, parts) => {
    await parts.tag.ask(tag(server.host), never);
    await parts.tag.ask(tag(server.host, "org/app", "2"), never);
    await parts.tag.ask(tag(server.host, "org/other"), never);
    assert.equal(server.asked(), [
      "HEAD /v2/org/app/manifests/1",
      "GET /token?service=s&scope=repository%3Aorg%2Fapp%3Apull",
      "HEAD /v2/org/app/manifests/1",
      "HEAD /v2/org/app/manifests/2",
      "GET /token?service=s&scope=repository%3Aorg%2Fother%3Apull",
      "HEAD /v2/org/other/manifests/1",
    ]);
  });
});

test("what was asked for when TLS was found out is not asked for again; its scope is of no repository", async () => {
  const challenge = (host: string) => `Bearer realm="http://${host}/token",service="s",scope="registry:catalog:*"`;
  const server = await serveLoopback((request, response) => {
    const { url = "", headers } = request;
    if (url.startsWith("/token")) response.end('{"token":"abc"}');
    else if (headers.authorization === "Bearer abc") reply(response, request, manifestReply(text));
    else response.writeHead(401, { "www-authenticate": challenge(headers.host ?? "") }).end();
  });
  const { parts, close } = askRegistries();
  assert.is((await parts.tag.ask(tag(new URL(server.url).host), never))?.state, "present");
  assert.equal(server.asked(), [
    "GET /v2/",
    "GET /token?service=s&scope=repository%3Aorg%2Fapp%3Apull",
    "HEAD /v2/org/app/manifests/1",
  ]);
  await Promise.all([close(), server.close()]);
});

test("many questions at once get one token", () => {
  const { state, answers } = tokenRegistry();
  return withRegistry(answers, async (server, parts) => {
    const ask = (name: string) => parts.tag.ask(tag(server.host, "org/app", name), never);
    await Promise.all(["1", "2", "3", "4", "5"].map(ask));
    assert.is(state.given, 1);
    state.good.clear();
    server.asked();
    await Promise.all(["1", "2", "3", "4", "5"].map(ask));
    assert.is(state.given, 2);
    assert.is(server.asked().length, 11);
  });
});

test("a token that ends in the middle is renewed once; one that is refused again is the end", () => {
  const { state, answers } = tokenRegistry();
  return withRegistry(answers, async (server, parts) => {
    await parts.tag.ask(tag(server.host), never);
    state.good.clear();
    server.asked();
    assert.is((await parts.tag.ask(tag(server.host), never))?.state, "present");
    assert.is(server.asked().length, 3);
    state.good.add = () => state.good;
    state.good.clear();
    await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host), never));
    assert.is(server.asked().length, 3, "no storm");
  });
});

test("a new token that is invalid there is the last one that is got; one that allows too little is not", () => {
  const rows = [
    ["invalid_token", 1],
    ["insufficient_scope", 3],
  ] as const;
  return rows.reduce(async (before, [error, given]) => {
    await before;
    const { state, answers } = tokenRegistry((host, path) => `${challengeFor(host, path)},error="${error}"`);
    state.good.add = () => state.good;
    await withRegistry(answers, async (server, parts) => {
      for (const name of ["1", "2"])
        await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host, "org/app", name), never));
      assert.is(state.given, given, error);
      await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host, "org/other"), never));
      assert.is(state.given, given + 2, "of another repository nothing is known");
    });
  }, Promise.resolve());
});

test("by its own clock a token is renewed before it ends", () => {
  const { state, answers } = tokenRegistry();
  let now = Date.parse("2026-11-30T12:00:00Z");
  return withRegistry(
    answers,
    async (server, parts) => {
      for (const later of [0, 280_000, 11_000]) {
        now += later;
        await parts.tag.ask(tag(server.host), never);
      }
      assert.is(state.given, 2);
      assert.equal(
        server.asked().filter((line) => line.startsWith("HEAD")).length,
        4,
        "the renewal came before a refusal",
      );
    },
    { now: () => new Date(now) },
  );
});

const withBasic = (options: AskingOptions, act: (server: RegistryServer, parts: RegistryParts) => Promise<void>) =>
  withRegistry(
    (_, request) => (request.headers.authorization === basic ? manifestReply(text) : denied('Basic realm="x"')),
    act,
    options,
  );

test("a password is sent when it is asked for, and then at once", () =>
  withBasic({ credential: bot }, async (server, parts) => {
    await parts.tag.ask(tag(server.host), never);
    await parts.tag.ask(tag(server.host, "org/app", "2"), never);
    assert.equal(server.authorizations(), ["", basic, basic]);
  }));

test("a refusal names whose credentials they were, and no secret", async () => {
  const wrong: Credential = {
    secret: { form: "password", username: "bot", password: "wr0ng" },
    who: "user bot from a file",
  };
  await withBasic({ credential: wrong }, async (server, parts) => {
    const { message, subject } = await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host), never));
    assert.match(message, /asked as user bot from a file/);
    assert.not.match(`${message}${subject ?? ""}`, /wr0ng/);
    assert.is(server.asked().length, 2);
  });
  await withBasic({}, async (server, parts) => {
    const { message } = await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host), never));
    assert.match(message, /there are no credentials/);
    assert.is(server.asked().length, 1);
  });
});

test("a wrong password is tried once: what locks an account is not repeated", async () => {
  let now = Date.parse("2026-11-30T12:00:00Z");
  const wrong: Credential = { secret: { form: "password", username: "bot", password: "wr0ng" }, who: "user bot" };
  const options = { credential: wrong, now: () => new Date(now) };
  const ask = (parts: RegistryParts, host: string, name: string) =>
    rejectsCode("access-denied", () => parts.tag.ask(tag(host, `org/${name}`), never));
  const logins = (server: RegistryServer) => server.authorizations().filter((value) => value !== "").length;
  await withBasic(options, async (server, parts) => {
    for (const name of ["a", "b", "a", "c"]) await ask(parts, server.host, name);
    assert.is(logins(server), 1);
    now += 31_000;
    await ask(parts, server.host, "a");
    assert.is(logins(server), 1, "it may have been mended");
  });
  await withRegistry(
    (path, request) => (path.startsWith("/token") ? 401 : denied(challengeFor(request.headers.host ?? "", path))),
    async (server, parts) => {
      for (const name of ["a", "b", "a", "c"]) await ask(parts, server.host, name);
      assert.is(logins(server), 1);
    },
    options,
  );
});

test("a refusal for one repository, or of nobody, says nothing of another", async () => {
  for (const [status, credential] of [
    [403, bot],
    [401, undefined],
  ] as const)
    await withRegistry(
      (path, request) => {
        if (path.startsWith("/token")) return path.includes("secret") ? status : { body: { token: "abc" } };
        return request.headers.authorization === "Bearer abc"
          ? manifestReply(text)
          : denied(challengeFor(request.headers.host ?? "", path));
      },
      async (server, parts) => {
        for (let round = 0; round < 3; round++)
          await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host, "org/secret"), never));
        assert.is(server.asked().filter((line) => line.includes("/token")).length, 1);
        assert.is((await parts.tag.ask(tag(server.host, "org/open"), never))?.state, "present");
      },
      credential === undefined ? {} : { credential },
    );
});

test("a token endpoint that limits rests the registry, too", () =>
  withRegistry(
    (path, request) => (path.startsWith("/token") ? 429 : denied(challengeFor(request.headers.host ?? "", path))),
    async (server, parts) => {
      for (const name of ["a", "b", "c"])
        await rejectsCode("rate-limited", () => parts.tag.ask(tag(server.host, `org/${name}`), never));
      assert.is(server.asked().length, 3);
    },
  ));

test("a registry token is sent as it is, without an exchange", () =>
  withRegistry(
    (_, request) =>
      request.headers.authorization === "Bearer own"
        ? manifestReply(text)
        : denied('Bearer realm="https://auth.example/token"'),
    async (server, parts) => {
      assert.is((await parts.tag.ask(tag(server.host), never))?.state, "present");
      assert.equal(server.authorizations(), ["", "Bearer own"]);
    },
    { credential: { secret: { form: "registry", token: "own" }, who: "a token" } },
  ));

test("an identity token is no password", () =>
  withBasic(
    { credential: { secret: { form: "identity", token: "x" }, who: "an identity token" } },
    async (server, parts) => {
      await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host), never));
    },
  ));

test("a 401 that asks for nothing that can be given is the end", async () => {
  for (const challenge of ["", "Negotiate", 'Digest nonce="x"', "Bearer", 'Bearer realm="http://elsewhere.example/"'])
    await withRegistry(
      () => denied(challenge),
      async (server, parts) => {
        await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host), never));
        assert.is(server.asked().length, 1, challenge);
      },
      { credential: bot },
    );
});

test("a host to which we were sent gets no credentials of the first, whatever it asks for", () =>
  withRegistry(
    () => denied('Basic realm="x"'),
    async (other) =>
      withRegistry(
        (path) => ({ status: 307, headers: { location: `http://${other.host}${path}` } }),
        async (server, parts) => {
          await rejectsCode("access-denied", () => parts.tag.ask(tag(server.host), never));
          assert.equal(other.authorizations(), [""]);
        },
        { credential: bot },
      ),
  ));

test("a redirect to another host leaves the token behind", () =>
  withRegistry(
    () => manifestReply(text),
    async (other) => {
      const { state, answers } = tokenRegistry();
      await withRegistry(
        (path, request) => {
          const answer = answers(path, request);
          return path.startsWith("/token") || !state.good.has(request.headers.authorization ?? "")
            ? answer
            : { status: 307, headers: { location: `http://${other.host}${path}` } };
        },
        async (server, parts) => {
          assert.is((await parts.tag.ask(tag(server.host), never))?.state, "present");
          assert.equal(other.authorizations(), [""]);
        },
      );
    },
  ));

test("pages of a list that was redirected are not asked for at the other host, in nobody's name", async () => {
  const list = indexReply([referrer("a")], { link: '</page>; rel="next"' });
  const other = await serveRegistry(() => list);
  const { digest } = someManifest();
  try {
    await withRegistry(
      (path, request) => {
        if (request.headers.authorization !== basic) return denied('Basic realm="x"');
        if (!path.includes("/referrers/")) return undefined;
        return { status: 307, headers: { location: `http://${other.host}/list` } };
      },
      async (server, { referrers }) => {
        const asked = { kind: "referrers", repository: `${server.host}/org/app`, digest } as const;
        await rejectsCode("upstream-error", () => referrers.ask(asked, never));
        assert.equal(other.asked(), ["GET /list"]);
        assert.equal(other.authorizations(), [""]);
      },
      { credential: bot },
    );
  } finally {
    await other.close();
  }
});

test("credentials that cannot be found out stop the question, not the program", () => {
  const timedOut = new EngineError("timed-out", "the helper did not answer");
  const { answers } = tokenRegistry();
  return withRegistry(
    answers,
    async (server, parts) => {
      await rejectsCode("timed-out", () => parts.tag.ask(tag(server.host), never));
      assert.is(server.asked().length, 1);
    },
    { credential: { find: () => Promise.reject(timedOut) } },
  );
});

test("a rate limit rests the host until its end: nothing more is asked of it", () => {
  let now = Date.parse("2026-11-30T12:00:00Z");
  return withRegistry(
    () => ({ status: 429, headers: { "retry-after": "600" } }),
    async (server, parts) => {
      for (const name of ["1", "2", "3"])
        await rejectsCode("rate-limited", () => parts.tag.ask(tag(server.host, "org/app", name), never));
      assert.is(server.asked().length, 1);
      now += 601_000;
      await rejectsCode("rate-limited", () => parts.tag.ask(tag(server.host), never));
      assert.is(server.asked().length, 1);
    },
    { now: () => new Date(now) },
  );
});

test("while a host limits, what it refused before stays refused, as it is no outage; the rest waits", () => {
  const refuses = denied('Basic realm="r"');
  const forbids: Reply = { status: 403, body: { errors: [{ code: "DENIED", message: "no" }] } };
  const limits: Reply = { status: 429, headers: { "retry-after": "600" } };
  let says: Reply | undefined;
  let now = Date.parse("2026-11-30T12:00:00Z");
  return withRegistry(
    (_, request) => says ?? (request.headers.authorization === basic ? manifestReply(text) : refuses),
    async (server, parts) => {
      const ask = (path: string) => parts.tag.ask(tag(server.host, path), never);
      /** After every rest, so that this one is asked. */
      const say = (reply: Reply | undefined): void => {
        now += 3_600_000;
        says = reply;
      };
      const limit = (): Promise<unknown> => {
        say(limits);
        return rejectsCode("rate-limited", () => ask("open/not-yet-asked"));
      };
      for (const [refusal, ofAnother] of [
        [refuses, "access-denied"],
        [forbids, "rate-limited"],
      ] as const) {
        say(refusal);
        await rejectsCode("access-denied", () => ask("org/app"));
        await rejectsCode("access-denied", () => ask("open/secret"));
        await limit();
        server.asked();
        await rejectsCode("access-denied", () => ask("org/app"));
        await rejectsCode("access-denied", () => ask("open/secret"));
        await rejectsCode(ofAnother, () => ask("org/same-login"));
        assert.equal(server.asked(), [], "nobody is asked meanwhile");
        for (const status of [500, 404, 200]) {
          say({ status, headers: { "content-type": "text/html" }, body: "<p>not here</p>" });
          await rejectsCode("upstream-error", () => ask("org/app"));
          await limit();
          await rejectsCode("access-denied", () => ask("org/app"));
        }
        say(undefined);
        assert.is((await ask("org/app"))?.state, "present");
        await limit();
        await rejectsCode("rate-limited", () => ask("org/app"));
        await rejectsCode("rate-limited", () => ask("org/same-login"));
      }
    },
    {
      now: () => new Date(now),
      credential: { find: ({ path }) => Promise.resolve(path.startsWith("org/") ? bot : undefined) },
    },
  );
});

for (const [asks, headers, seconds] of [
  ["names no time", {}, 10],
  ["names a day", { "retry-after": "86400" }, 3600],
] as const)
  test(`a host that limits and ${asks} rests for ${seconds} seconds`, () => {
    let now = Date.parse("2026-11-30T12:00:00Z");
    return withRegistry(
      () => ({ status: 429, headers }),
      async (server, parts) => {
        const asked = async (): Promise<number> => {
          await rejectsCode("rate-limited", () => parts.tag.ask(tag(server.host), never));
          return server.asked().length;
        };
        assert.ok((await asked()) > 0);
        now += seconds * 1000 - 1000;
        assert.is(await asked(), 0);
        now += 2_000;
        assert.ok((await asked()) > 0);
      },
      { now: () => new Date(now) },
    );
  });

test.run();
