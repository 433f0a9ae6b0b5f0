/**
 * An API server that is asked, watched and written to: connections with its authority and our certificate, credentials
 * that are renewed, and what its statuses mean. Source: Kubernetes API reference (`Status`).
 */
import type { Readable } from "node:stream";
import { isObject } from "../../../core/encoding/shape.ts";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";
import { Connections } from "../connections.ts";
import { type BoundedRequest, type BoundedResponse, Fetcher, shownUrl } from "../fetch-bounded.ts";
import { asUpstreamError, readJsonAnswer } from "../json-answer.ts";
import { codeOfStatus } from "../outage.ts";
import { isLoopback, hostOf } from "../proxy-choice.ts";
import type { TlsSettings } from "../tls-failure.ts";
import { type ClusterCredentials, type CredentialOptions, CredentialSource } from "./credentials.ts";
import { parseObjects } from "./deep-objects.ts";
import { apiServerName } from "./own-answers.ts";
import { type AccessOptions, type ClusterAccess, readAccess } from "./kubeconfig.ts";

export interface ApiServerOptions extends AccessOptions, CredentialOptions {
  /** Authorities of servers whose kubeconfig names none. */
  readonly authorities?: () => readonly string[];
  /** Receives a line for each request and answer, without secrets. */
  readonly log?: ((line: string) => void) | undefined;
  /** For tests: in place of a fetcher's waiting. */
  readonly sleep?: () => Promise<void>;
}

export interface ApiRequest {
  /** For people, after "may not": `get secrets app in namespace ns`. */
  readonly doing: string;
  readonly path: string;
  readonly accept?: string;
  readonly maxBytes: number;
  /** Whether an object of a list that is nested too deeply leaves its name alone, in place of failing the list. */
  readonly shortens?: boolean | undefined;
}

/** `gone`: a page that the server no longer has. */
export type ApiAnswer =
  | { readonly state: "found"; readonly json: JsonValue; readonly bytes: number }
  | { readonly state: "absent" | "gone" };

/** Something that is to be otherwise afterwards. */
export interface ApiChange {
  /** For people, after "may not". */
  readonly doing: string;
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: string;
  /** Of the body. Default: `application/json`. */
  readonly type?: string;
  readonly maxBytes: number;
}

/** `conflict`: it is there already, or was changed by somebody else meanwhile. */
export type ChangeAnswer =
  | { readonly state: "done"; readonly json: JsonValue }
  | { readonly state: "absent" }
  | { readonly state: "conflict"; readonly why: string };

/** An answer that comes in pieces, until the server or the reader ends it. */
export interface ApiStream {
  readonly doing: string;
  readonly path: string;
  /** Between two pieces. */
  readonly silenceMs: number;
}

export type StreamAnswer = { readonly state: "open"; readonly body: Readable } | { readonly state: "absent" | "gone" };

/**
 * Sockets to the API server at the same time. Watches last, and each has one: others must not wait for them.
 */
const sockets = 32;

/** How a user names certificates to an API server. */
const settings: TlsSettings = {
  authority: "certificate-authority in the kubeconfig",
  client: "client-certificate and client-key in the kubeconfig",
  serverName: "tls-server-name in the kubeconfig",
};

type Asking = Omit<BoundedRequest, "url" | "authorization"> & { readonly path: string };

const readObjectsAnswer = ({ bytes, url }: BoundedResponse, limits: Limits): JsonValue =>
  asUpstreamError(shownUrl(url), "its answer cannot be read", () => parseObjects(bytes, shownUrl(url), limits));

