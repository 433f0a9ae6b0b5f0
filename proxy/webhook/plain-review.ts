/**
 * A review without what plain policies do not read, which is most of a Pod, and most of the time that it takes to parse
 * it. What is left out is gone through by its brackets and texts alone: an API server sends no text that is not JSON.
 * Source: RFC 8259, docs/architecture.md#the-memo.
 */
import { Buffer } from "node:buffer";
import { knownPod } from "../../core/admission/kept-request.ts";
import { type Review, readReview } from "../../core/admission/review.ts";
import { EngineError, type Limits } from "../../core/index.ts";

const whole = "whole";

/** Which members of an object are kept; the others go. */
interface Members {
  /** In brackets: of each object in a list. */
  readonly [name: string]: Members | readonly [Members] | typeof whole;
}

const container: Members = { name: whole, image: whole };
const podSpec: Members = {
  containers: [container],
  initContainers: [container],
  ephemeralContainers: [container],
  volumes: [container],
  imagePullSecrets: whole,
  serviceAccountName: whole,
};
/** What makes Pods, and what makes that. */
const template: Members = { imagePullSecrets: whole, spec: podSpec };
const jobTemplate: Members = { imagePullSecrets: whole, spec: { imagePullSecrets: whole, template } };
const object: Members = {
  apiVersion: whole,
  kind: whole,
  metadata: {
    name: whole,
    generateName: whole,
    namespace: whole,
    uid: whole,
    labels: whole,
    annotations: whole,
    ownerReferences: whole,
  },
  imagePullSecrets: whole,
  spec: { ...podSpec, template, jobTemplate },
};
const keptOfReview: Members = {
  kind: whole,
  apiVersion: whole,
  request: {
    uid: whole,
    kind: whole,
    subResource: whole,
    name: whole,
    namespace: whole,
    operation: whole,
    userInfo: whole,
    object,
    oldObject: object,
    dryRun: whole,
  },
};

/** Of an object, or of each object in a list. What is a list where that is none, or none where it is, is read whole. */
interface Kept {
  readonly isList: boolean;
  /** By their bytes. */
  readonly names: readonly Uint8Array[];
  /** What is kept of each; `undefined`: all. */
  readonly below: readonly (Kept | undefined)[];
}

const isList = (members: Members | readonly [Members]): members is readonly [Members] => Array.isArray(members);

const toKept = (kept: Members | readonly [Members]): Kept => {
  const members = isList(kept) ? kept[0] : kept;
  return {
    isList: isList(kept),
    names: Object.keys(members).map((name) => Buffer.from(name)),
    below: Object.values(members).map((below) => (below === whole ? undefined : toKept(below))),
  };
};

const kept = toKept(keptOfReview);

const [quote, backslash, comma, colon, space] = [0x22, 0x5c, 0x2c, 0x3a, 0x20];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Without the bit in which `{` differs from `[`, and `}` from `]`. */
const anyBracket = 0xdf;

/** It is no JSON, has another form than a Pod, is nested too deeply, or takes too much room. */
const bad = -1;

function afterSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) <= space) at += 1;
  return at;
}

/** `from`: after the opening quote. */
function afterText(bytes: Uint8Array, from: number): number {
  const end = bytes.length;
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) at += 1;
  }
  return bad;
}

/** As {@link afterText}; nobody looks what name an escape spells. */
function afterName(bytes: Uint8Array, from: number): number {
  const end = bytes.length;
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    if (byte === backslash) return bad;
  }
  return bad;
}

/** Whether one of four bytes is a quote or a backslash: a byte that became 0 borrows from its highest bit. */
function holdsEnd(four: number): boolean {
  const quotes = four ^ 0x22222222;
  const backslashes = four ^ 0x5c5c5c5c;
  const isZero = ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
  return (isZero & 0x80808080) !== 0;
}

/** Of an object or a list. `left`: how much deeper it may be nested. */
function afterBrackets(bytes: Uint8Array, from: number, left: number): number {
  const end = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, end);
  let depth = 0;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === quote) {
      // Not a function's: this loop goes over most of the bytes.
      for (at += 1; ; at += 2) {
        while (at + 4 <= end && !holdsEnd(view.getInt32(at, true))) at += 4;
        while (at < end && bytes[at] !== quote && bytes[at] !== backslash) at += 1;
        if (at >= end || bytes[at] === quote) break;
      }
    } else if ((byte & anyBracket) === openBracket) {
      depth += 1;
      if (depth > left) return bad;
    } else if ((byte & anyBracket) === closeBracket) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return bad;
}

function afterValue(bytes: Uint8Array, from: number, left: number): number {
  if (from >= bytes.length) return bad;
  const byte = bytes[from] as number;
  if (byte === quote) return afterText(bytes, from + 1);
  if ((byte & anyBracket) === openBracket) return afterBrackets(bytes, from, left);
  // A number or a word: to what comes behind it.
  let at = from;
  for (; at < bytes.length; at++) {
    const inner = bytes[at] as number;
    if (inner <= space || inner === comma || (inner & anyBracket) === closeBracket) break;
  }
  return at === from ? bad : at;
}

