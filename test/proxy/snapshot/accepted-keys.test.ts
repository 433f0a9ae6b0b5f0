import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { acceptedKeys, highestOf, keptKeys, rememberedKeys } from "../../../proxy/snapshot/accepted-keys.ts";
import { newKey, publicKeyOf } from "../../support/snapshot-stage.ts";

const test = suite("proxy/snapshot/accepted-keys");
const [a, b, c, d] = Array.from({ length: 4 }, () => newKey().key) as [Key, Key, Key, Key];
type Key = ReturnType<typeof newKey>["key"];
const signed = (key: ReturnType<typeof publicKeyOf>, sequence = 1) => ({ key, sequence });
const names = (keys: readonly { readonly fingerprint: string }[]) => keys.map(({ fingerprint }) => fingerprint).sort();

test("who is vouched for counts as long as who vouched is given", () => {
  const first = keptKeys([], signed(publicKeyOf(a)), [b.publicKey], defaultLimits);
  assert.equal(names(first.added), [b.fingerprint]);
  const second = keptKeys(first.keys, signed(publicKeyOf(b)), [c.publicKey, b.publicKey, a.publicKey], defaultLimits);
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
  const { keys } = keptKeys([], signed(publicKeyOf(a)), [b.publicKey, c.publicKey], limitsWith({ archiveKeys: 2 }));
  assert.is(keys.length, 2);
});

test("the highest number of a key goes when the key goes", () => {
  const first = keptKeys([], signed(publicKeyOf(a), 7), [b.publicKey], defaultLimits);
  const second = keptKeys(first.keys, signed(publicKeyOf(b), 9), [], defaultLimits);
  assert.equal([highestOf([]), highestOf(first.keys), highestOf(second.keys)], [0, 7, 9]);
  const of = (...given: readonly Key[]) =>
    highestOf(rememberedKeys(given.map(publicKeyOf), second.keys, defaultLimits));
  assert.equal([of(), of(a), of(b), of(d)], [9, 9, 9, 0]);
});

test.run();
