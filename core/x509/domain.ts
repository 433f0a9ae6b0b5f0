/**
 * Hosts in names: domain names, mailboxes, URIs, addresses. Source: RFC 5280 §4.2.1.6, RFC 3986 §3, RFC 5321 §4.1.2,
 * RFC 5952.
 */

/** Whether a text has a control character: a line feed in a name could make one identity look like another. */
export function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}

/**
 * Labels of a domain name from left to right, lower case; `undefined` where one is empty or has a character that no
 * domain has.
 */
export function domainLabels(domain: string): readonly string[] | undefined {
  if (domain === "" || domain.length > 253) return undefined;
  const labels = domain.toLowerCase().split(".");
  return labels.every((label) => label.length >= 1 && label.length <= 63 && /^[\x21-\x7e]+$/.test(label))
    ? labels
    : undefined;
}

/** `local@host` of a plain mailbox; `undefined` for quoted local parts and any other form that cannot be compared. */
export function splitMailbox(address: string): { readonly local: string; readonly host: string } | undefined {
  const match = /^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+)@([^@]+)$/.exec(address);
  const [, local, host] = match ?? [];
  if (
    local === undefined ||
    host === undefined ||
    domainLabels(host) === undefined ||
    local.startsWith(".") ||
    local.endsWith(".") ||
    local.includes("..")
  )
    return undefined;
  return { local, host: host.toLowerCase() };
}

/**
 * The parts of a URI that a certificate's check needs. `host` is without user, port and brackets; empty where there is
 * no authority.
 */
export interface UriParts {
  readonly host: string;
  readonly isAddress: boolean;
}

/**
 * Splits a URI; `undefined` for wrong escapes, control characters, a host that is not a domain or address, a port that
 * is not a number.
 */
export function splitUri(text: string): UriParts | undefined {
  if (hasControlCharacter(text)) return undefined;
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/s.exec(text);
  if (match === null) return undefined;
  const [, scheme, authority, path = "", fragment = ""] = match;
  if (
    /%(?![0-9A-Fa-f]{2})/.test(path + fragment) ||
    (scheme === undefined && authority === undefined && /^[^/]*:/.test(path))
  )
    return undefined;
  if (authority === undefined || authority === "") return { host: "", isAddress: false };
  const parts =
    /^(?:[A-Za-z0-9._~!$&'()*+,;=:%@-]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=<>"-]+)(?::[0-9]*)?$/.exec(
      authority,
    );
  const host = parts?.[1];
  if (host === undefined) return undefined;
  if (host.startsWith("[")) return { host: host.slice(1, -1), isAddress: true };
  if (domainLabels(host) === undefined) return undefined;
  return { host: host.toLowerCase(), isAddress: /^[0-9]+(?:\.[0-9]+){3}$/.test(host) };
}

/** Text of 4 or 16 address bytes, the longest run of zeros shortened. */
export function toAddressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[2 * index] as number) << 8) | (bytes[2 * index + 1] as number),
  );
  // An IPv4 address in IPv6 form is printed as IPv4, as Go prints it.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return bytes.subarray(12).join(".");
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const write = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  return best.start < 0
    ? write(groups)
    : `${write(groups.slice(0, best.start))}::${write(groups.slice(best.start + best.length))}`;
}
