/** Merkle inclusion proofs of a transparency log. Source: RFC 9162 §2.1.3.2. */
import { equalBytes } from "../encoding/bytes.ts";
import { EngineError } from "../errors.ts";
import { createNodeHash, maxTreeSize, requireHashes } from "./merkle-hash.ts";

export { hashLeaf } from "./merkle-hash.ts";

/** All hashes are 32-byte SHA-256; `path` runs from the leaf's sibling up to the root's child. */
export interface InclusionProof {
  readonly leafIndex: bigint;
  readonly treeSize: bigint;
  readonly path: readonly Uint8Array[];
}

/**
 * The root that a proof leads to from a leaf's hash.
 * @throws EngineError `malformed` if index, size or the path's length do not fit each other, or a hash is not 32 bytes
 * long.
 */
export function rootOfInclusion(proof: InclusionProof, leaf: Uint8Array): Uint8Array {
  const { leafIndex, treeSize, path } = proof;
  if (leafIndex < 0n || leafIndex >= treeSize || treeSize > maxTreeSize)
    throw new EngineError("malformed", `leaf ${leafIndex} is outside a tree of ${treeSize}`);
  requireHashes([leaf, ...path], "an inclusion proof");
  const hashNode = createNodeHash();
  let node = leaf;
  let index = leafIndex;
  let last = treeSize - 1n;
  for (const sibling of path) {
    if (last === 0n) throw new EngineError("malformed", "inclusion path is too long");
    if ((index & 1n) === 1n || index === last) {
      node = hashNode(sibling, node);
      // On the right border a node without a sibling is carried up unchanged.
      while ((index & 1n) === 0n && index !== 0n) {
        index >>= 1n;
        last >>= 1n;
      }
    } else node = hashNode(node, sibling);
    index >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new EngineError("malformed", "inclusion path is too short");
  return node;
}

/**
 * Checks that the leaf whose hash is `leaf` is in the tree whose root is `root`. The caller must have taken size and
 * `root` from a verified checkpoint: the proof's own word for them proves nothing.
 *
 * @throws EngineError `malformed` if the path does not fit the tree, `bad-log-proof` if it leads to another root.
 */
export function verifyInclusion(proof: InclusionProof, leaf: Uint8Array, root: Uint8Array): void {
  if (!equalBytes(rootOfInclusion(proof, leaf), root))
    throw new EngineError("bad-log-proof", "inclusion path leads to another root");
}
