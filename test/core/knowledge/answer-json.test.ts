/** One answer, one form: what is read is written the same, and everything else is refused. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeCanonicalJson } from "../../../core/encoding/canonical-json.ts";
import { type JsonObject, type JsonValue, parseJson as parseJsonWith } from "../../../core/encoding/json.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { AnswerValues, Known } from "../../../core/knowledge/answer.ts";
import {
  type AnswerOf,
  encodeAnswer,
  encodeAnswerValue,
  readAnswer,
  readAnswerValue,
} from "../../../core/knowledge/answer-json.ts";
import type { QuestionKind } from "../../../core/knowledge/question.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/knowledge/answer-json");
const parseJson = (text: string): JsonValue => parseJsonWith(text, { limits: defaultLimits });
const origin = { at: "2026-01-01T00:00:00Z", from: "ghcr.io" };
const digest = `sha256:${"9f".repeat(32)}` as const;
const bytes = encodeUtf8("bytes");
const descriptor = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest,
  size: 42,
  artifactType: "application/x",
  annotations: { "dev.cosignproject.cosign/signature": "MEUC" },
};
const values: { readonly [K in QuestionKind]: AnswerValues[K] } = {
  tag: descriptor,
  manifest: bytes,
  blob: new Uint8Array(0),
  referrers: [descriptor, { mediaType: "", digest, size: 0 }],
  "trusted-root": {
    form: "tuf",
    roots: [bytes, bytes],
    timestamp: bytes,
    snapshot: bytes,
    targets: [{ role: "targets", bytes }],
    target: bytes,
    floors: { root: "3", timestamp: "0" },
  },
  key: "-----BEGIN PUBLIC KEY-----\n",
  "log-entry": { json: '{"24296fb2":{}}' },
  cluster: { data: { "a.pub": null }, items: [1, "two", true, []] },
};
const kinds = Object.keys(values) as QuestionKind[];
const present = <K extends QuestionKind>(kind: K): Known<AnswerValues[K]> => ({
  state: "present",
  value: values[kind],
  ...origin,
});
const textOf = <K extends QuestionKind>(kind: K, answer: AnswerOf<K>): string =>
  encodeCanonicalJson(encodeAnswer(kind, answer));
const jsonOf = (kind: QuestionKind): JsonObject => parseJson(textOf(kind, present(kind))) as JsonObject;
const refused = (kind: QuestionKind, json: JsonValue): string | undefined =>
  throwsCode("malformed", () => readAnswer(kind, json, "")).subject;

for (const kind of kinds)
  test(`${kind}: present, absent and unavailable are read as they were written`, () => {
    const answers: readonly AnswerOf<typeof kind>[] = [
      present(kind),
      { state: "absent", ...origin },
      { state: "absent", ...origin, claim: "ghcr.io" },
      { state: "unavailable", code: "timed-out", ...origin },
    ];
    for (const answer of answers) {
      const text = textOf(kind, answer);
      const read = readAnswer(kind, parseJson(text), "");
      assert.is(textOf(kind, read), text);
      assert.is(read.state, answer.state);
      assert.equal([read.at, read.from], [answer.at, answer.from]);
    }
  });

test("a list that may have more says so, and why where somebody was asked", () => {
  const listed = { state: "present", value: values.referrers, ...origin } as const;
  const answer: AnswerOf<"referrers"> = { ...listed, partial: true };
  const read = readAnswer("referrers", parseJson(textOf("referrers", answer)), "");
  assert.is(read.state === "present" && read.partial, true);
  assert.is(textOf("referrers", read), textOf("referrers", answer));
  const outage = { state: "unavailable", code: "timed-out", ...origin } as const;
  const asked = { ...outage, why: "it slept", asked: "https://ghcr.io" };
  const answers: readonly AnswerOf<"referrers">[] = [
    { ...listed, partial: outage },
    { ...listed, outage: asked },
    { state: "absent", ...origin, outage },
    asked,
  ];
  for (const one of answers)
    assert.is(
      textOf("referrers", readAnswer("referrers", parseJson(textOf("referrers", one)), "")),
      textOf("referrers", one),
    );
});

test("the forms are those that the documentation shows", () => {
  assert.is(
    textOf("key", { state: "absent", ...origin }),
    '{"at":"2026-01-01T00:00:00Z","from":"ghcr.io","state":"absent"}',
  );
  assert.is(
    textOf("key", { state: "unavailable", code: "timed-out", ...origin }),
    '{"at":"2026-01-01T00:00:00Z","code":"timed-out","from":"ghcr.io","state":"unavailable"}',
  );
  assert.is(
    encodeCanonicalJson(encodeAnswerValue("tag", { mediaType: "x/y", digest, size: 42 })),
    `{"digest":"${digest}","mediaType":"x/y","size":42}`,
  );
  assert.is(encodeAnswerValue("blob", bytes), "Ynl0ZXM=");
  assert.is(encodeAnswerValue("log-entry", { json: "{}" }), "{}");
  const pinned = encodeAnswerValue("trusted-root", { form: "pinned", bytes });
  assert.is(encodeCanonicalJson(pinned), '{"bytes":"Ynl0ZXM=","form":"pinned"}');
  assert.equal(readAnswerValue("trusted-root", pinned, ""), { form: "pinned", bytes });
});

test("a field that is unknown, missing or null is refused, at every level, with its place", () => {
  for (const kind of kinds) {
    const json = jsonOf(kind);
    assert.is(refused(kind, { ...json, more: 1 }), "/more");
    for (const key of Object.keys(json)) {
      const { [key]: _, ...without } = json;
      assert.is(refused(kind, without), `/${key}`);
      if (kind !== "cluster" || key !== "value")
        assert.is(refused(kind, { ...json, [key]: null })?.startsWith("/"), true);
    }
  }
  const tag = jsonOf("tag").value as JsonObject;
  const tuf = jsonOf("trusted-root").value as JsonObject;
  const target = (tuf.targets as readonly JsonObject[])[0] as JsonObject;
  const of = (kind: QuestionKind, value: JsonValue): string | undefined => refused(kind, { ...jsonOf(kind), value });
  for (const key of ["mediaType", "digest", "size"]) {
    const { [key]: _, ...without } = tag;
    assert.is(of("tag", without), `/value/${key}`);
  }
  assert.is(of("tag", { ...tag, platform: {} }), "/value/platform");
  assert.is(of("tag", { ...tag, artifactType: "" }), "/value/artifactType");
  assert.is(of("tag", { ...tag, annotations: null }), "/value/annotations");
  assert.is(of("tag", { ...tag, annotations: { a: 1 } }), "/value/annotations/a");
  assert.is(of("tag", { ...tag, digest: digest.toUpperCase() }), "/value/digest");
  assert.is(of("tag", { ...tag, size: -1 }), "/value/size");
  assert.is(of("tag", { ...tag, size: 1.5 }), "/value/size");
  assert.is(of("referrers", [tag, { ...tag, urls: [] }]), "/value/1/urls");
  assert.is(of("trusted-root", { ...tuf, form: "other" }), "/value/form");
  assert.is(of("trusted-root", { ...tuf, root: "" }), "/value/root");
  assert.is(of("trusted-root", { ...tuf, targets: [{ ...target, role: 1 }] }), "/value/targets/0/role");
  assert.is(of("trusted-root", { ...tuf, targets: [{ ...target, more: 1 }] }), "/value/targets/0/more");
  assert.is(of("trusted-root", { ...tuf, floors: { root: "03" } }), "/value/floors/root");
  assert.is(of("trusted-root", { form: "pinned", bytes: "", roots: [] }), "/value/roots");
});

test("states, times, codes and base64 have no other spelling", () => {
  const json = jsonOf("blob");
  for (const state of ["", "Present", "open", "toString", "__proto__"])
    assert.is(refused("blob", { ...json, state }), "/state");
  for (const at of ["", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "now"])
    assert.is(refused("blob", { ...json, at }), "/at");
  for (const value of ["YQ", "YQ=", "YR==", "Y Q=", "_w==", "YQ==\n"])
    assert.is(refused("blob", { ...json, value }), "/value");
  for (const code of ["", "toString", "TIMED-OUT"])
    assert.is(refused("blob", { ...origin, state: "unavailable", code }), "/code");
  const outage = { ...origin, state: "unavailable", code: "timed-out" };
  for (const state of ["present", "absent", "other"])
    assert.is(refused("blob", { ...json, outage: { ...outage, state } }), "/outage/state");
  assert.is(refused("blob", { ...origin, state: "absent", value: "" }), "/value");
  assert.is(refused("blob", { ...origin, state: "absent", claim: 1 }), "/claim");
  assert.is(refused("blob", { ...jsonOf("blob"), partial: true }), "/partial");
  assert.is(refused("referrers", { ...jsonOf("referrers"), partial: false }), "/partial");
  assert.is(refused("blob", []), "/");
});

test("truncated, or one byte flipped: refused with a code, or another answer in its only form", () => {
  let refusals = 0;
  const held = (kind: QuestionKind, text: string, was: string): void => {
    try {
      const json = parseJson(text);
      assert.is(textOf(kind, readAnswer(kind, json, "")), encodeCanonicalJson(json), `${kind}: ${text}`);
      assert.is.not(encodeCanonicalJson(json), was);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      refusals++;
    }
  };
  for (const kind of kinds) {
    const text = textOf(kind, present(kind));
    const whole = encodeUtf8(text);
    for (let length = 0; length < text.length; length++)
      throwsCode("malformed", () => readAnswer(kind, parseJson(text.slice(0, length)), ""));
    for (let index = 0; index < whole.length; index++)
      for (const mask of [0x01, 0x20]) {
        const flipped = Uint8Array.from(whole);
        flipped[index] = (flipped[index] as number) ^ mask;
        held(kind, decodeUtf8(flipped), text);
      }
  }
  assert.ok(refusals > 1000, String(refusals));
});

test("any JSON is refused as malformed, or is the one form of what it reads as", () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.jsonValue(), (kind, value) => {
      try {
        const json = parseJson(JSON.stringify({ ...origin, state: "present", value }));
        assert.is(textOf(kind, readAnswer(kind, json, "")), encodeCanonicalJson(json));
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        assert.is(error.code, "malformed");
      }
    }),
    { numRuns: 500, seed: 4 },
  );
});

test.run();
