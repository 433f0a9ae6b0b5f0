/**
 * Sums of multiples of two points of a curve, by combs: multiples of each are in a table, so that 24 doublings (16 of
 * P-256) serve both. Source: Lim and Lee 1994 (More Flexible Exponentiation with Precomputation, CRYPTO '94); here with
 * eight teeth and two tables.
 */
import { curves } from "../crypto/curve.ts";
import { pointsOf } from "../crypto/points.ts";
import { type SparsePrime, sparsePrimes } from "./field-code.ts";
import { Field, type WasmHost } from "./field.ts";

const teeth = 8;
const tables = 2;
const entries = 2 ** teeth - 1;

/** Multiples of a point, affine: for each table, all sums of its eight teeth but the empty one. */
export type Comb = Uint32Array;

/** Its memory holds the generator's comb, one key's, and one point. */
export class CombKernel {
  readonly #curve: SparsePrime["curve"];
  readonly #field: Field;
  /** Bits between the teeth of one table, and between the tables. */
  readonly #spacing: number;
  readonly #rows: number;
  readonly #combBytes: number;
  readonly #sum: number;
  readonly #element: number;
  readonly #other: number;
  readonly #generator: number;
  readonly #key: number;
  #held: Comb | undefined;

  constructor(curve: SparsePrime["curve"], host: WasmHost) {
    this.#curve = curve;
    const prime = sparsePrimes[curve];
    const elementBytes = 4 * prime.words;
    const jacobianBytes = 3 * elementBytes;
    const combBytes = tables * entries * 2 * elementBytes;
    this.#combBytes = combBytes;
    this.#spacing = (32 * prime.words) / teeth;
    this.#rows = this.#spacing / tables;
    this.#field = new Field(prime, jacobianBytes + 2 * elementBytes + 2 * combBytes, host);
    this.#sum = this.#field.allocate(jacobianBytes);
    this.#element = this.#field.allocate(elementBytes);
    this.#other = this.#field.allocate(elementBytes);
    this.#generator = this.#field.allocate(combBytes);
    this.#key = this.#field.allocate(combBytes);
    const { x, y } = curves[curve].generator;
    this.#field.put(this.#generator, this.makeComb(x, y));
  }

  /** The comb of a point that is on the curve, and not its neutral element. */
  makeComb(x: bigint, y: bigint): Comb {
    const field = this.#field;
    const { elementBytes, jacobianBytes, affineBytes } = field;
    this.#held = undefined;
    field.set(this.#key, x);
    field.set(this.#key + elementBytes, y);
    field.setPoint(this.#sum, this.#key);
    const bases: Uint32Array[] = [];
    for (let base = 0; base < teeth * tables; base++) {
      if (base > 0) for (let count = 0; count < this.#rows; count++) field.double(this.#sum);
      bases.push(field.take(this.#sum, jacobianBytes));
    }
    const affine = this.#toAffine(bases);
    const points: Uint32Array[] = [];
    for (let table = 0; table < tables; table++)
      for (let index = 1; index <= entries; index++) points.push(this.#addTooth(points, affine, table, index));
    const comb = new Uint32Array(this.#combBytes / 4);
    for (const [index, point] of this.#toAffine(points).entries()) comb.set(point, (index * affineBytes) / 4);
    return comb;
  }

  /** The sum at an index is the earlier sum without its lowest tooth, plus that tooth. */
  #addTooth(points: readonly Uint32Array[], affine: readonly Uint32Array[], table: number, index: number): Uint32Array {
    const field = this.#field;
    const tooth = 31 - Math.clz32(index & -index);
    field.put(this.#key, affine[tooth * tables + table] as Uint32Array);
    const rest = index & (index - 1);
    if (rest === 0) field.setPoint(this.#sum, this.#key);
    else {
      field.put(this.#sum, points[table * entries + rest - 1] as Uint32Array);
      if (!field.addAffine(this.#sum, this.#key)) throw new RangeError("a comb has no neutral element");
    }
    return field.take(this.#sum, field.jacobianBytes);
  }

  /** X/Z², Y/Z³ of many points by one inversion (Montgomery's trick). */
  #toAffine(points: readonly Uint32Array[]): readonly Uint32Array[] {
    const field = this.#field;
    const { elementBytes, affineBytes, words } = field;
    const [z, product] = [this.#element, this.#other];
    const products: Uint32Array[] = [];
    field.copy(product, field.one, elementBytes);
    for (const point of points) {
      products.push(field.take(product, elementBytes));
      field.put(z, point.subarray(2 * words));
      field.multiply(product, product, z);
    }
    field.invert(product, (value) => pointsOf(this.#curve).Fp.inv(value));
    const affine: Uint32Array[] = [];
    for (let index = points.length - 1; index >= 0; index--) {
      field.put(this.#sum, points[index] as Uint32Array);
      const [x, y, own] = [this.#sum, this.#sum + elementBytes, this.#sum + 2 * elementBytes];
      // The inverse of this Z, and then that of all before it.
      field.put(z, products[index] as Uint32Array);
      field.multiply(z, z, product);
      field.multiply(product, product, own);
      field.multiply(own, z, z);
      field.multiply(x, x, own);
      field.multiply(own, own, z);
      field.multiply(y, y, own);
      affine.push(field.take(this.#sum, affineBytes));
    }
    return affine.reverse();
  }

  /**
   * Whether first·G + second·Q, Q the comb's point, has an affine X that is `x` or, where that is below the prime, `x`
   * and the order. Scalars are below the order.
   */
  hasX(comb: Comb, first: bigint, second: bigint, x: bigint, alternative: bigint | undefined): boolean {
    const field = this.#field;
    const rows = this.#rows;
    if (this.#held !== comb) {
      field.put(this.#key, comb);
      this.#held = comb;
    }
    const scalars = [
      { at: this.#generator, scalar: toWords(first, field.words) },
      { at: this.#key, scalar: toWords(second, field.words) },
    ];
    let isPoint = false;
    for (let row = rows - 1; row >= 0; row--) {
      if (isPoint) field.double(this.#sum);
      for (const { at, scalar } of scalars)
        for (let table = 0; table < tables; table++) {
          const index = teethOf(scalar, table * rows + row, this.#spacing);
          if (index === 0) continue;
          const other = at + (table * entries + index - 1) * field.affineBytes;
          if (isPoint) isPoint = field.addAffine(this.#sum, other);
          else {
            field.setPoint(this.#sum, other);
            isPoint = true;
          }
        }
    }
    if (!isPoint) return false;
    const [square, candidate] = [this.#element, this.#other];
    const z = this.#sum + 2 * field.elementBytes;
    field.multiply(square, z, z);
    return [x, alternative].some((value) => {
      if (value === undefined) return false;
      field.set(candidate, value);
      field.multiply(candidate, candidate, square);
      return field.equal(candidate, this.#sum);
    });
  }
}

const toWords = (scalar: bigint, words: number): Uint32Array =>
  Uint32Array.from({ length: words }, (_, index) => Number((scalar >> BigInt(32 * index)) & 0xffffffffn));

/** The bits of a scalar at `from`, `from` + `spacing`, …, lowest first. */
function teethOf(scalar: Uint32Array, from: number, spacing: number): number {
  let index = 0;
  for (let tooth = 0; tooth < teeth; tooth++) {
    const bit = from + tooth * spacing;
    index |= (((scalar[bit >> 5] as number) >>> (bit & 31)) & 1) << tooth;
  }
  return index;
}
