/** Character strings of ASN.1. Source: X.690 §8.23, X.680 §41, RFC 5280 §4.1.2.4. */
import { decodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { Tag } from "./tag.ts";

const fromUnits = (units: readonly number[]): string => {
  let text = "";
  for (let index = 0; index < units.length; index += 4096) text += String.fromCodePoint(...units.slice(index, index + 4096));
  return text;
};

/** The content bytes of a string under `tag` as text, where every byte is one character of the set. */
function narrow(content: Uint8Array, allowed: (byte: number) => boolean, subject: string, kind: string): string {
  for (const byte of content) if (!allowed(byte)) throw new EngineError("malformed", `${subject}: ${kind} with byte 0x${byte.toString(16)}`, { subject });
  return fromUnits([...content]);
}

function wide(content: Uint8Array, size: number, subject: string): string {
  const wrong = () => new EngineError("malformed", `${subject}: string of wide characters that is cut or has a wrong one`, { subject });
  if (content.length % size !== 0) throw wrong();
  const points: number[] = [];
  for (let index = 0; index < content.length; index += size) {
    let point = 0;
    for (let byte = 0; byte < size; byte++) point = point * 256 + (content[index + byte] as number);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw wrong();
    points.push(point);
  }
  return fromUnits(points);
}

const isDigitOrSpace = (byte: number): boolean => (byte >= 48 && byte <= 57) || byte === 32;
// `*` and `&` are not in the set, but real certificates have them, and Go reads them.
const isPrintable = (byte: number): boolean => (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || (byte >= 39 && byte <= 58) || byte === 32 || byte === 61 || byte === 63 || byte === 38;

/** Whether an element under `tag` is a character string that {@link decodeText} reads. */
export const isTextTag = (tag: number): boolean =>
  tag === Tag.utf8String || tag === Tag.printableString || tag === Tag.ia5String || tag === Tag.numericString || tag === Tag.visibleString || tag === Tag.t61String || tag === Tag.bmpString || tag === Tag.universalString;

/** Text of a character string's content. T61 is read as Latin-1, as everybody does. @throws EngineError `malformed` */
export function decodeText(tag: number, content: Uint8Array, subject: string): string {
  switch (tag) {
    case Tag.utf8String:
      try {
        return decodeUtf8(content);
      } catch (cause) {
        throw new EngineError("malformed", `${subject}: UTF8String that is not UTF-8`, { subject, cause });
      }
    case Tag.printableString:
      return narrow(content, isPrintable, subject, "PrintableString");
    case Tag.ia5String:
      return narrow(content, (byte) => byte < 0x80, subject, "IA5String");
    case Tag.numericString:
      return narrow(content, isDigitOrSpace, subject, "NumericString");
    case Tag.visibleString:
      return narrow(content, (byte) => byte >= 0x20 && byte < 0x7f, subject, "VisibleString");
    case Tag.t61String:
      return narrow(content, () => true, subject, "T61String");
    case Tag.bmpString:
      return wide(content, 2, subject);
    case Tag.universalString:
      return wide(content, 4, subject);
    default:
      throw new EngineError("malformed", `${subject}: identifier 0x${tag.toString(16)} is no character string`, { subject });
  }
}
