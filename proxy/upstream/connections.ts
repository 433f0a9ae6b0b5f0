/**
 * Connections to upstreams: one pool for each origin, with the certificates, proxy and bounds that hold for it. The
 * only place where sockets are made; without a `Connections` nothing can be dialled.
 */
import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP, type Socket } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { buildConnector as Building, Dispatcher } from "undici";
import { EngineError } from "../../core/errors.ts";
import type { ConnectionFacts } from "./outage.ts";
import { type Environment, hostOf, proxyFor } from "./proxy-choice.ts";
import { isAlert, type TlsSettings } from "./tls-failure.ts";
import { Places } from "./places.ts";
import { Agent, buildConnector, Pool, ProxyAgent } from "./undici-parts.ts";

/** What is particular to one host. PEM texts. */
export interface HostTls {
  /** Authorities beside those of every host. */
  readonly ca?: string | undefined;
  /** A client certificate and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name that the server's certificate must have, in place of the host's. */
  readonly serverName?: string | undefined;
  /** The server's certificate is not checked. */
  readonly insecure?: boolean | undefined;
}

export interface ConnectionOptions {
  readonly env: Environment;
  /** Authorities of every host, PEM. Default: those that Node has. */
  readonly authorities?: () => readonly string[];
  /** By `host` or `host:port`. */
  readonly tlsOf?: (host: string) => HostTls | undefined;
  /** How a user names certificates to these hosts, for messages. */
  readonly settings?: TlsSettings;
  /**
   * Sockets to one origin at the same time. Default 8; more requests wait for one. Of two and more, streams leave some.
   */
  readonly perOrigin?: number | ((host: string) => number);
  /** For connecting, TLS included. Default 10 s. */
  readonly connectMs?: number;
  /** Until an answer's headers are here, and between two pieces of its body. Default 30 s. */
  readonly silenceMs?: number;
}

const defaultPerOrigin = 8;
/** Of the sockets to an origin, the part that no stream may have. */
const keptFree = 1 / 4;

/** Origins that are kept: redirects name new ones, so their number is the upstream's choice. */
const mostOrigins = 256;

/**
 * Addresses at which a cloud's machines find their own credentials. No registry has one, and a redirect or a name that
 * leads there is an attack. Beside the link-local ones: of Alibaba, Oracle, Azure.
 */
const linkLocal = new BlockList();
// With IPv4 in it, too.
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");
linkLocal.addAddress("fd00:ec2::254", "ipv6");
const ofClouds: ReadonlySet<string> = new Set(["100.100.100.200", "192.0.0.192", "168.63.129.16"]);
for (const address of ofClouds) linkLocal.addAddress(address, "ipv4");
// The same by way of translators: as the end of an address (NAT64, an old form), and in its middle (6to4).
linkLocal.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");
linkLocal.addSubnet("::a9fe:0", 112, "ipv6");
linkLocal.addSubnet("2002:a9fe::", 32, "ipv6");

function isLinkLocal(address: string): boolean {
  const family = isIP(address);
  // Most hosts are IPv4, and a look at the list costs more than the rest of a request's checks.
  if (family === 4) return address.startsWith("169.254.") || ofClouds.has(address);
  return family === 6 && linkLocal.check(address, "ipv6");
}

/** @throws EngineError `access-denied` for a link-local address. */
export function refuseLinkLocal(address: string, subject: string): void {
  if (isLinkLocal(address))
    throw new EngineError(
      "access-denied",
      `${address} is an address of a cloud's own services: nothing is asked there`,
      {
        subject,
      },
    );
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** The system's resolver, without link-local addresses. */
function lookUpOutside(host: string, options: LookupOptions, found: Found): void {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return found(error, []);
    const outside = addresses.filter(({ address }) => !isLinkLocal(address));
    const [first] = outside;
    if (first === undefined)
      return found(Object.assign(new Error(`${host} has link-local addresses only`), { code: "EACCES" }), []);
    if (options.all === true) found(null, outside);
    else found(null, first.address, first.family);
  });
}

