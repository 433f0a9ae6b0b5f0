import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { EngineError } from "../../../core/errors.ts";
import { textDigest } from "../../../proxy/mirror/row-checksum.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/inspect-mirror");
const repository = "ghcr.io/org/app";
const content = new Uint8Array(Buffer.from('{"layers":[]}'));
const digest = digestOf(content);
const metadata = new Uint8Array(Buffer.from('{"signed":{"version":1}}'));

const keyDigest = textDigest("a key");

const filled = () =>
  writtenMirror((mirror) => {
    const writer = mirror.writer();
    writer.setAnswer({ kind: "manifest", repository, digest }, { state: "present", value: content, ...origin });
    writer.setAnswer(
      { kind: "trusted-root", name: "x" },
      {
        state: "present",
        value: {
          form: "tuf",
          roots: [metadata],
          timestamp: metadata,
          snapshot: metadata,
          targets: [],
          target: metadata,
          floors: { root: "1" },
          otherTargets: [{ path: "a.pub", bytes: new Uint8Array(Buffer.from("a key")) }],
        },
        ...origin,
      },
    );
    writer.setAnswer({ kind: "key", reference: "k" }, { state: "absent", ...origin });
    writer.setComplete("ghcr.io", origin);
    writer.setCheckpoint({ origin: "log", size: 1n, note: "note" }, origin);
    writer.pin({ kind: "key", name: "k", bytes: content }, origin);
    writer.raiseSignedTime(new Date(origin.at), origin);
    writer.addDistrust({ kind: "identity", value: "*@example.com" }, origin);
  });

test("a sound mirror has no damage", () => {
  reading(filled(), (mirror) =>
    assert.equal(mirror.inspect(nodeVerifier), { answers: 3, blobs: 2, layers: 0, damage: [], damaged: 0 }),
  );
});

const damage: readonly (readonly [string, string, readonly string[]])[] = [
  ["bytes", "UPDATE blob SET bytes = x'00' WHERE digest LIKE '%' AND length(bytes) = 13", [digest]],
  ["a blob that is gone", "DELETE FROM blob WHERE length(bytes) = 13", [digest]],
  ["an answer", "UPDATE answer SET source = 'x' WHERE kind = 'key'", ["the key k"]],
  ["a trusted root", "UPDATE answer SET value = '{}' WHERE kind = 'trusted-root'", ["the trusted root x"]],
  ["metadata", "UPDATE tuf_metadata SET bytes = x'00' WHERE role = 'snapshot'", [digestOf(metadata)]],
  ["another target", "UPDATE tuf_metadata SET bytes = x'00' WHERE role = 'targets/a.pub'", [keyDigest]],
  ["a target that is gone", "DELETE FROM tuf_metadata WHERE role = 'targets/a.pub'", [keyDigest]],
  ["completeness", "UPDATE complete SET at = 'x'", ["ghcr.io"]],
  ["a checkpoint", "UPDATE checkpoint SET note = 'x'", ["log"]],
  ["a floor", "UPDATE tuf_floor SET version = '0'", ["x root"]],
  ["a pin", "UPDATE pin SET digest = 'x'", ["key k"]],
  ["the newest signed time", "UPDATE signed_time SET signed = '2020-01-01T00:00:00Z'", ["newest signed time"]],
  ["an entry of the distrust list", "UPDATE distrust SET digest = 'x', value = 'y'", ["x"]],
];
for (const [name, sql, subjects] of damage) {
  test(`damage to ${name} is named, and the rest is still looked at`, () => {
    const folder = filled();
    tamper(folder, sql);
    reading(folder, (mirror) => {
      const inspection = mirror.inspect(nodeVerifier);
      assert.equal(
        inspection.damage.map(({ subject }) => subject),
        subjects,
      );
      assert.is(inspection.answers, 3);
    });
  });
}

