/** Hashes of Merkle trees. Source: RFC 9162 §2.1.1. */
import { sha256 } from "../crypto/digest.ts";
import { concat } from "../encoding/bytes.ts";
import { EngineError } from "../errors.ts";

/** Bytes of a tree's hash, SHA-256. */
export const hashLength = 32;

const zero = Uint8Array.of(0);

/** The hash of a tree without leaves: SHA-256 of nothing. */
export const emptyTreeHash = (): Uint8Array => sha256(new Uint8Array(0));

/** The hash of a leaf. Domain separation: without the prefix a node could pass for a leaf. */
export const hashLeaf = (entry: Uint8Array): Uint8Array => sha256(concat(zero, entry));

/** Hashes inner nodes. The input is assembled in one reused array, because a proof has dozens of nodes. */
export type NodeHash = (left: Uint8Array, right: Uint8Array) => Uint8Array;

/** For one proof whose hashes all have {@link hashLength} bytes. */
export function createNodeHash(): NodeHash {
  const node = new Uint8Array(1 + 2 * hashLength);
  node[0] = 1;
  return (left, right) => {
    node.set(left, 1);
    node.set(right, 1 + hashLength);
    return sha256(node);
  };
}

/** The hash of one inner node. */
export const hashNode: NodeHash = (left, right) => createNodeHash()(left, right);

/** Refuses hashes of another length, which would make two concatenations the same. */
export function requireHashes(hashes: readonly Uint8Array[], what: string): void {
  for (const hash of hashes)
    if (hash.length !== hashLength) throw new EngineError("malformed", `hash of ${hash.length} bytes in ${what}`);
}

/** Upper bound of tree sizes and leaf indexes, as a log's API has them: unsigned 64-bit integers. */
export const maxTreeSize = 2n ** 64n - 1n;
