import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { acceptedKeys, keptKeys } from "../../../proxy/snapshot/accepted-keys.ts";
import { newKey, publicKeyOf } from "../../support/snapshot-stage.ts";

const test = suite("proxy/snapshot/accepted-keys");
const [a, b, c, d] = Array.from({ length: 4 }, () => newKey().key) as [Key, Key, Key, Key];
type Key = ReturnType<typeof newKey>["key"];
const names = (keys: readonly { readonly fingerprint: string }[]) => keys.map(({ fingerprint }) => fingerprint).sort();

test("who is vouched for counts as long as who vouched is given", () => {
  const first = keptKeys([], publicKeyOf(a), [b.publicKey], defaultLimits);
  assert.equal(names(first.added), [b.fingerprint]);
  const second = keptKeys(first.keys, publicKeyOf(b), [c.publicKey, b.publicKey, a.publicKey], defaultLimits);
  assert.equal(names(second.added), [c.fingerprint]);
  const accepted = (...given: readonly Key[]) =>
    names(acceptedKeys(given.map(publicKeyOf), second.keys, defaultLimits));
  assert.equal(accepted(), names([a, b, c]));
  assert.equal(accepted(a), names([a, b, c]));
  assert.equal(accepted(b), names([b, c]));
  assert.equal(accepted(c), names([c]));
  assert.equal(accepted(d), names([d]));
  assert.equal(acceptedKeys([], [], defaultLimits), []);
});

test("no more are kept than the bound", () => {
  const { keys } = keptKeys([], publicKeyOf(a), [b.publicKey, c.publicKey], limitsWith({ archiveKeys: 2 }));
  assert.is(keys.length, 2);
});

test.run();
