/** Trusted roots that are known as TUF metadata, in whole decisions: what counts, what warns, what stops. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, type EngineSettings } from "../../../core/decide/engine.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import type { Evidence } from "../../../core/verify/evidence.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { tufFaults } from "../../lab/tuf-faults.ts";
import { makeTufRepository, type TufSource } from "../../lab/tuf-repository.ts";
import { fixtureBytes, fixtureKnowledge, testImages } from "../../support/fixture-images.ts";
import { instead } from "../../support/instead.ts";

const test = suite("core/verify/trust-access");
const day = 86_400_000;
const target = fixtureBytes("trust/trusted-root.json");
const made = new Date("2026-11-26T00:00:00Z");
const now = new Date("2026-11-26T12:00:00Z");
const expiry = new Date(made.getTime() + 365 * day);

const policy = `
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: keyless }
spec:
  validationFailureAction: Enforce
  rules:
    - name: keyless
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - imageReferences: ["${testImages}:*"]
          attestors:
            - entries: [{ keyless: { subject: "*", issuer: "*", rekor: { url: "https://rekor.sigstore.dev" } } }]
`;
const pod = requestFor({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n" },
  spec: { containers: [{ name: "c", image: `${testImages}:signed-keyless` }] },
});

const isLab = (question: Question): boolean => question.kind === "trusted-root" && question.name === "lab";
const knowing = (source: TufSource): Knowledge =>
  instead(instead(fixtureKnowledge, "trusted-root"), isLab, { state: "present", value: source, at: "", from: "lab" });

const repository = makeTufRepository(target, { now: made });
const root = repository.rootHistory[0] as Uint8Array;

function decide(source: TufSource, at: Date, trust: EngineSettings["trust"] = {}) {
  const { policies, errors } = loadPolicies([{ name: "p.yaml", text: policy }]);
  assert.equal(errors, []);
  const settings: EngineSettings = { trustRoot: "lab", trust: { initialRoots: { lab: root }, ...trust } };
  return createEngine({ policies, crypto: nodeVerifier, settings }).decide(pod, knowing(source), at);
}

const evidenceOf = (decision: ReturnType<typeof decide>): Evidence | undefined => {
  const verification = decision.results.find(({ image }) => image !== undefined)?.image?.attestors[0]?.entries?.[0]
    ?.candidates?.[0]?.verification;
  return verification?.truth === "proven" ? verification.evidence : undefined;
};
const codesOf = (decision: ReturnType<typeof decide>): readonly string[] =>
  decision.results.flatMap(({ failures }) => failures.map(({ code }) => code));

test("fresh metadata: allowed, with the chain of trust in the evidence", () => {
  const decision = decide(repository.source(), now);
  assert.ok(decision.allowed);
  assert.equal([decision.warnings, decision.trustWarnings], [[], []]);
  assert.equal(evidenceOf(decision)?.tuf, {
    name: "lab",
    mode: "budget",
    initialRoot: "1",
    versions: { root: "1", timestamp: "1", snapshot: "1", targets: "1" },
    expires: { role: "root", at: expiry.toISOString() },
  });
});

test("past its expiry: allowed with a warning within the budget, stale past it", () => {
  const within = decide(repository.source(), new Date(expiry.getTime() + 30 * day));
  assert.ok(within.allowed);
  assert.is(within.trustWarnings.length, 1);
  assert.match(within.trustWarnings[0] ?? "", /^trusted root lab: freshness has ended: /);
  assert.equal(within.warnings, within.trustWarnings);
  assert.ok(evidenceOf(within)?.tuf?.warning);
  for (const [at, trust] of [
    [new Date(expiry.getTime() + 91 * day), {}],
    [expiry, { mode: "enforce" }],
  ] as const) {
    const stale = decide(repository.source(), at, trust);
    assert.not.ok(stale.allowed);
    assert.equal([stale.results[0]?.status, [...new Set(codesOf(stale))]], ["error", ["stale"]]);
  }
});

test("a clock that was set back is reported, and makes nothing fresher", () => {
  const { policies } = loadPolicies([{ name: "p.yaml", text: policy }]);
  const settings: EngineSettings = { trustRoot: "lab", trust: { initialRoots: { lab: root } } };
  const engine = createEngine({ policies, crypto: nodeVerifier, settings });
  const source = knowing(repository.source());
  const decideAfter = (days: number | undefined) =>
    engine.decide(
      pod,
      days === undefined
        ? source
        : {
            answer: (question) => source.answer(question),
            state: () => ({
              version: String(days),
              newestSignedTime: new Date(expiry.getTime() + days * day),
            }),
          },
      now,
    );
  assert.equal([decideAfter(undefined).allowed, decideAfter(undefined).warnings], [true, []]);
  const [early, tolerated, stale] = [decideAfter(-1), decideAfter(30), decideAfter(91)];
  assert.is(early.allowed, true);
  assert.match(early.warnings.join(), /^\[clock-behind\] the clock says 2026-11-26T12:00:00\.000Z,/);
  assert.equal([tolerated.allowed, tolerated.trustWarnings.length], [true, 2]);
  assert.equal([stale.allowed, [...new Set(codesOf(stale))]], [false, ["stale"]]);
  for (const decision of [early, tolerated, stale]) assert.match(decision.trustWarnings.join(), "[clock-behind]");
});

test("what an engine remembers stands as long as trust is judged alike, and no longer", () => {
  const { policies } = loadPolicies([{ name: "p.yaml", text: policy }]);
  const settings: EngineSettings = { trustRoot: "lab", trust: { initialRoots: { lab: root } } };
  const engine = createEngine({ policies, crypto: nodeVerifier, settings });
  let asked = 0;
  const inner = knowing(repository.source());
  const source: Knowledge = {
    state: () => ({ version: "1" }),
    answer: (question) => {
      asked++;
      return inner.answer(question);
    },
  };
  const at = (days: number) => {
    asked = 0;
    return engine.decide(pod, source, new Date(expiry.getTime() + days * day));
  };
  const first = at(-300);
  assert.ok(first.allowed && asked > 0);
  for (const days of [-299, -1, 6]) {
    assert.equal({ ...at(days), at: first.at, freshness: first.freshness }, first, `${days}`);
    assert.is(asked, 0);
  }
  for (const days of [8, 30]) {
    const warned = at(days);
    assert.ok(asked > 0, "a warning is not remembered");
    assert.equal([warned.allowed, warned.trustWarnings.length], [true, 1]);
  }
  assert.not.ok(at(91).allowed);
  assert.ok(at(-300).allowed, "nor is what went wrong");
});

test("whatever is wrong with the metadata leaves the image unknown, never refuted", () => {
  for (const [name, { code, spoil }] of Object.entries(tufFaults)) {
    if (code === "stale") continue;
    const spoiled = makeTufRepository(target, { now: made });
    const decision = decide(spoil(spoiled), now);
    assert.not.ok(decision.allowed, name);
    assert.equal([decision.results[0]?.status, [...new Set(codesOf(decision))]], ["error", ["no-trust"]], name);
  }
});

test("an initial root is needed, and it is the one of the name", () => {
  for (const initialRoots of [
    {},
    { "public-good": root },
    { lab: makeTufRepository(target, { seed: "other" }).served("root") },
  ]) {
    const decision = decide(repository.source(), now, { initialRoots });
    assert.not.ok(decision.allowed);
    assert.equal([...new Set(codesOf(decision))], ["no-trust"]);
  }
});

test.run();
