/**
 * Times that a log entry states without proving them, entries that prove less than they seem to, and logs that vouch
 * for themselves. Source: docs/spec/sigstore.md#signed-entry-timestamp, #rekor-v2-entries, docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { hashLeaf } from "../../core/tlog/merkle-hash.ts";
import type { LogEntry } from "../../core/tlog/log-entry.ts";
import {
  type Changes,
  type EntryKind,
  later,
  type Recipe,
  sign,
  strangers,
  verdict,
  withLogAnswer,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab, refuses, refusesAsked, withChange } from "./refuses.ts";

const { attack, run } = attackSuite("log-times");

const seconds = (at: Date): bigint => BigInt(at.getTime() / 1000);
const signedAt = seconds(lab.signedAt);
const leafEnd = seconds(lab.leafEnd);
const integrated = (integratedTime: bigint): Changes => ({
  rekor1: { change: (entry) => ({ ...entry, integratedTime }) },
});
const planted = (integratedTime: bigint): Changes => ({
  entries: (entries) => entries.map((entry) => ({ ...entry, integratedTime })),
});

attack(10, "an integrated time whose promise was taken away; the proof of inclusion stays", () => {
  const bare: Changes = { entries: (entries) => entries.map(({ inclusionPromise: _, ...entry }) => entry) };
  for (const recipe of [{}, { claim: "attestation" }, { layout: "file", claim: "blob" }] as const) {
    refuses("no-timestamp", { ...recipe, by: "certificate" }, bare);
    // A key needs no time, and a timestamp gives one.
    accepts({ ...recipe, change: bare });
    accepts({ ...recipe, by: "certificate", evidence: ["promise", "proof", "timestamp"], change: bare });
  }
});

attack(10, "the same, judged while the certificate would still be valid now", () => {
  const now = later(lab.signedAt, 120_000);
  assert.is(verdict(sign(lab, { by: "certificate", evidence: ["proof"] }), { now }), "refuted: no-timestamp");
});

attack(11, "a promised time outside the certificate's validity by a second; both ends are inside", () => {
  for (const recipe of [
    {},
    { layout: "tag" },
    { layout: "file", claim: "blob" },
    { claim: "attestation" },
    { layout: "tag", claim: "attestation" },
  ] as const) {
    const keyless: Recipe = { ...recipe, by: "certificate" };
    accepts({ ...keyless, change: integrated(signedAt) });
    accepts({ ...keyless, change: integrated(leafEnd) });
    for (const wrong of [signedAt - 1n, leafEnd + 1n, signedAt - 86_400n, leafEnd + 86_400n])
      refuses("certificate-not-valid-then", keyless, integrated(wrong));
  }
});

attack(11, "a time that nothing signs and that contradicts the certificate, beside a timestamp that does not", () => {
  for (const recipe of [{ evidence: ["proof", "timestamp"] }, { evidence: ["rekor2", "timestamp"] }] as const) {
    const keyless: Recipe = { ...recipe, by: "certificate" };
    accepts({ ...keyless, change: planted(leafEnd) });
    for (const wrong of [signedAt - 1n, leafEnd + 1n]) refuses("certificate-not-valid-then", keyless, planted(wrong));
  }
});

attack(11, "a time altered behind the promise's back", () => {
  for (const recipe of [{}, { layout: "tag" }] as const)
    refuses("bad-log-proof", { ...recipe, by: "certificate" }, planted(signedAt));
});

attack(19, "an entry of kind intoto 0.0.1, which records no signature, in a bundle", () => {
  const kind = (entryKind: EntryKind): Recipe => ({ claim: "attestation", entryKind });
  for (const by of ["key", "certificate"] as const) {
    accepts({ ...kind("intoto 0.0.2"), by });
    assert.is(verdict(sign(lab, { ...kind("intoto 0.0.1"), by })), "refuted: bad-log-proof");
  }
});

attack(19, "in a layer, where cosign takes it: only for the very envelope and verifier", () => {
  const recipe: Recipe = { layout: "tag", claim: "attestation", entryKind: "intoto 0.0.1" };
  for (const each of [recipe, { ...recipe, by: "certificate" }] as const) {
    const other = accepts({ ...each, repository: "registry.lab.example/team/other" });
    refuses("bad-log-proof", each, { entries: () => other.entries });
    refuses("bad-log-proof", each, { logged: (logged) => ({ ...logged, verifier: lab.key("mallory") }) });
    // The envelope's hash holds its signature: another one by the same signer is another envelope.
    refuses("bad-log-proof", each, {
      envelope: (envelope) => ({ ...envelope, signatures: [{ ...envelope.signatures[0], keyid: "other" }] }),
      entries: () => accepts(each).entries,
    });
  }
  refuses("bad-log-proof", { layout: "tag" }, { body: (body) => ({ ...body, kind: "intoto" }) });
});

/** An entry as the log's API answers it. */
const answerOf = (entry: LogEntry, extra: object = {}) => ({
  [encodeHex(hashLeaf(entry.body))]: {
    body: encodeBase64(entry.body),
    integratedTime: Number(entry.integratedTime),
    logIndex: Number(entry.logIndex),
    logID: entry.logId,
    verification: { signedEntryTimestamp: encodeBase64(entry.inclusionPromise ?? new Uint8Array(0)) },
    ...extra,
  },
});

