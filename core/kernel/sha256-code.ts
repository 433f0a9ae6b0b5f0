/**
 * SHA-256's function over blocks, as WebAssembly. Source: FIPS 180-4 §4.1.2, §4.2.2 and §6.2.
 */
import { bytesFunction, textFunction } from "./text-code.ts";
import * as wasm from "./wasm-code.ts";

export const blockBytes = 64;
/** So many bytes of blocks at a time. */
export const mostBlockBytes = 32_768;

/** Between blocks there are eight words, the highest byte first; at last they are the digest. */
const stateBytes = 32;

/** Where the state and the blocks are, from the module's base on. */
const places = { state: 0, blocks: stateBytes };
export const sha256Bytes = stateBytes + mostBlockBytes;

/** The first 64 primes. */
const primes = Array.from({ length: 312 }, (_, number) => number).filter(
  (number) => number > 1 && Array.from({ length: number }, (_, at) => at).every((at) => at < 2 || number % at !== 0),
);

/** The first 32 bits of what a root of a small number has behind its point. */
function rootBits(number: number, power: 2 | 3): number {
  const shifted = BigInt(number) << BigInt(32 * power);
  let root = BigInt(Math.floor(number ** (1 / power) * 2 ** 32)) - 2n ** 12n;
  for (let step = 2n ** 13n; step > 0n; step >>= 1n) while ((root + step) ** BigInt(power) <= shifted) root += step;
  return Number(root & 0xffffffffn);
}
const constants = primes.map((prime) => rootBits(prime, 3));

/** The state that a message begins with, as hexadecimal text. */
export const initialState = (): string =>
  primes
    .slice(0, 8)
    .map((prime) => rootBits(prime, 2).toString(16).padStart(8, "0"))
    .join("");

const { get, set, address, rotateRight, shortAnd, shortXor, addressPlus: plus } = wasm;
const short = (value: number): wasm.Code => address(value | 0);
const rotated = (local: number, bits: number): wasm.Code => [...get(local), ...address(bits), ...rotateRight];
const shifted = (local: number, bits: number): wasm.Code => [
  ...get(local),
  ...address(bits),
  ...wasm.shortUnsignedShift,
];
const mixed = (first: wasm.Code, second: wasm.Code, third: wasm.Code): wasm.Code => [
  ...first,
  ...second,
  ...shortXor,
  ...third,
  ...shortXor,
];

/** Turns the bytes of the word on the stack around. */
const turned = (local: number): wasm.Code => [
  ...set(local),
  ...rotated(local, 8),
  ...short(0xff00ff00),
  ...shortAnd,
  ...rotated(local, 24),
  ...short(0x00ff00ff),
  ...shortAnd,
  ...shortXor,
];

/**
 * blocks(state, stateLength, blocks, length, answer): the state after these blocks. All are hexadecimal text; where the
 * state is, and how long, is put into `answer`.
 */
function blocksFunction(base: number, allot: number, decode: number, encode: number): wasm.WasmFunction {
  const [stateText, stateLength, blocks, length, answer] = [0, 1, 2, 3, 4];
  const state = address(base + places.state);
  const own = address(base + places.blocks);
  const variables = [5, 6, 7, 8, 9, 10, 11, 12];
  const schedule = Array.from({ length: 16 }, (_, index) => 13 + index);
  const word = 29;
  const words = (index: number): number => schedule[index % 16] as number;
  const expanded = (round: number): wasm.Code => {
    const [second, last] = [words(round + 1), words(round + 14)];
    return [
      ...get(words(round)),
      ...mixed(rotated(second, 7), rotated(second, 18), shifted(second, 3)),
      ...plus,
      ...get(words(round + 9)),
      ...plus,
      ...mixed(rotated(last, 17), rotated(last, 19), shifted(last, 10)),
      ...plus,
      ...set(words(round)),
    ];
  };
  const round = (index: number): wasm.Code => {
    // Variables take each other's places by their names, not by being moved.
    const at = (name: number): number => variables[(name + 64 - index) % 8] as number;
    const [a, b, c, d, e, f, g, h] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
    return [
      ...(index < 16
        ? [...get(blocks), ...wasm.loadShort(4 * index), ...turned(word), ...set(words(index))]
        : expanded(index)),
      ...get(h),
      ...mixed(rotated(e, 6), rotated(e, 11), rotated(e, 25)),
      ...plus,
      // Ch: f where e has a one, else g.
      ...[...get(f), ...get(g), ...shortXor, ...get(e), ...shortAnd, ...get(g), ...shortXor],
      ...plus,
      ...short(constants[index] as number),
      ...plus,
      ...get(words(index)),
      ...plus,
      ...wasm.tee(word),
      ...get(d),
      ...plus,
      ...set(d),
      ...get(word),
      ...mixed(rotated(a, 2), rotated(a, 13), rotated(a, 22)),
      ...plus,
      // Maj: what two of the three have.
      ...mixed(
        [...get(a), ...get(b), ...shortAnd],
        [...get(a), ...get(c), ...shortAnd],
        [...get(b), ...get(c), ...shortAnd],
      ),
      ...plus,
      ...set(h),
    ];
  };
  const body = [
    ...[get(stateLength), address(2 * stateBytes), wasm.isDifferent, wasm.when(wasm.trap)].flat(),
    // Whole blocks, and at least one.
    ...[get(length), address(2 * blockBytes - 1), shortAnd, wasm.when(wasm.trap)].flat(),
    ...[get(length), wasm.isShortNone, wasm.when(wasm.trap)].flat(),
    ...[get(length), address(2 * mostBlockBytes), wasm.isAbove, wasm.when(wasm.trap)].flat(),
    ...[state, address(1), get(stateText), get(stateLength), wasm.call(decode)].flat(),
    ...[own, address(1), get(blocks), get(length), wasm.call(decode)].flat(),
    ...[own, set(blocks)].flat(),
    ...wasm.repeat([
      ...variables.flatMap((local, index) => [...state, ...wasm.loadShort(4 * index), ...turned(word), ...set(local)]),
      ...Array.from({ length: 64 }, (_, index) => round(index)).flat(),
      ...variables.flatMap((local, index) => [
        ...state,
        ...state,
        ...wasm.loadShort(4 * index),
        ...turned(word),
        ...get(local),
        ...plus,
        ...turned(word),
        ...wasm.storeShort(4 * index),
      ]),
      ...[get(blocks), address(blockBytes), plus, set(blocks)].flat(),
      ...[get(length), address(2 * blockBytes), wasm.shortMinus, wasm.tee(length)].flat(),
    ]),
    ...[address(0), address(0), address(1), address(2 * stateBytes), wasm.call(allot), set(word)].flat(),
    ...[get(word), state, address(stateBytes), wasm.call(encode)].flat(),
    ...[get(answer), get(word), wasm.storeShort(0)].flat(),
    ...[get(answer), address(2 * stateBytes), wasm.storeShort(4)].flat(),
  ];
  return { name: "blocks", parameters: 5, locals: 0, shortLocals: 25, body };
}

/**
 * The module: `blocks`, over a memory that it is given and of which {@link sha256Bytes} bytes from `base` on are its
 * own. `cabi_realloc` gives it memory for its answer, which is then who asked's.
 */
export const sha256Module = (base: number): Uint8Array =>
  wasm.encodeModule(
    [bytesFunction(), textFunction(), blocksFunction(base, 0, 1, 2)],
    [{ name: "cabi_realloc", parameters: 4, returns: true }],
  );
