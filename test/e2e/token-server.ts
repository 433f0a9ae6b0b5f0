/**
 * A token server beside a registry, as the specification of registry tokens has it: by GET with a password, by POST
 * with a password or a refresh token. Source: https://distribution.github.io/distribution/spec/auth/token/,
 * https://distribution.github.io/distribution/spec/auth/jwt/.
 */
import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import type { IncomingMessage, ServerOptions } from "node:http";
import { serveLoopback } from "../support/loopback-server.ts";
import { tlsAuthority, type TlsIdentity } from "../support/tls-identity.ts";

/** How tokens are given; a scenario changes it while the server runs. */
export interface TokenRules {
  /** Names and passwords. */
  readonly users: Readonly<Record<string, string>>;
  /** A refresh token, and whose it is. */
  readonly refresh: readonly [token: string, user: string];
  /** Repositories that anybody may pull from. */
  open: string;
  service: string;
  /** Only by POST. */
  oauth: boolean;
  /** How many seconds ago a token ended when it is given. Registries let it pass for a minute. */
  ended: number;
}

export interface TokenServer {
  readonly realm: string;
  readonly issuer: string;
  /** By which registries know its tokens, PEM. */
  readonly roots: string;
  readonly rules: TokenRules;
  /** What was asked since the last look: `GET bot repository:a/b:pull`. */
  readonly asked: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** How long a registry takes a token that has ended. */
export const leewaySeconds = 60;
const life = 300;
const json64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return new URLSearchParams(Buffer.concat(pieces).toString());
}

export async function startTokenServer(rules: TokenRules, tls?: TlsIdentity): Promise<TokenServer> {
  const authority = await tlsAuthority("Tokens");
  const own = await authority.issue(["tokens"]);
  const key = createPrivateKey(own.key);
  const issuer = "token server of the test";
  const asked: string[] = [];
  const tokenFor = (user: string | undefined, scopes: readonly string[]): string => {
    const access = scopes.flatMap((scope) => {
      const [type = "", name = "", actions = ""] = scope.split(":");
      const may = user !== undefined ? actions.split(",") : name === rules.open ? ["pull"] : [];
      return may.length === 0 ? [] : [{ type, name, actions: may }];
    });
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now - life, nbf: now - life, exp: rules.ended === 0 ? now + life : now - rules.ended };
    const header = { typ: "JWT", alg: "ES256", x5c: [new X509Certificate(own.cert).raw.toString("base64")] };
    const claims = { iss: issuer, sub: user ?? "", aud: rules.service, jti: randomUUID(), ...times, access };
    const text = `${json64(header)}.${json64(claims)}`;
    return `${text}.${sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  };
  const known = (name: string | null, password: string | null): string | undefined =>
    name !== null && Object.hasOwn(rules.users, name) && rules.users[name] === password ? name : undefined;
  const server = await serveLoopback((request, response) => {
    const answer = (status: number, body: object): void =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    void bodyOf(request).then((form) => {
      const url = new URL(request.url ?? "/", "http://tokens");
      const isPost = request.method === "POST";
      if (!isPost && rules.oauth) return answer(405, {});
      const fields = isPost ? form : url.searchParams;
      const scopes = fields.getAll("scope").flatMap((scope) => scope.split(" "));
      const basic = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
      const [name = "", ...rest] = basic.split(":");
      const user = !isPost
        ? known(name, rest.join(":"))
        : fields.get("grant_type") === "password"
          ? known(fields.get("username"), fields.get("password"))
          : fields.get("refresh_token") === rules.refresh[0]
            ? rules.refresh[1]
            : undefined;
      asked.push(`${request.method} ${user ?? "nobody"} ${scopes.join(" ")}`);
      const isAnonymous = !isPost && basic === "";
      if (user === undefined && !isAnonymous) return answer(401, { errors: [{ code: "UNAUTHORIZED", message: "no" }] });
      const token = tokenFor(user, scopes);
      return answer(200, isPost ? { access_token: token, expires_in: life } : { token, expires_in: life });
    });
  }, tls as ServerOptions);
  return {
    // go-containerregistry takes no realm at an address of loopback.
    realm: `${server.url.replace("127.0.0.1", "localhost")}/token`,
    issuer,
    roots: authority.ca,
    rules,
    asked: () => asked.splice(0),
    close: server.close,
  };
}
