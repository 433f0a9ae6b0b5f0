import type { Mirrored } from "../../../core/knowledge/knowledge.ts";
import { budgetsOf, toFreshness } from "../../../core/trust/budgets.ts";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decisionTrees, type ExplainSettings, pruneTree, renderDecision } from "../../../cli/render/decision.ts";
import { fixText } from "../../../cli/render/fix.ts";
import { createStyle } from "../../../cli/render/style.ts";
import type { Decision } from "../../../core/decide/engine.ts";
import type { AttestorResult, ImageResult, RuleResult } from "../../../core/kyverno/image/result.ts";
import type { Failure } from "../../../core/verdict.ts";
import { certificateEvidence, source } from "./evidence-samples.ts";

const test = suite("cli/render/decision");
const style = createStyle({ colour: false, unicode: true, width: 200 });
const whole: ExplainSettings = { brief: false, resource: "Pod shop/web", fixes: { hasSource: true } };
const at = (line: number) => ({ file: "check.yaml", line, column: 3 });
const wrongKey: Failure = { check: "signature", code: "wrong-key", reason: "made by another key", stage: 9 };
const wrongIdentity: Failure = {
  check: "identity",
  code: "wrong-identity",
  reason: "subject mismatch: expected a, received b",
  stage: 12,
};

const attestor: AttestorResult = {
  path: ".attestors[0]",
  position: at(21),
  truth: "refuted",
  required: 1,
  entries: [
    {
      path: ".attestors[0].entries[0].keyless",
      position: at(24),
      truth: "refuted",
      candidates: [{ source, verification: { truth: "refuted", failures: [wrongIdentity] } }],
      failures: [wrongIdentity],
      open: [],
    },
    {
      path: ".attestors[0].entries[1].keyless",
      position: at(30),
      truth: "proven",
      candidates: [{ source, verification: { truth: "proven", evidence: certificateEvidence } }],
      failures: [],
      open: [],
    },
  ],
  failures: [wrongIdentity],
  open: [],
};
const image: ImageResult = {
  image: "ghcr.io/acme/app:1.4",
  pointer: "/spec/containers/0/image",
  digest: `sha256:${"9".repeat(64)}`,
  entry: 0,
  position: at(17),
  truth: "refuted",
  attestors: [attestor],
  attestations: [],
  failures: [wrongIdentity],
  open: [],
};
const result = (status: RuleResult["status"], more: Partial<RuleResult> = {}): RuleResult => ({
  policy: "check-image",
  rule: "keyless",
  pass: "mutate",
  status,
  message: status,
  action: "Enforce",
  failurePolicy: "Fail",
  position: at(9),
  operation: "CREATE",
  image,
  failures: status === "fail" ? [wrongKey, wrongIdentity] : [],
  open: [],
  ...more,
});
const decide = (allowed: boolean, ...results: readonly RuleResult[]): Decision => ({
  allowed,
  results,
  patches: [],
  warnings: [],
  trustWarnings: [],
  open: [],
  read: [],
  at: "2026-11-22T17:03:00.000Z",
  freshness: toFreshness(budgetsOf({}), new Date("2026-11-22T17:03:00.000Z"), undefined),
});

test("a denial names the rule, its line, the time and the reason that got furthest", () => {
  const text = renderDecision(decide(false, result("fail")), style, whole);
  assert.equal(text.split("\n").slice(0, 6), [
    "DENY  Pod shop/web  now 2026-11-22 17:03 UTC",
    "by       check-image/keyless (check.yaml:9)",
    "because  subject mismatch: expected a, received b [wrong-identity]",
    `fix      ${fixText(wrongIdentity)}`,
    "",
    "✗ ghcr.io/acme/app:1.4",
  ]);
  assert.match(text, /:1\.4\n└─ ✗ rule/);
});

test("as of when the mirror is, where somebody says so", () => {
  const at = new Date("2026-11-18T17:03:00Z");
  const decision = decide(true, result("pass"));
  const now = new Date(decision.at);
  const textWith = (mirrored: Mirrored | undefined) =>
    renderDecision({ ...decision, freshness: toFreshness(budgetsOf({}), now, mirrored) }, style, whole);
  assert.match(textWith({ at, by: "archive" }), "mirror   as of 2026-11-18 17:03 UTC (4 d ago), its last archive\n");
  assert.match(textWith({ at }), "mirror   as of 2026-11-18 17:03 UTC (4 d ago)\n");
  for (const mirrored of [{}, undefined]) assert.not.match(textWith(mirrored), "mirror   ");
});

