import { setImmediate as nextTurn } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { limitsWith } from "../../../core/limits.ts";
import { resourceOf } from "../../../proxy/state/recheck-list.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import type { State } from "../../../proxy/state/state.ts";
import {
  AdmissionRecheck,
  type AdmissionRecheckOptions,
  type RefutedLater,
} from "../../../proxy/webhook/admission-recheck.ts";
import { fixtureKnowledge } from "../../support/fixture-images.ts";
import { image, pod } from "../../support/fixture-policies.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { admissionParts, decidedBy, lenient, outage, requestOf, undecided } from "../../support/undecided.ts";

const test = suite("proxy/webhook/admission-recheck");

interface Stage {
  readonly recheck: AdmissionRecheck;
  readonly state: State;
  readonly refuted: RefutedLater[];
  readonly reports: EngineError[];
}

function stageIn(folder: string, more: Partial<AdmissionRecheckOptions> = {}): Stage {
  const limits = more.limits ?? limitsWith({});
  const state = openState(folder, { limits, setAside: () => undefined });
  const [refuted, reports]: [RefutedLater[], EngineError[]] = [[], []];
  const recheck = new AdmissionRecheck({
    ...admissionParts,
    state,
    limits,
    refuted: (one) => void refuted.push(one),
    changed: () => undefined,
    report: (error) => void reports.push(error),
    ...more,
  });
  return { recheck, state, refuted, reports };
}

const shown = ({ state }: Stage): readonly string[] =>
  state.recheck((list) => list.entries(9)).map((one) => `${one.resource} ${one.image} ${one.state} ${one.code}`);

const admit = ({ recheck }: Stage, tag: string, name = "web", knowledge: Knowledge = outage()): void => {
  const request = requestOf({ ...pod(image(tag)), metadata: { name, namespace: "shop" } });
  recheck.admitted(request, decidedBy(lenient, request, knowledge));
};

test("what was let in undecided is proven and leaves, or is refuted, told once, and stays", async () => {
  const stage = stageIn(temporaryFolder());
  admit(stage, "signed", "good");
  admit(stage, "unsigned", "bad");
  assert.equal(await stage.recheck.run(), { looked: 2, proven: 1, refuted: 1 });
  assert.equal(shown(stage), [`Pod/shop/bad ${image("unsigned")} refuted no-signature`]);
  const [told, ...others] = stage.refuted;
  assert.equal([told?.resource, told?.code, told?.policy], ["Pod/shop/bad", "no-signature", "lenient"]);
  assert.is(told?.request.name, "bad");
  assert.equal(others, []);
  assert.equal(await stage.recheck.run(), { looked: 1, proven: 0, refuted: 1 });
  assert.is(stage.refuted.length, 1, "it is told once");
  stage.state.close();
});

test("what is decided again is told where it changes something, and requests go between two of them", async () => {
  const told: string[] = [];
  const turns: number[] = [];
  let decided = 0;
  const stage = stageIn(temporaryFolder(), {
    decides: () => (one) => {
      setImmediate(() => turns.push(decided));
      decided += 1;
      return decidedBy(lenient, one, fixtureKnowledge);
    },
    decidedAgain: ({ request }) => void told.push(request.name ?? ""),
  });
  admit(stage, "signed", "good");
  admit(stage, "unsigned", "bad");
  await stage.recheck.run();
  assert.equal(
    [told.sort(), turns],
    [
      ["bad", "good"],
      [1, 2],
    ],
  );
  await stage.recheck.run();
  assert.equal(told, ["bad", "good"], "it is refuted as before");
  stage.state.close();
});

test("what nobody can decide stays with the newest code, and a refutation survives an outage", async () => {
  let knowledge: Knowledge = outage("timed-out");
  const stage = stageIn(temporaryFolder(), { decides: () => (one) => decidedBy(lenient, one, knowledge) });
  admit(stage, "unsigned");
  await stage.recheck.run();
  assert.equal(shown(stage), [`Pod/shop/web ${image("unsigned")} unknown timed-out`]);
  knowledge = fixtureKnowledge;
  await stage.recheck.run();
  knowledge = outage();
  await stage.recheck.run();
  assert.equal(shown(stage), [`Pod/shop/web ${image("unsigned")} refuted no-signature`]);
  stage.state.close();
});

test("the list survives a restart, with what waited to be written", async () => {
  const folder = temporaryFolder();
  const first = stageIn(folder);
  admit(first, "unsigned");
  await first.recheck.close();
  first.state.close();
  const second = stageIn(folder);
  assert.equal(await second.recheck.run(), { looked: 1, proven: 0, refuted: 1 });
  assert.is(second.refuted.length, 1);
  second.state.close();
});

