import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../../core/archive/archive-entry.ts";
import { blobPath } from "../../../core/archive/names.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import { encodeTarHeader } from "../../../core/archive/plain-tar.ts";
import { throwsCode } from "../../support/assert.ts";
import { addImage, exported, makeKey, sampleNote, variedMirror } from "../../support/archive-store.ts";
import { type Forgery, forge } from "../../support/forged-archive.ts";
import { exportedSince, importing } from "../../support/importing.ts";
import { dumpMirror } from "../../support/mirror-dump.ts";
import { origin, temporaryFolder, temporaryMirror, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/import-faults");

/** A mirror with an archive in it, and the next ones. */
function crossing() {
  const near = variedMirror(8, "x".repeat(20_000));
  const first = exported(near);
  const far = temporaryFolder();
  importing(far, first.path);
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "2.0"), near);
  return { near, far, first };
}

/** Refused with this code, and the mirror is as it was. */
function refused(
  far: string,
  code: ErrorCode | readonly ErrorCode[],
  paths: string | readonly string[],
  options: Parameters<typeof importing>[2] = {},
): void {
  const before = dumpMirror(far);
  throwsCode(code, () => importing(far, paths, options));
  assert.is(dumpMirror(far), before);
}

const partsOf = (near: string) => exported(near, { chunkSize: 60_000 }).files.map(({ path }) => path);
const swap = (paths: readonly string[], at: number, path: string): readonly string[] =>
  paths.map((one, index) => (index === at ? path : one));

test("parts: missing, twice, of another archive; in another order they are the same", () => {
  const { near, far } = crossing();
  const [parts, others] = [partsOf(near), partsOf(near)];
  assert.ok(parts.length > 3);
  refused(far, "archive-incomplete", parts.slice(1));
  refused(far, "archive-incomplete", parts.slice(0, -1));
  refused(far, "archive-incomplete", swap(parts, 1, parts[2] ?? ""));
  refused(far, "archive-incomplete", swap(parts, 1, others[1] ?? ""));
  importing(far, [...parts].reverse());
});

test("parts: the content of one under the name of another", () => {
  const { near, far } = crossing();
  const parts = partsOf(near);
  const bytes = parts.map((path) => readFileSync(path));
  writeFileSync(parts[1] ?? "", bytes[2] ?? "");
  writeFileSync(parts[2] ?? "", bytes[1] ?? "");
  // The file says itself which part it is.
  importing(far, parts);
  const other = crossing();
  const own = partsOf(other.near);
  // A part whose beginning is that of another one.
  const [second, third] = [readFileSync(own[1] ?? ""), readFileSync(own[2] ?? "")];
  const body = 8 * 512;
  writeFileSync(own[1] ?? "", Buffer.concat([third.subarray(0, body), second.subarray(body)]));
  refused(other.far, ["archive-corrupt", "archive-incomplete"], own);
});

test("a file that is cut at any block, or has a byte changed anywhere", () => {
  const { near, far } = crossing();
  const { path } = exportedSince(near, 1);
  const whole = readFileSync(path);
  const copy = join(temporaryFolder(), "copy.tar");
  const codes = ["archive-corrupt", "archive-signature", "invalid-usage", "over-limit", "unsupported"] as const;
  const step = 512 * Math.max(1, Math.floor(whole.length / 512 / 25));
  for (let at = 0; at < whole.length; at += step) {
    writeFileSync(copy, whole);
    truncateSync(copy, at);
    refused(far, codes, copy);
    const changed = Buffer.from(whole);
    changed[at + 7] = (changed[at + 7] ?? 0) ^ 1;
    writeFileSync(copy, changed);
    refused(far, codes, copy);
  }
  writeFileSync(copy, Buffer.concat([whole, Buffer.alloc(512)]));
  refused(far, "archive-corrupt", copy);
});

test("replayed, older, a gap, another base, another mirror's", () => {
  const { near, far, first } = crossing();
  const second = exportedSince(near, 1);
  refused(far, "archive-sequence", first.path);
  importing(far, second.path);
  refused(far, "archive-sequence", second.path);
  refused(far, "archive-sequence", first.path);
  writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "3.0"), near);
  exportedSince(near, 2);
  const fourth = exportedSince(near, 3);
  refused(far, "archive-sequence", fourth.path);
  const onFirst = exportedSince(near, 1);
  refused(far, "archive-sequence", onFirst.path);
  const other = variedMirror(1);
  exported(other);
  exported(other);
  refused(far, "archive-sequence", exported(other).path);
  refused(temporaryFolder(), "archive-sequence", second.path);
});

test("another key, also for an archive whose lists are right", () => {
  const { near, far } = crossing();
  const key = makeKey();
  refused(far, "archive-signature", exported(near, { key: key.signing }).path);
  refused(far, "archive-signature", exported(near).path, { key });
});

const manifest = encodeUtf8('{"schemaVersion":2,"layers":[]}');
const digest = digestOf(manifest);
const repository = "ghcr.io/org/app";
const known = { at: "2026-01-01T00:00:00Z", from: "ghcr.io" };
const entry = (changes: object = {}): Entry =>
  ({
    kind: "manifest",
    key: `manifest ${repository} ${digest}`,
    state: "present",
    digest,
    size: manifest.length,
    ...known,
    ...changes,
  }) as Entry;
const right: Forgery = { entries: [entry()], blobs: [manifest] };
const lie = (code: ErrorCode, forgery: Partial<Forgery>): void => {
  const far = writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/own", "1"));
  refused(far, code, forge({ ...right, ...forgery }).path);
};

test("the same archive without a lie is imported", () => {
  const far = temporaryFolder();
  assert.is(importing(far, forge(right).path).entries, 1);
});

