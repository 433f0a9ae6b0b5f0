import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/seen-writer");

test("a log's checkpoint never goes back", () => {
  writtenMirror((mirror) => {
    const writer = mirror.writer();
    writer.setCheckpoint({ origin: "rekor", size: 2n ** 60n, note: "a" }, origin);
    writer.setCheckpoint({ origin: "rekor", size: 2n ** 60n, note: "b" }, origin);
    throwsCode("rollback", () => writer.setCheckpoint({ origin: "rekor", size: 2n ** 60n - 1n, note: "c" }, origin));
    writer.setCheckpoint({ origin: "other", size: 1n, note: "d" }, origin);
    assert.is(mirror.inspect(nodeVerifier).damage.length, 0);
  });
});

test.run();
