import type { IncomingMessage } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits as limits } from "../../../../core/limits.ts";
import { parseChallenges } from "../../../../proxy/upstream/registry/challenge.ts";
import type { Credential } from "../../../../proxy/upstream/registry/credentials/credential.ts";
import { requestToken, type Token, tokenEndpoint } from "../../../../proxy/upstream/registry/tokens.ts";
import { rejectsCode, throwsCode } from "../../../support/assert.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";
import { never, type Reply, serveRegistry } from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/tokens");
const bearer = (realm: string, more = "") => {
  const [challenge] = parseChallenges(`Bearer realm="${realm}"${more}`);
  if (challenge === undefined) throw new Error("no challenge");
  return challenge;
};
const password: Credential = { secret: { form: "password", username: "bot", password: "s3c:r3t" }, who: "user bot" };
const identity: Credential = { secret: { form: "identity", token: "refresh+me" }, who: "an identity token" };

interface Asked {
  readonly line: string;
  readonly authorization: string;
  readonly form: Readonly<Record<string, string>>;
}

/** What a token endpoint is asked, and the token that comes of its answers. */
async function asking(
  answers: (method: string) => Reply,
  credential: Credential | undefined,
  now = () => 1_000_000,
): Promise<{ readonly asked: readonly Asked[]; readonly token: Token }> {
  const asked: Asked[] = [];
  const server = await serveRegistry((path, request: IncomingMessage) => (incoming, response) => {
    let body = "";
    incoming.setEncoding("utf8");
    incoming.on("data", (piece: string) => {
      body += piece;
    });
    incoming.on("end", () => {
      const line = `${request.method ?? ""} ${path}`;
      asked.push({
        line,
        authorization: request.headers.authorization ?? "",
        form: Object.fromEntries(new URLSearchParams(body)),
      });
      const answer = answers(request.method ?? "");
      if (typeof answer === "function") return answer(incoming, response);
      const { status = 200, body: said = "" } = typeof answer === "number" ? { status: answer } : answer;
      response.writeHead(status).end(typeof said === "string" ? said : JSON.stringify(said));
    });
  });
  try {
    const registry = new URL(`http://${server.host}/`);
    const challenge = bearer(`http://${server.host}/token?a=1`, ',service="reg istry"');
    const token = await requestToken(
      { challenge, scope: "repository:a/b:pull", credential, registry },
      { fetcher: quickFetcher({ tries: 2 }), now, limits },
      never,
    );
    if ("refused" in token) throw token.error;
    return { asked, token };
  } finally {
    await server.close();
  }
}
const answered = { body: { token: "abc", expires_in: 300 } };

test("without credentials: a GET with service and scope", async () => {
  const { asked, token } = await asking(() => answered, undefined);
  assert.equal(asked, [
    { line: "GET /token?a=1&service=reg+istry&scope=repository%3Aa%2Fb%3Apull", authorization: "", form: {} },
  ]);
  assert.equal(token, { token: "abc", until: 1_000_000 + 290_000 });
});

test("with a password: the same GET in the user's name", async () => {
  const { asked } = await asking(() => answered, password);
  assert.equal(
    asked.map(({ line, authorization }) => [line, authorization]),
    [
      [
        "GET /token?a=1&service=reg+istry&scope=repository%3Aa%2Fb%3Apull&account=bot",
        `Basic ${Buffer.from("bot:s3c:r3t").toString("base64")}`,
      ],
    ],
  );
});

test("an endpoint that knows no GET is asked by POST", async () => {
  for (const status of [404, 405]) {
    const { asked } = await asking((method) => (method === "GET" ? status : { body: { access_token: "x" } }), password);
    const form = { grant_type: "password", username: "bot", password: "s3c:r3t" };
    assert.equal(asked.at(-1)?.form, {
      ...form,
      service: "reg istry",
      scope: "repository:a/b:pull",
      client_id: "sallyport",
    });
    assert.is(asked.length, 2);
  }
});

