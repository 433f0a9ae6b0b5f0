import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkAttestorSets, failingEntries, type SetContext } from "../../../../core/kyverno/image/attestor-set.ts";
import type { CompiledAttestor, CompiledSet } from "../../../../core/kyverno/image/compile-entry.ts";
import { EngineError } from "../../../../core/errors.ts";
import { compileAttestor } from "../../../../core/verify/attestor.ts";
import type { ImageOutcome, ImageRequest } from "../../../../core/verify/verify-image.ts";
import { proven, refuted, type Truth, unknown, type Verification } from "../../../../core/verdict.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/image/attestor-set");
const position = () => ({ file: "p.yaml", line: 1, column: 1 });
const failure = (code: "wrong-key" | "no-key") => ({ check: "c", code, reason: "", stage: 1 });
const open = { kind: "key", reference: "r" } as const;

/** An attestor of which the verifier says what its expectation's digest says. */
const says = (truth: Truth): CompiledAttestor => ({
  kind: "single",
  path: truth,
  pointer: "/",
  expectation: { ...compileAttestor({ keys: { reference: "r" } }, { limits: defaultLimits }), digest: truth },
  repository: undefined,
});
const outcomes: Readonly<Record<string, Verification<readonly never[]>>> = {
  proven: proven([]),
  refuted: refuted(failure("wrong-key")),
  unknown: unknown([failure("no-key")], [open]),
};
function contextOf(asked: string[], exhaustive = false): SetContext {
  const verify = ({ expectation }: ImageRequest): ImageOutcome => {
    asked.push(expectation.digest);
    const verification = outcomes[expectation.digest] ?? proven([]);
    return { verification, candidates: [], undecided: { failures: [], open: [] }, claims: [], saidNone: [] };
  };
  const image = { repository: "ghcr.io/org/app", digest: `sha256:${"a".repeat(64)}` } as const;
  return { verifier: { verify }, request: { image, layouts: "all" }, useCache: true, position, exhaustive };
}
const set = (required: number, ...entries: readonly CompiledAttestor[]): CompiledSet => ({
  path: "set",
  pointer: "/",
  required,
  entries,
});
function run(compiled: CompiledSet, exhaustive = false) {
  const asked: string[] = [];
  const [result] = checkAttestorSets([compiled], contextOf(asked, exhaustive)).results;
  if (result === undefined) throw new Error("no result");
  return { result, asked };
}

test("entries are tried until the count is reached, all of them when everything is to be seen", () => {
  const entries = [says("refuted"), says("proven"), says("proven")];
  assert.equal(run(set(1, ...entries)).asked, ["refuted", "proven"]);
  assert.equal(run(set(1, ...entries), true).asked, ["refuted", "proven", "proven"]);
  assert.equal(run(set(2, ...entries)).result.truth, "proven");
  assert.equal(run(set(3, ...entries)).result.truth, "refuted");
});

test("an unknown one leaves the count open only while it could still decide", () => {
  assert.is(run(set(1, says("refuted"), says("unknown"))).result.truth, "unknown");
  assert.is(run(set(2, says("refuted"), says("unknown"))).result.truth, "refuted");
  assert.is(run(set(1, says("unknown"), says("proven"))).result.truth, "proven");
  const { result } = run(set(2, says("proven"), says("unknown")));
  assert.equal([result.truth, result.open, result.failures.map(({ code }) => code)], ["unknown", [open], ["no-key"]]);
});

test("a nested set is one entry, a broken one is refuted", () => {
  const nested: CompiledAttestor = {
    kind: "nested",
    path: "nested",
    pointer: "/",
    set: set(1, says("refuted"), says("proven")),
  };
  const broken: CompiledAttestor = {
    kind: "broken",
    path: "broken",
    pointer: "/",
    error: new EngineError("malformed", "no key"),
  };
  assert.is(run(set(1, nested)).result.truth, "proven");
  const { result } = run(set(2, broken, nested));
  assert.is(result.truth, "refuted");
  assert.equal(
    failingEntries([result]).map(({ path }) => path),
    ["broken"],
  );
});

test("all sets must hold; a refuted one stops the rest", () => {
  const asked: string[] = [];
  const sets = [set(1, says("proven")), set(1, says("refuted")), set(1, says("proven"))];
  assert.is(checkAttestorSets(sets, contextOf(asked)).truth, "refuted");
  assert.equal(asked, ["proven", "refuted"]);
  assert.is(checkAttestorSets([], contextOf(asked)).truth, "proven");
});

test("conditions speak where the signature is proven, and candidates stay", () => {
  const judged: string[] = [];
  const judge = ({ verification }: ImageOutcome) => {
    judged.push(verification.truth);
    return verification.truth === "proven" ? refuted(failure("wrong-key")) : verification;
  };
  const { truth, results } = checkAttestorSets([set(1, says("proven"))], { ...contextOf([]), judge });
  assert.equal([truth, judged, results[0]?.entries?.[0]?.candidates], ["refuted", ["proven"], []]);
});

test.run();
