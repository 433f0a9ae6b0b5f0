/** The age of a log's newest checkpoint: only what the log itself signed counts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { AgeBudget } from "../../../core/trust/age-budget.ts";
import { parseCheckpoint } from "../../../core/tlog/checkpoint.ts";
import { compileAttestor } from "../../../core/verify/attestor.ts";
import { createImageVerifier } from "../../../core/verify/image-verifier.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { Lab, sign, strangers } from "../../lab/index.ts";

const test = suite("core/verify/checkpoint-age");
const lab = new Lab();
const hour = 3_600_000;
const after = (ms: number): Date => new Date(lab.loggedAt.getTime() + ms);
const timeLine = (at: Date): string => `Timestamp: ${BigInt(at.getTime()) * 1_000_000n}`;
const leaves = [new Uint8Array(8)];
const noteAt = (at: Date, log = lab.rekor): string => log.checkpoint(leaves, { more: [timeLine(at)] });

const signed = sign(lab, { layout: "bundle", by: "certificate" });

function judge(maxCheckpointAge: AgeBudget | undefined, checkpoints: readonly string[], now: Date) {
  const trust = maxCheckpointAge === undefined ? {} : { maxCheckpointAge };
  const verifier = createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits, trust });
  const source: Knowledge = {
    answer: signed.knowledge.answer.bind(signed.knowledge),
    state: () => ({ version: "1", checkpoints }),
  };
  const expectation = compileAttestor(signed.attestor, { limits: defaultLimits });
  const rounds = [1, 2].map(() => {
    const told = new Set<string>();
    const decision = verifier.open(source, now, { warn: (text) => told.add(text) });
    const { verification } = decision.verify({ image: signed, expectation, layouts: "all" });
    const code = verification.truth === "proven" ? "proven" : `${verification.truth} ${verification.failures[0]?.code}`;
    return [code, told.size] as const;
  });
  assert.equal(rounds[0], rounds[1], "remembered or not");
  return rounds[0];
}

const day = { deny: 24 * hour };
const isNew = (notes: readonly string[], now: Date): boolean => judge(day, notes, now)?.[0] === "proven";

test("the newest time counts that the log signed on any of its checkpoints", () => {
  const notes = [noteAt(after(hour)), noteAt(after(5 * hour)), noteAt(after(2 * hour))];
  assert.ok(isNew(notes, after(29 * hour)));
  assert.not(isNew(notes, after(29 * hour + 1)));
});

test("checkpoints under proofs are handed on, of logs of the trusted root alone, also of a stale decision", () => {
  const told = (pubKey?: string, trust = {}) => {
    const notes: string[] = [];
    const sawCheckpoint = (note: string) => void notes.push(note);
    const verifier = createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits, trust, sawCheckpoint });
    const rekor = { ignoreTlog: false, ...(pubKey === undefined ? {} : { pubKey }) };
    const attestor = { ...signed.attestor, rekor };
    const expectation = compileAttestor(attestor, { limits: defaultLimits });
    const { verification } = verifier
      .open(signed.knowledge, after(hour))
      .verify({ image: signed, expectation, layouts: "all" });
    return { truth: verification.truth, origins: notes.map((note) => note.split("\n")[0]) };
  };
  const { origin } = parseCheckpoint(lab.rekor.checkpoint(leaves), defaultLimits);
  assert.equal(told(), { truth: "proven", origins: [origin] });
  assert.equal(told(undefined, { maxCheckpointAge: day }), { truth: "unknown", origins: [origin] });
  assert.equal(told(lab.rekor.key.pem), { truth: "proven", origins: [] });
});

test("an attack: notes of strangers, changed times, no times and no notes say nothing", () => {
  const good = noteAt(after(hour));
  for (const note of [
    noteAt(after(9 * hour), strangers(lab).rekor),
    good.replace(timeLine(after(hour)), timeLine(after(9 * hour))),
    lab.rekor.checkpoint(leaves),
    lab.rekor.checkpoint(leaves, { more: ["Timestamp: soon"] }),
    lab.rekor.checkpoint(leaves, { more: [`Timestamp: ${"9".repeat(30)}`] }),
    lab.rekor2.checkpoint(leaves, { more: [timeLine(after(9 * hour))] }),
    "",
    "note",
    "x".repeat(defaultLimits.checkpointBytes + 1),
  ]) {
    assert.not(isNew([note], after(hour)), note.slice(0, 60));
    assert.equal([isNew([note, good], after(25 * hour)), isNew([note, good], after(25 * hour + 1))], [true, false]);
  }
});

test("the budget is off by default; past it entries of the log prove nothing that is fresh", () => {
  const notes = [noteAt(after(0))];
  const budget = { warn: 24 * hour, deny: 72 * hour };
  assert.equal(judge(undefined, [], after(9999 * hour)), ["proven", 0]);
  assert.equal(judge(budget, notes, after(24 * hour - 1000)), ["proven", 0]);
  assert.equal(judge(budget, notes, after(24 * hour)), ["proven", 1]);
  assert.equal(judge(budget, notes, after(72 * hour)), ["proven", 1]);
  assert.equal(judge(budget, notes, after(72 * hour + 1)), ["unknown stale", 0]);
  assert.equal(judge(budget, [], after(hour)), ["unknown stale", 0], "nobody knows");
  assert.equal(judge({ warn: 0 }, [], after(hour)), ["proven", 0]);
});

test.run();
