import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { EngineError, type ErrorCode } from "../../../core/errors.ts";
import { RefusedSnapshot } from "../../../proxy/snapshot/refused-snapshot.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/snapshot/refused-snapshot");
const [one, other] = [digestOf(Uint8Array.of(1)), digestOf(Uint8Array.of(2))];
const failing = (code: ErrorCode) => (): never => {
  throw new EngineError(code, "as it is", { subject: "s" });
};

test("what is in a snapshot is refused again until another one is there, or another measure", () => {
  for (const code of ["archive-corrupt", "no-trust", "rollback", "bad-threshold"] as const) {
    const refused = new RefusedSnapshot();
    refused.refuseAgain(one, "key a");
    throwsCode(code, () => refused.judging(one, "key a", failing(code)));
    throwsCode(code, () => refused.refuseAgain(one, "key a"));
    refused.refuseAgain(other, "key a");
    refused.refuseAgain(one, "key b");
  }
});

test("one is remembered, the last; what is good, and what is not the snapshot's fault, is not", () => {
  const refused = new RefusedSnapshot();
  assert.is(
    refused.judging(one, "a", () => 7),
    7,
  );
  for (const code of ["mirror-busy", "unreachable", "mirror-corrupt"] as const)
    throwsCode(code, () => refused.judging(one, "a", failing(code)));
  refused.refuseAgain(one, "a");
  throwsCode("rollback", () => refused.judging(one, "a", failing("rollback")));
  throwsCode("rollback", () => refused.judging(other, "a", failing("rollback")));
  refused.refuseAgain(one, "a");
});

test.run();
