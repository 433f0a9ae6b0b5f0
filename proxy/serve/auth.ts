/**
 * Who may ask a listener. Source: RFC 9110 (section 11), RFC 7617, RFC 6750.
 *
 * Below /v2/ a token is the password of a Basic login with any user name: registry clients take a `Bearer` challenge to
 * mean a token service, and there is none here.
 */
import { createHash, timingSafeEqual, type X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { EngineError } from "../../core/errors.ts";
import { type PasswordFile, parsePasswordFile } from "./htpasswd.ts";
import type { Listener } from "./settings.ts";

export type Refused =
  /** Nobody looked: too many logins are being checked. */
  | { readonly admitted: false; readonly why: string; readonly isBusy: true }
  /** `challenge`: what the client may send; absent where nothing it sends would help. */
  | { readonly admitted: false; readonly why: string; readonly isBusy?: false; readonly challenge?: string };

export type Admission = { readonly admitted: true; readonly user?: string } | Refused;

export interface Authenticator {
  admit(request: IncomingMessage): Admission | Promise<Admission>;
}

const basic = 'Basic realm="sallyport", charset="UTF-8"';
const bearer = 'Bearer realm="sallyport"';

/** The user and password of `Authorization: Basic …`. */
function readBasic(header: string | undefined): readonly [user: string, password: string] | undefined {
  const found = /^basic +([a-z\d+/]+={0,2}) *$/i.exec(header ?? "");
  if (found === null) return undefined;
  const text = Buffer.from(found[1] ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

const isRegistry = ({ url = "" }: IncomingMessage): boolean => /^\/v2(?:[/?]|$)/.test(url);

const refusal = (challenge: string, given: boolean): Admission => ({
  admitted: false,
  why: given ? "the login is wrong" : "a login is needed",
  challenge,
});

function byPassword(users: PasswordFile): Authenticator {
  return {
    async admit({ headers: { authorization } }) {
      const login = readBasic(authorization);
      const found = login === undefined ? "wrong" : await users.look(...login);
      if (login !== undefined && found === "right") return { admitted: true, user: login[0] };
      if (found === "busy")
        return { admitted: false, why: "too many logins are being checked; try again", isBusy: true };
      return refusal(basic, authorization !== undefined);
    },
  };
}

const digestOf = (token: string): Buffer => createHash("sha256").update(token).digest();
const mostTokens = 1000;
const shortestToken = 16;

/** One token a line. @throws EngineError `invalid-config` */
function parseTokens(text: string, file: string): readonly Buffer[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const tokens = lines.flatMap((line, index) => {
    if (line === "" || line.startsWith("#")) return [];
    if (line.length < shortestToken || /\s/.test(line))
      throw new EngineError("invalid-config", `a token is one word of at least ${shortestToken} characters`, {
        subject: `${file}:${index + 1}`,
      });
    return [digestOf(line)];
  });
  if (tokens.length === 0) throw new EngineError("invalid-config", "the file has no token", { subject: file });
  if (tokens.length > mostTokens)
    throw new EngineError("invalid-config", `more than ${mostTokens} tokens`, { subject: file });
  return tokens;
}

function byToken(tokens: readonly Buffer[]): Authenticator {
  /** Every token is compared, so that the time says nothing about which one it was. */
  const isKnown = (given: string): boolean => {
    const digest = digestOf(given);
    return tokens.reduce((found, token) => timingSafeEqual(token, digest) || found, false);
  };
  return {
    admit: (request) => {
      const { authorization } = request.headers;
      const given = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? readBasic(authorization)?.[1];
      if (given !== undefined && isKnown(given)) return { admitted: true };
      return refusal(isRegistry(request) ? basic : bearer, authorization !== undefined);
    },
  };
}

/** The names of a certificate: its subject's common name, and its alternative names. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  const alternatives = (certificate.subjectAltName ?? "").split(", ").flatMap((entry) => {
    const found = /^(?:DNS|URI|email|IP Address):([^"]+)$/.exec(entry);
    return found?.[1] ?? [];
  });
  return [...(common === undefined ? [] : [common]), ...alternatives];
}

function byCertificate(subjects: readonly string[]): Authenticator {
  return {
    admit: ({ socket }) => {
      const tls = socket as TLSSocket;
      const certificate = tls.getPeerX509Certificate?.();
      if (certificate === undefined) return { admitted: false, why: "a client certificate is needed" };
      if (!tls.authorized)
        return { admitted: false, why: `the client certificate is not accepted: ${String(tls.authorizationError)}` };
      const names = namesOf(certificate);
      const user = subjects.length === 0 ? (names[0] ?? "?") : names.find((name) => subjects.includes(name));
      if (user === undefined)
        return { admitted: false, why: "none of the names in the client certificate is allowed here" };
      return { admitted: true, user };
    },
  };
}

const anybody: Admission = { admitted: true };
const everybody: Authenticator = { admit: () => anybody };

/**
 * `read`: the text of a file that a setting names.
 * @throws EngineError `invalid-config` for files that do not hold what they should.
 */
export function createAuthenticator(
  { auth }: Listener,
  { read, now }: { readonly read: (path: string) => string; readonly now: () => Date },
): Authenticator {
  const file = auth.file ?? "";
  switch (auth.by) {
    case "none":
      return everybody;
    case "htpasswd":
      return byPassword(parsePasswordFile(read(file), file, { now }));
    case "token":
      return byToken(parseTokens(read(file), file));
    case "certificate":
      return byCertificate(auth.subjects);
  }
}
