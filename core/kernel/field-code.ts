/**
 * Arithmetic modulo the prime of P-256 or P-384 and on its points, as WebAssembly. Source: NIST SP 800-186 §3.2.1;
 * Guide to Elliptic Curve Cryptography §3.2.2 (Hankerson, Menezes, Vanstone: doubling and mixed addition in Jacobian
 * coordinates for a = -3). Montgomery multiplication is by operand scanning.
 */
import {
  add,
  address,
  addressPlus,
  and,
  call,
  type Code,
  constant,
  encodeModule,
  get,
  isNegative,
  loadWord,
  multiply,
  select,
  set,
  shiftSigned,
  shiftUnsigned,
  storeWord,
  subtract,
  tee,
  type WasmFunction,
} from "./wasm-code.ts";

/**
 * A prime that is sparse in words of 32 bits: minus one, and these words, to be added or taken away. So what makes the
 * lowest word of a product vanish is that word times the prime, and that is a few additions.
 */
export interface SparsePrime {
  readonly curve: "P-256" | "P-384";
  readonly prime: bigint;
  /** Words of a field element, little-endian; a point is X, Y, Z. */
  readonly words: number;
  readonly added: readonly number[];
  readonly taken: readonly number[];
}

export const sparsePrimes: Readonly<Record<SparsePrime["curve"], SparsePrime>> = {
  "P-256": {
    curve: "P-256",
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    words: 8,
    added: [3, 6, 8],
    taken: [7],
  },
  "P-384": {
    curve: "P-384",
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    words: 12,
    added: [1, 12],
    taken: [3, 4],
  },
};

export const elementBytesOf = ({ words }: SparsePrime): number => 4 * words;

const mask = constant(0xffffffffn);
const bits = constant(32n);
const wordOf = ({ prime }: SparsePrime, index: number): bigint => (prime >> BigInt(32 * index)) & 0xffffffffn;
const each = ({ words }: SparsePrime, code: (index: number) => Code): Code =>
  Array.from({ length: words }, (_, index) => code(index)).flat();

/** Takes a sum from the stack: its low word into a local, its carry into another. */
const split = (sum: number, into: number, carry: number, shift: Code): Code => [
  ...tee(sum),
  ...mask,
  ...and,
  ...set(into),
  ...get(sum),
  ...bits,
  ...shift,
  ...set(carry),
];

/**
 * Stores the value in the locals `first`…, whose top is `top`, less the prime if it is not smaller than that. It is
 * below twice the prime.
 */
function storeReduced(field: SparsePrime, first: number, top: number, lower: number, sum: number, carry: number): Code {
  return [
    ...constant(0n),
    ...set(carry),
    ...each(field, (index) => [
      ...get(first + index),
      ...constant(wordOf(field, index)),
      ...subtract,
      ...get(carry),
      ...add,
      ...split(sum, lower + index, carry, shiftSigned),
    ]),
    ...get(top),
    ...get(carry),
    ...add,
    ...set(carry),
    ...each(field, (index) => [
      ...get(0),
      ...get(first + index),
      ...get(lower + index),
      ...get(carry),
      ...isNegative,
      ...select,
      ...storeWord(4 * index),
    ]),
  ];
}

/**
 * mul(to, a, b): a·b/2^384, or 2^256. One word of b at a time; what makes the lowest word vanish is that word times the
 * prime, whose last term takes the word itself away.
 */
