/** The host of a URL as Go's net/url reads it. Source: Go's net/url package (Parse, Hostname). */
import { fail } from "../../jmespath/functions/signature.ts";
import type { ValueMap } from "../../jmespath/value.ts";
import { parseIpAddress } from "./ip-address.ts";

const refuse = (url: string, reason: string): never => fail(`parse ${JSON.stringify(url)}: ${reason}`);

/** Every percent sign begins an escape. */
function checkEscapes(text: string, url: string): void {
  const bad = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text);
  if (bad !== null) refuse(url, `invalid URL escape ${JSON.stringify(bad[0])}`);
}

const hostCharacters = /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\uffff]*$/;
const optionalPort = /^(?::[0-9]*)?$/;
const userinfo = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

/** Escapes in a host are for bytes above 127 only; `%25` introduces a zone. */
function checkHost(host: string, url: string): void {
  checkEscapes(host, url);
  const escaped = /%(?!25)[0-7][0-9A-Fa-f]/.exec(host);
  if (escaped !== null) refuse(url, `invalid URL escape ${JSON.stringify(escaped[0])}`);
  if (!hostCharacters.test(host)) refuse(url, "invalid character in host name");
}

function parseHost(host: string, scheme: string, url: string): string {
  if (host.startsWith("[")) {
    const end = host.lastIndexOf("]");
    if (end < 0) return refuse(url, "missing ']' in host");
    if (!optionalPort.test(host.slice(end + 1))) return refuse(url, "invalid port after host");
    const zone = host.slice(0, end).indexOf("%25");
    checkHost(zone < 0 ? host : host.slice(0, zone) + host.slice(end), url);
    const address = host.slice(1, zone < 0 ? end : zone);
    if (!address.includes(":") || parseIpAddress(address) === undefined) return refuse(url, "invalid host");
    if (zone >= 0) checkEscapes(host.slice(zone, end), url);
  } else {
    if (host.includes("[")) return refuse(url, "invalid IP-literal");
    const strict = scheme === "http" || scheme === "https";
    const colon = strict ? host.indexOf(":") : host.lastIndexOf(":");
    if (colon >= 0 && !optionalPort.test(host.slice(colon))) return refuse(url, "invalid port after host");
    checkHost(host, url);
  }
  return host;
}

/** Without a port and without the brackets of an IPv6 address. */
function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  const name = colon >= 0 && optionalPort.test(host.slice(colon)) ? host.slice(0, colon) : host;
  return name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
}

/** Position of the colon after a scheme, −1 where there is none. */
function schemeEnd(text: string, url: string): number {
  if (text.startsWith(":")) refuse(url, "missing protocol scheme");
  const match = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text);
  return match === null ? -1 : match[0].length - 1;
}

/**
 * The host name of `url`; empty where it has none.
 * @throws EngineError `unresolved` where Go's url.Parse fails.
 */
export function hostnameOf(url: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a URL must not hold
  if (/[\u0000-\u001f\u007f]/.test(url)) return refuse(url, "invalid control character in URL");
  const hash = url.indexOf("#");
  if (hash >= 0) checkEscapes(url.slice(hash + 1), url);
  const text = hash < 0 ? url : url.slice(0, hash);
  if (text === "*") return "";
  const end = schemeEnd(text, url);
  const question = text.indexOf("?");
  const rest = text.slice(end + 1, question < 0 ? undefined : question);
  if (!rest.startsWith("/")) {
    if (end >= 0) return "";
    if ((rest.split("/")[0] ?? "").includes(":")) return refuse(url, "first path segment in URL cannot contain colon");
  }
  if (!rest.startsWith("//") || (end < 0 && rest.startsWith("///"))) {
    checkEscapes(rest, url);
    return "";
  }
  const slash = rest.indexOf("/", 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const at = authority.lastIndexOf("@");
  if (at >= 0) {
    if (!userinfo.test(authority.slice(0, at))) return refuse(url, "net/url: invalid userinfo");
    checkEscapes(authority.slice(0, at), url);
  }
  const host = parseHost(authority.slice(at + 1), text.slice(0, Math.max(0, end)).toLowerCase(), url);
  if (slash >= 0) checkEscapes(rest.slice(slash), url);
  return withoutPort(host);
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // Bytes that are no UTF-8 stay escaped.
    return text;
  }
};

/** A path as Go escapes it by itself. */
const escapedPath = (path: string): string =>
  encodeURIComponent(path)
    .replace(/%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g, decodeURIComponent)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** The URI of a certificate with the fields of Go's url.URL. The certificate's reader has seen to it that it is one. */
export function urlStructure(url: string): ValueMap {
  const [, scheme = "", rest = "", , query = "", , fragment = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([^?#]*)(\?([^#]*))?(#(.*))?$/s.exec(url) ?? [];
  const opaque = scheme !== "" && !rest.startsWith("/");
  const [, authority = "", path = rest] = rest.startsWith("//") ? (/^\/\/([^/]*)(.*)$/s.exec(rest) ?? []) : [];
  const at = authority.lastIndexOf("@");
  return {
    Scheme: scheme.toLowerCase(),
    Opaque: opaque ? rest : "",
    User: at < 0 ? null : {},
    Host: decoded(authority.slice(at + 1)),
    Path: opaque ? "" : decoded(path),
    Fragment: decoded(fragment),
    RawQuery: query,
    RawPath: opaque || escapedPath(decoded(path)) === path ? "" : path,
    RawFragment: "",
    ForceQuery: query === "" && /^[^#]*\?(?:#|$)/.test(url),
    OmitHost: false,
  };
}
