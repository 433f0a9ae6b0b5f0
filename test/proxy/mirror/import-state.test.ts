import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, temporaryMirror, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/import-state");
const statement = `sha256:${"1".repeat(64)}` as const;
const contentId = `sha256:${"2".repeat(64)}` as const;
const archive = { sequence: 7, statement, contentId, created: "2026-01-01T00:00:00Z", ...origin };
const key = { fingerprint: "3".repeat(64), pem: "PEM", ...origin };

test("the last archive and the base of deltas are two", () => {
  const mirror = temporaryMirror();
  assert.equal(mirror.imports.seen(), {});
  mirror.imports.note("base", archive);
  mirror.imports.note("last", { ...archive, sequence: 8 });
  assert.equal(mirror.imports.seen(), { base: archive, last: { ...archive, sequence: 8 } });
});

test("a key is accepted once, and no more when it is rejected", () => {
  const { imports } = temporaryMirror();
  assert.equal([imports.acceptKey(key), imports.acceptKey(key)], [true, false]);
  assert.equal(imports.keys(), [key]);
  assert.equal([imports.rejectKey(key.fingerprint), imports.rejectKey(key.fingerprint)], [true, false]);
  assert.equal(imports.keys(), []);
});

test("neither counts for the content id", () => {
  const mirror = temporaryMirror();
  const before = mirror.contentId();
  mirror.imports.note("last", archive);
  mirror.imports.acceptKey(key);
  assert.is(mirror.contentId(), before);
});

test("a row that was changed is not believed, is named by a check, and can be removed", () => {
  for (const [table, sql] of [
    ["import_seen", "UPDATE import_seen SET sequence = '3'"],
    ["import_key", "UPDATE import_key SET pem = 'other'"],
  ] as const) {
    const store = writtenMirror(({ imports }) => {
      imports.note("last", archive);
      imports.acceptKey(key);
    });
    tamper(store, sql);
    reading(store, ({ imports }) =>
      throwsCode("mirror-corrupt", () => (table === "import_seen" ? imports.seen() : imports.keys())),
    );
    const damage = reading(store, (mirror) => mirror.inspect(nodeVerifier).damage);
    assert.equal(
      damage.map((one) => one.table),
      [table],
    );
    writtenMirror((mirror) => mirror.writer().removeDamage(damage), store);
    assert.equal(
      reading(store, (mirror) => mirror.inspect(nodeVerifier).damage),
      [],
    );
  }
});

test.run();
