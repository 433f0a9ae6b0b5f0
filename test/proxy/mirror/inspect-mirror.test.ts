import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { origin, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/inspect-mirror");
const repository = "ghcr.io/org/app";
const content = new Uint8Array(Buffer.from('{"layers":[]}'));
const digest = digestOf(content);
const metadata = new Uint8Array(Buffer.from('{"signed":{"version":1}}'));

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
  reading(filled(), (mirror) => assert.equal(mirror.inspect(), { answers: 3, blobs: 2, damage: [] }));
});

const damage: readonly (readonly [string, string, readonly string[]])[] = [
  ["bytes", "UPDATE blob SET bytes = x'00' WHERE digest LIKE '%' AND length(bytes) = 13", [digest, digest]],
  ["a blob that is gone", "DELETE FROM blob WHERE length(bytes) = 13", [digest]],
  ["an answer", "UPDATE answer SET source = 'x' WHERE kind = 'key'", ["the key k"]],
  ["a trusted root", "UPDATE answer SET value = '{}' WHERE kind = 'trusted-root'", ["the trusted root x"]],
  ["metadata", "UPDATE tuf_metadata SET bytes = x'00' WHERE role = 'snapshot'", [digestOf(metadata)]],
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
      const inspection = mirror.inspect();
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
      mirror.inspect().damage.map(({ subject }) => subject),
      ["list-tuf-metadata"],
    );
  });
});

test.run();
