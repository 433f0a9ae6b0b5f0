import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseTimestampResponse } from "../../../core/timestamp/timestamp-response.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureEntity } from "../../support/fixture-images.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/timestamp/timestamp-response");
const token = fixtureEntity("signed-keyless").timestamps()[0] as Uint8Array;
/** The response without its outer header: status and token. */
const statusAt = 4;

test("the parts of a real response", () => {
  const { info, signer, certificates } = parseTimestampResponse(token, defaultLimits);
  assert.equal(
    [info.hash, info.imprint.length, signer.digestAlgorithm, signer.certificateHashes.length > 0],
    ["sha256", 32, "sha256", true],
  );
  assert.ok(Array.isArray(certificates));
});

test("a status that grants nothing, also one that grants with changes", () => {
  assert.equal(
    [...token.slice(statusAt, statusAt + 5)],
    [0x30, 0x03, 0x02, 0x01, 0x00],
    "the status stands where this test changes it",
  );
  for (const status of [1, 2, 3])
    throwsCode("bad-timestamp", () =>
      parseTimestampResponse(
        Uint8Array.from(token, (byte, index) => (index === statusAt + 4 ? status : byte)),
        defaultLimits,
      ),
    );
});

test("a response without a token", () => {
  throwsCode("bad-timestamp", () =>
    parseTimestampResponse(Uint8Array.of(0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00), defaultLimits),
  );
  throwsCode("malformed", () => parseTimestampResponse(new Uint8Array(), defaultLimits));
});

test.run();
