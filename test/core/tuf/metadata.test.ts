import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { parseRoot } from "../../../core/tuf/root.ts";
import { parseSnapshot } from "../../../core/tuf/snapshot.ts";
import { parseTargets } from "../../../core/tuf/targets.ts";
import { parseTimestamp } from "../../../core/tuf/timestamp.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/metadata");
const repository = makeTufRepository(encodeUtf8("{}"));
const parsers = { root: parseRoot, timestamp: parseTimestamp, snapshot: parseSnapshot, targets: parseTargets } as const;

const text = (role: keyof typeof parsers): string => decodeUtf8(repository.served(role));
const edited = (role: keyof typeof parsers, from: string | RegExp, to: string): Uint8Array => {
  const before = text(role);
  const after = before.replace(from, to);
  assert.is.not(after, before, `${role} has no ${String(from)}`);
  return encodeUtf8(after);
};

test("each role reads only its own metadata", () => {
  for (const [role, parse] of Object.entries(parsers))
    for (const other of Object.keys(parsers) as (keyof typeof parsers)[]) {
      if (other === role) assert.is(parse(repository.served(other), defaultLimits).version, 1n);
      else throwsCode("malformed", () => parse(repository.served(other), defaultLimits));
    }
});

test("what every role states is read strictly", () => {
  for (const [from, to, code] of [
    ['"version":1', '"version":0', "malformed"],
    ['"version":1', '"version":-1', "malformed"],
    ['"version":1', '"version":"1"', "malformed"],
    ['"version":1', '"version":1.0', "malformed"],
    ['"version":1', '"version":1e0', "malformed"],
    ['"version":1', '"version":1,"version":2', "malformed"],
    ['"version":1', `"version":${"9".repeat(21)}`, "over-limit"],
    [/"expires":"[^"]*"/, '"expires":"2026-02-30T00:00:00Z"', "malformed"],
    [/"expires":"[^"]*"/, '"expires":1', "malformed"],
    ['"spec_version":"1.0.31"', '"spec_version":"2.0.0"', "unsupported"],
    ['"spec_version":"1.0.31"', '"spec_version":"1"', "unsupported"],
    ['"signatures":[', '"signatures":[[],', "malformed"],
    ['"signatures":[', '"signatures":{},"x":[', "malformed"],
    ['"signed":{', '"signed":[],"x":{', "malformed"],
  ] as const)
    throwsCode(code, () => parseTimestamp(edited("timestamp", from, to), defaultLimits));
});

test("versions are exact", () => {
  assert.is(
    parseTimestamp(edited("timestamp", '"version":1,"expires"', '"version":9007199254740993,"expires"'), defaultLimits)
      .version,
    9007199254740993n,
  );
});

test("signatures that are empty or not hexadecimal are ignored, and two of one id are refused", () => {
  const { signatures } = parseTimestamp(edited("timestamp", /"sig":"[^"]*"/, '"sig":""'), defaultLimits);
  assert.is(signatures.size, 0);
  assert.is(parseTimestamp(edited("timestamp", /"sig":"[^"]*"/, '"sig":"xyz"'), defaultLimits).signatures.size, 0);
  throwsCode("malformed", () => parseTimestamp(edited("timestamp", /\[(\{"keyid.*?\})\]/, "[$1,$1]"), defaultLimits));
});

test("unknown members are signed with the rest", () => {
  assert.match(
    decodeUtf8(parseTimestamp(edited("timestamp", '"signed":{', '"signed":{"x-more":[1],'), defaultLimits).signedBytes),
    '"x-more":[1]',
  );
});

test("what one role states is read strictly", () => {
  const cases: readonly (readonly [keyof typeof parsers, string | RegExp, string])[] = [
    ["root", /"threshold":\d/, '"threshold":0'],
    ["root", '"consistent_snapshot":true', '"consistent_snapshot":1'],
    ["root", '"timestamp":{"keyids"', '"time":{"keyids"'],
    ["timestamp", '"snapshot.json"', '"snap.json"'],
    ["timestamp", '"length":', '"length":-'],
    ["timestamp", '"hashes":{', '"hashes":{"x":1,'],
    ["snapshot", '"targets.json"', '"targets"'],
    ["targets", '"hashes":{', '"hashes":{},"x":{'],
    ["targets", '"length":2', '"long":2'],
    ["targets", '"targets":{', '"targets":[],"x":{'],
    ["targets", '"targets":{', '"delegations":{},"targets":{'],
  ];
  for (const [role, from, to] of cases)
    throwsCode("malformed", () => parsers[role](edited(role, from, to), defaultLimits));
});

test("a document past the bound is not read, and neither is one cut short", () => {
  const timestamp = repository.served("timestamp");
  throwsCode("over-limit", () =>
    parseTimestamp(new Uint8Array([...timestamp, ...new Uint8Array(16_384).fill(32)]), defaultLimits),
  );
  for (let length = 0; length < timestamp.length; length += 7)
    throwsCode("malformed", () => parseTimestamp(timestamp.subarray(0, length), defaultLimits));
  for (let at = 0; at < timestamp.length; at++)
    onlyEngineErrors(() =>
      parseTimestamp(
        timestamp.map((byte, index) => (index === at ? byte ^ 1 : byte)),
        defaultLimits,
      ),
    );
});

test.run();
