/** Merkle trees over given leaves: roots and inclusion proofs. Source: RFC 9162 §2.1. */
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