function count(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const sum = (counts.get(key) ?? 0) + change;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

export class Connections {
  readonly #options: ConnectionOptions;
  readonly #pools = new Map<string, Dispatcher>();
  readonly #streams = new Map<string, Places>();
  /** What ended connections before they stood. */
  readonly #unconnected = new WeakSet<object>();
  /** Connections that are being opened and those that stand, by origin. */
  readonly #opening = new Map<string, number>();
  readonly #standing = new Map<string, number>();
  /** What servers said of TLS last before they closed a connection, by origin. */
  readonly #alerts = new Map<string, Error>();
  #plain: SecureContext | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** @throws EngineError `invalid-config` for a proxy or certificate that cannot be used. */
  to(url: URL): Dispatcher {
    const held = this.#pools.get(url.origin);
    if (held !== undefined) return held;
    const pool = this.#open(url);
    const oldest = this.#pools.entries().next().value;
    if (this.#pools.size >= mostOrigins && oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      this.#streams.delete(oldest[0]);
      void oldest[1].close();
    }
    this.#pools.set(url.origin, pool);
    return pool;
  }

  /**
   * Waits for a socket that a stream may have, and hands over what gives it back. Streams take long, and leave some
   * sockets to the short answers that others wait for.
   */
  async placeForStream({ origin, host }: URL, signal: AbortSignal): Promise<() => void> {
    const sockets = this.#socketsTo(host);
    const places =
      this.#streams.get(origin) ?? new Places(Math.max(1, sockets - Math.max(1, Math.floor(sockets * keptFree))));
    this.#streams.set(origin, places);
    return places.take(signal);
  }

  /** Whether this ended a request before a connection stood: nobody at the other end was reached. */
  endedConnecting(error: unknown, { origin }: URL): boolean {
    if (!(error instanceof Error)) return false;
    const isLate = error.name === "TimeoutError" && this.#opening.has(origin) && !this.#standing.has(origin);
    return isLate || this.#unconnected.has(error);
  }

  #socketsTo(host: string): number {
    const { perOrigin = defaultPerOrigin } = this.#options;
    return typeof perOrigin === "function" ? perOrigin(host) : perOrigin;
  }

  /** What is known of a connection that failed. */
  factsOf(url: URL): ConnectionFacts {
    const { env, settings } = this.#options;
    return { proxy: proxyFor(url, env), alert: this.#alerts.get(url.origin), settings };
  }

  #open(url: URL): Dispatcher {
    const { tlsOf, connectMs = 10_000, silenceMs = 30_000 } = this.#options;
    const host = url.protocol === "https:" ? (tlsOf?.(url.host) ?? {}) : {};
    const name = hostOf(url);
    const servername = host.serverName ?? (isIP(name) === 0 ? name : undefined);
    const connect = {
      timeout: connectMs,
      ...(url.protocol === "https:" ? { secureContext: this.#contextOf(host, url) } : {}),
      ...(host.insecure === true ? { rejectUnauthorized: false } : {}),
      ...(servername === undefined ? {} : { servername }),
    };
    const bounds = {
      connections: this.#socketsTo(url.host),
      pipelining: 1,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
    };
    const proxy = proxyFor(url, this.#options.env);
    return proxy === undefined
      ? new Agent({ ...bounds, connect: this.#hearing(url, { ...connect, lookup: lookUpOutside as never }) })
      : new ProxyAgent({
          ...bounds,
          uri: proxy.href,
          requestTls: connect,
          proxyTls: { timeout: connectMs },
          factory: (origin, options) => new Pool(origin, this.#hearingInside(url, options)),
        });
  }

  /** The same for what is inside a proxy's tunnel, which undici opens by itself. */
  #hearingInside({ origin }: URL, options: Pool.Options): Pool.Options {
    const { connect } = options;
    if (typeof connect !== "function") return options;
    return {
      ...options,
      connect: (to, callback) =>
        connect(to, (...[error, socket]) => {
          if (error !== null) return callback(error, null);
          this.#hear(origin, socket);
          callback(null, socket);
        }),
    };
  }

  /** Undici reports a connection that was closed, and not why a server closed it. */
  #hearing({ origin }: URL, options: Building.BuildOptions): Building.connector {
    const connect = buildConnector(options);
    return (to, callback) => {
      count(this.#opening, origin, 1);
      connect(to, (...[error, socket]) => {
        count(this.#opening, origin, -1);
        if (error !== null) {
          this.#unconnected.add(error);
          return callback(error, null);
        }
        count(this.#standing, origin, 1);
        socket.once("close", () => count(this.#standing, origin, -1));
        this.#hear(origin, socket);
        callback(null, socket);
      });
    };
  }

  /** Keeps what a server says of TLS on a connection that stands. */
  #hear(origin: string, socket: Socket): void {
    this.#alerts.delete(origin);
    socket.on("error", (failure) => {
      if (!isAlert(failure)) return;
      if (this.#alerts.size >= mostOrigins) this.#alerts.clear();
      this.#alerts.set(origin, failure);
    });
  }

  /** Reading authorities takes milliseconds, so hosts without settings of their own share one context. */
  #contextOf({ ca, cert, key }: HostTls, url: URL): SecureContext {
    const isPlain = ca === undefined && cert === undefined && key === undefined;
    if (isPlain && this.#plain !== undefined) return this.#plain;
    const { authorities } = this.#options;
    try {
      const context = createSecureContext({
        ...(authorities === undefined && ca === undefined
          ? {}
          : { ca: [...(authorities?.() ?? rootCertificates), ...(ca === undefined ? [] : [ca])] }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      });
      if (isPlain) this.#plain = context;
      return context;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new EngineError("invalid-config", `the certificates for ${url.host} cannot be used: ${why}`, {
        subject: url.host,
        cause: error,
      });
    }
  }

  /** Ends every connection, whether or not it is in use. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    this.#streams.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}
