/**
 * Attacks on envelopes and statements: their types, subjects and members, and what is signed beside what is read.
 * Source: docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { type Json, labPredicateType, type Recipe, sign, verdict } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { decided, lab, refuses, refusesAsked } from "./refuses.ts";

const { attack, run } = attackSuite("signed-documents");

const attested: readonly Recipe[] = [
  { claim: "attestation" },
  { claim: "attestation", layout: "tag" },
  { claim: "attestation", layout: "artifact" },
];
const simple: readonly Recipe[] = [{ layout: "tag" }, { layout: "artifact" }];
const subject = (change: (subject: Json) => readonly Json[] | Json) => (payload: Json) => ({
  ...payload,
  subject: change(payload.subject[0]),
});

attack(111, "a payload type with a parameter, another case, spaces or none at all", () => {
  for (const recipe of attested)
    for (const payloadType of [
      "application/vnd.in-toto+json; charset=utf-8",
      "application/vnd.in-toto+JSON",
      " application/vnd.in-toto+json",
      "application/vnd.in-toto",
      "application/json",
      "",
    ])
      refuses("malformed", recipe, { payloadType });
});

attack(112, "the statement's own type is of another version, another case, or a list", () => {
  for (const recipe of attested)
    for (const type of [
      "https://in-toto.io/Statement/v2",
      "https://in-toto.io/statement/v1",
      "http://in-toto.io/Statement/v1",
      ["https://in-toto.io/Statement/v1"],
      null,
    ])
      refuses("malformed", recipe, { payload: (payload) => ({ ...payload, _type: type }) });
});

attack(113, "the predicate's type only begins with the type that is asked for, or has it in a list", () => {
  for (const recipe of attested)
    for (const predicateType of [`${labPredicateType}.evil`, `${labPredicateType}/`, labPredicateType.toUpperCase()])
      refuses("no-attestation", recipe, { payload: (payload) => ({ ...payload, predicateType }) });
  for (const recipe of attested)
    assert.not.match(
      verdict(
        sign(lab, {
          ...recipe,
          change: { payload: (payload) => ({ ...payload, predicateType: [labPredicateType] }) },
        }),
      ),
      /^proven/,
    );
});

attack(114, "no subject, an empty list of them, and a subject that is no list", () => {
  for (const recipe of attested) {
    refuses("wrong-digest", recipe, { payload: subject(() => []) });
    refuses("wrong-digest", recipe, { payload: ({ subject: _, ...payload }: Json) => payload });
    refuses("malformed", recipe, { payload: subject((one) => one) });
  }
});

attack(115, "the image is named in the subject's name, its digest is another's", () => {
  for (const recipe of attested)
    refuses("wrong-digest", recipe, {
      payload: subject((one) => [
        { name: `registry.lab.example/team/app@sha256:${one.digest.sha256}`, digest: { sha256: "0".repeat(64) } },
      ]),
    });
});

attack(116, "the digest stands in another member: digests, Digest, annotations, or deeper", () => {
  for (const recipe of attested)
    for (const make of [
      (one: Json) => ({ name: one.name, digest: {}, digests: one.digest }),
      (one: Json) => ({ name: one.name, digest: {}, Digest: one.digest }),
      (one: Json) => ({ name: one.name, digest: {}, annotations: one.digest }),
      (one: Json) => ({ name: one.name, digest: { sha256: one.digest.sha256.slice(1) } }),
    ])
      assert.match(
        verdict(sign(lab, { ...recipe, change: { payload: subject((one) => [make(one)]) } })),
        /^refuted: (?:wrong-digest|malformed)$/,
      );
});

attack(117, "the type, the subject or the predicate twice, so that one reader sees the first and one the last", () => {
  for (const recipe of attested)
    for (const member of ["predicateType", "subject", "predicate", "_type"])
      refuses("malformed", recipe, {
        payload: (payload) => {
          const text = JSON.stringify(payload);
          return encodeUtf8(`${text.slice(0, -1)},${JSON.stringify(member)}:${JSON.stringify(payload[member] ?? {})}}`);
        },
      });
});

attack(118, "members in another case beside the right ones, which Go's decoder takes for them", () => {
  for (const recipe of attested) {
    const approved = { ...recipe, predicate: { approved: false } };
    const signed = sign(lab, {
      ...approved,
      change: { payload: (payload) => ({ ...payload, Predicate: { approved: true }, PREDICATETYPE: "x" }) },
    });
    const holds = (policy: Json): Json => {
      policy.spec.rules[0].verifyImages[0].attestations[0].conditions = [
        { all: [{ key: "{{ approved }}", operator: "Equals", value: true }] },
      ];
      return policy;
    };
    assert.match(decided(signed, { policy: holds }), /^denied: /);
  }
});

attack(119, "bytes behind the statement, a second statement, a byte order mark, or a comment", () => {
  for (const recipe of attested)
    for (const change of [
      (text: string) => `${text}{}`,
      (text: string) => `${text}\n${text}`,
      (text: string) => `\ufeff${text}`,
      (text: string) => `${text}// x`,
      (text: string) => `[${text}]`,
    ])
      refuses("malformed", recipe, { payload: (payload) => encodeUtf8(change(JSON.stringify(payload))) });
});

attack(120, "text that is no UTF-8, or half of a character in an escape", () => {
  for (const recipe of attested) {
    refuses("malformed", recipe, {
      payload: (payload) => {
        const bytes = encodeUtf8(JSON.stringify({ ...payload, note: "xyz" }));
        bytes[bytes.length - 4] = 0xff;
        return bytes;
      },
    });
    refuses("malformed", recipe, {
      payload: (payload) => encodeUtf8(`${JSON.stringify(payload).slice(0, -1)},"note":"\\ud800"}`),
    });
  }
});

attack(121, "the envelope holds another payload than the one that was signed", () => {
  for (const recipe of attested)
    refuses("wrong-key", recipe, {
      envelope: (envelope, { payload }) => ({
        ...envelope,
        payload: encodeBase64(
          encodeUtf8(new TextDecoder().decode(payload).replace('"predicate":{', '"predicate":{"x":1,')),
        ),
      }),
    });
});

attack(122, "a signature over the payload itself, without its type and lengths", () => {
  for (const recipe of attested)
    refuses("wrong-key", recipe, {
      envelope: (envelope, { payload, key }) => ({
        ...envelope,
        signatures: [{ ...envelope.signatures[0], sig: encodeBase64(key.sign(payload)) }],
      }),
    });
});

attack(123, "a simple-signing claim in an envelope, and a statement as a claim", () => {
  const claim = { critical: { identity: {}, image: { "docker-manifest-digest": "x" }, type: "y" }, optional: {} };
  for (const recipe of attested) refuses("malformed", recipe, { payload: () => claim });
  for (const recipe of simple)
    refuses("wrong-digest", recipe, {
      payload: (payload) => ({
        _type: "https://in-toto.io/Statement/v1",
        subject: [{ name: "x", digest: { sha256: payload.critical.image["docker-manifest-digest"].slice(7) } }],
        predicateType: labPredicateType,
        predicate: {},
      }),
    });
});

attack(124, "parts of a claim that are lists, numbers, texts or null in place of objects", () => {
  for (const recipe of simple)
    for (const wrong of [[], 1, "x", true])
      for (const change of [
        (payload: Json) => ({ ...payload, critical: wrong }),
        (payload: Json) => ({ ...payload, optional: wrong }),
        (payload: Json) => ({ ...payload, critical: { ...payload.critical, image: wrong } }),
        (payload: Json) => ({ ...payload, critical: { ...payload.critical, identity: wrong } }),
      ])
        refuses("malformed", recipe, { payload: change });
});

attack(125, "an annotation that is asked for stands beside optional, under critical, or only in the manifest", () => {
  for (const recipe of simple) {
    const asked = { attestor: (spec: Json) => ({ ...spec, annotations: { channel: "stable" } }) };
    const annotated = { ...recipe, annotations: { channel: "stable" } };
    assert.is(verdict(sign(lab, annotated), asked), "proven");
    for (const payload of [
      (made: Json) => ({ ...made, channel: "stable" }),
      (made: Json) => ({ ...made, critical: { ...made.critical, channel: "stable" } }),
      (made: Json) => ({ ...made, optional: { Channel: "stable", channel: ["stable"] } }),
    ])
      assert.match(verdict(sign(lab, { ...recipe, change: { payload } }), asked), /^refuted: /);
    refusesAsked(
      "wrong-annotations",
      sign(lab, {
        ...recipe,
        change: {
          manifest: (made) => ({ ...made, annotations: { channel: "stable" } }),
          layer: (made) => ({ ...made, channel: "stable" }),
        },
      }),
      asked,
    );
  }
});

run();
