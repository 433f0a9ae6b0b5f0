import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { AdmissionRequest } from "../../../core/kyverno/rule/request.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { parseRecord, verifyRecord } from "../../../core/record/read-record.ts";
import { replay } from "../../../core/record/replay.ts";
import { fastVerifier, Lab, type Json, portableVerifier, type Recipe, sign, verifiers } from "../../lab/index.ts";
import { makeKey, ourKey } from "../../support/archive-store.ts";
import { throwsCode } from "../../support/assert.ts";
import { imageOf, podWith } from "../../support/capsules.ts";
import { recordOf } from "../../support/records.ts";

const test = suite("core/record/replay");
const lab = new Lab();
const signed = sign(lab, { layout: "tag" });
const text = recordOf(signed);
const read = (record: string) => parseRecord(encodeUtf8(record), defaultLimits);
const isSame = (record: string): boolean =>
  verifiers.every((crypto) => replay(read(record), crypto).difference === undefined);

const recipes: readonly Recipe[] = [
  {},
  { layout: "tag" },
  { layout: "artifact" },
  { by: "certificate" },
  { layout: "tag", by: "certificate" },
  { layout: "tag", claim: "attestation" },
  { claim: "attestation" },
  { evidence: ["promise", "proof"] },
];

test("what was recorded is decided again, byte for byte, by both adapters", () => {
  for (const recipe of recipes) assert.ok(isSame(recordOf(sign(lab, recipe))), JSON.stringify(recipe));
});

test("what was denied, and what nobody knew, too", () => {
  const other = sign(lab, { layout: "tag", by: "certificate" });
  const empty = new MemoryKnowledge(defaultLimits);
  const outage: Knowledge = {
    answer: (question) =>
      question.kind === "trusted-root"
        ? signed.knowledge.answer(question)
        : ({
            state: "unavailable",
            code: "timed-out",
            at: "2026-01-01T00:00:00Z",
            from: "ghcr.io",
            why: "it slept",
            asked: "https://ghcr.io",
          } as const),
  };
  const damaged: Knowledge = {
    answer: () => {
      throw new EngineError("mirror-corrupt", "a row was changed", { subject: "row 7" });
    },
  };
  for (const record of [
    recordOf(signed, { attestor: other.attestor }),
    recordOf(signed, { source: empty }),
    recordOf(signed, { source: outage }),
    recordOf(signed, { source: damaged }),
    recordOf(signed, {
      source: { answer: () => undefined, state: () => ({ mirrored: {}, newestSignedTime: lab.now }) },
    }),
  ]) {
    assert.is(replay(read(record), fastVerifier).allowed, false);
    assert.ok(isSame(record));
  }
});

test("the order of members shows in no replay: the request is kept as it came", () => {
  const request = podWith(imageOf(signed));
  const object = {
    spec: request.object?.spec ?? null,
    ...request.object,
    metadata: { z: "1", a: "2", name: "b" },
  } as never;
  const record = recordOf(signed, { request: { ...request, object } });
  assert.ok(
    JSON.stringify((read(record).ask as { request: AdmissionRequest }).request.object).includes(
      '"metadata":{"z":"1","a":"2"',
    ),
  );
  assert.ok(isSame(record));
});

test("a zero below zero is one in a replay, too", () => {
  const request = podWith(imageOf(signed));
  const object = { ...request.object, share: { least: -0 } } as never;
  const policy = (json: Json): Json => {
    const { spec, ...rest } = json as unknown as { readonly spec: { readonly rules: readonly object[] } };
    const key = "{{ to_string(request.object.share) }}";
    const preconditions = { all: [{ key, operator: "Equals", value: '{"least":-0}' }] };
    return { ...rest, spec: { ...spec, rules: spec.rules.map((rule) => ({ ...rule, preconditions })) } } as never;
  };
  const record = recordOf(signed, { request: { ...request, object }, policy });
  assert.match(record, '"status":"pass"');
  assert.ok(isSame(record));
});

