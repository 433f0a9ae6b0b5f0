/**
 * Requests to a registry with what it asks for: nothing at first, then a token or a password, which are kept until they
 * end. Source: https://distribution.github.io/distribution/spec/auth/token/, RFC 7617.
 */
import type { Digest } from "../../../core/crypto/digest.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { BoundedMap } from "../../bounded-map.ts";
import {
  basicAuthorization,
  type BoundedRequest,
  type BoundedResponse,
  type Fetcher,
  shownUrl,
  type Upload,
} from "../fetch-bounded.ts";
import { type Challenge, chooseChallenge, parseChallenges } from "./challenge.ts";
import type { Credential, CredentialSource } from "./credentials/credential.ts";
import { credentialTarget, type Endpoint } from "./endpoint.ts";
import { isHtml, rateLimitEnd, registryFault, saysAbsent } from "./registry-fault.ts";
import { Schemes } from "./schemes.ts";
import { nobody, requestToken, type Token, type TokenRefusal, type TokenRequest } from "./tokens.ts";

export interface AuthorizedOptions {
  readonly fetcher: Fetcher;
  readonly credentials: CredentialSource;
  readonly now: () => number;
  readonly limits: Limits;
}

/** `path` below the endpoint's root; an address for the next page of a list, or for the rest of an upload. */
export interface RegistryRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly path: string | URL;
  /** What the login must allow, where the registry does not say it. Default `pull`. */
  readonly access?: "pull" | "push" | "delete";
  readonly body?: Upload;
  readonly contentType?: string;
  /** As of a request of the fetcher. */
  readonly tries?: number;
  readonly answerMs?: number;
  readonly accept?: string;
  readonly maxBytes: number;
  /** That the content must have. */
  readonly digest?: Digest;
  /** As of a request of the fetcher. */
  readonly isStreamed?: boolean;
  /** Content from this byte on. */
  readonly from?: number;
}

/** What is sent as `Authorization`, and in whose name. */
interface Grant {
  readonly authorization: string | undefined;
  readonly until: number;
  readonly who: string;
  /** Whether it is the user's own secret, not a token that was got with it. */
  readonly isPassword: boolean;
}

/** What is not asked again before a time, and the error that is thrown until then. */
interface Rest {
  readonly until: number;
  readonly error: EngineError;
}

/** How many tokens, challenges, refusals and rests are kept of each kind; the oldest are dropped first. */
const mostGrants = 1024;
const mostScopeCharacters = 2048;
/** For how long a refused login is not sent again. */
const deniedMs = 30_000;
/** The same for a host that limits and names no time. It is short, since nobody hears the host meanwhile. */
const limitedMs = 10_000;
const longestLimitedMs = 3_600_000;

export class AuthorizedRequests {
  readonly #options: AuthorizedOptions;
  readonly #schemes: Schemes;
  /** By origin and repository. */
  readonly #grants = new BoundedMap<string, Promise<Grant>>(mostGrants);
  /** What an origin asked for last, without its scope. */
  readonly #challenges = new BoundedMap<string, Challenge>(mostGrants);
  /** Credentials that were refused, by origin, and repositories to which nobody is let: failed logins lock accounts. */
  readonly #denied = new BoundedMap<string, Rest>(mostGrants);
  /** Origins that want no more requests for now. */
  readonly #limited = new BoundedMap<string, Rest>(mostGrants);
  /** The refusal of each repository that refused when it was asked last. */
  readonly #refused = new BoundedMap<string, EngineError>(mostGrants);

  constructor(options: AuthorizedOptions) {
    this.#options = options;
    this.#schemes = new Schemes(options.fetcher);
  }

