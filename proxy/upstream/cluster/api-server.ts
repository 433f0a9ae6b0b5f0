/**
 * An API server that is asked by GET: connections with its authority and our certificate, credentials that are renewed,
 * and what its statuses mean. Source: Kubernetes API reference (`Status`).
 */
import { isObject } from "../../../core/encoding/shape.ts";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { EngineError } from "../../../core/errors.ts";
import { Connections } from "../connections.ts";
import { type BoundedResponse, Fetcher } from "../fetch-bounded.ts";
import { readJsonAnswer } from "../json-answer.ts";
import { codeOfStatus } from "../outage.ts";
import { isLoopback, hostOf } from "../proxy-choice.ts";
import type { TlsSettings } from "../tls-failure.ts";
import { type ClusterCredentials, type CredentialOptions, CredentialSource } from "./credentials.ts";
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
}

/** `gone`: a page that the server no longer has. */
export type ApiAnswer =
  | { readonly state: "found"; readonly json: JsonValue; readonly bytes: number }
  | { readonly state: "absent" | "gone" };

/** How a user names certificates to an API server. */
const settings: TlsSettings = {
  authority: "certificate-authority in the kubeconfig",
  client: "client-certificate and client-key in the kubeconfig",
  serverName: "tls-server-name in the kubeconfig",
};

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
    const { access } = this;
    this.#credentials ??= new CredentialSource(access, this.#options);
    const url = new URL(`${access.server}${request.path}`);
    let credentials = await this.#credentials.get(signal);
    let response = await this.#send(url, request, credentials, signal);
    if (response.status === 401 && credentials.authorization !== undefined) {
      const others = await this.#credentials.get(signal, credentials);
      if (others.authorization !== credentials.authorization || others.cert !== credentials.cert) {
        credentials = others;
        response = await this.#send(url, request, credentials, signal);
      }
    }
    return this.#read(response, request, credentials);
  }

  #send(
    url: URL,
    { accept = "application/json", maxBytes }: ApiRequest,
    credentials: ClusterCredentials,
    signal: AbortSignal,
  ): Promise<BoundedResponse> {
    const { authorization } = credentials;
    if (authorization !== undefined && url.protocol === "http:" && !isLoopback(hostOf(url)))
      throw new EngineError("access-denied", "credentials are not sent without TLS", { subject: this.access.server });
    return this.#fetcherFor(credentials).fetch({ url, authorization, headers: { accept }, maxBytes }, signal);
  }

  #fetcherFor({ cert, key }: ClusterCredentials): Fetcher {
    if (this.#open !== undefined && this.#open.cert === cert) return this.#open.fetcher;
    const { env, authorities, log, sleep } = this.#options;
    const { server, ca, tls, proxy } = this.access;
    const { host } = new URL(server);
    const connections = new Connections({
      env: proxy === undefined ? env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
      settings,
      tlsOf: (asked) => (asked === host ? { ...tls, cert, key } : undefined),
      ...(ca !== undefined ? { authorities: () => [ca] } : authorities === undefined ? {} : { authorities }),
    });
    const fetcher = new Fetcher({ connections, log, ...(sleep === undefined ? {} : { sleep }) });
    // Requests with an earlier certificate may still be under way, so its connections end with the others.
    this.#connections.push(connections);
    this.#open = { cert, fetcher };
    return fetcher;
  }

  #read(response: BoundedResponse, { doing }: ApiRequest, { who }: ClusterCredentials): ApiAnswer {
    const { status } = response;
    const subject = this.access.server;
    if (response.url.origin !== new URL(subject).origin)
      throw new EngineError("upstream-error", `redirected to ${response.url.origin}, which is not asked`, { subject });
    if (status === 200)
      return {
        state: "found",
        json: readJsonAnswer(response, this.#options.limits),
        bytes: response.bytes.length,
      };
    const said = this.#statusOf(response);
    if (status === 404 && (said !== undefined || response.headers["audit-id"] !== undefined))
      return { state: "absent" };
    if (status === 410 && said !== undefined) return { state: "gone" };
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
