/**
 * Writes WebAssembly: as much of its binary format as arithmetic needs. Source: WebAssembly Core Specification 1.0 §5.
 */

/** Bytes of an instruction sequence. */
export type Code = readonly number[];

/** LEB128 of an unsigned integer. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7f) {
    bytes.push(0x80 | (left & 0x7f));
    left = Math.floor(left / 128);
  }
  return [...bytes, left];
}

/** LEB128 of a signed integer. */
function signed(value: bigint): Code {
  const bytes: number[] = [];
  let left = value;
  for (;;) {
    const low = Number(BigInt.asUintN(7, left));
    left >>= 7n;
    const isLast = (left === 0n && (low & 0x40) === 0) || (left === -1n && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const tee = (local: number): Code => [0x22, ...unsigned(local)];
export const constant = (value: bigint): Code => [0x42, ...signed(value)];
export const address = (value: number): Code => [0x41, ...signed(BigInt(value))];
/** The 32-bit word at the address on the stack plus `offset`, as an unsigned 64-bit integer. */
export const loadWord = (offset: number): Code => [0x35, 2, ...unsigned(offset)];
export const storeWord = (offset: number): Code => [0x3e, 2, ...unsigned(offset)];
export const call = (index: number): Code => [0x10, ...unsigned(index)];

/** What is done where the 32-bit integer on the stack is not 0, and what is done again as long as it leaves one. */
export const when = (body: Code): Code => [0x04, 0x40, ...body, 0x0b];
export const repeat = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0, 0x0b];
/** A part whose end {@link out} goes to, and one whose beginning {@link again} goes to; 0 is the innermost. */
export const block = (body: Code): Code => [0x02, 0x40, ...body, 0x0b];
export const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0b];
export const out = (depth: number): Code => [0x0c, ...unsigned(depth)];
export const outWhen = (depth: number): Code => [0x0d, ...unsigned(depth)];
export const again = out;
export const againWhen = outWhen;
export const leave: Code = [0x0f];
export const trap: Code = [0x00];

/** 32-bit integers in memory, a byte, and 64-bit integers. */
export const loadShort = (offset: number): Code => [0x28, 2, ...unsigned(offset)];
export const loadByte = (offset: number): Code => [0x2d, 0, ...unsigned(offset)];
export const storeByte = (offset: number): Code => [0x3a, 0, ...unsigned(offset)];
export const storeShort = (offset: number): Code => [0x36, 2, ...unsigned(offset)];
export const loadLong = (offset: number): Code => [0x29, 2, ...unsigned(offset)];
export const storeLong = (offset: number): Code => [0x37, 2, ...unsigned(offset)];

/** Of 32-bit integers, as addresses are. */
export const addressPlus: Code = [0x6a];
export const shortMinus: Code = [0x6b];
export const shortTimes: Code = [0x6c];
export const shortAnd: Code = [0x71];
export const shortXor: Code = [0x73];
export const shortUnsignedShift: Code = [0x76];
export const rotateRight: Code = [0x78];
export const isSame: Code = [0x46];
export const isDifferent: Code = [0x47];
export const isBelow: Code = [0x49];
export const isAbove: Code = [0x4b];
export const isSignedAbove: Code = [0x4a];
export const shortShiftLeft: Code = [0x74];
export const shortOr: Code = [0x72];
export const isShortNone: Code = [0x45];
/** Whether a 64-bit integer is 0. */
export const isNone: Code = [0x50];
export const isLongSame: Code = [0x51];
export const isLongBelow: Code = [0x54];
/** Of a 64-bit integer: how many zeros are below its lowest 1, and how many ones it has. */
export const zerosBelow: Code = [0x7a];
export const countOnes: Code = [0x7b];
export const shiftLeft: Code = [0x86];
/** From a 32-bit integer without a sign to a 64-bit one, and back: its lower half. */
export const toLong: Code = [0xad];
export const toShort: Code = [0xa7];
export const or: Code = [0x84];
export const xor: Code = [0x85];

/** Instructions without operands. */
export const add: Code = [0x7c];
export const subtract: Code = [0x7d];
export const multiply: Code = [0x7e];
export const and: Code = [0x83];
export const shiftSigned: Code = [0x87];
export const shiftUnsigned: Code = [0x88];
export const isNegative: Code = [...constant(0n), 0x53];
export const select: Code = [0x1b];

/** Vectors of 16 bytes: of version 2.0 of the specification. */
const ofVectors = (number: number, ...operands: readonly number[]): Code => [0xfd, ...unsigned(number), ...operands];
export const loadVector = (offset: number): Code => [...ofVectors(0, 0), ...unsigned(offset)];
/** The same byte 16 times. */
export const vectorOf = (byte: number): Code => ofVectors(12, ...Array.from({ length: 16 }, () => byte));
export const vectorAnd: Code = ofVectors(78);
/** Byte by byte: all ones where two vectors have the same byte, else all zeros. */
export const sameBytes: Code = ofVectors(35);
/** The highest bit of each byte, as a 32-bit integer. */
export const highestBits: Code = ofVectors(100);

/** copies(to, from, length) bytes; they may overlap. */
export const copyBytes: Code = [0xfc, 10, 0, 0];

export interface WasmFunction {
  readonly name: string;
  /** Addresses; they are the first locals. */
  readonly parameters: number;
  /** Further locals, 64-bit integers. */
  readonly locals: number;
  /** And after them 32-bit integers. */
  readonly shortLocals?: number;
  /** And after those vectors. */
  readonly vectorLocals?: number;
  /** Whether it leaves a 32-bit integer. */
  readonly returns?: boolean;
  readonly body: Code;
}

/** Bytes that a memory begins with. */
export interface Placed {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** A function that a module is given. */
export type GivenFunction = Pick<WasmFunction, "name" | "parameters" | "returns">;

/**
 * A module with the functions, in their order, all exported. It has so many pages of memory, which is exported too; or
 * it is given a memory and functions by `env`, and then those functions are the first.
 */
export function encodeModule(
  functions: readonly WasmFunction[],
  memory: number | readonly GivenFunction[],
  data: readonly Placed[] = [],
): Uint8Array {
  const [given, pages] = typeof memory === "number" ? [[], memory] : [memory, undefined];
  const name = (text: string): Code => vector([...text].map((letter) => [letter.charCodeAt(0)]));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      vector(
        [...given, ...functions].map(({ parameters, returns = false }) => [
          0x60,
          ...vector(Array.from({ length: parameters }, () => [0x7f])),
          ...vector(returns ? [[0x7f]] : []),
        ]),
      ),
    ),
    ...(pages === undefined
      ? section(
          2,
          vector([
            ...given.map((one, index) => [...name("env"), ...name(one.name), 0, ...unsigned(index)]),
            [...name("env"), ...name("memory"), 2, 0, 0],
          ]),
        )
      : []),
    ...section(3, vector(functions.map((_, index) => unsigned(given.length + index)))),
    ...(pages === undefined ? [] : section(5, vector([[0, ...unsigned(pages)]]))),
    ...section(
      7,
      vector([
        ...functions.map((one, index) => [...name(one.name), 0, ...unsigned(given.length + index)]),
        ...(pages === undefined ? [] : [[...name("memory"), 2, 0]]),
      ]),
    ),
    ...section(
      10,
      vector(
        functions.map(({ locals, shortLocals = 0, vectorLocals = 0, body }) => {
          const groups = [
            [locals, 0x7e],
            [shortLocals, 0x7f],
            [vectorLocals, 0x7b],
          ] as const;
          const kinds = groups.filter(([count]) => count > 0).map(([count, type]) => [...unsigned(count), type]);
          const content = [...vector(kinds), ...body, 0x0b];
          return [...unsigned(content.length), ...content];
        }),
      ),
    ),
    ...(data.length === 0
      ? []
      : section(
          11,
          vector(data.map(({ at, bytes }) => [0, ...address(at), 0x0b, ...unsigned(bytes.length), ...bytes])),
        )),
  ]);
}
