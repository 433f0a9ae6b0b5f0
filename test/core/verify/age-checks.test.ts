/** Ages that policies ask for, over signatures of the lab: by a second, and with the clock set back and forward. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { freshnessTime, requireSignatureAge, requireTrustAge } from "../../../core/verify/age-checks.ts";
import { compileAttestor } from "../../../core/verify/attestor.ts";
import { createImageVerifier } from "../../../core/verify/image-verifier.ts";
import type { Verification } from "../../../core/verdict.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { Lab, type Recipe, type Signed, sign } from "../../lab/index.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/verify/age-checks");
const lab = new Lab();
const hour = 3_600_000;
const after = (ms: number): Date => new Date(lab.loggedAt.getTime() + ms);
const codeOf = (verification: Verification<unknown>): string =>
  verification.truth === "proven" ? "proven" : `${verification.truth} ${verification.failures[0]?.code}`;

/** One verifier for many times, with a source whose version stands: what can be remembered is. */
function judge(signed: Signed, least: number, seen?: Date) {
  const verifier = createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits });
  const expectation = compileAttestor(signed.attestor, { limits: defaultLimits, minSignatureAge: least });
  const source: Knowledge = {
    answer: signed.knowledge.answer.bind(signed.knowledge),
    state: () => ({ version: "1", ...(seen === undefined ? {} : { newestSignedTime: seen }) }),
  };
  return (now: Date): string =>
    codeOf(verifier.open(source, now).verify({ image: signed, expectation, layouts: "all" }).verification);
}

const recipes: readonly (readonly [name: string, recipe: Recipe])[] = [
  ["a key with an entry, in a tag", { layout: "tag" }],
  ["a certificate with an entry", { layout: "bundle", by: "certificate" }],
  [
    "a certificate with a timestamp and Rekor v2",
    { layout: "bundle", by: "certificate", evidence: ["rekor2", "timestamp"] },
  ],
  ["a key with a timestamp and Rekor v2", { layout: "bundle", evidence: ["rekor2", "timestamp"] }],
];

test("a signature counts from its age on, to the millisecond, whatever proves its time, remembered or not", () => {
  for (const [name, recipe] of recipes) {
    const at = judge(sign(lab, recipe), 72 * hour);
    for (let round = 0; round < 2; round++) {
      assert.is(at(after(72 * hour - 1)), "refuted no-timestamp", name);
      assert.is(at(after(72 * hour)), "proven", name);
      assert.is(at(after(9999 * hour)), "proven", name);
      assert.is(at(after(72 * hour - 1)), "refuted no-timestamp", `${name}: what was remembered does not hold before`);
    }
  }
});

test("without a proven time it never counts", () => {
  for (const recipe of [
    { layout: "tag", evidence: [] },
    { layout: "bundle", evidence: ["rekor2"] },
  ] as const) {
    const attestor = (spec: Signed["attestor"]) => ({ ...spec, rekor: { ignoreTlog: true } });
    assert.is(judge(sign(lab, { ...recipe, change: { attestor } }), 0)(after(9999 * hour)), "refuted no-timestamp");
  }
});

test("an attack: a clock set back never makes a signature old, a signed time that was seen cannot be undone", () => {
  const signed = sign(lab, { layout: "bundle", by: "certificate" });
  assert.is(judge(signed, 72 * hour)(after(-9999 * hour)), "refuted no-timestamp");
  assert.is(judge(signed, 72 * hour, after(73 * hour))(after(hour)), "proven", "it is known to be later");
});

test("the earliest of several times is what is proven", () => {
  const judged: unknown[] = [];
  const context = (now: Date) => ({ now, trustTime: { now: () => now, judged: (one: unknown) => judged.push(one) } });
  const times = [after(5 * hour), after(0), after(hour)];
  requireSignatureAge(hour, times, "s", context(after(hour)));
  throwsCode("no-timestamp", () => requireSignatureAge(hour, times, "s", context(after(hour - 1))));
  throwsCode("no-timestamp", () => requireSignatureAge(0, [], "s", context(after(hour))));
  assert.equal(judged, [{ start: after(hour) }, { end: after(hour - 1) }]);
});

test("TUF metadata vouches until the policy's age past its expiry; what is pinned has no expiry", () => {
  const expired = after(0).toISOString();
  const tuf = {
    name: "r",
    mode: "budget",
    initialRoot: "1",
    versions: {},
    expires: { role: "root", at: expired },
  } as const;
  const at = (now: Date) => ({ now });
  requireTrustAge(24 * hour, tuf, at(after(24 * hour)));
  throwsCode("stale", () => requireTrustAge(24 * hour, tuf, at(after(24 * hour + 1))));
  throwsCode("stale", () => requireTrustAge(0, tuf, at(after(1000))));
  requireTrustAge(0, { ...tuf, mode: "pin" }, at(after(9999 * hour)));
});

test("ages are judged at the newest signed time where the clock is behind it", () => {
  assert.is(freshnessTime({ now: after(0) }).getTime(), after(0).getTime());
  const trustTime = { now: () => after(hour), judged: () => undefined };
  assert.is(freshnessTime({ now: after(0), trustTime }).getTime(), after(hour).getTime());
});

test.run();