function multiplication(field: SparsePrime): WasmFunction {
  const { words, added, taken } = field;
  const [a, t, lower] = [3, 3 + words, 3 + words + words + 2];
  const [top, over] = [t + words, t + words + 1];
  const [sum, carry, factor, locals] = [lower + words, lower + words + 1, lower + words + 2, lower + words + 3 - 3];
  const reduced = (index: number): Code => {
    const term = added.includes(index)
      ? [...get(factor), ...add]
      : taken.includes(index)
        ? [...get(factor), ...subtract]
        : [];
    return [
      ...get(t + index),
      ...term,
      ...(index === 1 ? [] : [...get(carry), ...add]),
      ...split(sum, t + index - 1, carry, shiftSigned),
    ];
  };
  const step = (row: number): Code => [
    ...get(2),
    ...loadWord(4 * row),
    ...set(factor),
    ...each(field, (index) => [
      ...get(a + index),
      ...get(factor),
      ...multiply,
      ...(row === 0 ? [] : [...get(t + index), ...add]),
      ...(index === 0 ? [] : [...get(carry), ...add]),
      ...split(sum, t + index, carry, shiftUnsigned),
    ]),
    ...(row === 0 ? get(carry) : [...get(top), ...get(carry), ...add]),
    ...split(sum, top, over, shiftUnsigned),
    ...get(t),
    ...set(factor),
    ...Array.from({ length: words }, (_, index) => reduced(index + 1)).flat(),
    ...get(over),
    ...get(carry),
    ...add,
    ...set(top),
  ];
  const body = [
    ...each(field, (index) => [...get(1), ...loadWord(4 * index), ...set(a + index)]),
    ...each(field, step),
    ...storeReduced(field, t, top, lower, sum, carry),
  ];
  return { name: "mul", parameters: 3, locals, body };
}

/** The sums or differences of a's and b's words in the locals `first`…, and the last carry. */
const wordByWord = (
  field: SparsePrime,
  operation: Code,
  shift: Code,
  first: number,
  sum: number,
  carry: number,
): Code =>
  each(field, (index) => [
    ...get(1),
    ...loadWord(4 * index),
    ...get(2),
    ...loadWord(4 * index),
    ...operation,
    ...(index === 0 ? [] : [...get(carry), ...add]),
    ...split(sum, first + index, carry, shift),
  ]);

/** add(to, a, b) */
function addition(field: SparsePrime): WasmFunction {
  const { words } = field;
  const [t, lower] = [3, 3 + words];
  const [sum, carry] = [lower + words, lower + words + 1];
  const body = [
    ...wordByWord(field, add, shiftUnsigned, t, sum, carry),
    ...get(carry),
    ...set(carry + 1),
    ...storeReduced(field, t, carry + 1, lower, sum, carry),
  ];
  return { name: "add", parameters: 3, locals: 2 * words + 3, body };
}

/** sub(to, a, b): where it is negative, the prime is added. */
function subtraction(field: SparsePrime): WasmFunction {
  const { words } = field;
  const t = 3;
  const [sum, carry, sign] = [t + words, t + words + 1, t + words + 2];
  const body = [
    ...wordByWord(field, subtract, shiftSigned, t, sum, carry),
    // The last carry is 0 or -1: as a mask it takes the prime or nothing.
    ...get(carry),
    ...set(sign),
    ...constant(0n),
    ...set(carry),
    ...each(field, (index) => [
      ...get(t + index),
      ...constant(wordOf(field, index)),
      ...get(sign),
      ...and,
      ...add,
      ...get(carry),
      ...add,
      ...split(sum, t + index, carry, shiftUnsigned),
    ]),
    ...each(field, (index) => [...get(0), ...get(t + index), ...storeWord(4 * index)]),
  ];
  return { name: "sub", parameters: 3, locals: words + 3, body };
}

const [mul, plus, minus] = [0, 1, 2];

/** Where the operations below keep what they need in between: from `base` on. */
const scratchOf =
  (field: SparsePrime, base: number) =>
  (index: number): Operand => ({ at: "scratch", offset: base + index * elementBytesOf(field) });
export const scratchBytesOf = (field: SparsePrime): number => 8 * elementBytesOf(field);

interface Operand {
  readonly at: "first" | "second" | "scratch";
  readonly offset: number;
}
const operand = ({ at, offset }: Operand): Code =>
  at === "scratch"
    ? address(offset)
    : [...get(at === "first" ? 0 : 1), ...(offset === 0 ? [] : [...address(offset), ...addressPlus])];
const op = (index: number, to: Operand, a: Operand, b: Operand): Code => [
  ...operand(to),
  ...operand(a),
  ...operand(b),
  ...call(index),
];
const coordinates = (field: SparsePrime, at: Operand["at"]): readonly [Operand, Operand, Operand] => [
  { at, offset: 0 },
  { at, offset: elementBytesOf(field) },
  { at, offset: 2 * elementBytesOf(field) },
];

