/** Attacks by somebody who writes the records and capsules that others read, or changes them on their way. */
import { createPublicKey } from "node:crypto";
import * as assert from "uvu/assert";
import { encodeEntry } from "../../core/archive/archive-entry.ts";
import { encodeTarHeader } from "../../core/archive/plain-tar.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { createComponent } from "../../core/entry/component.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../core/limits.ts";
import { HeldCapsule } from "../../proxy/edge/held-capsule.ts";
import { parseRecord, verifyRecord } from "../../core/record/read-record.ts";
import { replay } from "../../core/record/replay.ts";
import { fastVerifier, Lab, sign } from "../lab/index.ts";
import { makeKey, ourKey } from "../support/archive-store.ts";
import { throwsCode } from "../support/assert.ts";
import { answersFor, engineFor, imageOf, makeCapsule, opened, podWith } from "../support/capsules.ts";
import { recordOf } from "../support/records.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("capsules");

const lab = new Lab();
const signed = sign(lab, { layout: "tag" });
const other = sign(lab, { layout: "tag", by: "certificate" });
const { bytes } = makeCapsule([signed]);

const ours = [String(createPublicKey(ourKey.pem).export({ type: "spki", format: "pem" }))];

/** The code with which the component refuses. */
function refusal(call: () => string): string {
  try {
    return call();
  } catch (error) {
    return JSON.parse(String(error)).code;
  }
}

/** A record whose input was changed, with the digest in its statement set right. */
function forgedRecord(change: (input: Record<string, never>) => void, text = recordOf(signed)): Uint8Array {
  const file = JSON.parse(text);
  change(file.input);
  if (file.statement !== undefined)
    file.statement.predicate.input = digestOf(encodeUtf8(encodeCanonicalJson(file.input)));
  return encodeUtf8(encodeCanonicalJson(file));
}

const replayed = (record: Uint8Array) => replay(parseRecord(record, defaultLimits), fastVerifier);

attack(260, "a byte of each kind of place is flipped", () => {
  const text = encodeUtf8(recordOf(signed));
  for (let at = 5; at < text.length; at += 331) {
    const changed = text.slice();
    changed[at] = (changed[at] as number) ^ 4;
    let seen: unknown;
    try {
      seen = replayed(changed).difference;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      seen = error.code;
    }
    assert.ok(seen, `byte ${at}`);
  }
});

attack(261, "a question is answered with the answer to another one", () => {
  const swap = (input: { answers: Record<string, unknown> }): void => {
    const [first = "", second = ""] = Object.keys(input.answers).filter((question) => question.startsWith("tag "));
    [input.answers[first], input.answers[second]] = [input.answers[second], input.answers[first]];
  };
  assert.ok(replayed(forgedRecord(swap as never)).difference);
  const ours = recordOf(signed, { sign: ourKey.signing.sign });
  throwsCode("archive-corrupt", () => parseRecord(forgedRecord(swap as never, ours), defaultLimits));
  const theirs = parseRecord(encodeUtf8(recordOf(signed, { sign: makeKey().signing.sign })), defaultLimits);
  throwsCode("archive-signature", () => verifyRecord(theirs, [ourKey.key], fastVerifier));
});

attack(261, "a blob has the bytes of another one", () => {
  const change = (input: { blobs: Record<string, string> }): void => {
    for (const digest of Object.keys(input.blobs)) input.blobs[digest] = "AAAA";
  };
  throwsCode("archive-corrupt", () => replayed(forgedRecord(change as never)));
});

attack(262, "its bounds are raised", () => {
  const raise = (input: { engine: { limits: Record<string, number> } }): void => {
    input.engine.limits = { ...input.engine.limits, patternCost: Number.MAX_SAFE_INTEGER };
  };
  throwsCode("over-limit", () => replayed(forgedRecord(raise as never)));
  const deepen = (input: { request: string }): void => {
    input.request = `{"operation":"CREATE","kind":${'{"a":'.repeat(4000)}1${"}".repeat(4000)}}`;
  };
  throwsCode("over-limit", () => replayed(forgedRecord(deepen as never)));
  throwsCode("over-limit", () => parseRecord(encodeUtf8(recordOf(signed)), { ...defaultLimits, recordedFiles: 0 }));
});

attack(263, "the one from before a key was distrusted", () => {
  throwsCode("rollback", () => opened(bytes, { floor: 2 }));
  assert.is(opened(makeCapsule([signed], { sequence: 2 }).bytes, { floor: 2 }).sequence, 2);
});

/** The file with the first occurrence of a text replaced by one as long. */
function replaced(text: string, by: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(text);
  assert.ok(at > 0 && text.length === by.length);
  const changed = bytes.slice();
  changed.set(encodeUtf8(by), at);
  return changed;
}

attack(264, "capsule.json of one that somebody signed in the file of ours", () => {
  const mine = opened(bytes).statement.capsule?.digest ?? "";
  const theirs = opened(makeCapsule([other]).bytes).statement.capsule?.digest ?? "";
  assert.is.not(mine, theirs);
  throwsCode("archive-corrupt", () => opened(replaced("ClusterPolicy", "ClusterPolizy")));
  throwsCode("archive-corrupt", () => opened(replaced(mine.slice(7, 40), theirs.slice(7, 40))));
});

