/**
 * What a whole run of the tests takes, and a small fixed piece of work by which machines of different speed are
 * compared.
 */
import { createHash } from "node:crypto";
import { sha256 } from "@noble/hashes/sha2.js";

/** What a whole run took when it was last measured: `npm test` prints both figures. */
export interface CpuFigure {
  /** CPU seconds of all test files together. */
  readonly seconds: number;
  /** CPU seconds of the fixed piece of work, on the same machine. */
  readonly reference: number;
}

/** As `npm test` printed it, with all vectors. A change that takes more for a reason writes the new figures. */
export const committedFigure: CpuFigure = { seconds: 540, reference: 0.0282 };

/** The fixed piece of work: hashing in JavaScript and natively, and JSON. */
export class ReferenceWork {
  readonly #bytes = new Uint8Array(1 << 20).fill(7);
  readonly #value = Array.from({ length: 20_000 }, (_, index) => ({ name: `entry ${index}`, index }));
  readonly #rounds: number[] = [];

  constructor() {
    // The first rounds measure the compiler.
    for (let round = 0; round < 5; round++) this.#work();
    this.measure();
  }

  /** Spread over a run, these meet the same neighbours on the machine as the run does. */
  measure(): void {
    const before = process.cpuUsage();
    this.#work();
    const { user, system } = process.cpuUsage(before);
    this.#rounds.push((user + system) / 1e6);
  }

  /** CPU seconds of the median round. */
  seconds(): number {
    return this.#rounds.toSorted((left, right) => left - right)[this.#rounds.length >> 1] ?? 0;
  }

  #work(): void {
    sha256(this.#bytes);
    createHash("sha256").update(this.#bytes).digest();
    JSON.parse(JSON.stringify(this.#value));
  }
}

/** How many times the committed figure a run took, the machines' speeds accounted for. */
export const timesFigure = (measured: CpuFigure, committed: CpuFigure): number =>
  measured.seconds / measured.reference / (committed.seconds / committed.reference);