  /**
   * The answer, of whatever status but 401 and 429.
   * @throws EngineError `access-denied` for a 401 that credentials do not change, `rate-limited`, `upstream-error` for
   * an address at another host than the endpoint's, the codes of an outage, and `over-limit`.
   */
  async send(endpoint: Endpoint, request: RegistryRequest, signal: AbortSignal): Promise<BoundedResponse> {
    const origin = await this.#schemes.originOf(endpoint, signal);
    const { access = "pull" } = request;
    const place = { endpoint, origin, access };
    await this.#refuseLimited(place, signal);
    const key = grantKey(place);
    try {
      const { response, grant } = await this.#sendWithGrant(place, request, signal);
      if (response.status === 403) this.#refused.set(key, this.#fault(response, grant));
      else if (this.#letsIn(response)) this.#forgetRefusals(place, grant);
      return response;
    } catch (error) {
      if (error instanceof EngineError && error.code === "access-denied") this.#refused.set(key, error);
      // The first one that is limited is no outage either.
      if (error instanceof EngineError && error.code === "rate-limited") await this.#refuseLimited(place, signal);
      throw error;
    }
  }

  async #sendWithGrant(place: Place, request: RegistryRequest, signal: AbortSignal): Promise<Answered> {
    const { endpoint, origin } = place;
    const bounded = boundedRequest(endpoint, request, origin);
    // A page of a list that a redirect took to another host: what is sent is for this one alone.
    if (bounded.url.origin !== origin.origin)
      throw new EngineError("upstream-error", `${origin.host} goes on at another host, which is not asked`, {
        subject: shownUrl(bounded.url),
      });
    const key = grantKey(place);
    const held = await this.#heldGrant(key, place, signal);
    const first = await this.#fetch(bounded, held, signal);
    if (first.status !== 401) return { response: first, grant: held };
    // A host to which we were sent gets no credentials of this one.
    const field = first.url.origin === origin.origin ? (first.headers["www-authenticate"] ?? "") : "";
    const challenge = chooseChallenge(parseChallenges(field));
    if (challenge === undefined) throw this.#fault(first, held);
    const grant = await this.#renew(key, { ...place, challenge, refused: held }, signal);
    if (grant.authorization === undefined || grant.authorization === held?.authorization)
      throw this.#fault(first, grant);
    const second = await this.#fetch(bounded, grant, signal);
    if (second.status !== 401) return { response: second, grant };
    this.#grants.delete(key);
    const error = this.#fault(second, grant);
    if (grant.isPassword) this.#rest(this.#denied, ofOrigin(place, grant.who), error);
    else if (refusesToken(second)) this.#rest(this.#denied, ofRepository(place, grant.who), error);
    throw error;
  }

  /** Whether the endpoint was asked without TLS. */
  isPlain(endpoint: Endpoint): boolean {
    return this.#schemes.isPlain(endpoint);
  }

  /** In whose name the endpoint is asked, for messages. */
  async whoAsks(endpoint: Endpoint, signal: AbortSignal, access: Access = "pull"): Promise<string> {
    const origin = await this.#schemes.originOf(endpoint, signal);
    return (await this.#grants.get(grantKey({ endpoint, origin, access })))?.who ?? nobody;
  }

  async #fetch(request: BoundedRequest, grant: Grant | undefined, signal: AbortSignal): Promise<BoundedResponse> {
    const { fetcher, now } = this.#options;
    const response = await fetcher.fetch({ ...request, authorization: grant?.authorization }, signal);
    if (response.status !== 429) return response;
    const error = this.#fault(response, grant);
    const ms = (rateLimitEnd(response.headers, now()) ?? now() + limitedMs) - now();
    this.#rest(this.#limited, request.url.origin, error, Math.min(ms, longestLimitedMs));
    throw error;
  }

