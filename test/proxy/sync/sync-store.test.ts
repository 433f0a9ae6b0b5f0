import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import type { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { Mirror } from "../../../proxy/mirror/mirror.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { SyncStore } from "../../../proxy/sync/sync-store.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import { reading, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/sync/sync-store");
const at = "2026-01-01T00:00:00Z";
const repository = "ghcr.io/org/app";

function blob(text: string) {
  const value = new TextEncoder().encode(text);
  const question = { kind: "blob", repository, digest: digestOf(value) } as const;
  return [question, { state: "present", value, at, from: "test" }] as const;
}

function opened(limits = defaultLimits, lost?: AbortSignal) {
  const folder = temporaryFolder();
  const mirror = openMirror(folder, { mode: "write", limits });
  const said: string[] = [];
  const store = new SyncStore(
    mirror,
    {
      tooLarge: (_, { code }) => void said.push(code),
      ended: ({ scope }) => void said.push(`ended ${scope}`),
    },
    lost,
  );
  const seen = (text: string): boolean =>
    reading(folder, (other) => other.knowledge().answer(blob(text)[0]) !== undefined);
  return { mirror, store, said, seen };
}

test("others see nothing before it is committed, and all of it afterwards; the writer sees it at once", async () => {
  const { mirror, store, seen } = opened();
  assert.is(store.put(...blob("a")), true);
  assert.is(mirror.knowledge().answer(blob("a")[0])?.state, "present");
  assert.is(seen("a"), false);
  const waiting = store.committed();
  store.put(...blob("b"));
  await Promise.all([waiting, store.committed()]);
  assert.equal([seen("a"), seen("b")], [true, true]);
  await store.committed();
  mirror.close();
});

test("who lost the turn writes nothing any more, and what was not committed is gone", async () => {
  const losing = new AbortController();
  const { mirror, store, seen } = opened(defaultLimits, losing.signal);
  store.put(...blob("a"));
  store.commit();
  store.put(...blob("b"));
  const waiting = store.committed();
  losing.abort();
  await rejectsCode("mirror-busy", () => waiting);
  throwsCode("mirror-busy", () => store.put(...blob("c")));
  store.commit();
  // Another sync has the mirror's only transaction.
  const next = new SyncStore(mirror, { tooLarge: () => undefined, ended: () => undefined });
  next.put(...blob("d"));
  store.abandon();
  next.commit();
  assert.equal(["a", "b", "c", "d"].map(seen), [true, false, false, true]);
  mirror.close();
});

test("nobody waits for a commit of nothing, nor longer than for the commit that comes first", async () => {
  const { mirror, store, seen } = opened();
  await store.committed();
  store.put(...blob("a"));
  let isDone = false;
  const waiting = store.committed().then(() => {
    isDone = true;
  });
  await Promise.resolve();
  assert.is(isDone, false);
  store.commit();
  await waiting;
  assert.is(seen("a"), true);
  mirror.close();
});

test("whoever waits for what is abandoned hears that it is not stored", async () => {
  const { mirror, store } = opened();
  store.put(...blob("a"));
  const waiting = store.committed().then(
    () => "stored",
    (error: EngineError) => error.code,
  );
  store.abandon();
  assert.is(await waiting, "mirror-busy");
  mirror.close();
});

test("what is abandoned is gone, and the store goes on", () => {
  const { mirror, store, seen } = opened();
  store.put(...blob("a"));
  store.abandon();
  store.abandon();
  store.put(...blob("b"));
  store.commit();
  assert.equal([seen("a"), seen("b")], [false, true]);
  mirror.close();
});

test("a value that is too large is not kept, and takes nothing else with it", () => {
  const { mirror, store, said, seen } = opened({ ...defaultLimits, blobBytes: 3 });
  store.put(...blob("a"));
  assert.is(store.put(...blob("too long")), false);
  store.commit();
  assert.equal([seen("a"), seen("too long"), said], [true, false, ["over-limit"]]);
  mirror.close();
});

test("wrong content ends all: what was not committed is gone, what was committed stays", () => {
  const { mirror, store, seen } = opened();
  store.put(...blob("a"));
  store.commit();
  store.put(...blob("b"));
  const [question] = blob("c");
  throwsCode("malformed", () => store.put(question, blob("d")[1]));
  assert.equal([seen("a"), seen("b")], [true, false]);
  mirror.close();
});

test("a full disk ends all with a code; what was committed before is there, and nothing of the rest", () => {
  const folder = writtenMirror(() => undefined);
  const database = new Database(join(folder, "mirror.db"));
  const pages = Number(database.pragma("page_count", { simple: true }));
  database.pragma(`max_page_count = ${pages + 20}`);
  const mirror = new Mirror({
    folder,
    path: folder,
    database,
    limits: defaultLimits,
    lock: { release: () => undefined },
  });
  const store = new SyncStore(mirror, { tooLarge: () => undefined, ended: () => undefined });
  const texts = Array.from({ length: 100 }, (_, index) => String(index).padStart(5000, "x"));
  const kept: string[] = [];
  throwsCode("mirror-busy", () => {
    for (const text of texts) {
      store.put(...blob(text));
      store.commit();
      kept.push(text);
    }
  });
  mirror.close();
  assert.ok(kept.length > 0 && kept.length < texts.length);
  reading(folder, (other) => {
    for (const text of texts)
      assert.is(other.knowledge().answer(blob(text)[0]) !== undefined, kept.includes(text), text.slice(-3));
    assert.equal(other.inspect(nodeVerifier).damage, []);
  });
});

test("what the mirror says already gets the new time alone; anything else is not written", () => {
  const { mirror, store, said } = opened();
  const tag = { kind: "tag", repository, tag: "1" } as const;
  const of = (text: string, when: string, from = "test") => {
    const value = { mediaType: "a/b", digest: blob(text)[0].digest, size: 1 };
    return { state: "present", value, at: when, from } as const;
  };
  const absent = { state: "absent", at, from: "test" } as const;
  const later = "2026-01-02T00:00:00Z";
  assert.is(store.confirm(tag, of("a", at)), false);
  assert.is(mirror.knowledge().answer(tag), undefined);
  store.put(tag, of("a", at), true);
  assert.equal([store.confirm(tag, of("b", later)), store.confirm(tag, absent)], [false, false]);
  assert.equal(mirror.knowledge().answer(tag), of("a", at));
  assert.is(store.confirm(tag, of("a", later, "another")), true);
  assert.equal(mirror.knowledge().answer(tag), of("a", later, "another"));
  // Content is not what can change.
  store.put(...blob("c"));
  assert.is(store.confirm(...blob("c")), false);
  store.abandon();
  assert.equal([mirror.knowledge().answer(tag), said], [undefined, []]);
  mirror.close();
});

test("a claim that a new fact ends is told", () => {
  const { mirror, store, said } = opened();
  mirror.writer().setComplete(repository, { at, from: "test" });
  const [{ digest }] = blob("a");
  const value = { mediaType: "", digest, size: 1 };
  store.put({ kind: "tag", repository, tag: "1" }, { state: "present", value, at, from: "test" });
  assert.equal(said, [`ended ${repository}`]);
  store.abandon();
  mirror.close();
});

test("an answer that is confirmed ends the attempt that failed since it was recorded", () => {
  const { mirror, store } = opened();
  const question = { kind: "tag", repository, tag: "1" } as const;
  const value = { mediaType: "a/b", digest: digestOf(new Uint8Array()), size: 0 };
  const answer = { state: "present", value, at, from: "test" } as const;
  const attempts = () => mirror.writer().database.prepare("SELECT count(*) FROM attempt").pluck().get();
  store.put(question, answer);
  store.put(question, { state: "unavailable", code: "unreachable", why: "nobody answers", at, from: "test" });
  assert.is(attempts(), 1);
  assert.is(store.confirm(question, { ...answer, at: "2026-01-02T00:00:00Z" }), true);
  assert.is(attempts(), 0);
  store.commit();
  mirror.close();
});

test.run();
