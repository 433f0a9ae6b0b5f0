import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { limitsWith } from "../../../core/limits.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import { type Finding, type RecheckEntry, RecheckList } from "../../../proxy/state/recheck-list.ts";
import { stateMigrations, type StateStatement, stateSql } from "../../../proxy/state/state-statements.ts";
import type { State } from "../../../proxy/state/state.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/state/recheck-list");
const image = { image: `a.example/app:1@sha256:${"1".repeat(64)}`, resource: "" };
const other = { ...image, image: `a.example/other@sha256:${"2".repeat(64)}` };
const finding = (policy: string, more: Partial<Finding> = {}): Finding => ({
  policy,
  policyDigest: `sha256:${"a".repeat(64)}`,
  state: "unknown",
  code: "unreachable",
  message: "connection refused",
  ...more,
});
const refuted = (policy: string): Finding => finding(policy, { state: "refuted", code: "wrong-key", message: "no" });
const day = (number: number): string => `2026-11-0${number}T00:00:00Z`;

function withState<T>(act: (state: State) => T, limits = {}): T {
  const setAside = (why: string): never => assert.unreachable(why) as never;
  const state = openState(temporaryFolder(), { limits: limitsWith(limits), setAside });
  try {
    return act(state);
  } finally {
    state.close();
  }
}

const shown = (entries: readonly RecheckEntry[]) =>
  entries.map(({ image: text, policy, state, since, lastAdmitted, evaluated }) => [
    text === image.image ? "image" : "other",
    policy,
    state,
    since.slice(9, 10),
    lastAdmitted.slice(9, 10),
    evaluated?.slice(9, 10),
  ]);

test("an image is on the list once for each policy, since it was let in first", () =>
  withState((state) =>
    state.recheck((list) => {
      list.admit(image, [finding("p"), finding("q")], day(1));
      list.admit(image, [finding("p")], day(2));
      assert.equal(shown(list.entries(9)), [
        ["image", "p", "unknown", "1", "2", undefined],
        ["image", "q", "unknown", "1", "1", undefined],
      ]);
      assert.equal(list.counts(), { unknown: 2, refuted: 0, dropped: 0 });
    }),
  ));

test("what is proven leaves the list, what is refuted stays and is told once, and no outage hides it", () =>
  withState((state) =>
    state.recheck((list) => {
      list.admit(image, [finding("p"), finding("q")], day(1));
      assert.equal(list.evaluated(image, [refuted("p")], day(2)), [refuted("p")]);
      assert.equal(shown(list.entries(9)), [["image", "p", "refuted", "1", "1", "2"]]);
      assert.equal(list.evaluated(image, [refuted("p")], day(3)), []);
      assert.equal(list.evaluated(image, [finding("p"), finding("r")], day(4)), []);
      list.admit(image, [finding("p")], day(5));
      assert.equal(shown(list.entries(9)), [
        ["image", "p", "refuted", "1", "5", "4"],
        ["image", "r", "unknown", "1", "1", "4"],
      ]);
      assert.is(list.entries(1)[0]?.code, "wrong-key");
      list.evaluated(image, [], day(6));
      assert.equal(list.entries(9), []);
    }),
  ));

test("what was never let in undecided is not put onto the list by a decision", () =>
  withState((state) =>
    state.recheck((list) => {
      list.admit(other, [finding("p")], day(1));
      assert.equal(list.evaluated(image, [refuted("p")], day(2)), []);
      assert.is(list.entries(9).length, 1);
    }),
  ));

test("what was looked at longest ago comes first, and what never was before all", () =>
  withState((state) =>
    state.recheck((list) => {
      list.admit(image, [finding("p")], day(1));
      list.admit(other, [finding("p")], day(1));
      list.evaluated(image, [finding("p")], day(2));
      assert.equal(list.images(), [other, image]);
      list.evaluated(other, [finding("p")], day(3));
      assert.equal(list.images(), [image, other]);
    }),
  ));

test("undecided entries make room first, and it is counted", () =>
  withState(
    (state) =>
      state.recheck((list) => {
        list.admit(image, [finding("p")], day(1));
        list.evaluated(image, [refuted("p")], day(1));
        list.admit(other, [finding("p")], day(2));
        list.admit(other, [finding("q")], day(3));
        assert.equal(
          list.entries(9).map(({ policy, state: found }) => `${policy} ${found}`),
          ["p refuted", "q unknown"],
        );
        assert.is(list.counts().dropped, 1);
      }),
    { recheckEntries: 2 },
  ));

test("a namespace that fills the list pushes no other out, whatever its entries are", () =>
  withState(
    (state) =>
      state.recheck((list) => {
        const put = (namespace: string, name: string, at: string): void =>
          list.admitResource(
            { resource: `Pod/${namespace}/${name}\n${name}` },
            [{ ...finding("p"), image: image.image }],
            at,
          );
        const kept = (): readonly string[] =>
          list
            .entries(20)
            .map(({ resource }) => resource)
            .toSorted();
        put("quiet", "web", day(1));
        list.admit(other, [finding("p")], day(1));
        for (let number = 0; number < 8; number++) put("loud", `web-${number}`, `2026-11-02T00:00:0${number}Z`);
        // What is refuted is of no other weight beside another namespace.
        for (const resource of list.resources().filter((one) => one.startsWith("Pod/loud/")))
          list.evaluatedResource(resource, [{ ...refuted("p"), image: image.image }], day(3));
        put("late", "web", day(4));
        put("loud", "last", day(5));
        assert.equal(kept(), ["", "Pod/late/web", "Pod/loud/web-6", "Pod/loud/web-7", "Pod/quiet/web"]);
        assert.is(list.counts().dropped, 7);
      }),
    { recheckEntries: 5 },
  ));

