import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUnsignedStatement } from "../../../core/archive/verify-envelope.ts";
import { CapsuleFile } from "../../../core/capsule/capsule-file.ts";
import { openCapsule } from "../../../core/capsule/open-capsule.ts";
import { createEngine, type Decision, type EngineOptions } from "../../../core/decide/engine.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { fastVerifier, Lab, portableVerifier, sign, type Signed } from "../../lab/index.ts";
import { throwsCode } from "../../support/assert.ts";
import { makeKey } from "../../support/archive-store.ts";
import { answersFor, furtherAnswers, imageOf, makeCapsule, opened, podWith } from "../../support/capsules.ts";

const test = suite("core/capsule/open-capsule");
const lab = new Lab();
const keyed = sign(lab, { layout: "tag" });
const keyless = sign(lab, { layout: "tag", by: "certificate" });
const { bytes } = makeCapsule([keyed]);

const decided = (engine: EngineOptions, signed: Signed, knowledge: Knowledge = signed.knowledge): Decision =>
  createEngine(engine).decide(podWith(imageOf(signed)), knowledge, signed.lab.now);

/** All but what a source says of its own version. */
const shown = ({ read, ...decision }: Decision): string => JSON.stringify({ ...decision, read });

test("a capsule decides what the source decides that it was made of", () => {
  for (const signed of [keyed, keyless, sign(lab, {}), sign(lab, { layout: "tag", claim: "attestation" })])
    for (const crypto of [fastVerifier, portableVerifier]) {
      const capsule = opened(makeCapsule([signed]).bytes, { verifier: crypto });
      capsule.check();
      const here = decided({ ...capsule.engine, crypto }, signed, capsule.knowledge);
      assert.is(here.allowed, true);
      assert.is(shown(here), shown(decided({ ...capsule.engine, crypto }, signed)));
    }
});

test("an option that a caller in plain JavaScript left out is named", () => {
  const open = openCapsule as (capsule: Uint8Array, options?: object) => unknown;
  assert.is(throwsCode("invalid-usage", () => open(bytes)).subject, "keys");
  assert.is(throwsCode("invalid-usage", () => open(bytes, { keys: [makeKey().key] })).subject, "verifier");
  const accepting = { keys: [makeKey().key], verifier: fastVerifier };
  assert.match(throwsCode("invalid-usage", () => open(bytes, accepting)).message, "the option limits is missing");
});

test("what it does not answer was never asked", () => {
  const capsule = opened(bytes);
  const { results, open } = createEngine({ ...capsule.engine, crypto: fastVerifier }).decide(
    podWith("ghcr.io/lab/other:1"),
    capsule.knowledge,
    lab.now,
  );
  assert.is(results[0]?.failures[0]?.code, "not-in-mirror");
  assert.ok(open.length > 0);
});

test("the same content, key and time give the same bytes", () => {
  assert.equal(makeCapsule([keyed]).bytes, bytes);
});

test("another key, nobody's signature, and a sequence below the floor", () => {
  throwsCode("archive-signature", () => opened(bytes, { keys: [makeKey().key] }));
  throwsCode("archive-signature", () => opened(bytes, { keys: [] }));
  assert.is(opened(bytes, { keys: [], allowUnsigned: true }).signedBy, undefined);
  const unsigned = makeCapsule([keyed], { sign: encodeUnsignedStatement }).bytes;
  throwsCode("archive-signature", () => opened(unsigned));
  assert.is(opened(unsigned, { allowUnsigned: true }).sequence, 1);
  // What somebody signed has to be signed by one of the keys, also where unsigned ones are taken.
  throwsCode("archive-signature", () => opened(bytes, { keys: [makeKey().key], allowUnsigned: true }));
  assert.is(opened(bytes, { floor: 1 }).sequence, 1);
  throwsCode("rollback", () => opened(bytes, { floor: 2 }));
});

test("a floor that is no number is refused: no capsule would be below it", () => {
  for (const floor of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, "2", null])
    throwsCode("invalid-usage", () => opened(bytes, { floor: floor as number }));
});

test("a number that no host of a component can give as a floor is refused", () => {
  const highest = 2 ** 32 - 1;
  assert.is(opened(makeCapsule([keyed], { sequence: highest }).bytes, { floor: highest }).sequence, highest);
  throwsCode("unsupported", () => opened(makeCapsule([keyed], { sequence: highest + 1 }).bytes));
});