test("every check has the policy line that asked for it, and every signature its evidence", () => {
  const text = renderDecision(decide(false, result("fail")), style, whole);
  for (const part of [
    "attestors   .attestors[0] (1 of 2 required)  ← check.yaml:21",
    "← check.yaml:24",
    "← check.yaml:30",
    "✓ signature 1/1",
    "✓ chain",
    "[wrong-identity] subject mismatch",
  ])
    assert.ok(text.includes(part), `${part}\n${text}`);
});

test("what was said without TLS is marked: which digest a tag has, and that there is nothing", () => {
  const [plain, tls] = ["10.0.0.1:5000 (without TLS)", "ghcr.io"];
  const shown = (tagFrom: string, saidNone: readonly string[]): string => {
    const [entry, ...more] = attestor.entries ?? [];
    const entries = entry === undefined ? [] : [{ ...entry, saidNone }, ...more];
    const changed = { ...image, tagFrom, attestors: [{ ...attestor, entries }] };
    return renderDecision(decide(false, result("fail", { image: changed })), style, whole);
  };
  const text = shown(plain, [plain, tls]);
  assert.match(text, /– tag +said by 10\.0\.0\.1:5000 without TLS/);
  assert.is(text.match(/– no others +said by 10\.0\.0\.1:5000 without TLS/g)?.length, 1);
  assert.not.match(shown(tls, [tls]), "said by");
});

test("a failure that a signature has is not told again above it", () => {
  assert.is(
    renderDecision(decide(false, result("fail", { failures: [wrongIdentity] })), style, whole).split(
      "[wrong-identity] subject mismatch",
    ).length - 1,
    1,
  );
});

test("brief keeps the path to the first thing that is wrong", () => {
  const text = renderDecision(decide(false, result("fail")), style, { ...whole, brief: true });
  assert.ok(text.includes("[wrong-identity]"));
  assert.not.ok(text.includes("check.yaml:30"));
  const [tree] = decisionTrees(decide(false, result("fail")), new Date(0));
  assert.ok(tree !== undefined && pruneTree(tree).children?.length === 1);
});

test("an allowed request says so, and what a rule found that only audits, or that Ignore lets pass", () => {
  assert.match(renderDecision(decide(true, result("pass")), style, whole), /^ALLOW {2}Pod shop\/web {2}now .*\n\n/);
  assert.match(
    renderDecision(decide(true, result("fail", { action: "Audit" })), style, whole),
    /^ALLOW .*\naudited {2}check-image\/keyless \(check\.yaml:9\) fails, and its action is Audit: it denies nothing\n/,
  );
  const outage: Failure = { check: "question.tag", code: "timed-out", reason: "no answer", stage: 0 };
  const ignored = result("error", { failurePolicy: "Ignore", failures: [outage] });
  assert.match(
    renderDecision(decide(true, ignored), style, whole),
    /\nignored {2}check-image\/keyless \(check\.yaml:9\) could not be decided, and failurePolicy Ignore lets that/,
  );
  const denies = result("error", {
    rule: "trust",
    failurePolicy: "Ignore",
    failures: [{ ...outage, code: "no-trust" }],
  });
  assert.match(renderDecision(decide(false, ignored, denies), style, whole), "by       check-image/trust ");
});

test("a fix is shown once for several decisions", () => {
  const told = new Set<string>();
  const text = () => renderDecision(decide(false, result("fail")), style, { ...whole, told });
  assert.match(text(), /^fix {6}/m);
  assert.not.match(text(), /^fix/m);
});

test("what the validating pass repeats is not told again", () => {
  const unknown: Failure = { check: "question.key", code: "no-key", reason: "the key k is not pinned", stage: 0 };
  const { image: _, ...plain } = result("error", { pass: "validate", failures: [unknown], message: "no; no-key" });
  const text = renderDecision(decide(false, result("error", { failures: [unknown] }), plain), style, whole);
  assert.match(text, "rule        check-image/keyless error: the validating pass, for the same reason");
  const other = { ...plain, failures: [{ ...unknown, reason: "the key l is not pinned" }] };
  assert.match(
    renderDecision(decide(false, result("error", { failures: [unknown] }), other), style, whole),
    "the key l",
  );
});

test("a rule result without image belongs to the whole request", () => {
  const { image: _, ...plain } = result("error", {
    failures: [{ check: "context", code: "unresolved", reason: "no such variable", stage: 0 }],
  });
  const text = renderDecision(decide(false, plain), style, whole);
  assert.match(text, "the request as a whole");
  assert.match(text, "[unresolved]");
});

test("no rule, no result, and a line that says so", () =>
  assert.match(renderDecision(decide(true), style, whole), "no rule applies to this request"));

test.run();
