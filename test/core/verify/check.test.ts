import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Check, stageOf } from "../../../core/verify/check.ts";

const test = suite("core/verify/check");

test("time, certificate, signature, content, identity: in this order, and the log is asked last", () => {
  const order: readonly Check[] = [
    "distrust.content",
    "entity.content",
    "signer",
    "signature.cause",
    "tlog.entry",
    "timestamp.token",
    "x509.path",
    "x509.sct",
    "signature",
    "content.digest",
    "content.predicate-type",
    "identity",
    "annotations",
    "tlog.lookup",
    "x509.path-at-lookup",
    "timestamp.required",
    "distrust.evidence",
  ];
  assert.equal(
    order.map(stageOf),
    order.map((_, index) => index + 1),
  );
});

test.run();