/** double(point), in place. The neutral element, whose Z is 0, stays. */
function doubling(field: SparsePrime, base: number): WasmFunction {
  const scratch = scratchOf(field, base);
  const [x, y, z] = coordinates(field, "first");
  const [delta, gamma, beta, alpha, other] = [scratch(0), scratch(1), scratch(2), scratch(3), scratch(4)];
  const body = [
    op(mul, delta, z, z),
    op(mul, gamma, y, y),
    op(mul, beta, x, gamma),
    // alpha = 3 (X - Z²) (X + Z²)
    op(minus, alpha, x, delta),
    op(plus, other, x, delta),
    op(mul, other, alpha, other),
    op(plus, alpha, other, other),
    op(plus, alpha, alpha, other),
    // Z' = (Y + Z)² - Y² - Z²
    op(plus, z, y, z),
    op(mul, z, z, z),
    op(minus, z, z, gamma),
    op(minus, z, z, delta),
    // X' = alpha² - 8 beta
    op(plus, beta, beta, beta),
    op(plus, beta, beta, beta),
    op(plus, other, beta, beta),
    op(mul, x, alpha, alpha),
    op(minus, x, x, other),
    // Y' = alpha (4 beta - X') - 8 gamma²
    op(minus, beta, beta, x),
    op(mul, gamma, gamma, gamma),
    op(plus, gamma, gamma, gamma),
    op(plus, gamma, gamma, gamma),
    op(plus, gamma, gamma, gamma),
    op(mul, y, alpha, beta),
    op(minus, y, y, gamma),
  ].flat();
  return { name: "double", parameters: 1, locals: 0, body };
}

/**
 * addAffine(point, other), in place; `other` is X and Y. Neither is the neutral element. Where their X are equal, Z
 * becomes 0: then X tells whether they were the same point (0) or each other's negative.
 */
function mixedAddition(field: SparsePrime, base: number): WasmFunction {
  const scratch = scratchOf(field, base);
  const [x, y, z] = coordinates(field, "first");
  const [x2, y2] = coordinates(field, "second");
  const [zz, h, hh, r, j, v] = [scratch(0), scratch(1), scratch(2), scratch(3), scratch(4), scratch(5)];
  const body = [
    op(mul, zz, z, z),
    op(mul, h, x2, zz),
    op(minus, h, h, x),
    op(mul, r, z, zz),
    op(mul, r, y2, r),
    op(minus, r, r, y),
    op(plus, r, r, r),
    op(mul, hh, h, h),
    // Z' = (Z + H)² - Z² - H²
    op(plus, z, z, h),
    op(mul, z, z, z),
    op(minus, z, z, zz),
    op(minus, z, z, hh),
    // I = 4 H², J = H I, V = X I
    op(plus, hh, hh, hh),
    op(plus, hh, hh, hh),
    op(mul, j, h, hh),
    op(mul, v, x, hh),
    // X' = r² - J - 2 V
    op(mul, x, r, r),
    op(minus, x, x, j),
    op(minus, x, x, v),
    op(minus, x, x, v),
    // Y' = r (V - X') - 2 Y J
    op(minus, v, v, x),
    op(mul, v, r, v),
    op(mul, j, y, j),
    op(plus, j, j, j),
    op(minus, y, v, j),
  ].flat();
  return { name: "addAffine", parameters: 2, locals: 0, body };
}

/** In this order: {@link functionIndex} has their places. {@link scratchBytesOf} bytes from `base` on are their own. */
export const fieldFunctions = (field: SparsePrime, base = 0): readonly WasmFunction[] => [
  multiplication(field),
  addition(field),
  subtraction(field),
  doubling(field, base),
  mixedAddition(field, base),
];
export const functionIndex = { mul, double: 3, addAffine: 4 } as const;

/** The module; the first {@link scratchBytesOf} bytes of its memory are its own. */
export const fieldModule = (field: SparsePrime, pages: number): Uint8Array =>
  encodeModule(fieldFunctions(field), pages);
