import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { hashLeaf, rootOfInclusion, verifyInclusion } from "../../../core/tlog/inclusion-proof.ts";
import { runMerkle } from "../../conformance/merkle.ts";
import { throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { inclusionPath, treeRoot } from "../../lab/merkle-tree.ts";

const test = suite("core/tlog/inclusion-proof");
const entries = Array.from({ length: 33 }, (_, index) => Uint8Array.of(index));
const leaves = entries.map(hashLeaf);

test("a tree of one leaf needs no path", () => {
  const [leaf] = leaves as [Uint8Array];
  verifyInclusion({ leafIndex: 0n, treeSize: 1n, path: [] }, leaf, leaf);
  throwsCode("malformed", () => verifyInclusion({ leafIndex: 0n, treeSize: 1n, path: [leaf] }, leaf, leaf));
});

test("every leaf of every tree up to 33 is proven, at its own index and in its own tree only", () => {
  for (let size = 1; size <= leaves.length; size++) {
    const tree = entries.slice(0, size);
    const root = treeRoot(tree);
    for (let index = 0; index < size; index++) {
      const proof = { leafIndex: BigInt(index), treeSize: BigInt(size), path: inclusionPath(tree, index) };
      const leaf = leaves[index] as Uint8Array;
      verifyInclusion(proof, leaf, root);
      if (size > 1)
        throwsCode(["bad-log-proof", "malformed"], () =>
          verifyInclusion({ ...proof, leafIndex: BigInt((index + 1) % size) }, leaf, root),
        );
      throwsCode("malformed", () => verifyInclusion({ ...proof, path: [...proof.path, leaf] }, leaf, root));
      if (size > 1) throwsCode("malformed", () => verifyInclusion({ ...proof, path: proof.path.slice(1) }, leaf, root));
    }
  }
});

test("hashes of another length, indexes outside and sizes beyond 64 bits are malformed", () => {
  const [a, b] = leaves as [Uint8Array, Uint8Array];
  const root = treeRoot(entries.slice(0, 2));
  throwsCode("malformed", () => verifyInclusion({ leafIndex: 0n, treeSize: 2n, path: [b.subarray(1)] }, a, root));
  throwsCode("malformed", () => verifyInclusion({ leafIndex: 0n, treeSize: 2n, path: [b] }, a.subarray(1), root));
  throwsCode("malformed", () => verifyInclusion({ leafIndex: 2n, treeSize: 2n, path: [b] }, a, root));
  throwsCode("malformed", () => verifyInclusion({ leafIndex: -1n, treeSize: 2n, path: [b] }, a, root));
  throwsCode("malformed", () => verifyInclusion({ leafIndex: 0n, treeSize: 2n ** 64n, path: [b] }, a, root));
  throwsCode("malformed", () => verifyInclusion({ leafIndex: 0n, treeSize: 0n, path: [] }, a, root));
});

test("a leaf cannot pass for a node", () => {
  const [a, b] = leaves as [Uint8Array, Uint8Array];
  assert.not.equal(hashLeaf(Uint8Array.from([...a, ...b])), treeRoot(entries.slice(0, 2)));
});

test("a path as long as it may be is bounded", () => {
  const path = Array.from({ length: 1000 }, () => leaves[0] as Uint8Array);
  assert.instance(
    throwsCode("malformed", () =>
      rootOfInclusion({ leafIndex: 2n ** 63n, treeSize: 2n ** 64n - 1n, path }, leaves[1] as Uint8Array),
    ),
    EngineError,
  );
});

const vectors = vectorsDir();
if (vectors === undefined) skipped("core/tlog/inclusion-proof", 98, "SALLYPORT_VECTORS is not set");
else
  test("vectors of transparency-dev/merkle", () => {
    const { passed, failed } = runMerkle(`${vectors}/merkle`);
    assert.equal(failed, []);
    assert.ok(passed >= 98);
  });

test.run();