test("a table that is gone ends that table, not the inspection", () => {
  const folder = filled();
  // The views that read it go with it.
  for (const view of ["signature", "attestation", "rekor_entry", "tuf_root", "material"])
    tamper(folder, `DROP VIEW ${view}`);
  reading(folder, (mirror) => {
    tamper(folder, "DROP TABLE tuf_metadata");
    assert.equal(
      mirror.inspect(nodeVerifier).damage.map(({ subject }) => subject),
      ["answer", "tuf_metadata"],
    );
  });
});

const tables = "answer attempt blob checkpoint complete distrust pin run signed_time tuf_floor tuf_metadata".split(" ");

/** Everything that the tables hold, or nothing where that cannot be read. */
function contentOf(folder: string): string | undefined {
  const database = new Database(join(folder, "mirror.db"), { readonly: true });
  try {
    return JSON.stringify(
      // The numbers of these rows say nothing.
      tables.map((table) => {
        const rows = database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).raw().all();
        return rows.map((row) => (table === "run" || table === "signed_time" ? (row as unknown[]).slice(1) : row));
      }),
    );
  } catch {
    return undefined;
  } finally {
    database.close();
  }
}

test("a flipped bit anywhere in the file is named, or nothing of the content changed", () => {
  const folder = filled();
  writtenMirror((mirror) => {
    mirror
      .writer()
      .setAnswer(
        { kind: "referrers", repository, digest },
        { state: "present", value: [{ mediaType: "a/b", digest, size: 13 }], ...origin, partial: true },
      );
    mirror.writer().setAnswer({ kind: "key", reference: "x" }, { state: "unavailable", code: "timed-out", ...origin });
    mirror.log.addRun({ kind: "test", started: origin.at, ended: origin.at, from: "x", summary: {} });
  }, folder);
  const whole = readFileSync(join(folder, "mirror.db"));
  const before = contentOf(folder);
  const copy = temporaryFolder();
  const path = join(copy, "mirror.db");
  const seen = { named: 0, refused: 0, harmless: 0 };
  // Unused space is most of the file: of bytes that hold nothing few are tried.
  const places = [...whole.keys()].filter((at) => whole[at] !== 0 || at % 997 === 0);
  const step = Math.max(1, Math.floor(places.length / 900));
  for (let index = 0; index < places.length; index += step) {
    const at = places[index] ?? 0;
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (index % 8));
    writeFileSync(path, damaged);
    try {
      const { damaged: count } = reading(copy, (mirror) => mirror.inspect(nodeVerifier));
      if (count > 0) seen.named += 1;
      else {
        assert.ok(contentOf(copy) === before, `byte ${at} is believed`);
        seen.harmless += 1;
      }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      assert.ok(["mirror-corrupt", "mirror-version"].includes(error.code), error.code);
      seen.refused += 1;
    }
  }
  assert.ok(seen.named > 100 && seen.refused > 100, JSON.stringify(seen));
});

test("a layer that was changed is named by its file", () => {
  const layer = new TextEncoder().encode("a layer");
  const name = digestOf(layer);
  const add = (take: (piece: Uint8Array) => void): boolean => {
    take(layer);
    return true;
  };
  const folder = writtenMirror((mirror) => mirror.layers.add(name, add));
  const path = join(folder, "blobs", "sha256", name.slice("sha256:".length));
  writeFileSync(`${path}.new`, "half");
  reading(folder, (mirror) => assert.equal(mirror.inspect(nodeVerifier).damaged, 0));
  writeFileSync(path, "another");
  reading(folder, (mirror) => {
    const { damage, layers } = mirror.inspect(nodeVerifier);
    assert.equal([damage.map(({ table, key }) => [table, ...key]), layers], [[["layer", path]], 1]);
  });
  writtenMirror((mirror) => {
    const { damage } = mirror.inspect(nodeVerifier);
    assert.is(mirror.writer().removeDamage(damage).length, 1);
    assert.is(mirror.layers.add(name, add), true);
  }, folder);
  reading(folder, (mirror) => assert.is(mirror.inspect(nodeVerifier).damaged, 0));
});

test.run();
