/**
 * Strict JSON: duplicate keys, trailing text, lone surrogates and deep nesting are refused. Source: RFC 8259, RFC 7493.
 */
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { decodeUtf8, holdsLoneSurrogate, toWellFormed } from "./utf8.ts";

export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** JSON whose numbers are integers, each exactly as written. */
export type IntegerJson = null | boolean | bigint | string | readonly IntegerJson[] | IntegerJsonObject;
export interface IntegerJsonObject {
  readonly [key: string]: IntegerJson;
}

export interface JsonOptions {
  readonly limits: Pick<Limits, "jsonDepth" | "jsonBytes" | "integerDigits">;
  /** The bound on the size of this kind of document, where it is another one than `limits.jsonBytes`. */
  readonly maxBytes?: number;
  /** Refuses integers that a double cannot hold exactly (beyond 2^53 - 1), instead of rounding them. */
  readonly exactIntegers?: boolean;
  /** Refuses numbers written with a fraction, an exponent or as `-0`: for documents whose numbers are all integers. */
  readonly integersOnly?: boolean;
  /** Accepts repeated keys, the last one winning (in value and in order), as Go's encoding/json does. */
  readonly duplicateKeys?: "refuse" | "last-wins";
  /** Turns lone surrogates into U+FFFD, as Go's encoding/json does. */
  readonly loneSurrogates?: "refuse" | "replace";
  /** Names the document in errors. */
  readonly subject?: string;
}

const isWhite = (unit: number): boolean => unit === 32 || unit === 10 || unit === 13 || unit === 9;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** A run of literal characters; surrogates are checked separately. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON does not allow them unescaped; they are refused here.
const plain = /[^"\\\u0000-\u001f\ud800-\udfff]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Reader {
  readonly text: string;
  readonly maxDepth: number;
  readonly exact: boolean;
  readonly integersOnly: boolean;
  readonly lastWins: boolean;
  readonly replaceLone: boolean;
  readonly subject: string | undefined;
  readonly readNumber: (text: string) => JsonValue;
  at = 0;

  constructor(text: string, options: JsonOptions, readNumber: (text: string) => JsonValue = Number) {
    this.readNumber = readNumber;
    this.text = text;
    this.maxDepth = options.limits.jsonDepth;
    this.exact = options.exactIntegers ?? false;
    this.integersOnly = options.integersOnly ?? false;
    this.lastWins = options.duplicateKeys === "last-wins";
    this.replaceLone = options.loneSurrogates === "replace";
    this.subject = options.subject;
  }

  fail(what: string): never {
    throw new EngineError("malformed", `${what} at offset ${this.at}`, { subject: this.subject });
  }

  white(): number {
    let unit = this.text.charCodeAt(this.at);
    while (unit <= 32 && isWhite(unit)) unit = this.text.charCodeAt(++this.at);
    return unit;
  }

  value(depth: number): JsonValue {
    const unit = this.white();
    if (unit === 123) return this.object(depth);
    if (unit === 91) return this.array(depth);
    if (unit === 34) return this.string();
    if (unit === 116) return this.word("true", true);
    if (unit === 102) return this.word("false", false);
    if (unit === 110) return this.word("null", null);
    return this.number();
  }

  word<T extends JsonValue>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail("unexpected character");
    this.at += word.length;
    return value;
  }

  number(): JsonValue {
    number.lastIndex = this.at;
    const match = number.exec(this.text)?.[0];
    if (match === undefined) this.fail(this.at >= this.text.length ? "unexpected end" : "unexpected character");
    this.at += match.length;
    if (this.integersOnly && (match === "-0" || /[.eE]/.test(match)))
      this.fail("number that is not written as an integer");
    const value = this.readNumber(match);
    if (typeof value !== "number") return value;
    if (!Number.isFinite(value)) this.fail("number out of range");
    if (this.exact && Math.abs(value) > Number.MAX_SAFE_INTEGER) this.fail("integer that a double cannot hold");
    return value;
  }

  string(): string {
    let from = ++this.at;
    let out = "";
    let surrogates = false;
    for (;;) {
      plain.lastIndex = this.at;
      plain.test(this.text);
      this.at = plain.lastIndex;
      const unit = this.text.charCodeAt(this.at);
      if (unit === 34) {
        out += this.text.slice(from, this.at++);
        if (!surrogates) return out;
        if (this.replaceLone) return toWellFormed(out);
        return holdsLoneSurrogate(out) ? this.fail("lone surrogate in a string") : out;
      }
      if (unit < 32) this.fail("control character in a string");
      if (Number.isNaN(unit)) this.fail("unexpected end of a string");
      surrogates = true;
      if (unit !== 92) {
        this.at++;
        continue;
      }
      out += this.text.slice(from, this.at);
      out += this.escape();
      from = this.at;
    }
  }

  escape(): string {
    const letter = this.text.charAt(this.at + 1);
    if (letter === "u") {
      const hex = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail("bad unicode escape");
      this.at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const meaning = escapes[letter];
    if (meaning === undefined) this.fail("bad escape");
    this.at += 2;
    return meaning;
  }

  array(depth: number): JsonArray {
    this.deeper(depth);
    const items: JsonValue[] = [];
    this.at++;
    if (this.white() === 93) {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1));
      const unit = this.white();
      this.at++;
      if (unit === 93) return items;
      if (unit !== 44) {
        this.at--;
        this.fail("expected a comma or a closing bracket");
      }
    }
  }

  object(depth: number): JsonObject {
    this.deeper(depth);
    const members: Record<string, JsonValue> = Object.create(null);
    this.at++;
    if (this.white() === 125) {
      this.at++;
      return members;
    }
    for (;;) {
      if (this.white() !== 34) this.fail("expected a key");
      const key = this.string();
      // Without a prototype, and no value is undefined: `in` would take ten times as long.
      if (members[key] !== undefined) {
        if (!this.lastWins) this.fail(`duplicate key ${JSON.stringify(key)}`);
        delete members[key];
      }
      if (this.white() !== 58) this.fail("expected a colon");
      this.at++;
      members[key] = this.value(depth + 1);
      const unit = this.white();
      this.at++;
      if (unit === 125) return members;
      if (unit !== 44) {
        this.at--;
        this.fail("expected a comma or a closing brace");
      }
    }
  }

  deeper(depth: number): void {
    if (depth >= this.maxDepth)
      throw new EngineError("over-limit", `nested deeper than ${this.maxDepth} levels at offset ${this.at}`, {
        subject: this.subject,
      });
  }
}