test("an identity token is exchanged by POST, never sent to the registry", async () => {
  const { asked, token } = await asking(() => ({ body: { access_token: "x", token: "y" } }), identity);
  const form = { grant_type: "refresh_token", refresh_token: "refresh+me", service: "reg istry" };
  assert.equal(asked, [
    {
      line: "POST /token?a=1",
      authorization: "",
      form: { ...form, scope: "repository:a/b:pull", client_id: "sallyport" },
    },
  ]);
  assert.is(token.token, "x");
});

test("a token ends early by a margin; times that the endpoint states are not believed", async () => {
  const until = async (body: object) =>
    (await asking(() => ({ body: { token: "x", ...body } }), undefined)).token.until;
  assert.is(await until({}), 1_000_000 + 50_000);
  assert.is(await until({ expires_in: 8 }), 1_000_000 + 6000);
  assert.is(await until({ expires_in: 300, issued_at: "2001-01-01T00:00:00Z" }), 1_000_000 + 290_000);
  assert.is(await until({ expires_in: -1 }), 1_000_000 + 50_000);
  assert.is(await until({ expires_in: "300" }), 1_000_000 + 50_000);
});

test("no token: a refusal, an outage, or an answer that has none", async () => {
  const refused: readonly (readonly [Reply, Parameters<typeof rejectsCode>[0]])[] = [
    [401, "access-denied"],
    [403, "access-denied"],
    [429, "rate-limited"],
    [503, "upstream-error"],
    [{ status: 404, body: "<html>" }, "upstream-error"],
    [{ body: "<html>" }, "upstream-error"],
    [{ body: "[]" }, "upstream-error"],
    [{ body: "null" }, "upstream-error"],
    [{ body: {} }, "upstream-error"],
    [{ body: { token: "" } }, "upstream-error"],
    [{ body: { token: 7 } }, "upstream-error"],
    [{ body: { token: "a b" } }, "upstream-error"],
    [{ body: { token: "a\r\nx: y" } }, "upstream-error"],
    [{ body: { token: "x".repeat(300_000) } }, "over-limit"],
  ];
  for (const [answer, code] of refused) await rejectsCode(code, () => asking(() => answer, undefined));
});

test("a refusal says in whose name it was, and no secret", async () => {
  const { message } = await rejectsCode("access-denied", () =>
    asking(
      () => ({ status: 401, body: { errors: [{ code: "UNAUTHORIZED", message: "incorrect password" }] } }),
      password,
    ),
  );
  assert.match(message, /incorrect password, asked as user bot/);
  assert.not.match(message, /s3c/);
});

const places: readonly (readonly [realm: string, registry: string, ok: boolean])[] = [
  ["https://auth.docker.io/token", "https://registry-1.docker.io/", true],
  ["https://auth.other.example/token", "https://ghcr.io/", true],
  ["http://ghcr.io/token", "https://ghcr.io/", false],
  ["http://auth.other.example/token", "http://plain.example/", false],
  ["http://plain.example:81/token", "http://plain.example/", true],
  ["http://127.0.0.1:1/token", "http://127.0.0.1:2/", true],
  ["http://localhost:1/token", "http://127.0.0.1:2/", true],
  ["https://127.0.0.1/token", "https://ghcr.io/", false],
  ["https://[::1]/token", "https://ghcr.io/", false],
  ["http://127.0.0.1:1/token", "https://127.0.0.1:2/", false],
  ["file:///etc/passwd", "https://ghcr.io/", false],
  ["/token", "https://ghcr.io/", false],
  ["", "https://ghcr.io/", false],
];
for (const [realm, registry, ok] of places)
  test(`the token endpoint ${realm} of ${registry}: ${ok ? "asked" : "refused"}`, () => {
    const find = () => tokenEndpoint(bearer(realm), new URL(registry));
    if (ok) assert.is(find().href, realm);
    else throwsCode("access-denied", find);
  });

test("a user in the endpoint's address is not taken along", () => {
  assert.is(
    tokenEndpoint(bearer("https://u:p@a.example/t#x"), new URL("https://b.example")).href,
    "https://a.example/t",
  );
});

test.run();
