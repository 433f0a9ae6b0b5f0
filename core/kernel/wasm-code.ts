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

/** Instructions without operands. */
export const addressPlus: Code = [0x6a];
export const add: Code = [0x7c];
export const subtract: Code = [0x7d];
export const multiply: Code = [0x7e];
export const and: Code = [0x83];
export const shiftSigned: Code = [0x87];
export const shiftUnsigned: Code = [0x88];
export const isNegative: Code = [...constant(0n), 0x53];
export const select: Code = [0x1b];

export interface WasmFunction {
  readonly name: string;
  /** Addresses; they are the first locals. */
  readonly parameters: number;
  /** Further locals, 64-bit integers. */
  readonly locals: number;
  readonly body: Code;
}

/** A module with the functions, in their order, and one page of memory, all exported. */
export function encodeModule(functions: readonly WasmFunction[], pages: number): Uint8Array {
  const name = (text: string): Code => vector([...text].map((letter) => [letter.charCodeAt(0)]));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      vector(functions.map(({ parameters }) => [0x60, ...vector(Array.from({ length: parameters }, () => [0x7f])), 0])),
    ),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0, ...unsigned(pages)]])),
    ...section(
      7,
      vector([...functions.map((one, index) => [...name(one.name), 0, ...unsigned(index)]), [...name("memory"), 2, 0]]),
    ),
    ...section(
      10,
      vector(
        functions.map(({ locals, body }) => {
          const content = [...vector(locals === 0 ? [] : [[...unsigned(locals), 0x7e]]), ...body, 0x0b];
          return [...unsigned(content.length), ...content];
        }),
      ),
    ),
  ]);
}
