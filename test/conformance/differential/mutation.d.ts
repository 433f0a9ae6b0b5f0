/** One wrong way: at which level, of which bases. */
import type { Changes, Lab } from "../../lab/index.ts";
export interface Mutation {
  /** Names of bases. */
  readonly on: readonly string[];
  readonly change: (lab: Lab) => Changes;
}
export type Mutations = Readonly<Record<string, Mutation>>;
/** The bytes with one bit flipped, counted from the end where `index` is negative. */
export declare function flip(bytes: Uint8Array, index: number): Uint8Array;
/** Every log of the trusted root was retired when the signature was made. */
export declare const retiredLogs: () => Changes;
