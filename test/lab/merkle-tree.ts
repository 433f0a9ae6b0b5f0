/** Merkle trees over given leaves: roots, inclusion and consistency proofs. Source: RFC 9162 §2.1. */
import { hashLeaf, hashNode } from "../../core/tlog/merkle-hash.ts";
import { sha256 } from "../../core/crypto/digest.ts";

/** The largest power of two below `size`. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

export function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return hashLeaf(only);
  const at = split(leaves.length);
  return hashNode(treeRoot(leaves.slice(0, at)), treeRoot(leaves.slice(at)));
}

/** Hashes from the leaf's sibling up. */
export function inclusionPath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (leaves.length <= 1) return [];
  const at = split(leaves.length);
  return index < at
    ? [...inclusionPath(leaves.slice(0, at), index), treeRoot(leaves.slice(at))]
    : [...inclusionPath(leaves.slice(at), index - at), treeRoot(leaves.slice(0, at))];
}

/**
 * Hashes that show that the tree of the first `size` leaves is the beginning of the whole one. Source: RFC 9162
 * §2.1.4.1.
 */
export const consistencyPath = (leaves: readonly Uint8Array[], size: number): readonly Uint8Array[] =>
  size === 0 || size === leaves.length ? [] : subproof(leaves, size, true);

function subproof(leaves: readonly Uint8Array[], size: number, isWhole: boolean): readonly Uint8Array[] {
  if (size === leaves.length) return isWhole ? [] : [treeRoot(leaves)];
  const at = split(leaves.length);
  return size <= at
    ? [...subproof(leaves.slice(0, at), size, isWhole), treeRoot(leaves.slice(at))]
    : [...subproof(leaves.slice(at), size - at, false), treeRoot(leaves.slice(0, at))];
}
