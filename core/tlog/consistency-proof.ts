/** Merkle consistency proofs: a log's later tree holds its earlier one. Source: RFC 9162 §2.1.4.2. */
import { equalBytes } from "../encoding/bytes.ts";
import { EngineError } from "../errors.ts";
import { emptyTreeHash, hashNode, maxTreeSize, requireHashes } from "./merkle-hash.ts";

/** All hashes of `path` are 32-byte SHA-256. */
export interface ConsistencyProof {
  readonly firstSize: bigint;
  readonly secondSize: bigint;
  readonly path: readonly Uint8Array[];
}

/**
 * Checks that the tree with root `secondRoot` begins with the tree with root `firstRoot`. Both roots must come from
 * verified checkpoints. An empty first tree is refused unless both are empty: it proves nothing.
 *
 * @throws EngineError `malformed` if the path does not fit the sizes, `bad-log-proof` if it leads to another root.
 */
export function verifyConsistency(proof: ConsistencyProof, firstRoot: Uint8Array, secondRoot: Uint8Array): void {
  const { firstSize, secondSize, path } = proof;
  if (firstSize < 0n || firstSize > secondSize || secondSize > maxTreeSize)
    throw new EngineError("malformed", `a tree of ${firstSize} cannot grow into one of ${secondSize}`);
  requireHashes([firstRoot, secondRoot, ...path], "a consistency proof");
  if (firstSize === secondSize) {
    if (path.length > 0) throw new EngineError("malformed", "consistency path between trees of one size");
    if (!equalBytes(firstRoot, secondRoot)) throw new EngineError("bad-log-proof", "two roots of one size");
    if (firstSize === 0n && !equalBytes(firstRoot, emptyTreeHash()))
      throw new EngineError("bad-log-proof", "not the root of an empty tree");
    return;
  }
  if (firstSize === 0n) throw new EngineError("malformed", "consistency with an empty tree");

  // Step 2: a first tree that is a full subtree of the second is its own first hash.
  const steps = (firstSize & (firstSize - 1n)) === 0n ? [firstRoot, ...path] : [...path];
  const [seed, ...rest] = steps;
  if (seed === undefined || path.length === 0) throw new EngineError("malformed", "empty consistency path");
  let index = firstSize - 1n;
  let last = secondSize - 1n;
  while ((index & 1n) === 1n) {
    index >>= 1n;
    last >>= 1n;
  }
  let first = seed;
  let second = seed;
  for (const hash of rest) {
    if (last === 0n) throw new EngineError("malformed", "consistency path is too long");
    if ((index & 1n) === 1n || index === last) {
      first = hashNode(hash, first);
      second = hashNode(hash, second);
      while ((index & 1n) === 0n && index !== 0n) {
        index >>= 1n;
        last >>= 1n;
      }
    } else second = hashNode(second, hash);
    index >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new EngineError("malformed", "consistency path is too short");
  if (!equalBytes(first, firstRoot) || !equalBytes(second, secondRoot))
    throw new EngineError("bad-log-proof", "consistency path leads to another root");
}
