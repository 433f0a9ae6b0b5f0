/**
 * IP addresses as Go's net.ParseIP reads them, and which of them are not external. Source: RFC 4291, RFC 1918, RFC
 * 4193.
 */

/** The four bytes of dotted decimals without leading zeros, or undefined. */
function parseFour(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.map(Number);
}

/** Groups of 16 bits in hexadecimal, the last two perhaps as an IPv4 address. */
function parseGroups(text: string, mayEndInFour: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const four = mayEndInFour && index === parts.length - 1 ? parseFour(part) : undefined;
    if (four !== undefined) groups.push((four[0] ?? 0) * 256 + (four[1] ?? 0), (four[2] ?? 0) * 256 + (four[3] ?? 0));
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function parseSixteen(text: string): readonly number[] | undefined {
  const [left = "", right, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const head = parseGroups(left, right === undefined);
  const tail = right === undefined ? [] : parseGroups(right, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail].flatMap((group) => [group >> 8, group & 255]);
}

/** 4 or 16 bytes; an IPv4 address in IPv6 form is 4. Undefined if `text` is not an address; one with a zone is not. */
export function parseIpAddress(text: string): readonly number[] | undefined {
  if (!text.includes(":")) return parseFour(text);
  const bytes = text.length > 45 ? undefined : parseSixteen(text);
  if (bytes === undefined) return undefined;
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return mapped ? bytes.slice(12) : bytes;
}

/** Loopback, or of a range for private networks. Link-local addresses are neither. */
export function isInternal(bytes: readonly number[]): boolean {
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 4)
    return (
      first === 127 ||
      first === 10 ||
      (first === 172 && second >= 16 && second < 32) ||
      (first === 192 && second === 168)
    );
  return (first & 0xfe) === 0xfc || (bytes[15] === 1 && bytes.slice(0, 15).every((byte) => byte === 0));
}
