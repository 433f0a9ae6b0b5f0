/** Whose refusals and challenges are whose, by hosts that are only played. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import type { BoundedResponse, Fetcher } from "../../../../proxy/upstream/fetch-bounded.ts";
import { AuthorizedRequests } from "../../../../proxy/upstream/registry/authorized.ts";
import type { Credential } from "../../../../proxy/upstream/registry/credentials/credential.ts";
import { type Endpoint, everyCapability } from "../../../../proxy/upstream/registry/endpoint.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { never } from "../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/authorized-hosts");
const bot: Credential = { secret: { form: "password", username: "bot", password: "s3cr3t" }, who: "user bot" };
const basic = `Basic ${Buffer.from("bot:s3cr3t").toString("base64")}`;

/** Requests to hosts that are only played, and who of them was asked in which way. */
function played(answer: (url: URL, authorization?: string) => Partial<Pick<BoundedResponse, "status" | "headers">>) {
  const asked: string[] = [];
  const fetch: Fetcher["fetch"] = ({ url, authorization }) => {
    asked.push(`${authorization === undefined ? "" : "authorized "}${url.host}`);
    const said = answer(url, authorization);
    return Promise.resolve({ status: 200, headers: {}, ...said, bytes: new Uint8Array(), url });
  };
  const [fetcher, credentials] = [{ fetch } as unknown as Fetcher, { find: () => Promise.resolve(bot) }];
  const requests = new AuthorizedRequests({ fetcher, credentials, now: () => 0, limits: defaultLimits });
  const ask = (more: Partial<Endpoint>): Promise<number> => {
    const place = { scheme: "https", root: "/v2/", capabilities: everyCapability, knowsAbsence: true } as const;
    const endpoint = { host: "mirror.example", path: "org/app", ...place, ...more };
    return requests.send(endpoint, { path: "x", maxBytes: 9 }, never).then(({ status }) => status);
  };
  return { asked, ask };
}

test("a path below another root, or of another registry behind the mirror, is refused by itself", async () => {
  for (const [secret, open] of [
    [{ namespace: "a.example" }, { namespace: "b.example" }],
    [{ root: "/v2/a/" }, { root: "/v2/b/" }],
  ] as const) {
    let limits = false;
    const { ask } = played(({ pathname, search }) => ({
      status: limits ? 429 : pathname.startsWith("/v2/a/") || search.includes("a.example") ? 403 : 200,
    }));
    assert.equal([await ask(secret), await ask(open)], [403, 200]);
    limits = true;
    await rejectsCode("rate-limited", () => ask(open));
    await rejectsCode("access-denied", () => ask(secret));
  }
});

test("what hosts without end ask for is not remembered without end", async () => {
  const { asked, ask } = played((_, authorization) =>
    authorization === basic ? {} : { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } },
  );
  for (let at = 0; at < 1025; at++) await ask({ host: `h${at}.example` });
  asked.length = 0;
  await ask({ host: "h1024.example", path: "org/other" });
  await ask({ host: "h0.example" });
  assert.equal(asked, ["authorized h1024.example", "h0.example", "authorized h0.example"]);
});

test.run();
