import { suite } from "uvu";
import { verifyConsistency } from "../../../core/tlog/consistency-proof.ts";
import { hashLeaf } from "../../../core/tlog/inclusion-proof.ts";
import { throwsCode } from "../../support/assert.ts";
import { consistencyPath, treeHash } from "./test-log.ts";

const test = suite("core/tlog/consistency-proof");
const leaves = Array.from({ length: 33 }, (_, index) => hashLeaf(Uint8Array.of(index)));
const rootOf = (size: number) => treeHash(leaves.slice(0, size));

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
  verifyConsistency({ firstSize: 0n, secondSize: 0n, path: [] }, rootOf(0), rootOf(0));
});

test.run();
