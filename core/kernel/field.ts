/**
 * The kernel's instance: field elements and points of a curve in its memory. Elements are in Montgomery form, a·2^384
 * or a·2^256, and below the prime.
 */
import { elementBytesOf, fieldModule, scratchBytesOf, type SparsePrime } from "./field-code.ts";

/** The part of a host's `WebAssembly` that is used, so that the types of every host have it. */
export interface WasmHost {
  readonly Module: new (bytes: ArrayBuffer) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  mul(to: number, a: number, b: number): void;
  double(point: number): void;
  addAffine(point: number, other: number): void;
}

const pageBytes = 65_536;

/** Synchronous, and used by one caller at a time: each operation leaves its result where it was told to. */
export class Field {
  readonly #kernel: KernelExports;
  readonly #memory: Uint32Array;
  readonly words: number;
  readonly elementBytes: number;
  /** X, Y of an affine point, and X, Y, Z of another. */
  readonly affineBytes: number;
  readonly jacobianBytes: number;
  #free: number;
  /** 1, and the square of 2^384 or 2^256, by which an integer becomes an element. */
  readonly one: number;
  readonly #square: number;

  /** `bytes`: how much of memory is asked for with {@link allocate}. */
  constructor(field: SparsePrime, bytes: number, { Module, Instance }: WasmHost) {
    const { prime, words } = field;
    const elementBytes = elementBytesOf(field);
    this.words = words;
    this.elementBytes = elementBytes;
    this.affineBytes = 2 * elementBytes;
    this.jacobianBytes = 3 * elementBytes;
    this.#free = scratchBytesOf(field);
    const pages = Math.ceil((this.#free + 2 * elementBytes + bytes) / pageBytes);
    this.#kernel = new Instance(new Module(fieldModule(field, pages).buffer as ArrayBuffer)).exports as KernelExports;
    this.#memory = new Uint32Array(this.#kernel.memory.buffer);
    this.one = this.allocate(elementBytes);
    this.#square = this.allocate(elementBytes);
    const unit = 2n ** BigInt(32 * words);
    this.#write(this.one, unit % prime);
    this.#write(this.#square, unit ** 2n % prime);
  }

  /** The address of so many bytes. */
  allocate(bytes: number): number {
    const at = this.#free;
    this.#free += bytes;
    if (this.#free > this.#memory.byteLength) throw new RangeError("the kernel's memory is too small");
    return at;
  }

  #write(at: number, value: bigint): void {
    for (let index = 0; index < this.words; index++)
      this.#memory[at / 4 + index] = Number((value >> BigInt(32 * index)) & 0xffffffffn);
  }

  /** Makes an element of an integer below the prime. */
  set(at: number, value: bigint): void {
    this.#write(at, value);
    this.#kernel.mul(at, at, this.#square);
  }

  /** The element in Montgomery form: 2^384 or 2^256 times the integer. */
  #raw(at: number): bigint {
    let value = 0n;
    for (let index = this.words - 1; index >= 0; index--)
      value = (value << 32n) | BigInt(this.#memory[at / 4 + index] as number);
    return value;
  }

  /** The element's inverse, by `invert` on integers modulo the prime. */
  invert(at: number, invert: (value: bigint) => bigint): void {
    // 1/(a R) is a⁻¹ R⁻¹; twice by R² gives a⁻¹ R.
    this.#write(at, invert(this.#raw(at)));
    this.#kernel.mul(at, at, this.#square);
    this.#kernel.mul(at, at, this.#square);
  }

  multiply(to: number, a: number, b: number): void {
    this.#kernel.mul(to, a, b);
  }

  isZero(at: number): boolean {
    for (let index = 0; index < this.words; index++) if (this.#memory[at / 4 + index] !== 0) return false;
    return true;
  }

  equal(a: number, b: number): boolean {
    for (let index = 0; index < this.words; index++)
      if (this.#memory[a / 4 + index] !== this.#memory[b / 4 + index]) return false;
    return true;
  }

  copy(to: number, from: number, bytes: number): void {
    this.#memory.copyWithin(to / 4, from / 4, (from + bytes) / 4);
  }

  /** Copies the words at an address out, and back. */
  take(at: number, bytes: number): Uint32Array {
    return this.#memory.slice(at / 4, (at + bytes) / 4);
  }
  put(at: number, content: Uint32Array): void {
    this.#memory.set(content, at / 4);
  }

  /** Doubles the point, which is not the neutral element. On a curve of odd order neither is the result. */
  double(point: number): void {
    this.#kernel.double(point);
  }

  /** Adds an affine point to one that is not the neutral element. Returns whether the sum is one. */
  addAffine(point: number, other: number): boolean {
    this.#kernel.addAffine(point, other);
    if (!this.isZero(point + 2 * this.elementBytes)) return true;
    // Their X were equal: the same point, which is doubled, or its negative.
    if (!this.isZero(point)) return false;
    this.setPoint(point, other);
    this.double(point);
    return true;
  }

  /** The affine point, with Z = 1. */
  setPoint(point: number, affine: number): void {
    this.copy(point, affine, this.affineBytes);
    this.copy(point + this.affineBytes, this.one, this.elementBytes);
  }
}
