/**
 * The sum by which ECDSA verifies, as one WebAssembly function: for keys that are new, and for a host to which a call
 * into WebAssembly costs more than arithmetic does. Each bit of both multipliers is taken in turn, so that no tables
 * are needed. Source: FIPS 186-5 §6.4.2; Guide to Elliptic Curve Cryptography §3.3.3 (Hankerson, Menezes, Vanstone:
 * simultaneous multiplication).
 */
import { toBytes } from "../crypto/big-integer.ts";
import { curves } from "../crypto/curve.ts";
import { concat } from "../encoding/bytes.ts";
import {
  elementBytesOf,
  fieldFunctions,
  functionIndex,
  scratchBytesOf,
  type SparsePrime,
  sparsePrimes,
} from "./field-code.ts";
import { bytesFunction } from "./text-code.ts";
import * as wasm from "./wasm-code.ts";

/** Q's X and Y, both multipliers, and two X that the sum may have. */
const numberCount = 6;

/** Little-endian bytes of an integer. */
const littleBytes = (value: bigint, length: number): Uint8Array => toBytes(value, length).reverse();

/** Where things are in memory, from `base` on. */
function placesOf(field: SparsePrime, base: number) {
  const size = elementBytesOf(field);
  const one = base + scratchBytesOf(field);
  const square = one + size;
  const generator = square + size;
  const sum = generator + 2 * size;
  const numbers = sum + 3 * size;
  return { size, one, square, generator, sum, numbers, end: numbers + numberCount * size };
}

type Places = ReturnType<typeof placesOf>;
type Address = wasm.Code;
const longs = (size: number): readonly number[] => Array.from({ length: size / 8 }, (_, index) => 8 * index);

/** Whether the element is 0. */
const isZero = (at: Address, offset: number, size: number): wasm.Code => [
  ...longs(size).flatMap((index) => [...at, ...wasm.loadLong(offset + index), ...(index === 0 ? [] : wasm.or)]),
  ...wasm.isNone,
];
const isEqual = (left: Address, right: Address, size: number): wasm.Code => [
  ...longs(size).flatMap((index) => [
    ...left,
    ...wasm.loadLong(index),
    ...right,
    ...wasm.loadLong(index),
    ...wasm.xor,
    ...(index === 0 ? [] : wasm.or),
  ]),
  ...wasm.isNone,
];
const copy = (to: Address, toOffset: number, from: Address, size: number): wasm.Code =>
  longs(size).flatMap((index) => [...to, ...from, ...wasm.loadLong(index), ...wasm.storeLong(toOffset + index)]);

/** include(point, other): adds an affine point to any point; the neutral element is one whose Z is 0. */
function inclusion({ size, one }: Places): wasm.WasmFunction {
  const [point, other] = [wasm.get(0), wasm.get(1)];
  const take = [...copy(point, 0, other, 2 * size), ...copy(point, 2 * size, wasm.address(one), size)];
  const body = [
    ...isZero(point, 2 * size, size),
    ...wasm.when([...take, ...wasm.leave]),
    ...point,
    ...other,
    ...wasm.call(functionIndex.addAffine),
    // Their X were equal: the same point, which is doubled, or its negative.
    ...isZero(point, 2 * size, size),
    ...wasm.when([...isZero(point, 0, size), ...wasm.when([...take, ...point, ...wasm.call(functionIndex.double)])]),
  ];
  return { name: "include", parameters: 2, locals: 0, body };
}

/**
 * hasX(text, length): whether first·G + second·Q is a point with one of two affine X. The text has the integers in the
 * order X, the other X, second, first, Y and X of Q, each as hexadecimal text, so that its bytes from the last to the
 * first are little-endian integers. They are below the prime, and Q is on the curve.
 */
function sumFunction(places: Places, base: number, include: number, decode: number): wasm.WasmFunction {
  const { size, square, generator, sum, numbers } = places;
  const bit = 2;
  const number = (index: number): Address => wasm.address(numbers + index * size);
  const multiply = (to: Address, left: Address, right: Address): wasm.Code => [
    ...to,
    ...left,
    ...right,
    ...wasm.call(functionIndex.mul),
  ];
  const [zz, candidate] = [wasm.address(base), wasm.address(base + size)];
  const z = wasm.address(sum + 2 * size);
  const addWhere = (multiplier: number, point: Address): wasm.Code => [
    ...wasm.get(bit),
    ...wasm.address(3),
    ...wasm.shortUnsignedShift,
    ...wasm.loadByte(numbers + multiplier * size),
    ...wasm.get(bit),
    ...wasm.address(7),
    ...wasm.shortAnd,
    ...wasm.shortUnsignedShift,
    ...wasm.address(1),
    ...wasm.shortAnd,
    ...wasm.when([...wasm.address(sum), ...point, ...wasm.call(include)]),
  ];
  const body = [
    ...wasm.get(1),
    ...wasm.address(2 * numberCount * size),
    ...wasm.isDifferent,
    ...wasm.when(wasm.trap),
    ...wasm.address(numbers + numberCount * size - 1),
    ...wasm.address(-1),
    ...wasm.get(0),
    ...wasm.get(1),
    ...wasm.call(decode),
    // Elements of the integers: in Montgomery form.
    ...[0, 1, 4, 5].flatMap((index) => multiply(number(index), number(index), wasm.address(square))),
    ...longs(3 * size).flatMap((index) => [...wasm.address(sum), ...wasm.constant(0n), ...wasm.storeLong(index)]),
    ...wasm.address(8 * size),
    ...wasm.set(bit),
    ...wasm.repeat([
      ...wasm.get(bit),
      ...wasm.address(1),
      ...wasm.shortMinus,
      ...wasm.set(bit),
      ...wasm.address(sum),
      ...wasm.call(functionIndex.double),
      ...addWhere(2, wasm.address(generator)),
      ...addWhere(3, number(0)),
      ...wasm.get(bit),
    ]),
    ...isZero(z, 0, size),
    ...wasm.when([...wasm.address(0), ...wasm.leave]),
    // X is an affine X times Z².
    ...multiply(zz, z, z),
    ...multiply(candidate, number(4), zz),
    ...isEqual(candidate, wasm.address(sum), size),
    ...wasm.when([...wasm.address(1), ...wasm.leave]),
    ...multiply(candidate, number(5), zz),
    ...isEqual(candidate, wasm.address(sum), size),
  ];
  return { name: "hasX", parameters: 2, locals: 0, shortLocals: 1, returns: true, body };
}

/** Bytes of memory that the module takes. */
export const sumBytesOf = (curve: SparsePrime["curve"]): number => placesOf(sparsePrimes[curve], 0).end;

/** The module: `hasX`, over a memory that it is given. Of that, {@link sumBytesOf} bytes from `base` on are its own. */
export function sumModule(curve: SparsePrime["curve"], base: number): Uint8Array {
  const field = sparsePrimes[curve];
  const { prime, words } = field;
  const places = placesOf(field, base);
  const { size, one } = places;
  const unit = 2n ** BigInt(32 * words);
  const { x, y } = curves[curve].generator;
  const constants = [unit % prime, unit ** 2n % prime, (x * unit) % prime, (y * unit) % prime];
  const operations = fieldFunctions(field, base);
  const [include, decode] = [operations.length, operations.length + 1];
  return wasm.encodeModule(
    [...operations, inclusion(places), bytesFunction(), sumFunction(places, base, include, decode)],
    [],
    [{ at: one, bytes: concat(...constants.map((value) => littleBytes(value, size))) }],
  );
}
