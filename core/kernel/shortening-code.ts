/**
 * JSON without the members that nobody asks for, as one WebAssembly module: it goes over a text once, copies what is
 * kept, and follows the rest to its end by brackets and quotes alone. Source: RFC 8259.
 */
import { concat } from "../encoding/bytes.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { afterBracketsFunction, beyond, firstFunction, markFunction, marksBytes, quote } from "./json-marks-code.ts";
import * as wasm from "./wasm-code.ts";

const { get, set, tee, address, constant, addressPlus: plus } = wasm;

/** Which members of an object are kept; the others go. */
export interface Members {
  /** In brackets: of each object in a list. */
  readonly [name: string]: Members | readonly [Members] | "whole";
}

/** The most bytes that a text has, and that are kept of it. */
export interface Room {
  readonly text: number;
  readonly kept: number;
}

const [comma, colon, space] = [0x2c, 0x3a, 0x20];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const anyBracket = 0xdf;
const pageBytes = 65_536;

/**
 * An object's names in memory: whether there is a list of such objects, how many names, and for each its first 8 bytes,
 * its length, what is kept of its value, and its other bytes. A value is kept `whole`, or as the names at an address.
 */
const headBytes = 8;
const nameBytes = { first: 0, length: 8, below: 12, rest: 16, all: 40 } as const;
const [notKept, whole] = [0, 1];

class NamesData {
  readonly #parts: Uint8Array[] = [];
  #end: number;

  constructor(base: number) {
    this.#end = base;
  }

  get bytes(): Uint8Array {
    return concat(...this.#parts);
  }

  get end(): number {
    return this.#end;
  }

  /** Places the names of an object behind those below it. @returns where. */
  place(kept: Members | readonly [Members]): number {
    const isList = Array.isArray(kept);
    const entries = Object.entries(isList ? (kept[0] as Members) : (kept as Members));
    const below = entries.map(([, value]) => (value === "whole" ? whole : this.place(value)));
    const bytes = new Uint8Array(headBytes + entries.length * nameBytes.all);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, isList ? 1 : 0, true);
    view.setUint32(4, entries.length, true);
    for (const [index, [name]] of entries.entries()) {
      const at = headBytes + index * nameBytes.all;
      const text = encodeUtf8(name);
      if (text.length > 8 + nameBytes.all - nameBytes.rest) throw new RangeError("the name is too long");
      bytes.set(text.subarray(0, 8), at + nameBytes.first);
      view.setUint32(at + nameBytes.length, text.length, true);
      view.setUint32(at + nameBytes.below, below[index] ?? whole, true);
      bytes.set(text.subarray(8), at + nameBytes.rest);
    }
    const placed = this.#end;
    this.#parts.push(bytes);
    this.#end += bytes.length;
    return placed;
  }
}

/** What numbers and the words of JSON are made of, as one byte for each byte. */
const wordBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w+.-]/.test(String.fromCharCode(byte)) && byte < 0x80 ? 1 : 0,
);

/** Where things are in memory. Of the first bytes: what is not copied yet begins there, and what was written ends. */
const [fromPlace, writtenPlace, lengthPlace] = [8, 12, 16];
const wordsPlace = 64;
const namesPlace = wordsPlace + wordBytes.length;

const functionIndex = {
  mark: 0,
  firstQuote: 1,
  firstMark: 2,
  afterBrackets: 3,
  afterSpace: 4,
  afterValue: 5,
  copyTo: 6,
  findName: 7,
  object: 8,
  list: 9,
  value: 10,
} as const;

/** The function ends: this is no JSON, or not of this form. */
const bad = [...address(-1), ...wasm.leave];
const isBad = (local: number): wasm.Code => [...get(local), ...address(-1), ...wasm.isSame];
const load = (place: number): wasm.Code => [...address(0), ...wasm.loadShort(place)];
const store = (place: number, value: wasm.Code): wasm.Code => [...address(0), ...value, ...wasm.storeShort(place)];
const call = (name: keyof typeof functionIndex, ...values: readonly wasm.Code[]): wasm.Code => [
  ...values.flat(),
  ...wasm.call(functionIndex[name]),
];
const next = (local: number): wasm.Code => [...get(local), ...address(1), ...plus];
const oneLess = (local: number): wasm.Code => [...get(local), ...address(1), ...wasm.shortMinus];
const is = (value: wasm.Code, byte: number): wasm.Code => [...value, ...address(byte), ...wasm.isSame];
const isNot = (value: wasm.Code, byte: number): wasm.Code => [...value, ...address(byte), ...wasm.isDifferent];

