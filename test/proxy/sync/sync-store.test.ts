import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { SyncStore } from "../../../proxy/sync/sync-store.ts";
import { throwsCode } from "../../support/assert.ts";
import { reading, temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/sync/sync-store");
const at = "2026-01-01T00:00:00Z";
const repository = "ghcr.io/org/app";

function blob(text: string) {
  const value = new TextEncoder().encode(text);
  const question = { kind: "blob", repository, digest: digestOf(value) } as const;
  return [question, { state: "present", value, at, from: "test" }] as const;
}

function opened(limits = defaultLimits) {
  const folder = temporaryFolder();
  const mirror = openMirror(folder, { mode: "write", limits });
  const said: string[] = [];
  const store = new SyncStore(mirror, {
    tooLarge: (_, { code }) => void said.push(code),
    ended: ({ scope }) => void said.push(`ended ${scope}`),
  });
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

test.run();
