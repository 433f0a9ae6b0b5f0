/**
 * Inputs made wrong: real ones with bytes changed, cut, doubled, crossed with each other, and words put where they
 * hurt. The same seed and index give the same input.
 */

/** xorshift32: small, seeded, the same everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 13)) | 0 || 1;
    for (let warm = 0; warm < 4; warm++) this.next();
  }

  /** 32 random bits. */
  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return this.#state >>> 0;
  }

  /** 0 to `bound` − 1. */
  below(bound: number): number {
    return bound <= 1 ? 0 : this.next() % bound;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** No input is longer: the promise of bounded time and memory is about these. */
export const maxInputBytes = 1 << 20;

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
};

type Mutation = (input: Uint8Array, random: Random, sources: Sources) => Uint8Array;

export interface Sources {
  readonly seeds: readonly Uint8Array[];
  /** Words that the format gives a meaning to. */
  readonly words: readonly Uint8Array[];
}

const span = (input: Uint8Array, random: Random): readonly [start: number, end: number] => {
  const start = random.below(input.length + 1);
  const longest = random.below(4) === 0 ? input.length - start : Math.min(64, input.length - start);
  return [start, start + random.below(longest + 1)];
};

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22, 0x30, 0x5b, 0x5c, 0x7b, 0x0a];

const mutations: readonly Mutation[] = [
  (input, random) => {
    const changed = Uint8Array.from(input);
    if (changed.length > 0) changed[random.below(changed.length)] = random.below(256);
    return changed;
  },
  (input, random) => {
    const changed = Uint8Array.from(input);
    const at = random.below(changed.length);
    if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  (input, random) => {
    const changed = Uint8Array.from(input);
    if (changed.length > 0) changed[random.below(changed.length)] = random.pick(interesting);
    return changed;
  },
  (input, random) => input.slice(0, random.below(input.length + 1)),
  (input, random) => {
    const [start, end] = span(input, random);
    return joined(input.subarray(0, start), input.subarray(end));
  },
  (input, random) => {
    const [start, end] = span(input, random);
    return joined(input.subarray(0, end), input.subarray(start, end), input.subarray(end));
  },
  (input, random, { words }) => {
    const at = random.below(input.length + 1);
    return words.length === 0 ? input : joined(input.subarray(0, at), random.pick(words), input.subarray(at));
  },
  (input, random, { words }) => {
    const [start, end] = span(input, random);
    return words.length === 0 ? input : joined(input.subarray(0, start), random.pick(words), input.subarray(end));
  },
  (input, random, { seeds }) => {
    const other = random.pick(seeds);
    const [start, end] = span(other, random);
    const [from, to] = span(input, random);
    return joined(input.subarray(0, from), other.subarray(start, end), input.subarray(to));
  },
  // Depth and length: a short part many times over.
  (input, random, { words }) => {
    const [start, end] = span(input, random);
    const part =
      words.length > 0 && random.below(2) === 0 ? random.pick(words) : input.subarray(start, Math.min(end, start + 16));
    if (part.length === 0) return input;
    const times = Math.min(
      1 << random.below(17),
      Math.floor((maxInputBytes - Math.min(input.length, maxInputBytes)) / part.length),
    );
    const repeated = new Uint8Array(part.length * Math.max(0, times));
    for (let index = 0; index < times; index++) repeated.set(part, index * part.length);
    return joined(input.subarray(0, start), repeated, input.subarray(start));
  },
];

/** The input of an index. Index 0 and those after it up to the number of seeds are the seeds themselves. */
export function inputAt(index: number, seed: number, sources: Sources): Uint8Array {
  const plain = sources.seeds[index];
  if (plain !== undefined) return plain;
  const random = new Random(Math.imul(seed, 0x01000193) ^ index);
  let input = random.pick(sources.seeds);
  for (let step = 1 + random.below(4); step > 0; step--)
    input = random.pick(mutations)(input, random, sources).subarray(0, maxInputBytes);
  return input;
}