/** Where the value of a member begins. `from`: after its name. */
function afterColon(bytes: Uint8Array, from: number): number {
  const at = afterSpace(bytes, from);
  return bytes[at] === colon ? afterSpace(bytes, at + 1) : bad;
}

/** Negative: it is none of them. */
function findName(names: readonly Uint8Array[], bytes: Uint8Array, from: number, end: number): number {
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as Uint8Array;
    if (name.length === end - from && isAt(bytes, from, name)) return index;
  }
  return bad;
}

function isAt(bytes: Uint8Array, from: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[from + index] !== text[index]) return false;
  return true;
}

/** What is kept takes no more; a larger review is parsed as it came. */
const most = 64 * 1024;
const room = Buffer.allocUnsafeSlow(most);

class Shortening {
  readonly #bytes: Uint8Array;
  /** Where what is not copied yet begins. */
  #from = 0;
  #written = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** What was copied, and what lies before `end`. */
  textTo(end: number): string | undefined {
    return this.#copyTo(end) ? room.toString("utf8", 0, this.#written) : undefined;
  }

  /** False: there is no room for it, and for a comma. */
  #copyTo(end: number): boolean {
    let written = this.#written;
    if (written + end - this.#from >= most) return false;
    const bytes = this.#bytes;
    for (let at = this.#from; at < end; at++) room[written++] = bytes[at] as number;
    this.#written = written;
    return true;
  }

  /** Goes over the value that begins here, and keeps of it what is said. @returns where it ends. */
  value(from: number, kept: Kept | undefined, left: number): number {
    const bytes = this.#bytes;
    const byte = bytes[from];
    if (kept === undefined || left === 0) return afterValue(bytes, from, left);
    if (byte === openBrace) return kept.isList ? bad : this.#object(from + 1, kept, left - 1);
    if (byte === openBracket) return kept.isList ? this.#list(from + 1, kept, left - 1) : bad;
    return afterValue(bytes, from, left);
  }

  #object(from: number, { names, below }: Kept, left: number): number {
    const bytes = this.#bytes;
    /** Behind what is kept of it so far. */
    let end = from;
    let keepsAny = false;
    let isLeftOut = false;
    let at = afterSpace(bytes, from);
    while (bytes[at] === quote) {
      const name = at + 1;
      at = afterName(bytes, name);
      if (at === bad) return bad;
      const index = findName(names, bytes, name, at - 1);
      const value = afterColon(bytes, at);
      if (value === bad) return bad;
      if (index < 0) {
        if (!isLeftOut && !this.#copyTo(end)) return bad;
        isLeftOut = true;
        at = afterValue(bytes, value, left);
      } else {
        if (isLeftOut) {
          if (keepsAny) room[this.#written++] = comma;
          this.#from = name - 1;
        }
        isLeftOut = false;
        keepsAny = true;
        at = this.value(value, below[index], left);
        end = at;
      }
      if (at === bad) return bad;
      at = afterSpace(bytes, at);
      if (bytes[at] !== comma) break;
      at = afterSpace(bytes, at + 1);
      if (bytes[at] !== quote) return bad;
    }
    if (bytes[at] !== closeBrace) return bad;
    if (isLeftOut) this.#from = at;
    return at + 1;
  }

  #list(from: number, kept: Kept, left: number): number {
    const bytes = this.#bytes;
    let at = afterSpace(bytes, from);
    if (bytes[at] === closeBracket) return at + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === openBracket) return bad;
      at = byte === openBrace && left > 0 ? this.#object(at + 1, kept, left - 1) : afterValue(bytes, at, left);
      if (at === bad) return bad;
      at = afterSpace(bytes, at);
      if (bytes[at] === closeBracket) return at + 1;
      if (bytes[at] !== comma) return bad;
      at = afterSpace(bytes, at + 1);
    }
  }
}

/** Undefined where it is no JSON, nested deeper than this, or too large. */
export function shortReview(body: Uint8Array, depth: number): string | undefined {
  const shortening = new Shortening(body);
  const end = shortening.value(afterSpace(body, 0), kept, depth);
  return end === bad || afterSpace(body, end) !== body.length ? undefined : shortening.textTo(end);
}

/**
 * A review of what is a Pod or makes Pods, with what plain policies read of it. Undefined for any other, and for one
 * that has a fault: who reads the whole says which.
 */
export function findPlainReview(body: Uint8Array, limits: Limits): Review | undefined {
  const text = shortReview(body, limits.jsonDepth);
  if (text === undefined) return undefined;
  try {
    const { uid, request: read } = readReview(text, limits);
    const request = read();
    const { object } = request;
    return object !== undefined && knownPod(object, request) !== undefined
      ? { uid, request: () => request }
      : undefined;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