attack(265, "in one list, in two lists, under another spelling", () => {
  const answers = answersFor([signed]);
  const tag = answers.find(({ entry }) => entry.kind === "tag" && "value" in entry) ?? (answers[0] as never);
  const { value: _, digest: __, ...rest } = tag.entry as typeof tag.entry & { value: string; digest: string };
  const absent = { entry: { ...rest, state: "absent" } as never };
  throwsCode("archive-corrupt", () => opened(makeCapsule([signed], { answers: [...answers, absent] }).bytes).check());
  assert.ok(encodeEntry(absent.entry).includes("absent"));
  // Who decides from it meets the damage, and nothing is admitted by it.
  const capsule = opened(makeCapsule([signed], { answers: [...answers, absent] }).bytes);
  const engine = createEngine({ ...capsule.engine, crypto: fastVerifier });
  assert.is(engine.decide(podWith(imageOf(signed)), capsule.knowledge, lab.now).allowed, false);
});

attack(266, "a member of each kind", () => {
  for (const name of ["/etc/passwd", "../oci-layout", "blobs/sha256/../../x", "./oci-layout", "blobs/sha256/short"]) {
    // In front, in the middle and at the end of the members.
    const member = encodeTarHeader(name, 0);
    for (const at of [0, bytes.length - 1024]) {
      const changed = Buffer.concat([bytes.subarray(0, at), member, bytes.subarray(at)]);
      throwsCode("archive-corrupt", () => opened(changed).check());
    }
  }
  for (const type of "12345") {
    const header = Buffer.from(encodeTarHeader("oci-layout", 30));
    header.write(type, 156, "latin1");
    throwsCode("archive-corrupt", () => opened(Buffer.concat([header, bytes.subarray(512)])));
  }
});

attack(267, "and over one with the same number", () => {
  const base = opened(bytes);
  const twin = opened(makeCapsule([signed], { created: "2026-11-30T05:00:01Z" }).bytes);
  const has = (): boolean => true;
  const delta = makeCapsule([signed], {
    sequence: 2,
    base: { sequence: 1, statement: base.digest, contentId: base.statement.contentId, has },
  }).bytes;
  assert.is(opened(delta, { base }).sequence, 2);
  throwsCode("archive-sequence", () => opened(delta, { base: twin }));
  throwsCode("archive-sequence", () => opened(delta));
});

attack(268, "an image that it was not made for is asked about", () => {
  const capsule = opened(bytes);
  for (const image of ["registry.lab.example/team/app:v9", "registry.lab.example/team/other:v1"]) {
    const decision = createEngine({ ...capsule.engine, crypto: fastVerifier }).decide(
      podWith(image),
      capsule.knowledge,
      lab.now,
    );
    assert.is(decision.results[0]?.failures[0]?.code, "not-in-mirror", image);
  }
  const claim = { kind: "complete", key: "registry.lab.example", at: "2026-11-30T05:00:00Z", from: "me" } as const;
  const answers = [...answersFor([signed]), { entry: claim }];
  throwsCode("archive-corrupt", () => opened(makeCapsule([signed], { answers }).bytes).check());
});

attack(275, "an image that nobody signed, by a component that hears of no roles", () => {
  const [policy] = engineFor(signed).policies;
  const text = JSON.parse(policy?.source?.file.text ?? "");
  text.spec.background = false;
  for (const rule of text.spec.rules) rule.match = { any: [{ resources: { kinds: ["Pod"] }, clusterRoles: ["edit"] }] };
  const { policies } = loadPolicies([{ name: "roles.yaml", text: JSON.stringify(text) }]);
  assert.is(policies.length, 1);
  const document = { engine: { policies }, state: {}, images: [imageOf(signed)] };
  assert.is(
    refusal(() => createComponent(nobleVerifier).load(makeCapsule([signed], { document }).bytes, ours)),
    "unsupported",
  );
});

attack(276, "evaluated as if it were a resource", () => {
  const pod = podWith("ghcr.io/lab/other:1").object ?? {};
  for (const kind of ["List", "PodList", "Pod"]) {
    const list = { apiVersion: "v1", kind, metadata: { name: "app" }, items: [pod] };
    throwsCode("malformed", () => requestFor(list));
  }
});

attack(277, "which is then never sent again", async () => {
  const newer = makeCapsule([signed], { sequence: 2 }).bytes;
  const served = (body: Uint8Array) => (headers: Headers) =>
    headers.get("if-none-match") === '"2"'
      ? new Response(null, { status: 304 })
      : new Response(Buffer.from(body), { headers: { etag: '"2"' } });
  let answer: (headers: Headers) => Response = () => new Response(Buffer.from(bytes), { headers: { etag: '"1"' } });
  let now = 0;
  const held = new HeldCapsule({
    capsule: "https://capsules.example/capsule.tar",
    keys: [ourKey.key],
    verifier: fastVerifier,
    limits: defaultLimits,
    refreshMs: 1000,
    timeoutMs: 1000,
    now: () => new Date(now),
    fetch: async (_, init) => answer(new Headers(init?.headers)),
    failed: () => undefined,
  });
  assert.is((await held.current()).capsule.sequence, 1);
  answer = served(newer.subarray(0, 4096));
  now = 1000;
  assert.is((await held.current()).capsule.sequence, 1);
  assert.is(held.fault?.code, "archive-corrupt");
  answer = served(newer);
  now = 2000;
  assert.is((await held.current()).capsule.sequence, 2);
  assert.is(held.fault, undefined);
});

attack(278, "a trusted root beside those that were read, with every digest set right", () => {
  const add = (input: { answers: Record<string, unknown>; blobs: Record<string, string> }): void => {
    const [root = ""] = Object.keys(input.answers).filter((question) => question.startsWith("trusted-root "));
    assert.ok(root);
    input.answers["trusted-root another"] = input.answers[root];
  };
  const honest = JSON.parse(recordOf(signed));
  const { trustedRoots } = honest.statement.predicate;
  honest.statement.predicate.trustedRoots = { ...trustedRoots, another: Object.values(trustedRoots)[0] };
  throwsCode("archive-corrupt", () => replayed(forgedRecord(add as never, JSON.stringify(honest))));
});

run();
