/**
 * Marks where texts, brackets and escapes of JSON are: a bit for each byte, 64 bytes at a time. A value is then
 * followed to its end by counting bits. Source: RFC 8259 §7; "Parsing Gigabytes of JSON per Second" (Langdale,
 * Lemire 2019), §3.1.
 */
import * as wasm from "./wasm-code.ts";

const { get, set, tee, address, constant, addressPlus: plus } = wasm;

/** Bytes that one group of marks is about, and bytes of the group: a bit for each byte in each of four kinds. */
const markedBytes = 64;
const groupBytes = 32;
/** Quotes that begin or end a text; backslashes; brackets that open and close, outside of texts. */
const [quotes, backslashes, opens, closes] = [0, 8, 16, 24];

/** Behind the text lie bytes that JSON never has: which, and how many. */
export const beyond = { byte: 0xff, bytes: 2 * markedBytes } as const;

export const quote = 0x22;
const backslash = 0x5c;
const [openBracket, closeBracket] = [0x5b, 0x5d];
/** Without the bit in which `{` differs from `[`, and `}` from `]`. */
const anyBracket = 0xdf;

/** Where the text and its marks are in memory. */
export interface MarkPlaces {
  readonly text: number;
  readonly marks: number;
}

/** Bytes that marks take of so many bytes of text. */
export const marksBytes = (textBytes: number): number =>
  (Math.ceil(textBytes / markedBytes) + beyond.bytes / markedBytes) * groupBytes;

/** mark(length): marks the text. @returns whether each text in it ends, and no backslash is outside of one. */
export function markFunction({ text, marks }: MarkPlaces): wasm.WasmFunction {
  const length = 0;
  const [found, escapes, escaped, isEscaped, starts, inText, wasInText, stray] = [1, 2, 3, 4, 5, 6, 7, 8];
  const [at, to] = [9, 10];
  const vectors = [11, 12, 13, 14];
  const even = 0x5555_5555_5555_5555n;
  const not = (code: wasm.Code): wasm.Code => [...code, ...constant(-1n), ...wasm.xor];
  const shifted = (local: number, bits: number): wasm.Code => [
    ...get(local),
    ...constant(BigInt(bits)),
    ...wasm.shiftLeft,
  ];
  /** A bit for each of the 64 bytes that is `byte`, once it is masked. */
  const bitsOf = (byte: number, mask?: number): wasm.Code =>
    vectors.flatMap((vector, index) => [
      ...get(vector),
      ...(mask === undefined ? [] : [...wasm.vectorOf(mask), ...wasm.vectorAnd]),
      ...wasm.vectorOf(byte),
      ...wasm.sameBytes,
      ...wasm.highestBits,
      ...wasm.toLong,
      ...constant(BigInt(16 * index)),
      ...wasm.shiftLeft,
      ...(index === 0 ? [] : wasm.or),
    ]);
  const keep = (kind: number, value: wasm.Code): wasm.Code => [...get(to), ...value, ...wasm.storeLong(marks + kind)];
  /** Which bytes an escape takes: each second one of a row of backslashes, or what comes behind the row. */
  const findEscaped = [
    ...[get(escapes), not(get(isEscaped)), wasm.and, set(found)].flat(),
    ...[shifted(found, 1), get(isEscaped), wasm.or, set(escaped)].flat(),
    ...[get(found), not(constant(even)), wasm.and, not(get(escaped)), wasm.and, get(found), wasm.add].flat(),
    ...set(starts),
    // The sum went beyond 64 bits: the row goes on in the next 64 bytes.
    ...[get(starts), get(found), wasm.isLongBelow, wasm.toLong, set(isEscaped)].flat(),
    ...[constant(even), shifted(starts, 1), wasm.xor, get(escaped), wasm.and, set(escaped)].flat(),
  ];
  const body = [
    ...wasm.repeat([
      ...vectors.flatMap((vector, index) => [...get(at), ...wasm.loadVector(text + 16 * index), ...set(vector)]),
      ...[...bitsOf(backslash), ...set(escapes), ...keep(backslashes, get(escapes))],
      ...[...constant(0n), ...set(escaped)],
      ...[get(escapes), get(isEscaped), wasm.or, wasm.isNone, wasm.isShortNone, wasm.when(findEscaped)].flat(),
      ...[bitsOf(quote), not(get(escaped)), wasm.and, set(inText), keep(quotes, get(inText))].flat(),
      // Each bit becomes the parity of those up to it.
      ...[1, 2, 4, 8, 16, 32].flatMap((bits) => [
        ...get(inText),
        ...shifted(inText, bits),
        ...wasm.xor,
        ...set(inText),
      ]),
      ...[get(inText), get(wasInText), wasm.xor, tee(inText)].flat(),
      ...[...constant(63n), ...wasm.shiftSigned, ...set(wasInText)],
      ...[get(stray), get(escapes), not(get(inText)), wasm.and, wasm.or, set(stray)].flat(),
      ...keep(opens, [...bitsOf(openBracket, anyBracket), ...not(get(inText)), ...wasm.and]),
      ...keep(closes, [...bitsOf(closeBracket, anyBracket), ...not(get(inText)), ...wasm.and]),
      ...[get(to), address(groupBytes), plus, set(to)].flat(),
      ...[get(at), address(markedBytes), plus, tee(at), get(length), wasm.isBelow].flat(),
    ]),
    // One quote lies beyond the text, so that a search for a quote ends.
    ...keep(quotes, constant(-1n)),
    ...[get(wasInText), get(stray), wasm.or, wasm.isNone].flat(),
  ];
  return { name: "mark", parameters: 1, locals: 8, shortLocals: 2, vectorLocals: 4, returns: true, body };
}

