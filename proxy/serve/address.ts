/** Addresses of listeners and upstreams. */
import { BlockList, isIP } from "node:net";
import { isHost } from "../../core/oci/reference.ts";

export interface Address {
  /** Absent: every address of this machine. */
  readonly host?: string;
  readonly port: number;
}

/** `HOST:PORT`, `[V6]:PORT`, `:PORT`; `undefined` for anything else. */
export function findAddress(text: string): Address | undefined {
  const found = /^(?:\[([\da-f:.]+)\]|([\w.-]*)):(\d{1,5})$/i.exec(text);
  if (found === null) return undefined;
  const [, v6, name = "", digits] = found;
  const port = Number(digits);
  if (port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined;
  const host = v6 ?? name;
  return host === "" ? { port } : { host, port };
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether only this machine reaches it. A name other than localhost may be any address. */
export function isLoopbackAddress({ host }: Address): boolean {
  if (host === undefined) return false;
  const version = isIP(host);
  return version === 0 ? host === "localhost" : loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}

/** `host` or `host:port`, in lower case; never a URL. */
export const isRegistryHost = (text: string): boolean => isHost(text) && text === text.toLowerCase();