test("every flipped byte is refused, or was nothing that is read", () => {
  const whole = opened(bytes);
  let refused = 0;
  const step = 151;
  for (let at = 0; at < bytes.length; at += step) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 1;
    try {
      const capsule = opened(changed);
      capsule.check();
      assert.unreachable(`byte ${at} of ${bytes.length} was changed and not seen`);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      refused += 1;
    }
  }
  assert.is(refused, Math.ceil(bytes.length / step));
  assert.is(whole.sequence, 1);
});

test("a flipped byte changes no decision but to refuse it", () => {
  const right = shown(decided({ ...opened(bytes).engine, crypto: fastVerifier }, keyed, opened(bytes).knowledge));
  for (let at = 0; at < bytes.length; at += 631) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 1;
    try {
      const capsule = opened(changed);
      const found = decided({ ...capsule.engine, crypto: fastVerifier }, keyed, capsule.knowledge);
      if (found.allowed) assert.is(shown(found), right);
      else assert.is(found.results[0]?.failures[0]?.code, "archive-corrupt");
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }
});

test("a capsule of a thousand images is opened by its beginning, and a question reads a few lists", () => {
  const many = makeCapsule([keyed], { answers: [...answersFor([keyed]), ...furtherAnswers(1000)] }).bytes;
  const whole = opened(many);
  const { entryLists, blobLists } = whole.statement;
  assert.ok(entryLists.length > 20, String(entryLists.length));
  assert.ok(many.length > 100 * bytes.length);
  const names = new Map([...entryLists, ...blobLists].map(({ digest }) => [digest.slice(7), digest]));
  // Every list and every blob is spoiled: who opens it does not see that.
  const spoiled = many.slice();
  const file = new CapsuleFile(many, "many");
  for (let left = 4; left > 0; left--) file.next();
  const places = new Map<string, number>();
  while (file.position < file.end) {
    const { name, at } = file.next();
    const hex = name.slice("blobs/sha256/".length);
    if (names.has(hex)) places.set(hex, at);
    if (hex !== whole.statement.capsule?.digest.slice(7)) spoiled[at] = 0x20;
  }
  const damaged = opened(spoiled);
  throwsCode("archive-corrupt", () => damaged.knowledge.answer({ kind: "tag", repository: "a.io/b", tag: "1" }));
  // A question is answered as long as the lists that it needs are right: they are few.
  const question = { kind: "tag", repository: "registry.lab.example/many/app-7", tag: "1" } as const;
  let needed = 0;
  for (const { digest } of entryLists) {
    const one = many.slice();
    one[places.get(digest.slice(7)) ?? 0] = 0x20;
    try {
      assert.is(opened(one).knowledge.answer(question)?.state, "present");
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      needed += 1;
    }
  }
  assert.ok(needed >= 1 && needed <= 1 + Math.ceil(Math.log2(entryLists.length)), `${needed} of ${entryLists.length}`);
});

test("cut files, and other files", () => {
  for (let length = 0; length < bytes.length; length += 509)
    throwsCode("archive-corrupt", () => {
      opened(bytes.subarray(0, length)).check();
    });
  throwsCode("archive-corrupt", () => opened(encodeUtf8("not a capsule")));
  throwsCode("over-limit", () => opened(bytes, { limits: { ...defaultLimits, capsuleBytes: 10 } }));
  throwsCode("over-limit", () => opened(bytes, { limits: { ...defaultLimits, recordedFiles: 0 } }));
});

test("a delta has what changed, and needs the capsule that it changes", () => {
  const base = opened(bytes);
  const { contentId } = base.statement;
  const delta = makeCapsule([keyed], {
    sequence: 2,
    base: { sequence: 1, statement: base.digest, contentId, has: (digest) => base.find(digest) !== undefined },
  });
  assert.ok(delta.bytes.length < bytes.length);
  throwsCode("archive-sequence", () => opened(delta.bytes));
  throwsCode("archive-sequence", () => opened(delta.bytes, { base: opened(makeCapsule([keyless]).bytes) }));
  const capsule = opened(delta.bytes, { base });
  capsule.check();
  const engine = { ...capsule.engine, crypto: fastVerifier };
  assert.is(decided(engine, keyed, capsule.knowledge).allowed, true);
});

test.run();
