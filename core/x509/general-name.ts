/** General names: what a certificate's alternative name or constraint may be. Source: RFC 5280 §4.2.1.6. */
import { type DerLimits, type DerReader, openDer } from "../asn1/der.ts";
import { contextConstructed, contextPrimitive, Tag } from "../asn1/tag.ts";
import { decodeText } from "../asn1/text.ts";
import { hasControlCharacter, splitUri, toAddressText } from "./domain.ts";
import { parseName } from "./name.ts";

export type GeneralName =
  | { readonly kind: "email" | "dns" | "uri"; readonly value: string }
  /** `bytes`: 4 or 16; `value` their text. */
  | { readonly kind: "ip"; readonly value: string; readonly bytes: Uint8Array }
  /** `name`: a raw Name. */
  | { readonly kind: "directory"; readonly name: Uint8Array }
  /** `typeId` dotted; `value` the element inside the explicit tag. */
  | { readonly kind: "other"; readonly typeId: string; readonly value: Uint8Array }
  /** Dotted. */
  | { readonly kind: "registered-id"; readonly value: string }
  /** x400Address and ediPartyName, which are not read. */
  | { readonly kind: "unread"; readonly form: "x400" | "edi" };

export type GeneralNameKind = GeneralName["kind"];

/** ASCII text without control characters. */
function plainText(reader: DerReader, tag: number): string {
  const text = decodeText(Tag.ia5String, reader.content(tag), reader.subject);
  if (hasControlCharacter(text)) throw reader.malformed("control character in a name");
  return text;
}

function readOther(reader: DerReader): GeneralName {
  const fields = reader.read(contextConstructed(0));
  const typeId = fields.oid();
  const wrapper = fields.read(contextConstructed(0));
  const value = wrapper.element();
  wrapper.end();
  fields.end();
  return { kind: "other", typeId, value };
}

/** One GeneralName. @throws EngineError `malformed` */
export function readGeneralName(reader: DerReader): GeneralName {
  const tag = reader.peek();
  switch (tag) {
    case contextConstructed(0):
      return readOther(reader);
    case contextPrimitive(1):
      return { kind: "email", value: plainText(reader, tag) };
    case contextPrimitive(2):
      return { kind: "dns", value: plainText(reader, tag) };
    case contextPrimitive(6): {
      const value = plainText(reader, tag);
      if (splitUri(value) === undefined) throw reader.malformed("name that is no URI");
      return { kind: "uri", value };
    }
    case contextPrimitive(7): {
      const bytes = reader.content(tag);
      if (bytes.length !== 4 && bytes.length !== 16) throw reader.malformed("address that has neither 4 nor 16 bytes");
      return { kind: "ip", value: toAddressText(bytes), bytes };
    }
    case contextConstructed(4): {
      const wrapper = reader.read(tag);
      const name = wrapper.element(Tag.sequence);
      wrapper.end();
      parseName(name, reader.limits);
      return { kind: "directory", name };
    }
    case contextPrimitive(8):
      return { kind: "registered-id", value: reader.oid(tag) };
    case contextConstructed(3):
    case contextConstructed(5):
      reader.skip();
      return { kind: "unread", form: tag === contextConstructed(3) ? "x400" : "edi" };
    default:
      throw reader.malformed("identifier that no general name has");
  }
}

/** GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName. @throws EngineError `malformed` */
export function parseGeneralNames(der: Uint8Array, subject: string, limits: DerLimits): readonly GeneralName[] {
  const sequence = openDer(der, Tag.sequence, subject, limits);
  const names: GeneralName[] = [];
  do names.push(readGeneralName(sequence));
  while (!sequence.atEnd);
  return names;
}