  #fault(response: BoundedResponse, grant: Grant | undefined): EngineError {
    const { now, limits } = this.#options;
    return registryFault(response, { who: grant?.who ?? nobody, now: now(), limits });
  }

  /** What is known to be needed is sent at once: a challenge is the same for every repository, but for its scope. */
  async #heldGrant(key: string, place: Place, signal: AbortSignal): Promise<Grant | undefined> {
    const { origin } = place.origin;
    const held = await this.#grants.get(key);
    if (held !== undefined && this.#options.now() < held.until) return held;
    const challenge = this.#challenges.get(origin) ?? this.#challengeOf(origin);
    return challenge === undefined ? undefined : this.#renew(key, { ...place, challenge, refused: held }, signal);
  }

  /** Its scope is that of no repository. */
  #challengeOf(origin: string): Challenge | undefined {
    const challenge = chooseChallenge(parseChallenges(this.#schemes.challengeOf(origin) ?? ""));
    if (challenge === undefined) return undefined;
    const { scope: _, ...parameters } = challenge.parameters;
    return { scheme: challenge.scheme, parameters };
  }

  /** Several requests that are refused at once get one new token. */
  async #renew(key: string, need: Need, signal: AbortSignal): Promise<Grant> {
    const { now } = this.#options;
    const other = this.#grants.get(key);
    if (other !== undefined) {
      const grant = await other;
      if (grant !== need.refused && now() < grant.until) return grant;
      // While it was waited for, another may have begun to renew.
      const newer = this.#grants.get(key);
      if (newer !== undefined && newer !== other) return newer;
    }
    const asking = this.#grant(need, signal);
    this.#grants.set(key, asking);
    try {
      return await asking;
    } catch (error) {
      if (this.#grants.get(key) === asking) this.#grants.delete(key);
      throw error;
    }
  }

  #rest(resting: Map<string, Rest>, key: string, error: EngineError, ms = deniedMs): void {
    resting.set(key, { until: this.#options.now() + ms, error });
  }

  #refuseResting(resting: ReadonlyMap<string, Rest>, key: string): void {
    const rest = resting.get(key);
    if (rest !== undefined && this.#options.now() < rest.until) throw rest.error;
  }

  /** A gateway's page and an outage do not say that the registry let anybody in. */
  #letsIn(response: BoundedResponse): boolean {
    return response.status < 400 ? !isHtml(response) : saysAbsent(response, this.#options.limits);
  }

  /** The repository was let in, and so was the login, unless that is still left alone. */
  #forgetRefusals(place: Place, grant: Grant | undefined): void {
    this.#refused.delete(grantKey(place));
    const login = ofOrigin(place, grant?.who ?? nobody);
    const denied = this.#denied.get(login);
    if (denied !== undefined && denied.until <= this.#options.now()) this.#denied.delete(login);
  }

  /**
   * A host that limits is not asked. What it refused before stays refused: `failurePolicy: Ignore` overlooks a rate
   * limit, which passes by itself, and must not overlook a refusal, which somebody must repair.
   */
  async #refuseLimited(place: Place, signal: AbortSignal): Promise<void> {
    const { credentials, now } = this.#options;
    const rest = this.#limited.get(place.origin.origin);
    if (rest === undefined || now() >= rest.until) return;
    const refused = this.#refused.get(grantKey(place));
    if (refused !== undefined) throw refused;
    if (this.#challenges.has(place.origin.origin)) {
      const credential = await credentials.find(credentialTarget(place.endpoint), signal);
      const denied = this.#denied.get(ofOrigin(place, credential?.who ?? nobody));
      if (denied !== undefined) throw denied.error;
    }
    throw rest.error;
  }

  async #grant(need: Need, signal: AbortSignal): Promise<Grant> {
    const { endpoint, origin, challenge, access } = need;
    const { credentials } = this.#options;
    const credential = await credentials.find(credentialTarget(endpoint), signal);
    const who = credential?.who ?? nobody;
    const login = ofOrigin(need, who);
    const repository = ofRepository(need, who);
    for (const key of [login, repository]) this.#refuseResting(this.#denied, key);
    const { scope: stated = "", ...parameters } = challenge.parameters;
    this.#challenges.set(origin.origin, { scheme: challenge.scheme, parameters });
    const forever = Number.POSITIVE_INFINITY;
    const secret = credential?.secret;
    if (secret?.form === "registry")
      return { authorization: `Bearer ${secret.token}`, until: forever, who, isPassword: true };
    if (challenge.scheme === "basic")
      return { authorization: basicOf(credential, origin), until: forever, who, isPassword: true };
    const wanted = `repository:${endpoint.path}:${scopeActions[access]}`;
    const scope = stated !== "" && stated.length <= mostScopeCharacters ? stated : wanted;
    const answer = await this.#requestToken({ challenge, scope, credential, registry: origin }, signal);
    if ("token" in answer)
      return { authorization: `Bearer ${answer.token}`, until: answer.until, who, isPassword: false };
    this.#rest(this.#denied, answer.refused === "credentials" ? login : repository, answer.error);
    throw answer.error;
  }

  async #requestToken(request: TokenRequest, signal: AbortSignal): Promise<Token | TokenRefusal> {
    const { fetcher, now, limits } = this.#options;
    try {
      return await requestToken(request, { fetcher, now, limits }, signal);
    } catch (error) {
      if (error instanceof EngineError && error.code === "rate-limited")
        this.#rest(this.#limited, request.registry.origin, error, limitedMs);
      throw error;
    }
  }
}

