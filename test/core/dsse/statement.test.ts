import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseStatement, type Statement, statementOf, statementSubjectFor } from "../../../core/dsse/statement.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { patched } from "../../support/patch.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/dsse/statement");
const hex = "9".repeat(64);
const statement: JsonObject = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "app", digest: { sha256: hex }, annotations: { env: "prod" } }],
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: { buildType: "x" },
};
const parseText = (text: string, layout: "bundle" | "layer" = "bundle"): Statement =>
  parseStatement(encodeUtf8(text), { layout, limits: defaultLimits });
const parse = (value: unknown, layout?: "bundle" | "layer"): Statement => parseText(JSON.stringify(value), layout);

test("both statement types", () => {
  const read = parse(statement);
  assert.is(read.type, "https://in-toto.io/Statement/v1");
  assert.is(read.predicateType, "https://slsa.dev/provenance/v1");
  assert.equal(read.predicate?.buildType, "x");
  assert.is(read.subjects[0]?.digest.sha256, hex);
  assert.is(read.subjects[0]?.annotations?.env, "prod");
  assert.is(
    parse({ ...statement, _type: "https://in-toto.io/Statement/v0.1" }).type,
    "https://in-toto.io/Statement/v0.1",
  );
  for (const bad of ["", "https://example.com/NotAStatement", "https://in-toto.io/Statement/v2", null, 1, undefined])
    throwsCode("malformed", () => parse({ ...statement, _type: bad }));
});

test("a predicate is an object, or is not there, which null says too", () => {
  assert.equal(Object.keys(parse({ ...statement, predicate: {} }).predicate ?? { x: 1 }), []);
  for (const none of [null, undefined]) assert.is(parse(patched(statement, "predicate", none)).predicate, null);
  for (const bad of ["text", "", [1, 2], [], 1, 0, true, false])
    throwsCode("malformed", () => parse({ ...statement, predicate: bad }));
});

test("unknown and repeated fields, and other spellings, are refused", () => {
  throwsCode("malformed", () => parse({ ...statement, extra: 1 }));
  throwsCode("malformed", () => parse({ ...statement, predicate_type: "x" }));
  throwsCode("malformed", () => parse(patched(statement, "subject/0/extra", 1)));
  const text = JSON.stringify(statement);
  throwsCode("malformed", () => parseText(text.replace("{", '{"predicate":{},')));
  throwsCode("malformed", () => parseText(text.replace('"buildType"', '"a":1,"a":2,"buildType"')));
  throwsCode("malformed", () => parseText(`${text}{}`));
});

test("names of every object's prototype are plain fields", () => {
  const read = parseText(
    '{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"constructor":"ab","__proto__":"cd"}}],' +
      '"predicateType":"x","predicate":{"__proto__":{"polluted":true}}}',
  );
  assert.equal(Object.keys(read.subjects[0]?.digest ?? {}), ["constructor", "__proto__"]);
  assert.is((read.predicate as { polluted?: boolean }).polluted, undefined);
  assert.is(Object.getPrototypeOf(read.predicate), null);
});

test("subjects of wrong shape", () => {
  for (const bad of [
    null,
    [null],
    {},
    ["x"],
    [{ digest: { sha256: 1 } }],
    [{ digest: [] }],
    [{ name: 1 }],
    [{ uri: 1 }],
    [{ annotations: [] }],
  ] as const) {
    if (bad === null) assert.equal(parse({ ...statement, subject: null }).subjects, []);
    else throwsCode("malformed", () => parse({ ...statement, subject: bad }));
  }
});

test("digests that are not hexadecimal: in a bundle malformed, in a layer another spelling", () => {
  for (const bad of ["xyz", "", "abc", "h1:abc="]) {
    const odd = patched(statement, "subject/0/digest/other", bad);
    throwsCode("malformed", () => parse(odd));
    assert.is(parse(odd, "layer").subjects.length, 1);
  }
});

test("subjects and digests are bounded", () => {
  const many = (count: number) => Array.from({ length: count }, () => ({ digest: { sha256: hex } }));
  assert.is(parse({ ...statement, subject: many(1024) }).subjects.length, 1024);
  throwsCode("over-limit", () => parse({ ...statement, subject: many(1025) }));
  const digests = (count: number) => ({
    ...statement,
    subject: [{ digest: Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, "00"])) }],
  });
  parse(digests(32));
  throwsCode("over-limit", () => parse(digests(33)));
});

test("the subject that names a digest, exactly", () => {
  const digest = (text: string) => `sha256:${text}` as Digest;
  const upper = parse(patched(statement, "subject/0/digest/sha256", "A".repeat(64)));
  throwsCode("wrong-digest", () => statementSubjectFor(upper, digest("a".repeat(64))));
  throwsCode("wrong-digest", () => statementSubjectFor(parse(statement), digest("8".repeat(64))));
  throwsCode("wrong-digest", () => statementSubjectFor(parse({ ...statement, subject: [] }), digest(hex)));
  throwsCode("wrong-digest", () =>
    statementSubjectFor(parse({ ...statement, subject: [{ digest: { sha512: hex } }] }), digest(hex)),
  );
  const two = parse({
    ...statement,
    subject: [
      { name: "x", digest: { sha256: "0".repeat(64) } },
      { name: "y", digest: { sha256: hex } },
    ],
  });
  assert.is(statementSubjectFor(two, digest(hex)).name, "y");
  throwsCode("wrong-digest", () =>
    statementSubjectFor(parse({ ...statement, subject: [{}] }), "sha256:undefined" as Digest),
  );
});

test("only in-toto payloads are statements", () => {
  const payload = encodeUtf8(JSON.stringify(statement));
  const envelope = (payloadType: string) => ({ payloadType, payload, signatures: [] });
  assert.is(
    statementOf(envelope("application/vnd.in-toto+json"), { layout: "bundle", limits: defaultLimits }).subjects.length,
    1,
  );
  for (const bad of ["application/json", "application/vnd.in-toto+json ", "Application/vnd.in-toto+json", ""])
    throwsCode("malformed", () => statementOf(envelope(bad), { layout: "bundle", limits: defaultLimits }));
});

test("a payload cut anywhere is malformed", () => {
  const bytes = encodeUtf8(JSON.stringify(statement));
  for (let length = 0; length < bytes.length; length++)
    assert.is(
      onlyEngineErrors(() => parseStatement(bytes.subarray(0, length), { layout: "bundle", limits: defaultLimits })),
      "threw",
    );
});

const vectors = vectorsDir();
if (vectors === undefined) skipped("core/dsse/statement", 2, "SALLYPORT_VECTORS is not set");
else
  for (const file of [
    "bundles/sigstore-go/statement-provenance-sigstorejs1.3.0.json",
    "bundles/sigstore-js/statement.json",
  ]) {
    test(`real statement ${file}`, () =>
      assert.ok(
        parseStatement(readFileSync(join(vectors, file)), { layout: "bundle", limits: defaultLimits }).subjects.length >
          0,
      ));
  }

test.run();