test("a text that is cut within a sign, when it is quoted, spoils no record", () => {
  const branch = `${"x".repeat(198)}🔒`;
  const attested = sign(lab, { layout: "tag", claim: "attestation", predicate: { branch } });
  const policy = (json: Json): Json => {
    const conditions = [{ all: [{ key: "{{ branch }}", operator: "Equals", value: "main" }] }];
    return JSON.parse(JSON.stringify(json), (name, value) =>
      name === "attestations" ? value.map((one: object) => ({ ...one, conditions })) : value,
    );
  };
  const record = recordOf(attested, { policy });
  assert.match(record, `it is \\"${"x".repeat(198)}\ufffd…`);
  assert.ok(isSame(record));
  const source: Knowledge = {
    answer: () => {
      throw new EngineError("mirror-corrupt", `a row was changed: ${branch.slice(0, 199)}`, { subject: "row 7" });
    },
  };
  assert.ok(isSame(recordOf(signed, { source })));
});

test("what the statement is about", () => {
  const { statement } = read(text);
  const { predicate, subject } = statement as { predicate: Record<string, Json>; subject: readonly Json[] };
  assert.is(JSON.stringify(subject), `[{"digest":{"sha256":"${signed.digest.slice(7)}"},"name":"${imageOf(signed)}"}]`);
  assert.equal(Object.keys(predicate).sort(), [
    ...["at", "decision", "engine", "format", "input", "policies", "resource", "trustedRoots"],
  ]);
});

test("every flipped byte is refused or gives a difference", () => {
  const bytes = encodeUtf8(text);
  for (let at = 0; at < bytes.length; at += 61) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ (at % 2 === 0 ? 1 : 2);
    let found: unknown;
    try {
      found = replay(parseRecord(changed, defaultLimits), fastVerifier).difference;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      found = error;
    }
    assert.ok(found, `byte ${at} of ${bytes.length} was changed and not seen`);
  }
});

test("a difference names the first node of both trees", () => {
  const changed = read(text);
  const result = { ...changed.result, allowed: false };
  const statement = {
    ...changed.statement,
    predicate: { ...(changed.statement.predicate as object), decision: result },
  } as never;
  const { difference } = replay({ ...changed, statement }, portableVerifier);
  assert.equal(difference, { at: "/predicate/decision/allowed", left: false, right: true });
});

test("a signed record is of who signed it, and of nobody else", () => {
  const record = recordOf(signed, { sign: ourKey.signing.sign });
  assert.ok(isSame(record));
  assert.is(verifyRecord(read(record), [makeKey().key, ourKey.key], fastVerifier), ourKey.key);
  throwsCode("archive-signature", () => verifyRecord(read(record), [makeKey().key], fastVerifier));
  throwsCode("archive-signature", () => verifyRecord(read(text), [ourKey.key], fastVerifier));
  const renamed = record.replace(ourKey.key.fingerprint, "0".repeat(64));
  throwsCode("archive-signature", () => verifyRecord(read(renamed), [ourKey.key], fastVerifier));
});

test("cut, long and deep files, and other files", () => {
  for (let length = 0; length < text.length; length += 997)
    throwsCode("archive-corrupt", () => read(text.slice(0, length)));
  for (const other of ["{}", "[]", "7", '{"input":{}}', '{"input":{},"statement":{}}', ` ${text}`, "\u00ff"])
    throwsCode("archive-corrupt", () => read(other));
  const deep = `{"input":${"[".repeat(5000)}${"]".repeat(5000)}}`;
  throwsCode("over-limit", () => read(deep));
  throwsCode("over-limit", () => parseRecord(encodeUtf8(text), { ...defaultLimits, recordBytes: 100 }));
  throwsCode("unsupported", () => read(text.replace('"format":1', '"format":2')));
});

test.run();
