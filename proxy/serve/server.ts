/**
 * The server: what its listeners answer, whom they let in, and how it changes and ends. Everything outside is handed
 * in. Source: docs/spec/command-line.md#serve.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { EngineError } from "../../core/errors.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { untilDeadline } from "../until-deadline.ts";
import { type Address, findAddress } from "./address.ts";
import { type Admission, type Authenticator, createAuthenticator, type Refused } from "./auth.ts";
import { healthAnswer, type MirrorFacts, type ReadinessCheck } from "./health.ts";
import { checkTls, type Handler, HttpListener, type ListenerOptions, type ListenerTls } from "./http-listener.ts";
import { NamedResponse } from "./named-response.ts";
import { type Answer, createRoutes } from "./routes.ts";
import type { Config, Listener } from "./settings.ts";

export type Served = "registry" | "trust" | "health" | "metrics" | "admission";
const everything: readonly Served[] = ["registry", "trust", "health", "metrics"];
/** What every pull and every Pod asks: a router would cost more than their answers. */
const hot: ReadonlySet<Served> = new Set(["registry", "admission"]);

/**
 * An API server takes objects of 3 MiB, has older ones of 1.5 MiB, and writes six bytes for characters such as `<`.
 * What is refused here it would admit where its configuration lets it.
 */
const leastReviewBytes = 32 * 1024 * 1024;

/** A part of the server that answers below some paths. */
export interface Mount {
  readonly what: "registry" | "trust" | "admission";
  /** `/v2`: it answers `/v2` and everything below `/v2/`. */
  readonly paths: readonly string[];
  readonly handle: Handler;
}

/** What is built from a configuration; closed when the next configuration replaces it. */
export interface Parts {
  readonly mounts: readonly Mount[];
  readonly checks: readonly ReadinessCheck[];
  /** Of a snapshot. */
  readonly mirror?: MirrorFacts | undefined;
  close(): Promise<void>;
}

export interface ServerHost {
  /** The text of a file that a setting names. @throws EngineError */
  readFile(path: string): string;
  /** A certificate that is made here, for these names. */
  ownCertificate(
    names: readonly string[],
    from: "own" | "cluster",
  ): Promise<{ readonly tls: ListenerTls; readonly renew: Date }>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => Date;
}

export interface OpenedListener {
  readonly name: string;
  readonly url: string;
  readonly serves: readonly Served[];
  readonly auth: Listener["auth"]["by"];
}

/** One configuration in force. */
interface Generation {
  readonly config: Config;
  readonly parts: Parts;
  /** Requests that are being answered under it. */
  working: number;
  isOver: boolean;
}

/** A listener whose certificate and logins were read and can be used. */
interface Prepared {
  readonly key: string;
  readonly settings: Listener;
  readonly tls: ListenerTls | undefined;
  readonly handle: Handler;
  /** When its certificate expires. */
  readonly expires: Date | undefined;
}

/** What is the same for each request of a listener. */
interface Ways {
  readonly generation: Generation;
  readonly listener: string;
  readonly serves: readonly Served[];
  readonly mounts: readonly Mount[];
  readonly authenticator: Authenticator;
  readonly routes: Answer;
}

interface Door {
  readonly listener: HttpListener;
  readonly settings: Listener;
}

const nameOf = ({ name, address }: Listener): string => name ?? address;
const servesOf = ({ serves }: Listener): readonly Served[] => (serves.length === 0 ? everything : serves);

/** Listeners with the same key keep their socket when the configuration changes. */
const keyOf = (listener: Listener, { limits }: Config): string =>
  JSON.stringify([
    listener.address.endsWith(":0") ? [listener.address, nameOf(listener)] : listener.address,
    listener.tls.from === "none",
    limits.headers,
    limits.connections,
    limits.headerTimeout,
    limits.requestTimeout,
  ]);

const answer = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
};

/** As registries say errors. */
const refuse = (response: ServerResponse, status: number, code: string, message: string): void =>
  answer(response, status, "application/json", `${JSON.stringify({ errors: [{ code, message }] })}\n`);

/** Of this process; then it is counted: a random name for each request costs more than the rest of its line. */
const ofProcess = randomBytes(12).toString("base64url");
let requests = 0;

function newId(): string {
  requests += 1;
  return `${ofProcess}-${requests}`;
}

const requestId = (request: IncomingMessage): string => {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,64}$/.test(given) ? given : newId();
};

/** A query that says nothing but the registry, as containerd's do: it needs no parser. */
const onlyNs = /^\?ns=([\w.:-]{1,256})$/;

