import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/remove-damage");
const repository = "ghcr.io/org/app";
const content = new Uint8Array(Buffer.from('{"layers":[]}'));
const digest = digestOf(content);
const manifest = { kind: "manifest", repository, digest } as const;
const tag = { kind: "tag", repository, tag: "1" } as const;

const put = (mirror: Mirror): void => {
  mirror.writer().setAnswer(manifest, { state: "present", value: content, ...origin });
  mirror.writer().setAnswer(tag, { state: "present", value: { mediaType: "", digest, size: 13 }, ...origin });
};
const filled = () =>
  writtenMirror((mirror) => {
    put(mirror);
    const writer = mirror.writer();
    writer.setComplete(repository, origin);
    writer.setComplete("quay.io", origin);
    writer.setCheckpoint({ origin: "log", size: 1n, note: "note" }, origin);
    writer.pin({ kind: "key", name: "k", bytes: content }, origin);
    writer.raiseSignedTime(new Date(origin.at), origin);
    writer.addDistrust({ kind: "identity", value: "*@example.com" }, origin);
    writer.setAnswer({ kind: "key", reference: "x" }, { state: "unavailable", code: "timed-out", ...origin });
    mirror.log.addRun({ kind: "test", started: origin.at, ended: origin.at, from: "x", summary: {} });
  });

const tuf = { kind: "trusted-root", name: "tuf" } as const;
const key = new Uint8Array(Buffer.from("a key"));
/** A root whose every file is of other bytes: root, timestamp, snapshot, its target, and another. */
const putRoot = (mirror: Mirror): void => {
  const [root, timestamp, snapshot, target] = ["r", "t", "s", "target"].map(
    (name) => new Uint8Array(Buffer.from(`{"signed":{"version":1,"of":"${name}"}}`)),
  );
  mirror.writer().setAnswer(tuf, {
    state: "present",
    value: {
      form: "tuf",
      roots: [root as Uint8Array],
      timestamp: timestamp as Uint8Array,
      snapshot: snapshot as Uint8Array,
      targets: [],
      target: target as Uint8Array,
      floors: { root: "1" },
      otherTargets: [{ path: "a.pub", bytes: key }],
    },
    ...origin,
  });
};

const mended = (folder: string): number => {
  let removed = 0;
  writtenMirror((mirror) => {
    for (let round = 0; round < 3; round++)
      removed += mirror.writer().removeDamage(mirror.inspect(nodeVerifier).damage).length;
  }, folder);
  return removed;
};

for (const sql of [
  "UPDATE blob SET bytes = x'00'",
  "UPDATE answer SET source = 'x' WHERE kind = 'tag'",
  "UPDATE complete SET at = 'x' WHERE scope = 'quay.io'",
  "UPDATE checkpoint SET size = '2'",
  "UPDATE pin SET source = 'x'",
  "UPDATE signed_time SET at = 'x'",
  "UPDATE distrust SET reason = 'x'",
  "UPDATE attempt SET code = 'x'",
  "UPDATE run SET kind = 'x'",
  ...[
    ["blob", "digest"],
    ["answer", "kind"],
    ["answer", "question"],
    ["complete", "scope"],
    ["checkpoint", "origin"],
    ["pin", "kind"],
    ["pin", "name"],
    ["distrust", "digest"],
    ["attempt", "question"],
  ].map(([table, column]) => `UPDATE ${table} SET ${column} = CAST(${column} AS BLOB)`),
])
  test(`what is damaged goes, and nothing else: ${sql}`, () => {
    const folder = filled();
    tamper(folder, sql);
    assert.is(reading(folder, (mirror) => mirror.inspect(nodeVerifier).damaged) > 0, true);
    assert.ok(mended(folder) > 0);
    reading(folder, (mirror) => assert.is(mirror.inspect(nodeVerifier).damaged, 0));
  });

for (const sql of [
  "UPDATE tuf_metadata SET bytes = x'00' WHERE role = 'snapshot'",
  "UPDATE tuf_metadata SET bytes = x'00' WHERE role = 'root'",
  "UPDATE tuf_metadata SET bytes = x'00' WHERE role = 'targets/a.pub'",
  "UPDATE tuf_metadata SET repository = CAST(repository AS BLOB) WHERE role = 'snapshot'",
  "UPDATE tuf_metadata SET role = CAST(role AS BLOB) WHERE role = 'snapshot'",
  "UPDATE tuf_floor SET version = '0'",
  "UPDATE blob SET bytes = x'00' WHERE instr(bytes, 'target') > 0",
])
  test(`of a trusted root what is damaged goes, and is brought again: ${sql}`, () => {
    const folder = filled();
    writtenMirror(putRoot, folder);
    const sound = reading(folder, (mirror) => mirror.inspect(nodeVerifier));
    assert.is(sound.damaged, 0);
    tamper(folder, sql);
    assert.ok(reading(folder, (mirror) => mirror.inspect(nodeVerifier).damaged) > 0);
    assert.ok(mended(folder) > 0);
    reading(folder, (mirror) => {
      assert.is(mirror.inspect(nodeVerifier).damaged, 0);
      assert.is(mirror.knowledge().answer(tag)?.state, "present");
    });
    writtenMirror(putRoot, folder);
    reading(folder, (mirror) => {
      assert.equal(mirror.inspect(nodeVerifier), sound);
      assert.is(mirror.knowledge().answer(tuf)?.state, "present");
    });
  });

test("of a row whose key became bytes, and the one that came in its place, the damaged one goes", () => {
  const folder = filled();
  tamper(folder, "UPDATE answer SET kind = CAST(kind AS BLOB) WHERE kind = 'tag'");
  writtenMirror(put, folder);
  assert.is(mended(folder), 1);
  reading(folder, (mirror) => {
    assert.is(mirror.inspect(nodeVerifier).damaged, 0);
    assert.is(mirror.knowledge().answer(tag)?.state, "present");
  });
});

test("what is removed is unknown, never absent, and can be brought again", () => {
  const folder = filled();
  tamper(folder, "UPDATE blob SET bytes = x'00'");
  mended(folder);
  reading(folder, (mirror) => {
    const knowledge = mirror.knowledge();
    assert.is(knowledge.answer(manifest), undefined);
    assert.equal(
      knowledge.allClaims().map(({ scope }) => scope),
      ["quay.io"],
    );
  });
  writtenMirror(put, folder);
  reading(folder, (mirror) => assert.is(mirror.knowledge().answer(manifest)?.state, "present"));
});

test("bytes that are damaged are mended by adding them again", () => {
  const folder = filled();
  tamper(folder, "UPDATE blob SET bytes = x'00'");
  writtenMirror(put, folder);
  reading(folder, (mirror) => assert.is(mirror.inspect(nodeVerifier).damaged, 0));
});

test("the structure of the file is not mended", () => {
  writtenMirror((mirror) => {
    const damage = [{ table: "mirror.db", key: [], subject: "mirror.db", reason: "x" } as const];
    assert.equal(mirror.writer().removeDamage(damage), []);
  });
});

test.run();
