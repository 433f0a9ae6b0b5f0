/** Character strings of ASN.1. Source: X.690 §8.23, X.680 §41, RFC 5280 §4.1.2.4. */
import { decodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import { Tag } from "./tag.ts";

/** Bytes per call, so that no argument list grows with the input. */
const chunk = 4096;

/** Text of bytes that are one character each. `isAllowed` has a one for every byte of the character set. */
function narrow(content: Uint8Array, isAllowed: Uint8Array, subject: string, kind: string): string {
  for (let index = 0; index < content.length; index++) {
    const byte = content[index] as number;
    if (isAllowed[byte] === 0)
      throw new EngineError("malformed", `${subject}: ${kind} with byte 0x${byte.toString(16)}`, { subject });
  }
  if (content.length <= chunk) return String.fromCharCode.apply(null, content as unknown as number[]);
  let text = "";
  for (let index = 0; index < content.length; index += chunk)
    text += String.fromCharCode.apply(null, content.subarray(index, index + chunk) as unknown as number[]);
  return text;
}

/** BMPString: two bytes a character, none of them half a pair. */
function wide(content: Uint8Array, subject: string): string {
  let text = "";
  for (let index = 0; index < content.length; index += 2) {
    const unit = ((content[index] as number) << 8) | (content[index + 1] ?? 0);
    if (index + 1 === content.length || (unit >= 0xd800 && unit <= 0xdfff)) {
      throw new EngineError("malformed", `${subject}: BMPString that is cut or has half a pair`, { subject });
    }
    text += String.fromCharCode(unit);
  }
  return text;
}

const characterSet = (isMember: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (isMember(byte) ? 1 : 0));
const numeric = characterSet((byte) => (byte >= 48 && byte <= 57) || byte === 32);
// `*` and `&` are not in the set, but real certificates have them, and Go reads them.
const printable = characterSet((byte) => /^[A-Za-z0-9 '()+,./:=?*&-]$/.test(String.fromCharCode(byte)));
const ia5 = characterSet((byte) => byte < 0x80);
const latin1 = characterSet(() => true);

/** Whether an element under `tag` is a character string that {@link decodeText} reads: the kinds that Go reads too. */
export const isTextTag = (tag: number): boolean =>
  tag === Tag.utf8String ||
  tag === Tag.printableString ||
  tag === Tag.ia5String ||
  tag === Tag.numericString ||
  tag === Tag.t61String ||
  tag === Tag.bmpString;

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
    case Tag.t61String:
      return narrow(content, latin1, subject, "T61String");
    case Tag.bmpString:
      return wide(content, subject);
    default:
      throw new EngineError("malformed", `${subject}: identifier 0x${tag.toString(16)} is not a character string`, {
        subject,
      });
  }
}
