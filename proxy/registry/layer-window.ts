/**
 * The part of a passing layer that is in memory: its bytes are copied out of the buffers of sockets, which are garbage
 * at once, into buffers that are used again. Readers get views of these, without a copy.
 */

/** Of one buffer, where the window is large enough for several. */
const slabBytes = 256 * 1024;
/** A reader has two at a time, one is being filled, and one is between them. */
const leastSlabs = 4;

/** Buffers for windows, kept for the next one. */
export class Slabs {
  readonly #free: Buffer[] = [];
  readonly #most: number;

  /** Keeps as many as make `bytes`. */
  constructor(bytes: number) {
    this.#most = Math.floor(bytes / slabBytes);
  }

  take(size: number): Buffer {
    return (size === slabBytes ? this.#free.pop() : undefined) ?? Buffer.allocUnsafeSlow(size);
  }

  give(slab: Buffer): void {
    if (slab.length === slabBytes && this.#free.length < this.#most) this.#free.push(slab);
  }
}

interface Held {
  readonly bytes: Buffer;
  /** Somebody who went away may still be sending from it: it is not used again. */
  isLent: boolean;
}

export class LayerWindow {
  readonly #slabs: Slabs;
  readonly #size: number;
  readonly #most: number;
  readonly #held: Held[] = [];
  /** The bytes that are here: from, to. The first is that of a buffer. */
  #start = 0;
  #end = 0;

  constructor(bytes: number, slabs: Slabs) {
    this.#slabs = slabs;
    this.#size = Math.max(1, Math.min(slabBytes, Math.floor(bytes / leastSlabs)));
    this.#most = Math.max(leastSlabs, Math.floor(bytes / this.#size));
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get isFull(): boolean {
    return this.#end - this.#start >= this.#most * this.#size;
  }

  /** Where the first buffer ends, whether or not it is full. */
  get firstEnd(): number {
    return this.#start + this.#size;
  }

  /** Copies what there is room for; what is left. */
  add(piece: Uint8Array): Uint8Array {
    let rest = piece;
    while (rest.length > 0 && !this.isFull) {
      const at = (this.#end - this.#start) % this.#size;
      if (at === 0) this.#held.push({ bytes: this.#slabs.take(this.#size), isLent: false });
      const taken = rest.subarray(0, this.#size - at);
      this.#held.at(-1)?.bytes.set(taken, at);
      this.#end += taken.length;
      rest = rest.subarray(taken.length);
    }
    return rest;
  }

  /** What lies together from a byte on. */
  view(at: number): Uint8Array | undefined {
    if (at < this.#start || at >= this.#end) return undefined;
    const index = Math.floor((at - this.#start) / this.#size);
    const first = this.#start + index * this.#size;
    return this.#held[index]?.bytes.subarray(at - first, Math.min(this.#size, this.#end - first));
  }

  /** What somebody may still use who is not asked any more. */
  lend(from: number, to: number): void {
    for (const [index, held] of this.#held.entries()) {
      const first = this.#start + index * this.#size;
      if (first < to && first + this.#size > from) held.isLent = true;
    }
  }

  /** Drops the first buffer. */
  drop(): void {
    const held = this.#held.shift();
    if (held === undefined) return;
    if (!held.isLent) this.#slabs.give(held.bytes);
    this.#start = Math.min(this.#start + this.#size, this.#end);
  }

  /** Drops all of it. */
  close(): void {
    while (this.#held.length > 0) this.drop();
  }
}