/** A request's path for the log. Of its query only the registry is kept: the rest may hold a login. */
function pathOf({ url = "" }: IncomingMessage): { readonly path: string; readonly ns?: string } {
  const question = url.indexOf("?");
  const whole = question < 0 ? url : url.slice(0, question);
  // A whole address, as proxies are sent it, may have a login.
  const plain = whole.startsWith("/") ? whole : whole.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/]*@/i, "$1");
  const path = plain.slice(0, 512);
  if (question < 0) return { path };
  const query = url.slice(question);
  // A name of the query may be written with escapes.
  if (!query.includes("ns") && !query.includes("%")) return { path };
  const ns = onlyNs.exec(query)?.[1] ?? new URLSearchParams(query).get("ns") ?? undefined;
  return ns === undefined ? { path } : { path, ns: ns.slice(0, 256) };
}

const countedMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

const isBelow = (path: string, root: string): boolean =>
  path.startsWith(root) && (path.length === root.length || path[root.length] === "/");

function refuseLogin(response: ServerResponse, path: string, refused: Refused): void {
  if (refused.isBusy === true) {
    response.setHeader("retry-after", "1");
    refuse(response, 503, "TOOMANYREQUESTS", refused.why);
    return;
  }
  const { challenge, why } = refused;
  if (challenge !== undefined) response.setHeader("www-authenticate", challenge);
  if (isBelow(path, "/v2")) response.setHeader("docker-distribution-api-version", "registry/2.0");
  refuse(response, challenge === undefined ? 403 : 401, challenge === undefined ? "DENIED" : "UNAUTHORIZED", why);
}

export class Server {
  readonly #host: ServerHost;
  #doors = new Map<string, Door>();
  #now: Generation;
  #isEnding = false;
  #working = 0;
  /** When a certificate of its own has to be renewed. */
  #renew: Date | undefined;

  private constructor(host: ServerHost, config: Config, parts: Parts) {
    this.#host = host;
    this.#now = { config, parts, working: 0, isOver: false };
  }

  /** @throws EngineError when an address, a certificate or a file of logins cannot be used; then nothing is open. */
  static async open(config: Config, parts: Parts, host: ServerHost): Promise<Server> {
    const server = new Server(host, config, parts);
    try {
      await server.#apply(server.#now);
      return server;
    } catch (error) {
      for (const { listener } of server.#doors.values()) void listener.stop();
      throw error;
    }
  }

  get listeners(): readonly OpenedListener[] {
    return [...this.#doors.values()].map(({ listener, settings }) => {
      const { host = "0.0.0.0" } = findAddress(settings.address) as Address;
      return {
        name: nameOf(settings),
        url: `http${listener.isTls ? "s" : ""}://${host.includes(":") ? `[${host}]` : host}:${listener.port}`,
        serves: servesOf(settings),
        auth: settings.auth.by,
      };
    });
  }

  /** When the configuration has to be applied again for its own certificates. */
  get renew(): Date | undefined {
    return this.#renew;
  }

  /**
   * Puts another configuration in force: requests in work end under the one they came with.
   * @throws EngineError as {@link Server.open}; then the one before stays.
   */
  async replace(config: Config, parts: Parts): Promise<void> {
    const before = this.#now;
    const next: Generation = { config, parts, working: 0, isOver: false };
    await this.#apply(next);
    this.#now = next;
    before.isOver = true;
    this.#endGeneration(before);
  }

