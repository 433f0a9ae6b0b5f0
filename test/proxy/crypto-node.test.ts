/** The adapter over node:crypto. */
import { suite } from "uvu";
import { nodeVerifier } from "../../proxy/crypto-node.ts";
import { describeVerifier } from "../core/crypto/verifiers.ts";

const test = suite("proxy/crypto-node");
describeVerifier(test, nodeVerifier);
test.run();