test("the same that comes again decided takes its entry off; what has other images has its own", async () => {
  const stage = stageIn(temporaryFolder());
  admit(stage, "unsigned");
  await stage.recheck.close();
  admit(stage, "signed");
  await stage.recheck.close();
  const both = ["signed", "unsigned"].map((tag) => `Pod/shop/web ${image(tag)} unknown unreachable`);
  assert.equal([...shown(stage)].sort(), both);
  admit(stage, "signed", "web", fixtureKnowledge);
  await stage.recheck.close();
  assert.equal(shown(stage), both.slice(1));
  assert.is(
    stage.state.recheck((list) => list.forget("Pod/shop/web")),
    1,
    "by the name that is shown",
  );
  stage.state.close();
});

test("the validating pass gives the name and the id that there were not yet, also after some time", async () => {
  for (const waits of [false, true]) {
    const stage = stageIn(temporaryFolder());
    const metadata = { generateName: "web-", namespace: "shop" };
    const unnamed = requestOf({ ...pod(image("unsigned")), metadata }, { name: "" });
    stage.recheck.admitted(unnamed, decidedBy(lenient, unnamed, outage()));
    if (waits) await stage.recheck.close();
    const named = { ...metadata, name: "web-x2x", uid: "id-1" };
    stage.recheck.stored(requestOf({ ...pod(image("unsigned")), metadata: named }));
    stage.recheck.stored(requestOf({ ...pod(image("unsigned")), metadata: { ...named, generateName: "other-" } }));
    await stage.recheck.close();
    const request = stage.state.recheck((list) => list.requestOf(list.resources()[0] ?? ""));
    assert.equal(JSON.parse(request ?? "{}").object.metadata, named, String(waits));
    assert.equal(shown(stage), [`Pod/shop/web-* ${image("unsigned")} unknown unreachable`]);
    stage.state.close();
  }
});

test("a dry run lets nothing in, and nothing that was decided is listed", async () => {
  const stage = stageIn(temporaryFolder());
  const request = { ...undecided.request, dryRun: true };
  stage.recheck.admitted(request, undecided.decided);
  admit(stage, "signed", "web", fixtureKnowledge);
  await stage.recheck.close();
  assert.equal(shown(stage), []);
  stage.state.close();
});

test("what passed by an old answer in an outage is listed", async () => {
  const stage = stageIn(temporaryFolder());
  const request = requestOf(pod(image("signed")));
  const question = { kind: "referrers", repository: "ghcr.io/a", digest: `sha256:${"1".repeat(64)}` } as const;
  const at = "2026-11-20T00:00:00Z";
  const gone = { state: "unavailable", code: "timed-out", at, from: "ghcr.io" } as const;
  const { decision } = decidedBy(lenient, request, fixtureKnowledge);
  stage.recheck.admitted(request, { decision, stale: [{ question, at, outage: gone }] });
  await stage.recheck.close();
  assert.equal(shown(stage), [`Pod/shop/web ${image("signed")} unknown timed-out`]);
  stage.state.close();
});

test("by an old answer nothing passed that failed, or was of no image", async () => {
  const stage = stageIn(temporaryFolder());
  const request = requestOf(pod(image("unsigned")));
  const question = { kind: "tag", repository: "ghcr.io/a", tag: "1" } as const;
  const at = "2026-11-20T00:00:00Z";
  const stale = [{ question, at, outage: { state: "unavailable", code: "timed-out", at, from: "ghcr.io" } as const }];
  const { decision } = decidedBy(lenient, request, fixtureKnowledge);
  stage.recheck.admitted(request, { decision, stale });
  await stage.recheck.close();
  assert.equal(shown(stage), []);
  stage.state.close();
});

test("entries and requests are bounded: the oldest go and are counted, the large ones stay undecided", async () => {
  const limits = limitsWith({ recheckEntries: 2 });
  const stage = stageIn(temporaryFolder(), { limits });
  for (const name of ["a", "b", "c"]) admit(stage, "unsigned", name);
  await stage.recheck.close();
  assert.is(shown(stage).length, 2);
  assert.is(
    stage.state.recheck((list) => list.counts().dropped),
    1,
  );
  stage.state.close();
  const small = stageIn(temporaryFolder(), { limits: limitsWith({ recheckRequestBytes: 100 }) });
  admit(small, "unsigned");
  assert.equal(await small.recheck.run(), { looked: 0, proven: 0, refuted: 0 });
  assert.equal(shown(small), [`Pod/shop/web ${image("unsigned")} unknown over-limit`]);
  small.state.close();
});

