import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { type AttestorSpec, compileAttestor } from "../../../core/verify/attestor.ts";
import { clockWarning, later, newestSignedTime } from "../../../core/verify/clock.ts";
import { createImageVerifier } from "../../../core/verify/image-verifier.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { Lab, type Signed, sign } from "../../lab/index.ts";

const test = suite("core/verify/clock");
const [old, young] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-02-01T00:00:00Z")];

test("the later of two times, of which any may be missing", () => {
  for (const [left, right, wanted] of [
    [old, young, young],
    [young, old, young],
    [undefined, old, old],
    [old, undefined, old],
    [undefined, undefined, undefined],
  ] as const)
    assert.is(later(left, right), wanted);
});

test("a warning only where the time of the decision is behind", () => {
  assert.is(clockWarning(old, undefined), undefined);
  assert.is(clockWarning(young, old), undefined);
  assert.is(clockWarning(old, old), undefined);
  assert.match(clockWarning(old, young) ?? "", /^\[clock-behind\] .*2026-01-01.*2026-02-01/);
});

const lab = new Lab();
const hour = 3_600_000;

test("times of logs and authorities count where they prove something, recalled or computed", () => {
  const signed = sign(lab, { layout: "bundle", by: "certificate" });
  const verifier = createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits });
  const request = {
    image: signed,
    expectation: compileAttestor(signed.attestor, { limits: defaultLimits }),
    layouts: "all",
  } as const;
  const source = { answer: signed.knowledge.answer.bind(signed.knowledge), state: () => ({ version: "1" }) };
  const at = (now: Date) => {
    const decision = verifier.open(source as typeof signed.knowledge, now);
    const { verification } = decision.verify(request);
    return { truth: verification.truth, warning: decision.clockWarning(), newest: decision.newestSignedTime() };
  };
  const good = at(lab.now);
  assert.equal([good.truth, good.warning], ["proven", undefined]);
  assert.ok(good.newest !== undefined && good.newest <= lab.now);
  const behind = at(new Date(good.newest.getTime() - hour));
  assert.equal([behind.truth, behind.newest], ["proven", good.newest]);
  assert.match(behind.warning ?? "", "[clock-behind]");
  const [candidate] = verifier.open(signed.knowledge, lab.now).verify(request).candidates;
  assert.ok(candidate !== undefined);
  assert.equal(newestSignedTime({ candidates: [candidate] }, request.expectation), good.newest);
  assert.is(newestSignedTime({ candidates: [] }, request.expectation), undefined);
  assert.is(verifier.open(source as typeof signed.knowledge, lab.now).newestSignedTime(), undefined);
});

test("of several times, the newest that counts, in any order", () => {
  const expectation = compileAttestor(sign(lab).attestor, { limits: defaultLimits });
  const ownLog = { ...expectation, log: { ...expectation.log, keys: [] } };
  const [first, second, third] = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z"];
  const proving = (evidence: object) => ({
    verification: {
      truth: "proven",
      evidence: { times: [], certificateTransparency: [], logEntries: [], ...evidence },
    },
  });
  const newest = (candidates: readonly object[], expected = expectation): string | undefined =>
    newestSignedTime({ candidates } as unknown as Parameters<typeof newestSignedTime>[0], expected)?.toISOString();
  const at = (time: string) => proving({ times: [{ at: time, source: "timestamp-authority" }] });
  for (const times of [
    [first, third, second],
    [third, first],
  ]) {
    assert.is(newest(times.map(at)), third, "of several signatures");
    const several = times.map((time) => ({ at: time, source: "timestamp-authority" }));
    assert.is(newest([proving({ times: several })]), third, "of one");
  }
  const logged = proving({ logEntries: [{ checkpointAt: second }, {}, { checkpointAt: first }] });
  assert.is(newest([logged]), second);
  assert.is(newest([logged], ownLog), undefined);
});

test("a log or authority that only a policy names proves a signature; its time counts for no other decision", () => {
  const newest = (signed: Signed, more: Partial<AttestorSpec> = {}): Date | undefined => {
    const expectation = compileAttestor({ ...signed.attestor, ...more }, { limits: defaultLimits });
    const decision = createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits }).open(
      signed.knowledge,
      lab.now,
    );
    assert.is(decision.verify({ image: signed, expectation, layouts: "all" }).verification.truth, "proven");
    return decision.newestSignedTime();
  };
  const logged = sign(lab);
  assert.ok(newest(logged) !== undefined);
  assert.is(newest(logged, { rekor: { pubKey: lab.rekor.key.pem, ignoreTlog: false } }), undefined);
  assert.is(newest(sign(lab, { layout: "tag", evidence: ["timestamp"] })), undefined);
  const issued = sign(lab, { layout: "tag", by: "certificate" });
  const own = { rekor: { pubKey: lab.rekor.key.pem, ignoreTlog: false } };
  assert.ok(newest(issued, own) !== undefined, "the certificate's log is the trusted root's");
  const ctlog = { ignoreSCT: false, pubKey: lab.certificateLog.key.pem };
  assert.is(newest(issued, { ...own, ctlog }), undefined);
});

test.run();
