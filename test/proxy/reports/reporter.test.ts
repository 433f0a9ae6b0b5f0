import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { Reporter, ReportMemory, type ReporterOptions } from "../../../proxy/reports/reporter.ts";
import type { Written } from "../../../proxy/upstream/cluster/write-objects.ts";
import { fixtureKnowledge } from "../../support/fixture-images.ts";
import { image, now, pod } from "../../support/fixture-policies.ts";
import { decidedBy, lenient, outage, requestOf } from "../../support/undecided.ts";

const test = suite("proxy/reports/reporter");

interface Put {
  readonly verb: "create" | "apply";
  readonly resource: string;
  readonly object: JsonObject;
}

function staged(more: Partial<ReporterOptions> = {}) {
  const [puts, counted, failures]: [Put[], string[], string[]] = [[], [], []];
  const clock = { now, knowledge: fixtureKnowledge as Knowledge, answer: "done" as Written["state"] };
  const answer = (): Written =>
    clock.answer === "done"
      ? { state: "done", object: {} }
      : clock.answer === "absent"
        ? { state: "absent" }
        : { state: "conflict", why: "" };
  const put = (verb: Put["verb"]) => async (at: { readonly resource: string }, object: JsonObject) => {
    puts.push({ verb, resource: at.resource, object });
    return answer();
  };
  const open = (): Reporter =>
    new Reporter({
      write: { create: put("create"), apply: put("apply") },
      events: true,
      reports: "wgpolicyk8s.io/v1alpha2",
      decide: (request) => decidedBy(lenient, request, clock.knowledge).decision.results,
      policyOf: () => lenient.policies[0],
      keepsObjects: false,
      memory: new ReportMemory(defaultLimits),
      instance: "pod-1",
      limits: defaultLimits,
      now: () => clock.now,
      counted: (kind, result) => void counted.push(`${kind} ${result}`),
      waiting: () => undefined,
      failed: (what, { code }) => void failures.push(`${what} ${code}`),
      bug: (error) => {
        throw error;
      },
      sleep: () => Promise.resolve(),
      ...more,
    });
  return { open, puts, counted, failures, clock };
}

const request = (tag: string, metadata: JsonObject = {}) =>
  requestOf({ ...pod(image(tag)), metadata: { name: "web", namespace: "shop", uid: "id-1", ...metadata } });
const summaries = (puts: readonly Put[]) =>
  puts.filter(({ verb }) => verb === "apply").map(({ object }) => object.summary);
const reasons = (puts: readonly Put[]) =>
  puts.filter(({ resource }) => resource === "events").map(({ object: { reason, action } }) => [reason, action]);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test("one report for a resource, written again only when it says something else", async () => {
  const { open, puts, counted, clock } = staged();
  const reporter = open();
  reporter.admitted(request("signed"));
  reporter.admitted(request("signed"));
  await settled();
  clock.now = new Date(now.getTime() + 3_600_000);
  reporter.admitted(request("signed"));
  await settled();
  reporter.admitted(request("unsigned"));
  await settled();
  await reporter.close();
  assert.equal(summaries(puts), [
    { error: 0, fail: 0, pass: 1, skip: 0, warn: 0 },
    { error: 0, fail: 1, pass: 0, skip: 0, warn: 0 },
  ]);
  assert.equal(
    counted.filter((one) => one.startsWith("report")),
    ["report written", "report unchanged", "report written"],
  );
});

test("what could not be decided has an Event and a report, and another one when answers change", async () => {
  const { open, puts, clock } = staged();
  clock.knowledge = outage();
  const reporter = open();
  reporter.admitted(request("unsigned"));
  await settled();
  reporter.again();
  await settled();
  clock.knowledge = fixtureKnowledge;
  reporter.again();
  await settled();
  reporter.again();
  await settled();
  await reporter.close();
  assert.equal(summaries(puts), [
    { error: 1, fail: 0, pass: 0, skip: 0, warn: 0 },
    { error: 0, fail: 1, pass: 0, skip: 0, warn: 0 },
  ]);
  assert.equal(reasons(puts), [
    ["PolicyError", "Resource Passed"],
    ["PolicyViolation", "Resource Passed"],
  ]);
});

test("the same denial is said once in five minutes, a dry run never", async () => {
  const { open, puts, clock } = staged();
  const reporter = open();
  const denied = request("unsigned");
  const { results } = decidedBy(lenient, denied, fixtureKnowledge).decision;
  reporter.denied({ ...denied, dryRun: true }, results);
  await settled();
  assert.equal(reasons(puts), []);
  for (const minutes of [0, 1, 4, 6]) {
    clock.now = new Date(now.getTime() + minutes * 60_000);
    reporter.denied(denied, results);
    await settled();
  }
  await reporter.close();
  assert.equal(reasons(puts), [
    ["PolicyViolation", "Resource Blocked"],
    ["PolicyViolation", "Resource Blocked"],
  ]);
  assert.equal(summaries(puts), []);
});

test("nothing is reported of a dry run, of what has no id, and of what no policy selects", async () => {
  const { open, puts } = staged();
  const reporter = open();
  reporter.admitted({ ...request("signed"), dryRun: true });
  reporter.admitted(requestOf(pod(image("signed"))));
  reporter.admitted(
    requestOf({ ...pod("other.example/a:1"), metadata: { name: "o", namespace: "shop", uid: "id-2" } }),
  );
  await settled();
  await reporter.close();
  assert.equal(puts, []);
});

test("where the cluster has no reports it is said once, and not tried for each resource; Events go on", async () => {
  const { open, puts, failures, clock } = staged();
  clock.answer = "absent";
  const reporter = open();
  for (let index = 0; index < 6; index++) reporter.admitted(request("signed", { name: `w${index}`, uid: `u${index}` }));
  await settled();
  await reporter.close();
  assert.is(summaries(puts).length, 3);
  assert.equal(failures, ["policy reports unsupported"]);
});

test("a login that may not write is said once, and costs no decision", async () => {
  const refuse = async (): Promise<never> => {
    throw new EngineError("access-denied", "may not", { subject: "s" });
  };
  const { open, failures, counted } = staged({ write: { create: refuse, apply: refuse } });
  const reporter = open();
  reporter.admitted(request("unsigned"));
  await settled();
  await reporter.close();
  assert.equal(failures.sort(), ["Events access-denied", "policy reports access-denied"]);
  assert.equal(counted.sort(), ["event failed", "report failed"]);
});

test("a refutation after the fact is said of the resource", async () => {
  const { open, puts } = staged({ reports: undefined });
  const reporter = open();
  reporter.refuted(request("unsigned"), { policy: "lenient", code: "no-signature", message: "none" });
  await settled();
  await reporter.close();
  const [first] = puts;
  assert.match(String(first?.object.note), /^policy lenient fail: \[no-signature\] it was let in undecided/);
});

for (const [keepsObjects, member] of [
  [true, "annotations"],
  [false, "labels"],
] as const)
  test(`a resource with large ${member} is not held`, async () => {
    const { open, puts, counted } = staged({ keepsObjects });
    const reporter = open();
    reporter.admitted(request("signed", { [member]: { a: "x".repeat(defaultLimits.recheckRequestBytes) } }));
    await settled();
    await reporter.close();
    assert.equal([puts, counted], [[], ["report dropped"]]);
  });

test.run();
