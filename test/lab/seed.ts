/** Bytes that follow from a text: every key, serial number, filler leaf and salt of the lab. */
import { createHash } from "node:crypto";

export class Seed {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** `length` bytes for one purpose. The same seed and label give the same bytes. */
  bytes(label: string, length: number): Uint8Array {
    const blocks: Buffer[] = [];
    for (let count = 0; blocks.length * 64 < length; count++)
      blocks.push(createHash("sha512").update(`${this.#text}\n${label}\n${count}`).digest());
    return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
  }

  /** A number from 0 to `below` - 1. */
  number(label: string, below: number): number {
    return Number(new DataView(this.bytes(label, 8).buffer).getBigUint64(0) % BigInt(below));
  }

  below(label: string): Seed {
    return new Seed(`${this.#text}\n${label}`);
  }
}