/** The log's API: one answer to every question about entries. */
const answering = (knowledge: Knowledge, entry: LogEntry, extra: object = {}): Knowledge =>
  withLogAnswer(knowledge, JSON.stringify(answerOf(entry, extra)), lab.now);

attack(20, "the log that a policy names answers with its own key and an entry by it", () => {
  for (const by of ["key", "certificate"] as const) {
    const signed = sign(lab, { layout: "tag", by });
    const bare = sign(lab, {
      layout: "tag",
      by,
      change: {
        entries: () => [],
        attestor: (spec) => ({ ...spec, rekor: { url: "https://rekor.lab.example", ignoreTlog: false } }),
      },
    });
    const [entry] = signed.entries;
    assert.ok(entry);
    const asked = (given: LogEntry, extra = {}) =>
      verdict(bare, { knowledge: answering(bare.knowledge, given, extra) });
    assert.is(asked(entry), "proven");
    const { rekor } = strangers(lab);
    const theirs = rekor.entry(entry.body, lab.loggedAt);
    assert.is(asked(theirs), "refuted: bad-log-proof");
    assert.is(asked({ ...theirs, logId: entry.logId }), "refuted: bad-log-proof");
    assert.is(asked(entry, { logID: theirs.logId }), "refuted: bad-log-proof");
  }
});

attack(20, "a log that is asked has only entries of others' signatures: as if it had none", () => {
  const bare = sign(lab, {
    layout: "tag",
    change: {
      entries: () => [],
      attestor: (spec) => ({ ...spec, rekor: { url: "https://rekor.lab.example", ignoreTlog: false } }),
    },
  });
  const [own] = sign(lab, { layout: "tag" }).entries;
  const [foreign] = sign(lab, { layout: "tag", annotations: { channel: "beta" } }).entries;
  assert.ok(own !== undefined && foreign !== undefined);
  const asked = (...entries: readonly LogEntry[]) => {
    const answers = entries.map((entry) => answerOf(entry));
    return verdict(bare, { knowledge: withLogAnswer(bare.knowledge, JSON.stringify(answers), lab.now) });
  };
  assert.is(asked(foreign), "refuted: no-log-proof");
  assert.is(asked(lab.rekor.entry(encodeUtf8('{"kind":"helm"}'), lab.loggedAt)), "refuted: no-log-proof");
  assert.is(asked(foreign, own), "proven");
  // An entry of this signature that proves nothing is told of, wherever it stands.
  const unpromised = { ...own, inclusionPromise: foreign.inclusionPromise };
  assert.is(asked(foreign, unpromised as LogEntry), "refuted: bad-log-proof");
});

attack(20, "the policy's own log key replaces the trusted root's log, whose word no longer counts", () => {
  const mine = { rekor: { pubKey: lab.key("own log").pem, ignoreTlog: false } };
  for (const recipe of [{}, { layout: "tag" }, { by: "certificate" }, { evidence: ["rekor2"] }] as const)
    refusesAsked("bad-log-proof", accepts(recipe), { attestor: (spec) => ({ ...spec, ...mine }) });
  const given = { rekor: { pubKey: lab.rekor.key.pem, ignoreTlog: false } };
  assert.is(verdict(sign(lab), { attestor: (spec) => ({ ...spec, ...given }) }), "proven");
});

attack(21, "an integrated time planted in a Rekor v2 entry, in place of a timestamp", () => {
  const recipe: Recipe = { by: "certificate", evidence: ["rekor2", "timestamp"] };
  for (const time of [signedAt, seconds(lab.loggedAt), leafEnd]) {
    refuses("no-timestamp", recipe, { ...planted(time), timestamps: () => [] });
    accepts(withChange(recipe, planted(time)));
  }
});

attack(21, "a promise planted in a Rekor v2 entry, by the attacker, by another log or by the log's own key", () => {
  const time = seconds(lab.loggedAt);
  for (const key of [lab.key("mallory"), lab.rekor.key, lab.rekor2.key]) {
    const promise: Changes = {
      entries: (entries) =>
        entries.map((entry) => ({
          ...entry,
          integratedTime: time,
          inclusionPromise: lab.rekor.promise({ ...entry, integratedTime: time }, key),
        })),
    };
    refuses(
      "bad-log-proof",
      { by: "certificate", evidence: ["rekor2", "timestamp"] },
      { ...promise, timestamps: () => [] },
    );
    refuses("bad-log-proof", { evidence: ["rekor2"] }, promise);
  }
});

attack(21, "a Rekor v2 entry beside one of Rekor v1 that is not about this signature: no time comes from there", () => {
  const other = accepts({ by: "certificate", repository: "registry.lab.example/team/other" });
  refuses(
    "bad-log-proof",
    { by: "certificate", evidence: ["rekor2", "timestamp"] },
    { entries: (entries) => [...entries, ...other.entries], timestamps: () => [] },
  );
});

run();