test("keys of what the list dropped are let go of", async () => {
  let [looks, second] = [0, 0];
  const limits = limitsWith({ recheckEntries: 4 });
  const stage = stageIn(temporaryFolder(), { limits });
  const state = new Proxy(stage.state, {
    get: (target, name: "recheck" | "useUnsynced" | "sync") => {
      if (name === "sync") return () => target.sync();
      return (act: never): unknown => {
        looks += 1;
        return target[name](act);
      };
    },
  });
  const recheck = new AdmissionRecheck({
    ...admissionParts,
    state,
    limits,
    now: () => new Date(Date.UTC(2026, 10, 1, 0, 0, second++)),
    refuted: () => undefined,
    changed: () => undefined,
    report: () => assert.unreachable(),
  });
  for (let index = 0; index < 20; index++) admit({ ...stage, recheck }, "signed", `web-${index}`);
  await recheck.close();
  const before = looks;
  // Decided now: who is still on the list leaves it, and who was dropped is nobody's business any more.
  admit({ ...stage, recheck }, "signed", "web-0", fixtureKnowledge);
  await recheck.close();
  assert.is(looks, before, "nothing is to be written of what was dropped");
  admit({ ...stage, recheck }, "signed", "web-19", fixtureKnowledge);
  await recheck.close();
  assert.is(looks, before + 1);
  const kept = stage.state.recheck((list) => list.resources());
  assert.equal(kept.map(resourceOf).sort(), ["Pod/shop/web-16", "Pod/shop/web-17", "Pod/shop/web-18"]);
  stage.state.close();
});

test("many entries are written a few a turn, so that requests go in between, and then wait for the disk", async () => {
  const stage = stageIn(temporaryFolder());
  const sync = stage.state.sync.bind(stage.state);
  let syncs = 0;
  stage.state.sync = () => {
    syncs += 1;
    return sync();
  };
  for (let index = 0; index < 300; index++) admit(stage, "signed", `web-${index}`);
  const written = (): number => stage.state.recheck((list) => list.resources().length);
  const seen = [written()];
  assert.ok(300 - (seen[0] ?? 0) <= 256, "no more wait");
  while ((seen.at(-1) ?? 0) < 300) {
    await nextTurn();
    seen.push(written());
  }
  for (const [index, count] of seen.slice(1).entries()) assert.ok(count - (seen[index] ?? 0) <= 8, `${seen}`);
  assert.is(syncs, 1);
  // What comes later is written, too, one after the other.
  for (const count of [301, 302]) {
    admit(stage, "signed", `later-${count}`);
    for (let look = 0; look < 1000 && written() < count; look++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.is(written(), count);
  }
  await stage.recheck.close();
  stage.state.close();
});

test("Pods of one controller are one entry; kinds of other groups have theirs in the name", async () => {
  const stage = stageIn(temporaryFolder());
  const put = (metadata: Record<string, string>, more = {}): void => {
    const request = requestOf({ ...pod(image("unsigned")), metadata }, { name: metadata.name ?? "", ...more });
    stage.recheck.admitted(request, undecided.decided);
  };
  put({ generateName: "web-5d9-", namespace: "shop" });
  put({ generateName: "web-5d9-", namespace: "shop" });
  put({ name: "web" }, { kind: { group: "apps", version: "v1", kind: "Deployment" } });
  await stage.recheck.close();
  const resources = stage.state.recheck((list) => list.resources());
  assert.equal(resources.map(resourceOf).sort(), ["Deployment.apps/web", "Pod/shop/web-5d9-*"]);
  stage.state.close();
});

test("a state that cannot be written keeps nobody from an answer, and is told", async () => {
  const fails = (): never => {
    throw new EngineError("mirror-busy", "full", { subject: "state.db" });
  };
  const stage = stageIn(temporaryFolder());
  const reports: string[] = [];
  const recheck = new AdmissionRecheck({
    ...admissionParts,
    state: { recheck: fails, useUnsynced: fails, sync: () => Promise.resolve() } as unknown as State,
    limits: limitsWith({}),
    refuted: () => undefined,
    changed: () => undefined,
    report: ({ code }) => void reports.push(code),
  });
  admit({ ...stage, recheck }, "unsigned");
  await recheck.close();
  assert.equal(reports, ["mirror-busy", "mirror-busy"], "at the start, and when it is to be written");
  stage.state.close();
});

test.run();
