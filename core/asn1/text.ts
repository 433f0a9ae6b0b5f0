/** Character strings of ASN.1. Source: X.690 §8.23, X.680 §41, RFC 5280 §4.1.2.4. */
import { decodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { Tag } from "./tag.ts";

/** Points per call, so that no argument list grows with the input. */
const chunk = 4096;

function fromPoints(points: readonly number[]): string {
  let text = "";
  for (let index = 0; index < points.length; index += chunk) text += String.fromCodePoint(...points.slice(index, index + chunk));
  return text;
}

/** Text of bytes that are one character each. `isAllowed` has a one for every byte of the character set. */
function narrow(content: Uint8Array, isAllowed: Uint8Array, subject: string, kind: string): string {
  for (let index = 0; index < content.length; index++) {
    const byte = content[index] as number;
    if (isAllowed[byte] === 0) throw new EngineError("malformed", `${subject}: ${kind} with byte 0x${byte.toString(16)}`, { subject });
  }
  if (content.length <= chunk) return String.fromCharCode.apply(null, content as unknown as number[]);
  let text = "";
  for (let index = 0; index < content.length; index += chunk)
    text += String.fromCharCode.apply(null, content.subarray(index, index + chunk) as unknown as number[]);
  return text;
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
  return fromPoints(points);
}

const characterSet = (isMember: (byte: number) => boolean): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => (isMember(byte) ? 1 : 0));
const numeric = characterSet((byte) => (byte >= 48 && byte <= 57) || byte === 32);
// `*` and `&` are not in the set, but real certificates have them, and Go reads them.
const printable = characterSet((byte) => /^[A-Za-z0-9 '()+,./:=?*&-]$/.test(String.fromCharCode(byte)));
const ia5 = characterSet((byte) => byte < 0x80);
const visible = characterSet((byte) => byte >= 0x20 && byte < 0x7f);
const latin1 = characterSet(() => true);

/** Whether an element under `tag` is a character string that {@link decodeText} reads. */
export const isTextTag = (tag: number): boolean =>
  tag === Tag.utf8String ||
  tag === Tag.printableString ||
  tag === Tag.ia5String ||
  tag === Tag.numericString ||
  tag === Tag.visibleString ||
  tag === Tag.t61String ||
  tag === Tag.bmpString ||
  tag === Tag.universalString;

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
      return narrow(content, printable, subject, "PrintableString");
    case Tag.ia5String:
      return narrow(content, ia5, subject, "IA5String");
    case Tag.numericString:
      return narrow(content, numeric, subject, "NumericString");
    case Tag.visibleString:
      return narrow(content, visible, subject, "VisibleString");
    case Tag.t61String:
      return narrow(content, latin1, subject, "T61String");
    case Tag.bmpString:
      return wide(content, 2, subject);
    case Tag.universalString:
      return wide(content, 4, subject);
    default:
      throw new EngineError("malformed", `${subject}: identifier 0x${tag.toString(16)} is no character string`, { subject });
  }
}
