/** One wrong way: at which level, of which bases. */
import type { Changes, Lab } from "../../lab/index.ts";

export interface Mutation {
  /** Names of bases. */
  readonly on: readonly string[];
  readonly change: (lab: Lab) => Changes;
}

export type Mutations = Readonly<Record<string, Mutation>>;

/** The bytes with one bit flipped, counted from the end where `index` is negative. */
export function flip(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  const at = index < 0 ? copy.length + index : index;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** Every log of the trusted root was retired when the signature was made. */
export const retiredLogs = (): Changes => ({
  trustedRoot: (root, lab) => ({
    ...root,
    tlogs: root.tlogs.map((log: typeof root) => ({
      ...log,
      publicKey: { ...log.publicKey, validFor: { ...log.publicKey.validFor, end: lab.signedAt.toISOString() } },
    })),
  }),
});
