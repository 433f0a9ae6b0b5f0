import { suite } from "uvu";
import { sha256 } from "../../../core/crypto/digest.ts";
import { verifyConsistency } from "../../../core/tlog/consistency-proof.ts";
import { hashLeaf } from "../../../core/tlog/inclusion-proof.ts";
import { throwsCode } from "../../support/assert.ts";
import { consistencyPath, treeRoot } from "../../lab/merkle-tree.ts";

const test = suite("core/tlog/consistency-proof");
const leaves = Array.from({ length: 33 }, (_, index) => Uint8Array.of(index));
const roots = leaves.map((_, index) => treeRoot(leaves.slice(0, index)));
const rootOf = (size: number) => roots[size] ?? treeRoot(leaves);

test("every tree up to 33 begins with every smaller one, and with no other", () => {
  for (let second = 1; second <= leaves.length; second++) {
    for (let first = 1; first <= second; first++) {
      const proof = {
        firstSize: BigInt(first),
        secondSize: BigInt(second),
        path: consistencyPath(leaves.slice(0, second), first),
      };
      verifyConsistency(proof, rootOf(first), rootOf(second));
      const other = hashLeaf(Uint8Array.of(200));
      throwsCode("bad-log-proof", () => verifyConsistency(proof, other, rootOf(second)));
      throwsCode("bad-log-proof", () => verifyConsistency(proof, rootOf(first), other));
      throwsCode("malformed", () =>
        verifyConsistency({ ...proof, path: [...proof.path, other] }, rootOf(first), rootOf(second)),
      );
      if (proof.path.length > 0)
        throwsCode("malformed", () =>
          verifyConsistency({ ...proof, path: proof.path.slice(0, -1) }, rootOf(first), rootOf(second)),
        );
      for (let index = 0; index < proof.path.length; index++) {
        throwsCode("bad-log-proof", () =>
          verifyConsistency({ ...proof, path: proof.path.with(index, other) }, rootOf(first), rootOf(second)),
        );
      }
    }
  }
});

test("two roots of one size are a fork", () => {
  throwsCode("bad-log-proof", () =>
    verifyConsistency({ firstSize: 4n, secondSize: 4n, path: [] }, rootOf(4), rootOf(5)),
  );
});

test("shrinking, empty first trees, hashes of another length and sizes beyond 64 bits are malformed", () => {
  throwsCode("malformed", () => verifyConsistency({ firstSize: 5n, secondSize: 4n, path: [] }, rootOf(5), rootOf(4)));
  throwsCode("malformed", () =>
    verifyConsistency({ firstSize: 0n, secondSize: 4n, path: [rootOf(4)] }, rootOf(0), rootOf(4)),
  );
  throwsCode("malformed", () => verifyConsistency({ firstSize: -1n, secondSize: 4n, path: [] }, rootOf(4), rootOf(4)));
  throwsCode("malformed", () =>
    verifyConsistency({ firstSize: 1n, secondSize: 2n ** 64n, path: [] }, rootOf(1), rootOf(4)),
  );
  throwsCode("malformed", () =>
    verifyConsistency({ firstSize: 1n, secondSize: 2n, path: [rootOf(1).subarray(1)] }, rootOf(1), rootOf(2)),
  );
  throwsCode("malformed", () =>
    verifyConsistency({ firstSize: 1n, secondSize: 2n, path: [rootOf(1)] }, rootOf(1).subarray(1), rootOf(2)),
  );
});

test("equal trees: roots are 32 bytes, and the empty tree has one root only", () => {
  const equal = (size: bigint, root: Uint8Array, other = root) =>
    verifyConsistency({ firstSize: size, secondSize: size, path: [] }, root, other);
  equal(0n, sha256(new Uint8Array(0)));
  equal(5n, rootOf(5));
  throwsCode("bad-log-proof", () => equal(0n, new Uint8Array(32).fill(7)));
  for (const size of [0n, 5n])
    for (const root of [rootOf(5).subarray(0, 3), rootOf(5).subarray(1), new Uint8Array(0), new Uint8Array(33)])
      throwsCode("malformed", () => equal(size, root));
  throwsCode("malformed", () => equal(5n, rootOf(5), rootOf(5).subarray(1)));
});

test("the second root has 32 bytes", () => {
  const proof = { firstSize: 3n, secondSize: 7n, path: consistencyPath(leaves.slice(0, 7), 3) };
  verifyConsistency(proof, rootOf(3), rootOf(7));
  throwsCode("malformed", () => verifyConsistency(proof, rootOf(3), rootOf(7).subarray(1)));
});

test.run();
