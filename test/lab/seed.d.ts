export declare class Seed {
  #private;
  constructor(text: string);
  /** `length` bytes for one purpose. The same seed and label give the same bytes. */
  bytes(label: string, length: number): Uint8Array;
  /** A number from 0 to `below` - 1. */
  number(label: string, below: number): number;
  below(label: string): Seed;
}
