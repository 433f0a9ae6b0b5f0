/** The adapter over node:crypto. */
import { suite } from "uvu";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { describeVerifier } from "../../core/crypto/verifiers.ts";

const test = suite("proxy/host/node-verifier");
describeVerifier(test, nodeVerifier);
test.run();
