/** Trees of the lab against the verifier's own arithmetic, which third-party vectors check. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat } from "../../core/encoding/bytes.ts";
import { verifyConsistency } from "../../core/tlog/consistency-proof.ts";
import { hashLeaf, verifyInclusion } from "../../core/tlog/inclusion-proof.ts";
import { throwsCode } from "../support/assert.ts";
import { consistencyPath, inclusionPath, Lab, otherLeaf, tileFiles, tilePath, treeRoot } from "./index.ts";

const test = suite("lab/merkle-tree");
const leaves = Array.from({ length: 21 }, (_, index) => otherLeaf(String(index)));

test("every leaf of every tree is included, and no other", () => {
  for (let size = 1; size <= leaves.length; size++) {
    const tree = leaves.slice(0, size);
    for (const [index, leaf] of tree.entries()) {
      const proof = { leafIndex: BigInt(index), treeSize: BigInt(size), path: inclusionPath(tree, index) };
      verifyInclusion(proof, hashLeaf(leaf), treeRoot(tree));
      throwsCode("bad-log-proof", () => verifyInclusion(proof, hashLeaf(otherLeaf("another")), treeRoot(tree)));
    }
  }
});

test("every tree begins with every smaller one, and with no other", () => {
  for (let second = 2; second <= leaves.length; second++)
    for (let first = 1; first < second; first++) {
      const tree = leaves.slice(0, second);
      const proof = { firstSize: BigInt(first), secondSize: BigInt(second), path: consistencyPath(tree, first) };
      verifyConsistency(proof, treeRoot(leaves.slice(0, first)), treeRoot(tree));
      throwsCode("bad-log-proof", () =>
        verifyConsistency(proof, treeRoot([...leaves.slice(1, first), otherLeaf("x")]), treeRoot(tree)),
      );
    }
});

test("tiles hold the hashes of leaves and of whole subtrees, and the entries", () => {
  assert.is(tilePath(1234067, 256), "x001/x234/067");
  assert.is(tilePath(0, 5), "000.p/5");
  const many = Array.from({ length: 260 }, (_, index) => otherLeaf(String(index)));
  const log = new Lab().rekor2;
  const files = tileFiles(many, log.checkpoint(many));
  assert.equal(Object.keys(files), [
    "checkpoint",
    "tile/entries/000",
    "tile/entries/001.p/4",
    "tile/0/000",
    "tile/0/001.p/4",
    "tile/1/000.p/1",
  ]);
  assert.equal(files["tile/0/001.p/4"], concat(...many.slice(256).map(hashLeaf)));
  assert.equal(files["tile/1/000.p/1"], treeRoot(many.slice(0, 256)));
  assert.is(files["tile/entries/001.p/4"]?.length, 4 * 2 + many.slice(256).reduce((sum, leaf) => sum + leaf.length, 0));
});

test.run();
