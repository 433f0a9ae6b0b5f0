import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type ArchiveStatement,
  encodeArchiveStatement,
  type NamedDocument,
  parseArchiveStatement,
  readArchiveKey,
} from "../../../core/archive/archive-statement.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { imageDigest, sampleStatement } from "../../support/archive-sample.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/archive-statement");
const parse = (payload: Uint8Array) => parseArchiveStatement(payload, defaultLimits);
const publicKey = (namedCurve: string) =>
  String(generateKeyPairSync("ec", { namedCurve }).publicKey.export({ type: "spki", format: "pem" }));
const base = { sequence: 2, statement: imageDigest, contentId: imageDigest };

const [index] = sampleStatement().index as readonly [NamedDocument];

test("a statement with everything is read again", () => {
  const statement = sampleStatement({
    kind: "delta",
    base,
    previous: imageDigest,
    parts: [1, 0],
    index: [index, index],
    nextKeys: [publicKey("P-256")],
    coverage: { digest: imageDigest, size: 5 },
    consistency: [{ origin: "rekor.example", firstSize: 3n, secondSize: 7n, path: [new Uint8Array(32)] }],
    bootstrap: [{ name: "sallyport-0.1.0.tgz", digest: imageDigest, size: 9 }],
  });
  assert.equal(parse(encodeArchiveStatement(statement)), statement);
  assert.equal(parse(encodeArchiveStatement(sampleStatement())), sampleStatement());
});

test("numbers that contradict each other are refused", () => {
  const { totals, entryLists } = sampleStatement();
  const wrong: readonly Partial<ArchiveStatement>[] = [
    { sequence: 0 },
    { kind: "delta" },
    { base },
    { kind: "trust", base },
    { kind: "delta", base: { ...base, sequence: 3 } },
    { kind: "delta", base: { ...base, sequence: 0 } },
    { totals: { ...totals, entries: totals.entries + 1 } },
    { totals: { ...totals, tombstones: 1, entries: totals.entries - 1 } },
    { totals: { ...totals, blobs: 2 } },
    { entryLists: [] },
    { entryLists: [...entryLists, ...entryLists] },
    { index: [] },
    { index: [index, index] },
    { parts: [1] },
    { parts: [1, 0] },
    { parts: [1, 1], index: [index, index] },
    { created: "yesterday" },
    { bootstrap: [{ name: "../x", digest: imageDigest, size: 9 }] },
    { bootstrap: [{ name: ".x", digest: imageDigest, size: 9 }] },
    { nextKeys: ["no key"] },
    { nextKeys: [publicKey("P-384")] },
    { kind: "half" as "full" },
    { contentId: "sha256:1" },
  ];
  for (const changes of wrong)
    throwsCode("archive-corrupt", () => parse(encodeArchiveStatement(sampleStatement(changes))));
});

test("another type, a later format, other subjects, unknown members", () => {
  const text = decodeUtf8(encodeArchiveStatement(sampleStatement()));
  const replaced = (from: string, to: string) => {
    assert.ok(text.includes(from), from);
    return encodeUtf8(text.replace(from, to));
  };
  throwsCode("archive-corrupt", () => parse(replaced("sallyport.dev/archive/v1", "sallyport.dev/snapshot/v1")));
  throwsCode("unsupported", () => parse(replaced('"format":1', '"format":2')));
  throwsCode("archive-corrupt", () => parse(replaced('"name":"entries-1"', '"name":"entries-2"')));
  throwsCode("archive-corrupt", () => parse(replaced('"format":1', '"extra":1,"format":1')));
  throwsCode("archive-corrupt", () => parse(replaced('"subject":[', '"subject":[{"digest":{"sha256":"00"}},')));
});

test("any cut or flipped byte is refused or read, and never crashes", () => {
  const payload = encodeArchiveStatement(sampleStatement());
  for (let at = 0; at < payload.length; at += 3) {
    assert.is(
      onlyEngineErrors(() => parse(payload.subarray(0, at))),
      "threw",
    );
    const flipped = payload.slice();
    flipped[at] = (flipped[at] as number) ^ 4;
    onlyEngineErrors(() => parse(flipped));
  }
});

test("archives are signed with ECDSA P-256 alone", () => {
  assert.is(readArchiveKey(publicKey("P-256"), defaultLimits).type, "ecdsa");
  throwsCode("malformed", () => readArchiveKey(publicKey("P-384"), defaultLimits));
});

test.run();
