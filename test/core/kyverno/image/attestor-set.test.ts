import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  checkAttestorSet,
  checkAttestorSets,
  failingEntries,
  type SingleAttestor,
} from "../../../../core/kyverno/image/attestor-set.ts";
import type { CompiledAttestor, CompiledSet } from "../../../../core/kyverno/image/compile-entry.ts";
import { EngineError } from "../../../../core/errors.ts";
import { proven, refuted, type Truth, unknown } from "../../../../core/verdict.ts";

const test = suite("core/kyverno/image/attestor-set");
const position = () => ({ file: "p.yaml", line: 1, column: 1 });
const failure = (code: "wrong-key" | "no-key") => ({ check: "c", code, reason: "", stage: 1 });
const open = { kind: "key", reference: "r" } as const;

/** An attestor that says what its path says. */
const says = (truth: Truth, path = truth as string) =>
  ({ kind: "single", path, pointer: "/", expectation: {}, repository: undefined }) as unknown as SingleAttestor;
const set = (required: number, ...entries: readonly CompiledAttestor[]): CompiledSet => ({
  path: "set",
  pointer: "/",
  required,
  entries,
});
function run(compiled: CompiledSet, exhaustive = false) {
  const asked: string[] = [];
  const check = (attestor: SingleAttestor) => {
    asked.push(attestor.path);
    const verification =
      attestor.path === "proven"
        ? proven(null)
        : attestor.path === "refuted"
          ? refuted(failure("wrong-key"))
          : unknown([failure("no-key")], [open]);
    return { verification, candidates: [] };
  };
  return { result: checkAttestorSet(compiled, { check, position, exhaustive }), asked };
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
  const check = (attestor: SingleAttestor) => {
    asked.push(attestor.path);
    return { verification: attestor.path === "proven" ? proven(null) : refuted(failure("wrong-key")), candidates: [] };
  };
  const sets = [set(1, says("proven")), set(1, says("refuted")), set(1, says("proven"))];
  assert.is(checkAttestorSets(sets, { check, position, exhaustive: false }).truth, "refuted");
  assert.equal(asked, ["proven", "refuted"]);
  assert.is(checkAttestorSets([], { check, position, exhaustive: false }).truth, "proven");
});

test.run();
