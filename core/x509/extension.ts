/**
 * Certificate extensions: their frame, and the content of those that RFC 5280 defines and path validation needs.
 * Source: RFC 5280 §4.1 and §4.2.1.
 */
import { type DerLimits, DerReader, openDer } from "../asn1/der.ts";
import { formatOid } from "../asn1/oid.ts";
import { contextPrimitive, Tag } from "../asn1/tag.ts";
import { EngineError } from "../errors.ts";

const subject = "certificate extension";

/** One extension. Its parts are slices of the certificate, made when they are read: most of them never are. */
export class Extension {
  readonly critical: boolean;
  readonly #bytes: Uint8Array;
  readonly #offsets: ExtensionOffsets;

  constructor(bytes: Uint8Array, critical: boolean, offsets: ExtensionOffsets) {
    this.#bytes = bytes;
    this.critical = critical;
    this.#offsets = offsets;
  }

  /** The whole element. */
  get der(): Uint8Array {
    return this.#bytes.subarray(this.#offsets.start, this.#offsets.end);
  }

  /** Content of the OCTET STRING. */
  get value(): Uint8Array {
    return this.#bytes.subarray(this.#offsets.value, this.#offsets.end);
  }

  /** Object identifier, dotted. */
  get oid(): string {
    return formatOid(this.#bytes, subject, this.#offsets.id, this.#offsets.idEnd);
  }

  /** Whether the object identifier has these content bytes. */
  isOf(id: Uint8Array): boolean {
    const { id: from, idEnd } = this.#offsets;
    if (idEnd - from !== id.length) return false;
    for (let index = id.length - 1; index >= 0; index--) if (this.#bytes[from + index] !== id[index]) return false;
    return true;
  }

  /** Whether both have the same object identifier. */
  isLike(other: Extension): boolean {
    return this.#offsets.hash === other.#offsets.hash && this.oid === other.oid;
  }

  /** The last component below an arc whose content bytes are `arc`, where it is one byte; else -1. */
  numberBelow(arc: Uint8Array): number {
    const { id, idEnd } = this.#offsets;
    if (idEnd - id !== arc.length + 1) return -1;
    for (let index = 0; index < arc.length; index++) if (this.#bytes[id + index] !== arc[index]) return -1;
    return this.#bytes[idEnd - 1] as number;
  }
}

/** Where the parts begin and end in the certificate. The value ends where the extension ends. */
interface ExtensionOffsets {
  readonly start: number;
  readonly id: number;
  readonly idEnd: number;
  /** Of the object identifier: tells most of them apart at once. */
  readonly hash: number;
  readonly value: number;
  readonly end: number;
}

/** A hash of an object identifier's content bytes (FNV-1a), -1 where they are not in canonical form. */
function hashOid(bytes: Uint8Array, start: number, end: number): number {
  let fresh = true;
  let hash = 0x811c9dc5;
  for (let index = start; index < end; index++) {
    const byte = bytes[index] as number;
    if (fresh && byte === 0x80) return -1;
    fresh = byte < 0x80;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return fresh && end > start ? hash >>> 0 : -1;
}

/** Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
function readExtension(list: DerReader): Extension {
  const start = list.offset;
  const end = list.enter(Tag.sequence);
  const idEnd = list.enter(Tag.oid);
  const id = list.offset;
  const hash = hashOid(list.bytes, id, idEnd);
  if (hash < 0) throw list.malformed("object identifier that is not in canonical form");
  list.offset = idEnd;
  // Differs: an explicit FALSE, which DER leaves out, is read: Go does, and certificates in use have it.
  const critical = list.peek() === Tag.boolean && list.boolean();
  // Every element ends inside the list; that the last one ends with the extension shows that the others end inside it.
  if (list.enter(Tag.octetString) !== end) throw list.malformed("extension that ends elsewhere than its value");
  const value = list.offset;
  list.offset = end;
  return new Extension(list.bytes, critical, { start, id, idEnd, hash, value, end });
}

const standardArc = Uint8Array.of(0x55, 0x1d);

/** Position below `2.5.29` (id-ce) of an extension's identifier, or -1. */
export const standardNumber = (extension: Extension): number => extension.numberBelow(standardArc);

/**
 * Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension, each identifier once.
 * @throws EngineError `malformed`, `over-limit` above `maximum` of them
 */
export function readExtensions(list: DerReader, maximum: number): readonly Extension[] {
  const extensions: Extension[] = [];
  do {
    if (extensions.length >= maximum)
      throw new EngineError("over-limit", `certificate with more than ${maximum} extensions`, {
        subject: list.subject,
      });
    const extension = readExtension(list);
    for (const earlier of extensions)
      if (extension.isLike(earlier)) throw list.malformed(`two extensions ${extension.oid}`);
    extensions.push(extension);
  } while (!list.atEnd);
  return extensions;
}

export interface BasicConstraints {
  readonly isAuthority: boolean;
  /** How many authorities may stand between this one and the leaf; `undefined`: any number. */
  readonly pathLength?: number;
}

/** @throws EngineError `malformed` */
export function parseBasicConstraints(value: Uint8Array, limits: DerLimits): BasicConstraints {
  const fields = openDer(value, Tag.sequence, "basic constraints", limits);
  const isAuthority = fields.peek() === Tag.boolean && fields.boolean();
  const pathLength = fields.peek() === Tag.integer ? fields.smallInteger(2 ** 31 - 1) : undefined;
  fields.end();
  return pathLength === undefined ? { isAuthority } : { isAuthority, pathLength };
}

const usages = [
  "digitalSignature",
  "contentCommitment",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;
export type KeyUsage = (typeof usages)[number];

/** The bits that are set, in order. @throws EngineError `malformed` */
export function parseKeyUsage(value: Uint8Array, limits: DerLimits): readonly KeyUsage[] {
  const reader = new DerReader(value, "key usage", limits);
  const { bytes } = reader.bits();
  reader.end();
  return usages.filter((_, bit) => (((bytes[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0);
}

/** Purposes of the extended key usage extension. */
export const Purpose = {
  any: "2.5.29.37.0",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  timeStamping: "1.3.6.1.5.5.7.3.8",
} as const;

/** Object identifiers of a SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER, dotted. @throws EngineError `malformed` */
export function parsePurposes(value: Uint8Array, limits: DerLimits): readonly string[] {
  const list = openDer(value, Tag.sequence, "extended key usage", limits);
  const purposes: string[] = [];
  do purposes.push(list.oid());
  while (!list.atEnd);
  return purposes;
}

/** SubjectKeyIdentifier. @throws EngineError `malformed` */
export function parseSubjectKeyIdentifier(value: Uint8Array, limits: DerLimits): Uint8Array {
  const reader = new DerReader(value, "subject key identifier", limits);
  const identifier = reader.octetString();
  reader.end();
  return identifier;
}

/**
 * The key identifier of an AuthorityKeyIdentifier; issuer and serial number are stepped over.
 * @throws EngineError `malformed`
 */
export function parseAuthorityKeyIdentifier(value: Uint8Array, limits: DerLimits): Uint8Array | undefined {
  const fields = openDer(value, Tag.sequence, "authority key identifier", limits);
  const identifier = fields.peek() === contextPrimitive(0) ? fields.content(contextPrimitive(0)) : undefined;
  while (!fields.atEnd) fields.skip();
  return identifier;
}

/** SkipCerts of InhibitAnyPolicy. @throws EngineError `malformed` */
export function parseInhibitAnyPolicy(value: Uint8Array, limits: DerLimits): number {
  const reader = new DerReader(value, "inhibit any policy", limits);
  const certificates = reader.smallInteger(2 ** 31 - 1);
  reader.end();
  return certificates;
}
