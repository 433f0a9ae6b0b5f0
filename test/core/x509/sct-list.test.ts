/** Bytes of timestamp lists. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseTimestampList } from "../../../core/x509/sct-list.ts";
import { throwsCode } from "../../support/assert.ts";
import { CertificateLog, timestampList, type TimestampSpec } from "../../lab/certificate-log.ts";
import { newKey } from "../../lab/keys.ts";

const test = suite("core/x509/sct-list");
const log = new CertificateLog(newKey());
const stamp = (changes: Partial<TimestampSpec>): Uint8Array =>
  log.embedded(Uint8Array.of(1), log.key, new Date("2026-01-01T00:00:01Z"), changes);
const one = stamp({ extensions: Uint8Array.of(7) });

test("fields", () => {
  const [timestamp, ...others] = parseTimestampList(timestampList([one]).value, defaultLimits);
  assert.is(others.length, 0);
  assert.equal(timestamp?.logId, log.id);
  assert.is(timestamp?.timestamp, BigInt(Date.parse("2026-01-01T00:00:01Z")));
  assert.equal([...(timestamp?.extensions ?? [])], [7]);
  assert.is(timestamp?.hashAlgorithm, 4);
  assert.is(timestamp?.signatureAlgorithm, 3);
  assert.is(parseTimestampList(timestampList([one, one]).value, defaultLimits).length, 2);
});

test("cut at every length, in the list and in a timestamp", () => {
  for (let length = 0; length < one.length; length++)
    throwsCode("malformed", () => parseTimestampList(timestampList([one.subarray(0, length)]).value, defaultLimits));
  const { value } = timestampList([one, one]);
  for (let length = 0; length < value.length; length++)
    throwsCode("malformed", () => parseTimestampList(value.subarray(0, length), defaultLimits));
});

test("bytes too many, anywhere", () => {
  throwsCode("malformed", () =>
    parseTimestampList(timestampList([concat(one, Uint8Array.of(0))]).value, defaultLimits),
  );
  throwsCode("malformed", () =>
    parseTimestampList(concat(timestampList([one]).value, Uint8Array.of(0)), defaultLimits),
  );
  throwsCode("malformed", () =>
    parseTimestampList(encodeElement(Tag.octetString, concat(Uint8Array.of(0, 0), Uint8Array.of(0))), defaultLimits),
  );
});

test("empty list, other version, too many", () => {
  throwsCode("malformed", () => parseTimestampList(timestampList([]).value, defaultLimits));
  throwsCode("malformed", () => parseTimestampList(timestampList([stamp({ version: 1 })]).value, defaultLimits));
  throwsCode("over-limit", () =>
    parseTimestampList(
      timestampList(new Array<Uint8Array>(defaultLimits.signedCertificateTimestamps + 1).fill(one)).value,
      defaultLimits,
    ),
  );
});

test.run();
