/** Distinguished names. Compared as bytes; text is for people only. Source: RFC 5280 §4.1.2.4, RFC 4514. */
import { type DerLimits, type DerReader, openDer } from "../asn1/der.ts";
import { Tag } from "../asn1/tag.ts";
import { decodeText } from "../asn1/text.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";

/** One `type=value` of a name. */
export interface NameAttribute {
  /** Object identifier, dotted. */
  readonly type: string;
  readonly value: string;
}

const subject = "distinguished name";

/** Abbreviations of RFC 4514 §3 and those that Go prints. */
const abbreviations: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "SERIALNUMBER",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.17": "POSTALCODE",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
};

function readAttribute(reader: DerReader): NameAttribute {
  const type = reader.oid();
  const tag = reader.peek();
  const value = decodeText(tag, reader.content(tag), subject);
  reader.end();
  return { type, value };
}

/**
 * The attributes of a Name, grouped as its relative distinguished names are.
 * @throws EngineError `malformed`
 */
export function parseName(raw: Uint8Array, limits: DerLimits): readonly (readonly NameAttribute[])[] {
  const sequence = openDer(raw, Tag.sequence, subject, limits);
  const names: NameAttribute[][] = [];
  while (!sequence.atEnd) {
    const set = sequence.read(Tag.set);
    const attributes: NameAttribute[] = [];
    while (!set.atEnd) attributes.push(readAttribute(set.read(Tag.sequence)));
    if (attributes.length === 0) throw set.malformed("empty relative name");
    names.push(attributes);
  }
  return names;
}

/** Whether a raw Name has no attributes. */
export const isEmptyName = (raw: Uint8Array): boolean => raw.length === 2;

const escapeValue = (value: string): string =>
  value
    .replace(/[\\",+;<>]/g, "\\$&")
    .replace(/\p{Cc}/gu, (character) =>
      encodeUtf8(character).reduce((text, byte) => `${text}\\${byte.toString(16).padStart(2, "0")}`, ""),
    )
    .replace(/^[ #]|(?<=.) $/g, "\\$&");

/**
 * A name as RFC 4514 writes it, the last relative name first: `CN=sigstore-intermediate,O=sigstore.dev`.
 * @throws EngineError `malformed`
 */
export function toNameText(raw: Uint8Array, limits: DerLimits): string {
  return parseName(raw, limits)
    .map((attributes) =>
      attributes.map(({ type, value }) => `${abbreviations[type] ?? type}=${escapeValue(value)}`).join("+"),
    )
    .reverse()
    .join(",");
}
