import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Question, questionText } from "../../../core/knowledge/question.ts";
import {
  answerColumns,
  checkRow,
  loadRootSource,
  loadValue,
  named,
  readRowText,
  storedBytes,
  storedJson,
  storeValue,
  toRow,
} from "../../../proxy/mirror/answer-row.ts";
import { textDigest } from "../../../proxy/mirror/row-checksum.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/answer-row");
const digest = `sha256:${"ab".repeat(32)}` as const;
const tag: Question = { kind: "tag", repository: "ghcr.io/a", tag: "1" };
const present = (value: unknown) => ({ state: "present", value, ...origin }) as const;
const rowOf = (question: Question, json: Parameters<typeof storedJson>[0]) =>
  toRow(question, present(undefined), storedJson(json));

test("columns for people, and none for what is in no repository", () => {
  assert.equal(
    [toRow(tag, { state: "absent", ...origin }, undefined)].map(({ repository, subject, digest: stored, value }) => [
      repository,
      subject,
      stored,
      value,
    ]),
    [["ghcr.io/a", "1", null, null]],
  );
  const manifest = toRow(
    { kind: "manifest", repository: "ghcr.io/a", digest },
    present(undefined),
    storedBytes(digest),
  );
  assert.equal([manifest.subject, manifest.digest, manifest.value], [digest, digest, null]);
  assert.is(toRow({ kind: "key", reference: "k" }, { state: "absent", ...origin }, undefined).repository, null);
});

test("the same value is the same text, whatever the order of its keys", () => {
  assert.equal(storeValue("cluster", { b: 1, a: 2 }), storeValue("cluster", { a: 2, b: 1 }));
});

test("a row as one text: a whole checksum does not make a value that is not what its digest says", () => {
  const textOf = (value: string): string => {
    const columns = JSON.stringify(["tag", "tag a 1", "a", "1", "present", textDigest("{}"), value, origin.at, "x"]);
    return textDigest(columns).slice("sha256:".length) + columns;
  };
  assert.equal([readRowText(textOf("{}")).value, readRowText(textOf("{}")).partial], ["{}", ""]);
  throwsCode("mirror-corrupt", () => readRowText(textOf("[]")));
  throwsCode("mirror-corrupt", () => readRowText(textOf("{}").replace("tag a 1", "tag a 2")));
});

test("a row checks, a changed one does not", () => {
  const row = rowOf(tag, { mediaType: "", digest, size: 1 });
  checkRow(row);
  for (const changed of [
    { ...row, at: "x" },
    { ...row, value: "{}" },
    { ...row, checksum: Buffer.alloc(0) },
    { ...row, state: "absent" },
  ])
    throwsCode("mirror-corrupt", () => checkRow(changed));
});

test("a list that lacks some says so in its row: a number, and not bytes or a text that read the same", () => {
  const referrers: Question = { kind: "referrers", repository: "r", digest };
  const answer = { ...present([]), partial: true } as const;
  const row = toRow(referrers, answer, storedJson([]));
  assert.is(row.partial, 1);
  assert.is(toRow(referrers, present([]), storedJson([])).partial, 0);
  assert.is(toRow(referrers, { state: "absent", ...origin }, undefined).partial, 0);
  checkRow(row);
  for (const partial of [0, "1", Buffer.from("1"), null])
    throwsCode("mirror-corrupt", () => checkRow({ ...row, partial: partial as number }));
});

test("a row is written in the order of its columns, into a list that was given", () => {
  const row = rowOf(tag, { mediaType: "", digest, size: 1 });
  const list: unknown[] = [];
  assert.is(answerColumns(row, list), list);
  const { kind, question, repository, subject, state, value, at, source, checksum, partial } = row;
  assert.equal(list, [kind, question, repository, subject, state, row.digest, value, at, source, checksum, partial]);
});

test("a whole checksum does not make a value that is not what its digest says; bytes are kept elsewhere", () => {
  throwsCode("mirror-corrupt", () => checkRow(toRow(tag, present(undefined), { digest, value: "{}" })));
  const manifest = { kind: "manifest", repository: "ghcr.io/a", digest } as const;
  checkRow(toRow(manifest, present(undefined), storedBytes(digest)));
  const columns = JSON.stringify(["manifest", "m", "a", digest, "present", digest, null, origin.at, "x"]);
  assert.is(readRowText(textDigest(columns).slice("sha256:".length) + columns).value, null);
});

test("values are read as their kind has them; a root that is pinned is its bytes", () => {
  const value = { mediaType: "", digest, size: 1 };
  assert.equal(loadValue(rowOf(tag, value), defaultLimits), value);
  throwsCode("mirror-corrupt", () => loadValue({ ...rowOf(tag, value), kind: "manifest" }, defaultLimits));
  throwsCode("mirror-corrupt", () => loadValue({ ...rowOf(tag, value), value: null }, defaultLimits));
  const pinned = { form: "pinned", digest };
  assert.equal(loadRootSource(rowOf({ kind: "trusted-root", name: "x" }, pinned), defaultLimits), pinned);
});

test("a damaged text of a row is named as it stands, and a question in words", () => {
  assert.is(named("no question"), "no question");
  assert.is.not(named(questionText(tag)), questionText(tag));
});

test("values of another form than their kind has are damage", () => {
  for (const [question, json] of [
    [tag, {}],
    [{ kind: "referrers", repository: "r", digest }, {}],
    [{ kind: "key", reference: "k" }, 1],
    [{ kind: "log-entry", log: "l", hash: "h" }, {}],
  ] as const) {
    throwsCode("mirror-corrupt", () => loadValue(rowOf(question, json), defaultLimits));
  }
  const part = { version: 1, digest };
  const tuf = { form: "tuf", roots: [part], timestamp: part, snapshot: part, targets: [], target: digest };
  const load = (json: object) => loadRootSource(rowOf({ kind: "trusted-root", name: "x" }, { ...json }), defaultLimits);
  assert.equal(load(tuf), { ...tuf, others: [] });
  assert.equal(load({ ...tuf, others: [{ path: "a", digest }] }), { ...tuf, others: [{ path: "a", digest }] });
  for (const json of [
    {},
    { form: "pinned" },
    { form: "pinned", digest: "x" },
    { form: "tuf", roots: [{}] },
    { ...tuf, others: [{}] },
  ])
    throwsCode("mirror-corrupt", () => loadRootSource(rowOf({ kind: "trusted-root", name: "x" }, json), defaultLimits));
});

test.run();