/** An empty list's file in memory, and how often each statement was asked for. */
function countedDatabase() {
  const database = new Database(":memory:");
  for (const { sql } of stateMigrations) database.exec(sql);
  const asked = new Map<unknown, number>();
  const counting = new Proxy(database, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...values: readonly unknown[]): unknown => {
        asked.set(values[0], (asked.get(values[0]) ?? 0) + 1);
        return Reflect.apply(member, target, values);
      };
    },
  });
  return { database, counting, times: (name: StateStatement): number => asked.get(stateSql(name)) ?? 0 };
}

const inNamespace = (index: number) => ({ resource: `Pod/n${index % 3}/p${index}`, request: "{}" });

test("what is let in together makes room once, and one by one each time", () => {
  const { database, counting, times } = countedDatabase();
  const list = new RecheckList(counting, limitsWith({ recheckEntries: 10 }));
  const put = (index: number): void =>
    list.admitResource(inNamespace(index), [{ ...finding("p"), image: `i${index}` }], day(1));
  list.together(() => {
    for (let index = 0; index < 40; index++) put(index);
  });
  assert.equal([times("count-recheck"), times("count-recheck-namespaces")], [1, 1]);
  assert.equal([list.resources().length, list.counts().dropped], [10, 30]);
  put(40);
  assert.is(list.resources().length, 10);
  const kept = database.prepare<[], number>("SELECT count(*) FROM admitted").pluck().get();
  assert.is(kept, 10, "a request goes with its last entry");
  database.close();
});

test("together is over where it fails, and nothing of it was done", () =>
  withState(
    (state) =>
      state.recheck((list) => {
        const fails = (): void =>
          list.together(() => {
            list.admit(image, [finding("p")], day(1));
            throw new Error("no");
          });
        assert.throws(fails, "no");
        assert.equal(list.entries(9), []);
        list.admit(image, [finding("p"), finding("q")], day(1));
        assert.is(list.entries(9).length, 1);
      }),
    { recheckEntries: 1 },
  ));

test("what admission does for each resource goes through no list", () => {
  const { database } = countedDatabase();
  for (const name of ["trim-admitted", "delete-recheck-resource", "list-recheck-of-resource"] as const) {
    const steps = database.prepare<[string], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${stateSql(name)}`);
    for (const { detail } of steps.all("x")) assert.not.match(detail, /^SCAN/, `${name}: ${detail}`);
  }
  database.close();
});

test("who was decided leaves the list by its whole key, with its request, and no other does", () =>
  withState((state) =>
    state.recheck((list) => {
      for (const index of [1, 2])
        list.admitResource(
          inNamespace(index),
          [
            { ...finding("p"), image: "i" },
            { ...finding("q"), image: "i" },
          ],
          day(1),
        );
      list.admit(image, [finding("p")], day(1));
      list.leave("Pod/n1/p1");
      list.leave("");
      assert.equal(list.resources(), ["Pod/n2/p2"]);
      assert.equal([list.requestOf("Pod/n1/p1"), list.requestOf("Pod/n2/p2")], [undefined, "{}"]);
      assert.is(list.entries(9).length, 3);
      assert.equal([list.forget("Pod/n2/p2"), list.requestOf("Pod/n2/p2")], [2, undefined]);
    }),
  ));

test("the largest namespaces make room together, and are counted once, however many entries go", () => {
  const { database, counting, times } = countedDatabase();
  const fill = new RecheckList(database, limitsWith());
  const put = (list: RecheckList, namespace: string, entries: number, at: string): void =>
    list.admit({ image: namespace, resource: `Pod/${namespace}/a` }, findings(entries), at);
  const findings = (count: number) => Array.from({ length: count }, (_, index) => finding(`p${index}`));
  const sizes = { a: 9, b: 7, c: 7, d: 2, e: 1 };
  for (const [namespace, entries] of Object.entries(sizes)) put(fill, namespace, entries, day(1));
  const small = new RecheckList(counting, limitsWith({ recheckEntries: 12 }));
  put(small, "f", 20, day(2));
  const left = new Map<string, number>();
  for (const { resource } of small.entries(99))
    left.set(resource.slice(4, 5), (left.get(resource.slice(4, 5)) ?? 0) + 1);
  assert.equal([left.get("d"), left.get("e")], [2, 1]);
  const large = ["a", "b", "c", "f"].map((namespace) => left.get(namespace) ?? 0).toSorted();
  assert.equal(large, [2, 2, 2, 3]);
  assert.equal([times("count-recheck-namespaces"), small.counts().dropped], [1, 34]);
  database.close();
});

test("an image is forgotten whatever became of it", () =>
  withState((state) =>
    state.recheck((list) => {
      list.admit(image, [finding("p"), finding("q")], day(1));
      list.evaluated(image, [refuted("p"), finding("q")], day(2));
      assert.is(list.forget(image.image), 2);
      assert.is(list.forget(image.image), 0);
    }),
  ));

test("a long message is cut", () =>
  withState((state) =>
    state.recheck((list) => {
      list.admit(image, [finding("p", { message: "x".repeat(10_000) })], day(1));
      assert.is(list.entries(1)[0]?.message.length, 4096);
    }),
  ));

test.run();