  /**
   * Ends: not ready any more, no new connection, and requests in work have the time of the setting. False: some were
   * cut off.
   */
  async close(): Promise<boolean> {
    this.#isEnding = true;
    const listeners = [...this.#doors.values()].map(({ listener }) => listener);
    const ended = Promise.all(listeners.map((listener) => listener.stop()));
    const isWhole = (await untilDeadline(ended, performance.now() + this.#now.config.limits.drain)) !== "late";
    if (!isWhole) {
      this.#host.log.warn("shutdown took too long: requests are cut off", { working: this.#working });
      for (const listener of listeners) listener.cut();
    }
    await this.#now.parts.close();
    return isWhole;
  }

  /** Opens and changes listeners. Nothing is changed before everything that can fail was done. */
  async #apply(generation: Generation): Promise<void> {
    const { config } = generation;
    const { refuseOf, prepared } = await this.#prepare(generation);
    this.#refuseChanged(prepared);
    const { metrics } = this.#host;
    metrics.listeners([...this.#names(), ...prepared.map(({ settings }) => nameOf(settings))]);
    try {
      await this.#open(config, prepared, refuseOf);
    } finally {
      metrics.listeners(this.#names());
    }
    for (const { settings, expires } of prepared)
      if (expires !== undefined) metrics.certificateExpires(nameOf(settings), expires);
  }

  #names(): readonly string[] {
    return [...this.#doors.values()].map(({ settings }) => nameOf(settings));
  }

  #refuseChanged(prepared: readonly Prepared[]): void {
    for (const { key, settings } of prepared) {
      const held = [...this.#doors].find(
        ([other, door]) => other !== key && door.settings.address === settings.address,
      );
      if (held !== undefined && !settings.address.endsWith(":0"))
        throw new EngineError(
          "invalid-config",
          "TLS and limits of a listener cannot change while it runs: restart serve",
          {
            subject: settings.address,
          },
        );
    }
  }

  async #open(
    config: Config,
    prepared: readonly Prepared[],
    refuseOf: (settings: Listener) => ListenerOptions["refused"],
  ): Promise<void> {
    const opened = new Map<string, HttpListener>();
    try {
      for (const { key, settings, tls, handle } of prepared) {
        if (this.#doors.has(key)) continue;
        const address = findAddress(settings.address) as Address;
        const listening = { address, tls, bounds: config.limits, handle, refused: refuseOf(settings) };
        opened.set(key, await HttpListener.open(listening));
      }
    } catch (error) {
      for (const listener of opened.values()) void listener.stop();
      throw error;
    }
    const doors = new Map<string, Door>();
    for (const { key, settings, tls, handle } of prepared) {
      const held = this.#doors.get(key)?.listener;
      held?.replace({ tls, handle });
      doors.set(key, { listener: held ?? (opened.get(key) as HttpListener), settings });
    }
    for (const [key, { listener }] of this.#doors) if (!doors.has(key)) void listener.stop();
    this.#doors = doors;
  }

  async #prepare(generation: Generation) {
    const { config } = generation;
    const { metrics } = this.#host;
    this.#renew = undefined;
    const refuseOf = (settings: Listener) => (reason: string) =>
      metrics.refused({ listener: nameOf(settings), reason });
    const prepared: Prepared[] = [];
    for (const settings of config.listeners) {
      const authenticator = createAuthenticator(settings, {
        read: (path) => this.#host.readFile(path),
        now: this.#host.now,
      });
      const handle = this.#handlerOf(generation, settings, authenticator);
      const tls = await this.#tlsOf(settings);
      const expires = tls === undefined ? undefined : checkTls(tls, nameOf(settings));
      prepared.push({ key: keyOf(settings, config), settings, tls, handle, expires });
    }
    return { refuseOf, prepared };
  }

  async #tlsOf(settings: Listener): Promise<ListenerTls | undefined> {
    const { tls, auth } = settings;
    const read = (path: string | undefined): string => this.#host.readFile(path ?? "");
    const clientCa = auth.by === "certificate" ? { clientCa: read(auth.file) } : {};
    if (tls.from === "none") return undefined;
    if (tls.from === "files") return { certificate: read(tls.certificate), key: read(tls.key), ...clientCa };
    const { host } = findAddress(settings.address) as Address;
    const own = await this.#host.ownCertificate([...(host === undefined ? [] : [host]), ...tls.names], tls.from);
    if (this.#renew === undefined || own.renew < this.#renew) this.#renew = own.renew;
    return { ...own.tls, ...clientCa };
  }

  #endGeneration(generation: Generation): void {
    if (generation.isOver && generation.working === 0) void generation.parts.close();
  }

  #handlerOf(generation: Generation, settings: Listener, authenticator: Authenticator): Handler {
    const { log, metrics, now } = this.#host;
    const listener = nameOf(settings);
    const serves = servesOf(settings);
    const mounts = generation.parts.mounts.filter(({ what }) => serves.includes(what));
    const routes = this.#routesOf(generation, settings);
    const ways: Ways = { generation, listener, serves, mounts, authenticator, routes };
    return (request, response) => {
      const id = requestId(request);
      const began = now().getTime();
      const where = pathOf(request);
      const seen = { route: "none", user: undefined as string | undefined };
      generation.working += 1;
      this.#working += 1;
      NamedResponse.nameRequest(response, id);
      // It closes once; `once` would cost more than most of what is done here.
      response.on("close", () => {
        generation.working -= 1;
        this.#working -= 1;
        const ms = Math.max(0, now().getTime() - began);
        const { method = "" } = request;
        const status = response.statusCode;
        const counted = countedMethods.has(method) ? method : "other";
        metrics.request({ listener, method: counted, route: seen.route, code: String(status) }, ms / 1000);
        const notes = NamedResponse.notesOf(response);
        const fields: Record<string, unknown> = { id, listener, method, path: where.path };
        if (where.ns !== undefined) fields.ns = where.ns;
        fields.status = status;
        fields.ms = ms;
        fields.remote = request.socket.remoteAddress;
        if (seen.user !== undefined) fields.user = seen.user;
        if (!response.writableFinished) fields.cut = true;
        if (notes !== undefined) Object.assign(fields, notes);
        const isRefused = status >= 500 || (status === 403 && notes !== undefined);
        log[seen.route === "health" ? "debug" : isRefused ? "warn" : "info"]("request", fields);
        this.#endGeneration(generation);
      });
      try {
        const answering = this.#answer(ways, request, response, where.path, seen);
        answering?.catch((error: unknown) => this.#failed(error, response));
      } catch (error) {
        this.#failed(error, response);
      }
    };
  }

  #routesOf({ parts }: Generation, settings: Listener): Answer {
    const serves = servesOf(settings);
    const mounts = parts.mounts.filter(({ what }) => !hot.has(what) && serves.includes(what));
    return createRoutes({
      routes: [
        ...mounts.flatMap(({ paths, handle }) => paths.map((path) => ({ path, answer: handle }))),
        ...(serves.includes("metrics")
          ? [{ path: "/metrics", isExact: true, answer: (_: IncomingMessage, to: ServerResponse) => this.#metrics(to) }]
          : []),
      ],
      nothing: (_, response) => refuse(response, 404, "UNSUPPORTED", "there is nothing at this path"),
      failed: (error, _, response) => this.#failed(error, response),
    });
  }

  #failed(error: unknown, response: ServerResponse): void {
    this.#host.log.error("a request failed", {
      id: NamedResponse.requestOf(response),
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    if (response.headersSent) response.destroy();
    else refuse(response, 500, "UNKNOWN", "this is a bug in sallyport; the log has more");
  }

  /** Waits only where a login does, or what is asked now and then: a manifest that is held is answered at once. */
  #answer(
    { generation, listener, serves, mounts, authenticator, routes }: Ways,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    seen: { route: string; user: string | undefined },
  ): Promise<void> | undefined {
    const { metrics } = this.#host;
    const { config, parts } = generation;
    if (this.#isEnding) response.setHeader("connection", "close");
    if (serves.includes("health") && (path === "/healthz" || path === "/readyz")) {
      seen.route = "health";
      const health = healthAnswer(path, parts.checks, this.#isEnding, parts.mirror);
      answer(response, health.status, "application/json", `${JSON.stringify(health.body)}\n`);
      return undefined;
    }
    const mount = mounts.find(({ paths }) => paths.some((root) => isBelow(path, root)));
    seen.route = mount?.what ?? (path === "/metrics" && serves.includes("metrics") ? "metrics" : "none");
    const refused = (reason: string): void => metrics.refused({ listener, reason });
    // A review always gets an answer: without one an API server admits what its configuration lets it overlook.
    if (this.#working > config.limits.requests && mount?.what !== "admission") {
      refused("load");
      response.setHeader("retry-after", "1");
      refuse(response, 503, "TOOMANYREQUESTS", "too many requests at the same time; try again");
      return undefined;
    }
    const length = Number(request.headers["content-length"] ?? 0);
    const { body } = config.limits;
    const isReview = mount?.what === "admission";
    const most = isReview ? Math.max(body, leastReviewBytes) : body;
    // A proxy between an API server and this one may send reviews in chunks; these are bounded where they are read.
    const lacksLength = request.headers["transfer-encoding"] !== undefined && !isReview;
    if (lacksLength || length > most) {
      refused("body");
      response.setHeader("connection", "close");
      const why = lacksLength ? "a body needs its length" : "the body is too long";
      refuse(response, lacksLength ? 411 : 413, "SIZE_INVALID", why);
      return undefined;
    }
    const go = (admission: Admission): Promise<void> | undefined => {
      if (!admission.admitted) {
        refused(admission.isBusy === true ? "logins" : "login");
        refuseLogin(response, path, admission);
        return undefined;
      }
      seen.user = admission.user;
      if (mount === undefined || !hot.has(mount.what)) {
        NamedResponse.setName(response);
        return Promise.resolve(routes(request, response));
      }
      mount.handle(request, response);
      return undefined;
    };
    const admission = authenticator.admit(request);
    return "then" in admission ? admission.then(go) : go(admission);
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { metrics } = this.#host;
    for (const { listener, settings } of this.#doors.values())
      metrics.connections(nameOf(settings), await listener.count());
    answer(response, 200, metrics.contentType, await metrics.render());
  }
}
