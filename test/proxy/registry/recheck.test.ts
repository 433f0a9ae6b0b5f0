import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { Door, DoorImage, PolicyFinding, Verdict } from "../../../proxy/registry/door/door.ts";
import { Recheck } from "../../../proxy/registry/recheck.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import type { Finding, RecheckCounts } from "../../../proxy/state/recheck-list.ts";
import type { State } from "../../../proxy/state/state.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/registry/recheck");
const digest = `sha256:${"1".repeat(64)}` as const;
const image = (host: string, tag?: string): DoorImage => ({
  repository: `${host}/org/app`,
  digest,
  ...(tag === undefined ? {} : { tag }),
});
const finding = (state: PolicyFinding["state"], code: PolicyFinding["code"]): PolicyFinding => ({
  policy: "signed",
  policyDigest: `sha256:${"a".repeat(64)}`,
  state,
  code,
  message: code,
});
const unknown = (code: PolicyFinding["code"] = "unreachable"): Verdict => ({
  verdict: "unknown",
  message: "could not decide",
  code,
  isIgnorable: true,
  findings: [finding("unknown", code)],
});
const refused: Verdict = { verdict: "refused", message: "no", findings: [finding("refuted", "wrong-key")] };
const admitted: Verdict = { verdict: "admitted" };

interface Stage {
  readonly recheck: Recheck;
  readonly state: State;
  readonly judged: DoorImage[];
  readonly refuted: (readonly [string, Finding])[];
  readonly counts: RecheckCounts[];
  readonly reports: EngineError[];
}

async function staged(verdicts: (one: DoorImage) => Verdict, act: (stage: Stage) => Promise<void>): Promise<void> {
  const state = openState(temporaryFolder(), { limits: defaultLimits, setAside: () => undefined });
  const [judged, refuted, counts, reports]: [DoorImage[], [string, Finding][], RecheckCounts[], EngineError[]] = [
    [],
    [],
    [],
    [],
  ];
  const door: Door = {
    judge: async (one) => {
      judged.push(one);
      return verdicts(one);
    },
  };
  const recheck = new Recheck({
    state,
    door,
    limits: defaultLimits,
    now: () => new Date("2026-11-30T00:00:00Z"),
    refuted: (text, found) => refuted.push([text, found]),
    counted: (found) => counts.push(found),
    report: (error) => reports.push(error),
  });
  try {
    await act({ recheck, state, judged, refuted, counts, reports });
  } finally {
    await recheck.close();
    state.close();
  }
}

const listed = (state: State): readonly string[] =>
  state.recheck((list) => list.entries(99).map(({ image: text, state: found }) => `${text.split("@")[0]} ${found}`));

test("what was let in undecided is decided again: proven leaves, refuted is told once and stays", () =>
  staged(
    ({ tag }) => (tag === "good" ? admitted : refused),
    async ({ recheck, state, refuted, counts, judged }) => {
      recheck.judged(image("a.example", "good"), unknown(), true);
      recheck.judged(image("a.example", "bad"), unknown(), true);
      assert.is(counts.at(-1)?.unknown, 2);
      assert.equal(await recheck.run(), { looked: 2, proven: 1, refuted: 1, left: 0 });
      assert.equal(judged, [image("a.example", "bad"), image("a.example", "good")]);
      assert.equal(listed(state), ["a.example/org/app:bad refuted"]);
      await recheck.run();
      assert.equal(refuted, [[`a.example/org/app:bad@${digest}`, finding("refuted", "wrong-key")]]);
      assert.equal(counts.at(-1), { unknown: 0, refuted: 1, dropped: 0 });
    },
  ));

test("what was not let in, and what is certain, is not put onto the list", () =>
  staged(
    () => admitted,
    async ({ recheck, state }) => {
      recheck.judged(image("a.example"), unknown(), false);
      recheck.judged(image("a.example"), refused, false);
      recheck.judged(image("a.example"), admitted, true);
      assert.equal(listed(state), []);
    },
  ));

test("a verdict at the door counts as well: another pull may be the first to know", () =>
  staged(
    () => admitted,
    async ({ recheck, state, refuted }) => {
      recheck.judged(image("a.example"), unknown(), true);
      recheck.judged(image("a.example"), refused, false);
      assert.equal([listed(state), refuted.length], [["a.example/org/app refuted"], 1]);
      recheck.judged(image("a.example"), admitted, true);
      assert.equal(listed(state), []);
    },
  ));

test("of a registry that does not answer one image is asked for; what nobody can be asked for holds nobody up", () =>
  staged(
    ({ repository }) => unknown(repository.startsWith("out.") ? "unreachable" : "not-in-mirror"),
    async ({ recheck, judged }) => {
      for (const host of ["out.example", "in.example"])
        for (const tag of ["1", "2", "3"]) recheck.judged(image(host, tag), unknown(), true);
      assert.equal(await recheck.run(), { looked: 4, proven: 0, refuted: 0, left: 2 });
      assert.equal(
        judged.map(({ repository, tag }) => `${repository} ${tag}`),
        ["in.example/org/app 1", "in.example/org/app 2", "in.example/org/app 3", "out.example/org/app 1"],
      );
      judged.length = 0;
      await recheck.run();
      assert.is(judged[0]?.tag, "2", "the next time another one");
    },
  ));

test("an image that no policy selects any more, where that is refused, is refuted", () =>
  staged(
    () => ({ verdict: "refused", message: "no policy selects it" }),
    async ({ recheck, refuted }) => {
      recheck.judged(image("a.example"), unknown(), true);
      await recheck.run();
      assert.equal(
        refuted.map(([, { policy, code }]) => `${policy} ${code}`),
        ["proxy.noMatch unverified-image"],
      );
    },
  ));

test("an entry that names no image is removed and told; a door that fails on one goes on with the next", () =>
  staged(
    ({ tag }) => {
      if (tag === "1") throw new EngineError("mirror-corrupt", "damaged");
      return admitted;
    },
    async ({ recheck, state, reports }) => {
      for (const tag of ["1", "2"]) recheck.judged(image("a.example", tag), unknown(), true);
      const odd = { image: "NO image !", resource: "" };
      state.recheck((list) => list.admit(odd, [finding("unknown", "unreachable")], "2026-11-29T00:00:00Z"));
      assert.is((await recheck.run()).proven, 1);
      assert.equal(reports.map(({ code }) => code).sort(), ["malformed", "mirror-corrupt"]);
      assert.equal(listed(state), ["a.example/org/app:1 unknown"]);
    },
  ));

test("what was let in for a Pod is left to whoever let it in", () =>
  staged(
    () => refused,
    async ({ recheck, state, judged }) => {
      const ofPod = { image: `a.example/org/app@${digest}`, resource: "Pod shop/web" };
      state.recheck((list) => list.admit(ofPod, [finding("unknown", "unreachable")], "2026-11-29T00:00:00Z"));
      await recheck.run();
      assert.equal([judged.length, listed(state)], [0, ["a.example/org/app unknown"]]);
    },
  ));

test("a file that cannot be written keeps nobody from an image: it is told", () =>
  staged(
    () => admitted,
    async ({ recheck, state, reports }) => {
      state.use = () => {
        throw new EngineError("mirror-busy", "the disk is full");
      };
      recheck.judged(image("a.example"), unknown(), true);
      assert.equal(await recheck.run(), { looked: 0, proven: 0, refuted: 0, left: 0 });
      assert.ok(reports.length > 0 && reports.every(({ code }) => code === "mirror-busy"));
      assert.is(recheck.counts(), undefined);
    },
  ));

test.run();