/**
 * The value of a JSON document. Objects have no prototype, so every look-up is of an own property.
 * @throws EngineError `malformed` with the offset, `over-limit` past the depth or size bound.
 */
export function parseJson(document: string | Uint8Array, options: JsonOptions): JsonValue {
  const text = boundedText(document, options);
  // Text that was decoded from bytes has no lone surrogate.
  const mayBeLone = typeof document === "string" && /[\ud800-\udfff]/.test(document);
  return (mayBeLone ? undefined : readPlain(text, options.limits.jsonDepth)) ?? readAll(new Reader(text, options));
}

/** Counts the members of all objects in a text, as if it were JSON; -1 where only {@link Reader} can tell. */
function countMembers(text: string, maxDepth: number): number {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 34) {
      do {
        at = text.indexOf('"', at + 1);
        if (at < 0) return -1;
      } while (isEscaped(text, at));
    } else if (unit === 58) members++;
    else if (unit === 123 || unit === 91) {
      if (++depth > maxDepth) return -1;
    } else if (unit === 125 || unit === 93) depth--;
    // A sign, a fraction, an exponent: of 0 to 9, only numbers have these letters after them.
    else if (unit === 45 || unit === 46 || unit === 69 || (unit === 101 && text.charCodeAt(at - 1) < 58)) return -1;
  }
  return members;
}

function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charCodeAt(from - 1) === 92) from--;
  return (at - from) % 2 === 1;
}

/**
 * Reads the same value in half the time, by the host's own reader, where all numbers are natural ones and no surrogate
 * can stand alone: the text has no escape of one, and the caller has seen to the rest. Fewer members than colons mean a
 * key that is there twice. `undefined` for any other text, and a wrong one.
 */
function readPlain(text: string, maxDepth: number): JsonValue | undefined {
  if (text.includes("\\u")) return undefined;
  const members = countMembers(text, maxDepth);
  if (members < 0) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    // The reader says what is wrong, and where.
    return undefined;
  }
  return countPlain(value) === members ? value : undefined;
}

/** Counts members while it takes the prototypes away; NaN where a number may have lost digits. */
function countPlain(value: JsonValue): number {
  if (typeof value === "number") return Number.isSafeInteger(value) ? 0 : Number.NaN;
  if (typeof value !== "object" || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countPlain(item);
    return members;
  }
  Object.setPrototypeOf(value, null);
  for (const key in value) members += 1 + countPlain((value as JsonObject)[key] as JsonValue);
  return members;
}

function boundedText(document: string | Uint8Array, options: JsonOptions): string {
  const limit = options.maxBytes ?? options.limits.jsonBytes;
  if (document.length > limit)
    throw new EngineError("over-limit", `document of ${document.length} is larger than ${limit}`, {
      subject: options.subject,
    });
  return typeof document === "string" ? document : decodeUtf8(document);
}

function readAll(reader: Reader): JsonValue {
  const value = reader.value(0);
  reader.white();
  if (reader.at < reader.text.length) reader.fail("text after the document");
  return value;
}

/**
 * The value of a JSON document whose numbers are all integers, none of which a double has rounded.
 * @throws EngineError as {@link parseJson}; `malformed` on a fraction, an exponent or `-0`, `over-limit` past the bound
 * on digits.
 */
export function parseIntegerJson(
  document: string | Uint8Array,
  options: Omit<JsonOptions, "exactIntegers" | "integersOnly">,
): IntegerJson {
  const readNumber = (text: string): bigint => {
    if (text.length > options.limits.integerDigits)
      throw new EngineError("over-limit", `an integer of ${text.length} digits`, { subject: options.subject });
    return BigInt(text);
  };
  // The reader passes on whatever its reader of numbers gives, which is the one place where the two kinds of values
  // differ.
  const reader = new Reader(boundedText(document, options), { ...options, integersOnly: true }, readNumber as never);
  return readAll(reader) as IntegerJson;
}