/** Reads nothing and dials nobody before it is first asked. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  #access: ClusterAccess | undefined;
  #credentials: CredentialSource | undefined;
  /** For the client certificate of one set of credentials. */
  #open: { readonly cert: string | undefined; readonly fetcher: Fetcher } | undefined;
  readonly #connections: Connections[] = [];

  constructor(options: ApiServerOptions) {
    this.#options = options;
  }

  /** @throws EngineError `invalid-config` */
  get access(): ClusterAccess {
    this.#access ??= readAccess(this.#options);
    return this.#access;
  }

  /** For people; before anything was read it is just the cluster. */
  get name(): string {
    return this.#access === undefined ? "the cluster" : apiServerName(this.#access.server);
  }

  /**
   * Absent where the API server itself says so.
   * @throws EngineError `access-denied` that names who asked for what, and the codes of an outage.
   */
  async get(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const { accept = "application/json", maxBytes, path, doing, shortens = false } = request;
    const { limits } = this.#options;
    const { response, who } = await this.#ask({ path, headers: { accept }, maxBytes }, signal);
    if (response.status === 200)
      return {
        state: "found",
        json: shortens ? readObjectsAnswer(response, limits) : readJsonAnswer(response, limits),
        bytes: response.bytes.length,
      };
    return { state: this.#stateOf(response, doing, who) };
  }

  /**
   * Sent again only where the server says that it did nothing.
   * @throws EngineError as `get`, and `upstream-error` for what the server finds wrong.
   */
  async change(request: ApiChange, signal: AbortSignal): Promise<ChangeAnswer> {
    const { method, path, body, type = "application/json", maxBytes, doing } = request;
    const headers = { accept: "application/json", ...(body === undefined ? {} : { "content-type": type }) };
    const sent = { method, path, headers, maxBytes, isChange: true, ...(body === undefined ? {} : { body }) };
    const { response, who } = await this.#ask(sent, signal);
    const { status } = response;
    if (status >= 200 && status < 300) return { state: "done", json: readJsonAnswer(response, this.#options.limits) };
    const said = this.#statusOf(response);
    if (status === 409 && said !== undefined) return { state: "conflict", why: said };
    if (this.#stateOf(response, doing, who) === "absent") return { state: "absent" };
    throw new EngineError("upstream-error", `what is written is no longer there: ${said ?? ""}`, {
      subject: this.access.server,
    });
  }

  /** The reader ends the body. @throws EngineError as `get`. */
  async open({ doing, path, silenceMs }: ApiStream, signal: AbortSignal): Promise<StreamAnswer> {
    const headers = { accept: "application/json" };
    const { response, who } = await this.#ask({ path, headers, maxBytes: 0, isStreamed: true, silenceMs }, signal);
    const { body } = response;
    return body === undefined ? { state: this.#stateOf(response, doing, who) } : { state: "open", body };
  }

  /** With other credentials where these are no longer accepted. */
  async #ask(
    request: Asking,
    signal: AbortSignal,
  ): Promise<{ readonly response: BoundedResponse; readonly who: string }> {
    const { access } = this;
    this.#credentials ??= new CredentialSource(access, this.#options);
    let credentials = await this.#credentials.get(signal);
    let response = await this.#send(request, credentials, signal);
    if (response.status === 401 && credentials.authorization !== undefined) {
      const others = await this.#credentials.get(signal, credentials);
      if (others.authorization !== credentials.authorization || others.cert !== credentials.cert) {
        credentials = others;
        response = await this.#send(request, credentials, signal);
      }
    }
    if (response.url.origin !== new URL(access.server).origin) {
      // Undici reports the end of a stream that is left as an error, too.
      response.body?.on("error", () => undefined).destroy();
      throw new EngineError("upstream-error", `redirected to ${response.url.origin}, which is not asked`, {
        subject: access.server,
      });
    }
    return { response, who: credentials.who };
  }

  #send({ path, ...request }: Asking, credentials: ClusterCredentials, signal: AbortSignal): Promise<BoundedResponse> {
    const url = new URL(`${this.access.server}${path}`);
    const { authorization } = credentials;
    if (authorization !== undefined && url.protocol === "http:" && !isLoopback(hostOf(url)))
      throw new EngineError("access-denied", "credentials are not sent without TLS", { subject: this.access.server });
    return this.#fetcherFor(credentials).fetch({ ...request, url, authorization }, signal);
  }

  #fetcherFor({ cert, key }: ClusterCredentials): Fetcher {
    if (this.#open !== undefined && this.#open.cert === cert) return this.#open.fetcher;
    const { env, authorities, log, sleep } = this.#options;
    const { server, ca, tls, proxy } = this.access;
    const { host } = new URL(server);
    const connections = new Connections({
      env: proxy === undefined ? env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
      settings,
      perOrigin: sockets,
      tlsOf: (asked) => (asked === host ? { ...tls, cert, key } : undefined),
      ...(ca !== undefined ? { authorities: () => [ca] } : authorities === undefined ? {} : { authorities }),
    });
    const fetcher = new Fetcher({ connections, log, ...(sleep === undefined ? {} : { sleep }) });
    // Requests with an earlier certificate may still be under way, so its connections end with the others.
    this.#connections.push(connections);
    this.#open = { cert, fetcher };
    return fetcher;
  }

  /** What a failure means. @throws EngineError for all but what is not there. */
  #stateOf(response: BoundedResponse, doing: string, who: string): "absent" | "gone" {
    const { status } = response;
    const subject = this.access.server;
    const said = this.#statusOf(response);
    if (status === 404 && (said !== undefined || response.headers["audit-id"] !== undefined)) return "absent";
    if (status === 410 && said !== undefined) return "gone";
    if (status === 404)
      throw new EngineError("upstream-error", "answered 404, but not as an API server does", { subject });
    const words = said === undefined || said === "" ? "" : `: ${said}`;
    if (status === 401) throw new EngineError("access-denied", `does not accept ${who} (401)`, { subject });
    if (status === 403) throw new EngineError("access-denied", `${who} may not ${doing} (403)${words}`, { subject });
    throw new EngineError(codeOfStatus(status), `answered ${status}${words}`, { subject });
  }

  /** The message of the server's own answer; `undefined` where somebody else answered. */
  #statusOf(response: BoundedResponse): string | undefined {
    if (!/^application\/json\b/.test(response.headers["content-type"] ?? "")) return undefined;
    const json = readJsonAnswer(response, this.#options.limits);
    if (!isObject(json) || json.kind !== "Status" || json.code !== response.status) return undefined;
    const [line = ""] = typeof json.message === "string" ? json.message.split(/[\r\n]/) : [];
    return line.slice(0, 300);
  }

  async close(): Promise<void> {
    this.#open = undefined;
    await Promise.all(this.#connections.splice(0).map((connections) => connections.close()));
  }
}