/** The module: `shorten(length, depth)` over the text in its memory. */
export function shorteningModule(kept: Members, room: Room) {
  const names = new NamesData(namesPlace);
  const root = names.place(kept);
  const output = Math.ceil(names.end / pageBytes) * pageBytes;
  const text = output + room.kept;
  const marks = text + room.text + beyond.bytes;
  const pages = Math.ceil((marks + marksBytes(room.text)) / pageBytes);
  const places = { text, marks };
  const byteAt = (local: number): wasm.Code => [...get(local), ...wasm.loadByte(text)];

  /** afterSpace(at): the bytes behind the text end it at the latest. */
  const afterSpace: wasm.WasmFunction = {
    name: "afterSpace",
    parameters: 1,
    locals: 0,
    returns: true,
    body: [
      ...wasm.loop([
        ...[byteAt(0), address(space), wasm.isAbove, wasm.when([...get(0), ...wasm.leave])].flat(),
        ...[...next(0), ...set(0), ...wasm.again(0)],
      ]),
      ...wasm.trap,
    ],
  };

  /** afterValue(at, left): any value, nested not more than `left` deep. */
  const afterValue = (): wasm.WasmFunction => {
    const [at, left, byte, end] = [0, 1, 2, 3];
    const body = [
      ...[...byteAt(at), ...set(byte)],
      ...[
        is(get(byte), quote),
        wasm.when([...call("firstQuote", next(at)), ...address(1), ...plus, ...wasm.leave]),
      ].flat(),
      ...is([...get(byte), ...address(anyBracket), ...wasm.shortAnd], openBracket),
      ...wasm.when([...call("afterBrackets", get(at), get(left), load(lengthPlace)), ...wasm.leave]),
      ...[...get(at), ...set(end)],
      ...wasm.block(
        wasm.loop([
          ...[byteAt(end), wasm.loadByte(wordsPlace), wasm.isShortNone, wasm.outWhen(1)].flat(),
          ...[...next(end), ...set(end), ...wasm.again(0)],
        ]),
      ),
      ...[address(-1), get(end), get(end), get(at), wasm.isSame, wasm.select].flat(),
    ];
    return { name: "afterValue", parameters: 2, locals: 0, shortLocals: 2, returns: true, body };
  };

  /** copyTo(end): 0 where there is no room for it, and for a comma. */
  const copyTo = (): wasm.WasmFunction => {
    const [end, written, from, size] = [0, 1, 2, 3];
    const body = [
      ...[load(writtenPlace), set(written), load(fromPlace), set(from)].flat(),
      ...[get(end), get(from), wasm.shortMinus, set(size)].flat(),
      ...[get(written), get(size), plus, address(room.kept - 1), wasm.isAbove].flat(),
      ...wasm.when([...address(0), ...wasm.leave]),
      ...[get(written), address(output), plus, get(from), address(text), plus, get(size), wasm.copyBytes].flat(),
      ...store(writtenPlace, [...get(written), ...get(size), ...plus]),
      ...address(1),
    ];
    return { name: "copyTo", parameters: 1, locals: 0, shortLocals: 3, returns: true, body };
  };

  /** findName(names, at, length): what is kept of the value of the member with this name. */
  const findName = (): wasm.WasmFunction => {
    const [entry, at, length, first] = [0, 1, 2, 3];
    const [left, index] = [4, 5];
    const body = [
      ...[get(entry), wasm.loadShort(4), set(left)].flat(),
      ...[get(entry), address(headBytes), plus, set(entry)].flat(),
      ...[get(at), wasm.loadLong(text), set(first)].flat(),
      // Without the bytes behind a shorter name.
      ...[get(length), address(8), wasm.isBelow].flat(),
      ...wasm.when([
        ...[get(first), constant(1n), get(length), address(3), wasm.shortShiftLeft, wasm.toLong].flat(),
        ...[wasm.shiftLeft, constant(1n), wasm.subtract, wasm.and, set(first)].flat(),
      ]),
      ...wasm.repeat([
        ...wasm.block([
          ...[get(entry), wasm.loadShort(nameBytes.length), get(length), wasm.isDifferent, wasm.outWhen(0)].flat(),
          ...[get(entry), wasm.loadLong(nameBytes.first), get(first), wasm.isLongSame].flat(),
          ...[...wasm.isShortNone, ...wasm.outWhen(0)],
          ...[...address(8), ...set(index)],
          ...wasm.loop([
            ...[get(index), get(length), wasm.isBelow, wasm.isShortNone].flat(),
            ...wasm.when([...get(entry), ...wasm.loadShort(nameBytes.below), ...wasm.leave]),
            ...[get(entry), get(index), plus, wasm.loadByte(nameBytes.rest - 8)].flat(),
            ...[get(at), get(index), plus, wasm.loadByte(text), wasm.isDifferent, wasm.outWhen(1)].flat(),
            ...[...next(index), ...set(index), ...wasm.again(0)],
          ]),
        ]),
        ...[get(entry), address(nameBytes.all), plus, set(entry)].flat(),
        ...[...oneLess(left), ...tee(left)],
      ]),
      ...address(notKept),
    ];
    return { name: "findName", parameters: 3, locals: 1, shortLocals: 2, returns: true, body };
  };

  /** object(at, names, left): `at` is behind its brace. */
  const object = (): wasm.WasmFunction => {
    const [at, ofNames, left] = [0, 1, 2];
    /** Behind what is kept of it so far. */
    const end = 3;
    const [keepsAny, isLeftOut, name, below] = [4, 5, 6, 7];
    const leaveOut = [
      ...[get(isLeftOut), wasm.isShortNone].flat(),
      ...wasm.when([...call("copyTo", get(end)), ...wasm.isShortNone, ...wasm.when(bad)]),
      ...[...address(1), ...set(isLeftOut)],
      ...[...call("afterValue", get(at), get(left)), ...set(at)],
    ];
    const keep = [
      ...get(isLeftOut),
      ...wasm.when([
        ...get(keepsAny),
        ...wasm.when([
          ...[load(writtenPlace), address(comma), wasm.storeByte(output)].flat(),
          ...store(writtenPlace, [...load(writtenPlace), ...address(1), ...plus]),
        ]),
        ...store(fromPlace, oneLess(name)),
      ]),
      ...[address(0), set(isLeftOut), address(1), set(keepsAny)].flat(),
      ...[...call("value", get(at), get(below), get(left)), ...tee(at), ...set(end)],
    ];
    const member = [
      ...isNot(byteAt(at), quote),
      ...wasm.outWhen(1),
      ...[...next(at), ...tee(name)],
      ...[...call("firstMark"), ...set(at)],
      // Nobody looks what name an escape spells.
      ...[...isNot(byteAt(at), quote), ...wasm.when(bad)],
      ...[...call("findName", get(ofNames), get(name), [...get(at), ...get(name), ...wasm.shortMinus]), ...set(below)],
      ...[...call("afterSpace", next(at)), ...tee(at)],
      ...[...wasm.loadByte(text), ...address(colon), ...wasm.isDifferent, ...wasm.when(bad)],
      ...[...call("afterSpace", next(at)), ...set(at)],
      ...wasm.block([...get(below), ...wasm.when([...keep, ...wasm.out(1)]), ...leaveOut]),
      ...[...isBad(at), ...wasm.when(bad)],
      ...[...call("afterSpace", get(at)), ...set(at)],
      ...[...isNot(byteAt(at), comma), ...wasm.outWhen(1)],
      ...[...call("afterSpace", next(at)), ...set(at)],
      ...[...is(byteAt(at), quote), ...wasm.againWhen(0)],
      ...bad,
    ];
    const body = [
      ...[...get(at), ...set(end)],
      ...[...call("afterSpace", get(at)), ...set(at)],
      ...wasm.block(wasm.loop(member)),
      ...[...isNot(byteAt(at), closeBrace), ...wasm.when(bad)],
      ...[...get(isLeftOut), ...wasm.when(store(fromPlace, get(at)))],
      ...next(at),
    ];
    return { name: "object", parameters: 3, locals: 0, shortLocals: 5, returns: true, body };
  };

  /** list(at, names, left): `at` is behind its bracket; of each object in it these names are kept. */
  const list = (): wasm.WasmFunction => {
    const [at, ofNames, left, byte] = [0, 1, 2, 3];
    const isEnd = [...is(byteAt(at), closeBracket), ...wasm.when([...next(at), ...wasm.leave])];
    const element = [
      ...[...is([...byteAt(at), ...tee(byte)], openBracket), ...wasm.when(bad)],
      ...wasm.block([
        ...[...is(get(byte), openBrace), ...get(left), ...address(0), ...wasm.isSignedAbove, ...wasm.shortAnd],
        ...wasm.when([...call("object", next(at), get(ofNames), oneLess(left)), ...set(at), ...wasm.out(1)]),
        ...[...call("afterValue", get(at), get(left)), ...set(at)],
      ]),
      ...[...isBad(at), ...wasm.when(bad)],
      ...[...call("afterSpace", get(at)), ...set(at)],
      ...isEnd,
      ...[...isNot(byteAt(at), comma), ...wasm.when(bad)],
      ...[...call("afterSpace", next(at)), ...set(at)],
      ...wasm.again(0),
    ];
    const body = [...call("afterSpace", get(at)), ...set(at), ...isEnd, ...wasm.loop(element), ...wasm.trap];
    return { name: "list", parameters: 3, locals: 0, shortLocals: 1, returns: true, body };
  };

  /** value(at, kept, left): a list in place of an object is bad, and so is an object in place of a list. */
  const value = (): wasm.WasmFunction => {
    const [at, keeps, left, byte] = [0, 1, 2, 3];
    const isList = [...get(keeps), ...wasm.loadShort(0)];
    const skip = [...call("afterValue", get(at), get(left)), ...wasm.leave];
    const body = [
      ...[...is(get(keeps), whole), ...wasm.when(skip)],
      ...[...get(left), ...wasm.isShortNone, ...wasm.when(skip)],
      ...[...byteAt(at), ...set(byte)],
      ...is(get(byte), openBrace),
      ...wasm.when([
        ...[...isList, ...wasm.when(bad)],
        ...[...call("object", next(at), get(keeps), oneLess(left)), ...wasm.leave],
      ]),
      ...is(get(byte), openBracket),
      ...wasm.when([
        ...[...isList, ...wasm.isShortNone, ...wasm.when(bad)],
        ...[...call("list", next(at), get(keeps), oneLess(left)), ...wasm.leave],
      ]),
      ...call("afterValue", get(at), get(left)),
    ];
    return { name: "value", parameters: 3, locals: 0, shortLocals: 1, returns: true, body };
  };

  /** shorten(length, depth): how many bytes were kept, or -1. */
  const shorten = (): wasm.WasmFunction => {
    const [length, depth, at] = [0, 1, 2];
    const body = [
      ...[store(fromPlace, address(0)), store(writtenPlace, address(0)), store(lengthPlace, get(length))].flat(),
      ...[...call("mark", get(length)), ...wasm.isShortNone, ...wasm.when(bad)],
      ...[...call("value", call("afterSpace", address(0)), address(root), get(depth)), ...tee(at)],
      ...[...address(-1), ...wasm.isSame, ...wasm.when(bad)],
      ...[...call("afterSpace", get(at)), ...get(length), ...wasm.isDifferent, ...wasm.when(bad)],
      ...[...call("copyTo", get(at)), ...wasm.isShortNone, ...wasm.when(bad)],
      ...load(writtenPlace),
    ];
    return { name: "shorten", parameters: 2, locals: 0, shortLocals: 1, returns: true, body };
  };

  const functions = [
    markFunction(places),
    firstFunction(places, false),
    firstFunction(places, true),
    afterBracketsFunction(places),
    afterSpace,
    afterValue(),
    copyTo(),
    findName(),
    object(),
    list(),
    value(),
    shorten(),
  ];
  return {
    bytes: wasm.encodeModule(functions, pages, [
      { at: wordsPlace, bytes: wordBytes },
      { at: namesPlace, bytes: names.bytes },
    ]),
    text,
    output,
  };
}