/** Puts the address of the group of a position into one local, and the bits from the position on into another. */
const groupOf = (at: number, group: number, from: number): wasm.Code => [
  ...[get(at), address(6), wasm.shortUnsignedShift, address(5), wasm.shortShiftLeft, set(group)].flat(),
  ...[constant(-1n), get(at), wasm.toLong, wasm.shiftLeft, set(from)].flat(),
];

/** firstQuote(at): where the text ends that `at` is in. firstMark(at): that, or where an escape is before its end. */
export function firstFunction({ marks }: MarkPlaces, withEscapes: boolean): wasm.WasmFunction {
  const [at, bits, group] = [0, 1, 2];
  const load = [
    ...[...get(group), ...wasm.loadLong(marks + quotes)],
    ...(withEscapes ? [...get(group), ...wasm.loadLong(marks + backslashes), ...wasm.or] : []),
  ];
  const body = [
    ...groupOf(at, group, bits),
    ...[load, get(bits), wasm.and, set(bits)].flat(),
    ...wasm.block(
      wasm.loop([
        ...[get(bits), wasm.isNone, wasm.isShortNone, wasm.outWhen(1)].flat(),
        ...[get(group), address(groupBytes), plus, set(group)].flat(),
        ...[...load, ...set(bits), ...wasm.again(0)],
      ]),
    ),
    ...[get(group), address(1), wasm.shortShiftLeft, get(bits), wasm.zerosBelow, wasm.toShort, plus].flat(),
  ];
  const name = withEscapes ? "firstMark" : "firstQuote";
  return { name, parameters: 1, locals: 1, shortLocals: 1, returns: true, body };
}

/**
 * afterBrackets(at, left, length): where the object or list ends that begins at `at`; -1 where it does not, or is
 * nested more than `left` deep.
 */
export function afterBracketsFunction({ marks }: MarkPlaces): wasm.WasmFunction {
  const [at, left, length] = [0, 1, 2];
  const [from, opening, closing] = [3, 4, 5];
  const [group, depth, opened, closed, bit] = [6, 7, 8, 9, 10];
  const load = (kind: number, local: number): wasm.Code =>
    [get(group), wasm.loadLong(marks + kind), get(from), wasm.and, set(local)].flat();
  const ones = (bits: number, local: number): wasm.Code => [get(bits), wasm.countOnes, wasm.toShort, set(local)].flat();
  const change = (local: number, by: wasm.Code, how: wasm.Code): wasm.Code => [get(local), by, how, set(local)].flat();
  const bad = [...address(-1), ...wasm.leave];
  /** One bracket after the other. */
  const each = wasm.block(
    wasm.loop([
      ...[get(opening), get(closing), wasm.or, wasm.isNone, wasm.outWhen(1)].flat(),
      ...[get(opening), get(closing), wasm.or, wasm.zerosBelow, wasm.toShort, set(bit)].flat(),
      ...[get(opening), get(bit), wasm.toLong, wasm.shiftUnsigned, wasm.toShort, address(1), wasm.shortAnd].flat(),
      ...wasm.when([
        ...change(depth, address(1), plus),
        ...[get(depth), get(left), wasm.isSignedAbove, wasm.when(bad)].flat(),
      ]),
      ...[get(closing), get(bit), wasm.toLong, wasm.shiftUnsigned, wasm.toShort, address(1), wasm.shortAnd].flat(),
      ...wasm.when([
        ...change(depth, address(1), wasm.shortMinus),
        ...[get(depth), wasm.isShortNone].flat(),
        ...wasm.when([
          ...[get(group), address(1), wasm.shortShiftLeft, get(bit), plus, address(1), plus, wasm.leave].flat(),
        ]),
      ]),
      // Without the bit, and those before it.
      ...[constant(-2n), get(bit), wasm.toLong, wasm.shiftLeft, set(from)].flat(),
      ...change(opening, get(from), wasm.and),
      ...change(closing, get(from), wasm.and),
      ...wasm.again(0),
    ]),
  );
  const body = [
    ...groupOf(at, group, from),
    ...wasm.repeat([
      ...load(opens, opening),
      ...load(closes, closing),
      ...ones(opening, opened),
      ...ones(closing, closed),
      // Where it can neither end in this group nor become too deep, their numbers are enough.
      ...wasm.block([
        ...[get(depth), get(closed), wasm.isSignedAbove, get(depth), get(opened), plus, get(left)].flat(),
        ...[wasm.isSignedAbove, wasm.isShortNone, wasm.shortAnd].flat(),
        ...wasm.when([
          ...[get(depth), get(opened), plus, get(closed), wasm.shortMinus, set(depth), wasm.out(1)].flat(),
        ]),
        ...each,
      ]),
      ...[constant(-1n), set(from)].flat(),
      ...change(group, address(groupBytes), plus),
      ...[get(group), address(1), wasm.shortShiftLeft, get(length), wasm.isBelow].flat(),
    ]),
    ...address(-1),
  ];
  return { name: "afterBrackets", parameters: 3, locals: 3, shortLocals: 5, returns: true, body };
}