test("lies about an entry", () => {
  lie("archive-corrupt", { entries: [entry({ size: manifest.length + 1 })] });
  lie("archive-corrupt", { entries: [entry({ key: `manifest ${repository} sha256:${"0".repeat(64)}` })] });
  lie("archive-incomplete", { blobs: [] });
  lie("archive-corrupt", { entries: [] });
  lie("archive-corrupt", { blobs: [manifest, encodeUtf8("nobody names it")] });
  const tag = `tag ${repository} 1`;
  const value = (text: string) => ({
    kind: "tag",
    key: tag,
    state: "present",
    digest: digestOf(encodeUtf8(text)),
    value: text,
    ...known,
  });
  for (const text of ["[]", '{"digest":1}', '{ "a":1}', "no JSON"])
    lie("archive-corrupt", { entries: [entry(), value(text) as Entry] });
  lie("archive-corrupt", {
    entries: [entry(), { kind: "partial", key: `referrers ${repository} ${digest}`, digest: "x" } as never],
  });
  const list = { kind: "referrers", key: `referrers ${repository} ${digest}`, ...known } as const;
  const empty = { state: "present", value: "[]", digest: digestOf(encodeUtf8("[]")) } as const;
  lie("archive-corrupt", { entries: [entry(), { ...list, ...empty, partial: true }] });
  lie("archive-corrupt", { entries: [entry(), { ...list, ...empty }, { kind: "partial", key: list.key }] });
  const note = sampleNote(7);
  const checkpoint = {
    kind: "checkpoint",
    key: "rekor.example",
    digest: digestOf(encodeUtf8(note)),
    value: note,
    ...known,
  };
  lie("archive-corrupt", { entries: [entry(), { ...checkpoint, treeSize: "8" } as Entry] });
});

test("lies about sizes, counts and the content id", () => {
  const { statement } = forge(right);
  lie("archive-corrupt", { carried: [{ digest, size: manifest.length - 1 }] });
  lie("archive-corrupt", { carried: [{ digest: `sha256:${"0".repeat(64)}`, size: manifest.length }] });
  for (const totals of [{ entries: 2 }, { blobs: 2 }, { bytes: 1 }, { tombstones: 1 }])
    lie("archive-corrupt", { statement: { totals: { ...statement.totals, ...totals } } });
  lie("archive-corrupt", { statement: { contentId: `sha256:${"0".repeat(64)}` } });
  const [list] = statement.entryLists;
  if (list !== undefined) {
    lie("archive-corrupt", { statement: { entryLists: [{ ...list, lines: 2 }] } });
    lie("archive-corrupt", { statement: { entryLists: [list, list] } });
  }
});

test("a tombstone of what the base does not have", () => {
  const far = temporaryFolder();
  const first = forge(right);
  importing(far, first.path);
  const base = { sequence: 1, statement: first.digest, contentId: first.statement.contentId };
  const gone = { kind: "tag", key: `tag ${repository} 1`, digest: "absent", gone: true } as const;
  refused(far, "archive-corrupt", forge({ entries: [gone], statement: { kind: "delta", sequence: 2, base } }).path);
  const own = { kind: "manifest", key: `manifest ${repository} ${digest}`, digest, gone: true } as const;
  const empty = digestOf(new Uint8Array());
  importing(far, forge({ entries: [own], statement: { kind: "delta", sequence: 2, base, contentId: empty } }).path);
});

test("paths out of the layout, absolute ones, links, devices and folders", () => {
  const path = blobPath(digest);
  for (const other of [`../${path}`, `/${path}`, `./${path}`, path.replace("sha256/", "sha256/../"), "etc/passwd"])
    lie("archive-corrupt", { rename: (name) => (name === path ? other : name) });
  for (const type of ["1", "2", "3", "4", "5", "6", "7", "x", "L"]) {
    const header = (name: string, size: number): Buffer => {
      const block = Buffer.from(encodeTarHeader(name, size));
      if (name !== path) return block;
      block.write(type, 156, "latin1");
      block.write("        ", 148, "latin1");
      const sum = block.reduce((total, byte) => total + byte, 0);
      block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
      return block;
    };
    lie("archive-corrupt", { header });
  }
});

test("a member that goes on beyond what was signed ends there, and bounds hold", () => {
  const path = blobPath(digest);
  lie("archive-corrupt", {
    header: (name, size) => encodeTarHeader(name, name === path ? 2 ** 40 : size),
  });
  const far = temporaryFolder();
  temporaryMirror(far).close();
  for (const limits of [{ archiveBytes: 10 }, { blobBytes: 10 }, { archiveEntryBytes: 10 }, { archiveListBytes: 10 }])
    refused(far, "over-limit", forge(right).path, { limits });
});

test("a log that shrank or forked, and one that did not keep what it had", () => {
  const { near, far } = crossing();
  const put = (size: number) =>
    writtenMirror((mirror) => {
      const writer = mirror.writer();
      writer.database.exec("DELETE FROM checkpoint");
      writer.setCheckpoint({ origin: "rekor.example", size: BigInt(size), note: sampleNote(size) }, origin);
    }, near);
  put(9);
  importing(far, exported(near).path);
  put(8);
  refused(far, "rollback", exported(near).path);
  const other = crossing();
  writtenMirror(
    (mirror) => mirror.writer().setCheckpoint({ origin: "rekor.example", size: 7n, note: sampleNote(7, 1) }, origin),
    other.far,
  );
  refused(other.far, "rollback", exported(other.near).path);
});

test("while another process writes, nothing is imported", () => {
  const { near, far } = crossing();
  const { path } = exportedSince(near, 1);
  const writer = temporaryMirror(far);
  throwsCode("mirror-busy", () => importing(far, path));
  writer.close();
  importing(far, path);
});

test.run();
