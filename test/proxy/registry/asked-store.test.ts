import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Answer } from "../../../core/knowledge/answer.ts";
import { limitsWith } from "../../../core/limits.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { storeIn } from "../../../proxy/registry/asked-store.ts";
import { origin, temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/registry/asked-store");
const repository = "a.example/app";
const tag = (name: string) => ({ kind: "tag", repository, tag: name }) as const;
const list = (byte: string) => ({ kind: "referrers", repository, digest: `sha256:${byte.repeat(64)}` }) as const;
const digest = `sha256:${"a".repeat(64)}` as const;
const present: Answer = { state: "present", value: { mediaType: "a/b", digest, size: 1 }, ...origin };
const absent: Answer = { state: "absent", ...origin };
const empty: Answer = { state: "present", value: [], ...origin };
const outage: Answer = { state: "unavailable", code: "unreachable", why: "refused", ...origin };
const later = { at: "2026-11-27T00:00:00Z", from: "sync" };

function withMirror(
  askedAbsences: number,
  act: (mirror: Mirror, put: NonNullable<ReturnType<typeof storeIn>>) => void,
) {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: limitsWith() });
  try {
    act(mirror, storeIn(mirror, limitsWith({ askedAbsences })) as never);
  } finally {
    mirror.close();
  }
}
const known = (mirror: Mirror, ...names: readonly string[]): readonly string[] =>
  names.filter((name) => mirror.knowledge().recorded(tag(name)) !== undefined);
const flood = Array.from({ length: 40 }, (_, index) => `made-up-${index}`);

test("of names that nobody has, the last ones are kept, whoever asks", () =>
  withMirror(4, (mirror, put) => {
    const again = storeIn(mirror, limitsWith());
    for (const [index, name] of flood.entries()) (index % 2 === 0 ? put : again)?.(tag(name), absent);
    assert.equal(known(mirror, ...flood), flood.slice(-4));
  }));

test("what clients find missing costs nothing that is remembered; what was known and changes does", () =>
  withMirror(1000, (mirror, put) => {
    const versions = () => {
      const { version, knownVersion } = mirror.knowledge().state();
      return [version, knownVersion];
    };
    const changed = (question: Parameters<typeof put>[0], answer: Answer): readonly boolean[] => {
      const before = versions();
      put(question, answer);
      return versions().map((text, index) => text !== before[index]);
    };
    assert.equal(changed(tag("none"), absent), [true, false]);
    assert.equal(changed(list("b"), empty), [true, false]);
    assert.equal(changed(tag("down"), outage), [true, false]);
    assert.equal(changed(tag("none"), { ...absent, at: later.at }), [true, true]);
    assert.equal(changed(tag("none"), present), [true, true]);
    assert.equal(changed(tag("none"), { ...absent, at: later.at }), [true, true]);
    assert.equal(changed(tag("there"), present), [true, true]);
    mirror.writer().setComplete(repository, origin);
    assert.equal(changed(tag("claimed"), absent), [true, true]);
  }));

test("empty lists and outages count, what is there does not", () =>
  withMirror(2, (mirror, put) => {
    for (const byte of "abcdef") put(list(byte), empty);
    const lists = [..."abcdef"].filter((byte) => mirror.knowledge().recorded(list(byte)) !== undefined);
    assert.equal(lists, ["e", "f"]);
    for (const name of flood) put(tag(name), outage);
    assert.is(mirror.attempts().length, 2);
    for (const name of flood) put(tag(name), present);
    assert.is(known(mirror, ...flood).length, flood.length);
  }));

test("what somebody else said, before or since, stays", () =>
  withMirror(2, (mirror, put) => {
    mirror.writer().setAnswer(tag("of-a-sync"), absent);
    put(tag("of-a-sync"), { ...absent, at: later.at });
    put(tag("confirmed"), absent);
    mirror.writer().setAnswer(tag("confirmed"), { state: "absent", ...later });
    put(tag("pushed"), absent);
    put(tag("pushed"), present);
    for (const name of flood) put(tag(name), absent);
    assert.equal(known(mirror, "of-a-sync", "confirmed", "pushed"), ["of-a-sync", "confirmed", "pushed"]);
    assert.is(known(mirror, ...flood).length, 2);
  }));

test("who asks again keeps it", () =>
  withMirror(2, (mirror, put) => {
    put(tag("wanted"), absent);
    for (const name of flood.slice(0, 10)) {
      put(tag(name), absent);
      put(tag("wanted"), absent);
    }
    assert.equal(known(mirror, "wanted"), ["wanted"]);
  }));

test.run();