/**
 * Whether the token itself is refused, not what it allows: another one that is got in the same way will be, too. RFC
 * 6750 section 3.1.
 */
const refusesToken = ({ headers }: BoundedResponse): boolean =>
  parseChallenges(headers["www-authenticate"] ?? "").some(({ parameters }) => parameters.error === "invalid_token");

type Access = NonNullable<RegistryRequest["access"]>;

/** What a token must allow. Source: https://distribution.github.io/distribution/spec/auth/scope/. */
const scopeActions: Readonly<Record<Access, string>> = { pull: "pull", push: "pull,push", delete: "pull,push,delete" };

const grantKey = (place: Place): string => `${ofRepository(place, "")}${place.access}`;
const ofOrigin = ({ origin }: Place, who: string): string => `${origin.origin} ${who}`;
/** The same path is another repository below another root, and of another registry behind the same mirror. */
const ofRepository = ({ origin, endpoint: { root, path, namespace = "" } }: Place, who: string): string =>
  `${origin.origin}${root}${path} ${namespace} ${who}`;

interface Answered {
  readonly response: BoundedResponse;
  readonly grant: Grant | undefined;
}

interface Place {
  readonly endpoint: Endpoint;
  readonly origin: URL;
  readonly access: Access;
}

interface Need extends Place {
  readonly challenge: Challenge;
  /** The grant that was refused, or has ended. */
  readonly refused: Grant | undefined;
}

function basicOf(credential: Credential | undefined, origin: URL): string | undefined {
  if (credential === undefined) return undefined;
  const { secret, who } = credential;
  if (secret.form === "password") return basicAuthorization(secret.username, secret.password);
  throw new EngineError("access-denied", `the registry wants a password, and ${who} has a token`, {
    subject: origin.host,
  });
}

function boundedRequest(endpoint: Endpoint, request: RegistryRequest, origin: URL) {
  const {
    method = "GET",
    path,
    accept,
    maxBytes,
    digest,
    isStreamed,
    from,
    body,
    contentType,
    tries,
    answerMs,
  } = request;
  const url = typeof path === "string" ? new URL(`${endpoint.root}${path}`, origin) : path;
  if (endpoint.namespace !== undefined) url.searchParams.set("ns", endpoint.namespace);
  return {
    method,
    url,
    headers: {
      "user-agent": "sallyport",
      ...(accept === undefined ? {} : { accept }),
      ...(from === undefined ? {} : { range: `bytes=${from}-` }),
      ...(contentType === undefined ? {} : { "content-type": contentType }),
    },
    originHeaders: endpoint.headers,
    maxBytes,
    ...(digest === undefined ? {} : { digest }),
    isStreamed,
    isChange: method !== "GET" && method !== "HEAD",
    answerMs,
    ...(body === undefined ? {} : { body }),
    ...(tries === undefined ? {} : { tries }),
  } satisfies BoundedRequest;
}
