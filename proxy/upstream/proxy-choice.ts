/**
 * Which HTTP proxy stands between us and an address. HTTPS_PROXY, HTTP_PROXY and NO_PROXY count as in
 * Go, upper case first, and loopback is asked directly. Source: Go's golang.org/x/net/http/httpproxy.
 */
import { BlockList, isIP } from "node:net";
import { EngineError } from "../../core/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** An address without the brackets that a URL puts around IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

/** Whether the host is this machine, by its name or address. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);

/**
 * The proxy for `url`; `undefined`: none.
 * @throws EngineError `invalid-config` for a proxy that is not an http or https URL.
 */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const text = env[name] || env[name.toLowerCase()] || "";
  const host = hostOf(url);
  if (text === "" || isLoopback(host) || isExempt(url, host, env.NO_PROXY || env.no_proxy || "")) return undefined;
  const proxy = text.includes("://") ? text : `http://${text}`;
  const parsed = URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:")
    throw new EngineError("invalid-config", "a proxy is named as http://HOST:PORT", { subject: name });
  return parsed;
}

/** `*`, a name with its subdomains, `.name` for the subdomains alone, an address, a CIDR range; some with a port. */
function isExempt(url: URL, host: string, list: string): boolean {
  const port = url.port || defaultPorts[url.protocol];
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === "" || entry === "*") return entry === "*";
    if (entry.includes("/")) return isWithinRange(host, entry);
    const withPort = /^(?<name>\[[^\]]*\]|[^:]*):(?<port>\d+)$/.exec(entry)?.groups;
    if (withPort?.port !== undefined && withPort.port !== port) return false;
    const name = (withPort?.name ?? entry).replace(/^\[|\]$/g, "").toLowerCase();
    if (name.startsWith(".") || name.startsWith("*.")) return host.endsWith(name.replace("*", ""));
    return host === name || (isIP(host) === 0 && host.endsWith(`.${name}`));
  });
}

function isWithinRange(host: string, range: string): boolean {
  const [network = "", prefix = ""] = range.split("/");
  const [family, most] = network.includes(":") ? (["ipv6", 128] as const) : (["ipv4", 32] as const);
  if (isIP(host) === 0 || isIP(network) === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > most) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
