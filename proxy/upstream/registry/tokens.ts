/**
 * Tokens for a registry, from the endpoint that its challenge names: by GET, or by POST. Source:
 * https://distribution.github.io/distribution/spec/auth/token/,
 * https://distribution.github.io/distribution/spec/auth/oauth/.
 */
import { isObject } from "../../../core/encoding/shape.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import {
  basicAuthorization,
  type BoundedRequest,
  type BoundedResponse,
  type Fetcher,
  shownUrl,
} from "../fetch-bounded.ts";
import { readJsonAnswer } from "../json-answer.ts";
import { hostOf, isLoopback } from "../proxy-choice.ts";
import type { Challenge } from "./challenge.ts";
import type { Credential } from "./credentials/credential.ts";
import { registryFault } from "./registry-fault.ts";

export interface TokenRequest {
  readonly challenge: Challenge;
  readonly scope: string;
  /** `undefined`: anonymous. */
  readonly credential: Credential | undefined;
  /** The origin of the registry that sent the challenge. */
  readonly registry: URL;
}

export interface TokenOptions {
  readonly fetcher: Fetcher;
  readonly now: () => number;
  readonly limits: Limits;
}

/** What was refused. `credentials`: the registry accepts them nowhere; `scope`: not for this repository. */
export interface TokenRefusal {
  readonly refused: "credentials" | "scope";
  readonly error: EngineError;
}

export interface Token {
  readonly token: string;
  /** Milliseconds since 1970: from then on another is needed. */
  readonly until: number;
}

/** In whose name it is asked without credentials. */
export const nobody = "nobody: there are no credentials";

const tokenBytes = 256 * 1024;
/** A token's life by the specification, where the endpoint states none. */
const defaultSeconds = 60;
/** How long before its end a token is renewed, at the latest after three quarters of its life: clocks differ. */
const marginMs = 10_000;

/**
 * Passwords over HTTP only where the registry itself was asked that way, at the same host: loopback, or a host for
 * which it was allowed. And no registry elsewhere sends us to this machine.
 */
export function tokenEndpoint({ parameters }: Challenge, registry: URL): URL {
  const refuse = (why: string): never => {
    throw new EngineError("access-denied", `the token endpoint that the registry names ${why}`, {
      subject: shownUrl(registry),
    });
  };
  const realm = parameters.realm ?? "";
  if (!URL.canParse(realm)) return refuse("is not an address");
  const url = new URL(realm);
  url.username = "";
  url.password = "";
  url.hash = "";
  const [host, own] = [hostOf(url), hostOf(registry)];
  if (isLoopback(host) && !isLoopback(own)) return refuse(`is on this machine: ${shownUrl(url)}`);
  const plain = url.protocol === "http:" && registry.protocol === "http:" && (host === own || isLoopback(host));
  if (url.protocol !== "https:" && !plain) return refuse(`is not reached by https: ${shownUrl(url)}`);
  return url;
}

/**
 * A token of the scope, or why there is none.
 * @throws EngineError `access-denied` where the endpoint must not be asked, and the codes of an outage.
 */
export async function requestToken(
  { challenge, scope, credential, registry }: TokenRequest,
  { fetcher, now, limits }: TokenOptions,
  signal: AbortSignal,
): Promise<Token | TokenRefusal> {
  const url = tokenEndpoint(challenge, registry);
  const service = challenge.parameters.service ?? "";
  const asked = now();
  const send = (request: Omit<BoundedRequest, "maxBytes">): Promise<BoundedResponse> =>
    fetcher.fetch({ ...request, maxBytes: tokenBytes }, signal);
  const post = (grant: Readonly<Record<string, string>>): Promise<BoundedResponse> =>
    send({
      method: "POST",
      url,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ ...grant, service, scope, client_id: "sallyport" }).toString(),
    });
  const get = (username?: string, authorization?: string): Promise<BoundedResponse> => {
    const asking = new URL(url);
    if (service !== "") asking.searchParams.set("service", service);
    for (const one of scope.split(" ").filter((text) => text !== "")) asking.searchParams.append("scope", one);
    if (username !== undefined && username !== "") asking.searchParams.set("account", username);
    return send({ url: asking, authorization });
  };
  const ask = async (): Promise<BoundedResponse> => {
    const secret = credential?.secret;
    if (secret?.form === "identity") return post({ grant_type: "refresh_token", refresh_token: secret.token });
    if (secret?.form !== "password") return get();
    const { username, password } = secret;
    const answer = await get(username, basicAuthorization(username, password));
    // Endpoints of OAuth2 alone know no GET.
    return answer.status === 404 || answer.status === 405
      ? post({ grant_type: "password", username, password })
      : answer;
  };
  const answer = await ask();
  if (answer.status === 200) return readToken(answer, asked, limits);
  const error = registryFault(answer, { who: credential?.who ?? nobody, now: now(), limits });
  if (answer.status !== 401 && answer.status !== 403) throw error;
  return { refused: answer.status === 401 && credential !== undefined ? "credentials" : "scope", error };
}

/** Its own times are not read: this machine's clock may be another. */
function readToken(answer: BoundedResponse, asked: number, limits: Limits): Token {
  const json = readJsonAnswer(answer, limits);
  const { token, access_token, expires_in } = isObject(json) ? json : {};
  const text = [access_token, token].find((value): value is string => typeof value === "string" && value !== "");
  // It is sent in a header.
  if (text === undefined || !/^[\x21-\x7e]+$/.test(text))
    throw new EngineError("upstream-error", "the token endpoint's answer has no token", {
      subject: shownUrl(answer.url),
    });
  const seconds = typeof expires_in === "number" && expires_in > 0 ? expires_in : defaultSeconds;
  const life = seconds * 1000;
  return { token: text, until: asked + life - Math.min(marginMs, life / 4) };
}
