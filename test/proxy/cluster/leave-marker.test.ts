import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { markerObject } from "../../../proxy/cluster/break-glass.ts";
import { type Leaving, leaveMarker } from "../../../proxy/cluster/leave-marker.ts";
import { openStub } from "../../support/api-server.ts";
import { rejectsCode } from "../../support/assert.ts";
import { type ClusterServer, serveCluster, type StoredObject } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/leave-marker");

const { signal } = new AbortController();
const owner: JsonObject = { apiVersion: "v1", kind: "ServiceAccount", name: "sallyport", uid: "u-1" };

type Leave = (by: string, reason: string, more?: Partial<Leaving>) => ReturnType<typeof leaveMarker>;

async function leaving(act: (served: ClusterServer, leave: Leave, marker: () => StoredObject) => Promise<void>) {
  const served = await serveCluster({ configmaps: "ConfigMap" });
  const cluster = openStub(served);
  const usual = { namespace: "gate", isUninstall: false, owners: [], now: new Date("2026-11-30T12:00:00Z") };
  try {
    await act(
      served,
      (by, reason, more) => leaveMarker(cluster, { ...usual, by, reason, ...more }, signal),
      () => served.find("configmaps", "sallyport-break-glass", "gate") as StoredObject,
    );
  } finally {
    await cluster.close();
    await served.close();
  }
}

test("the first reason and user stay, others are added, each on one line", () =>
  leaving(async (_, leave, marker) => {
    assert.equal(await leave("alice", "INC-1"), { state: "made" });
    const stood = { reason: "INC-1", by: "alice", since: "2026-11-30T11:00:00Z", isUninstall: false };
    assert.equal(await leave("bob", "INC-2:\nsecond"), { state: "stood", before: { ...stood, others: [] } });
    const others = ["2026-11-30T12:00:00Z bob: INC-2: second"];
    assert.equal(await leave("carol", "INC-3"), { state: "stood", before: { ...stood, others } });
    assert.equal(marker().data, {
      reason: "INC-1",
      by: "alice",
      kind: "break-glass",
      others: "2026-11-30T12:00:00Z bob: INC-2: second\n2026-11-30T12:00:00Z carol: INC-3\n",
    });
  }));

test("a marker holds a bounded number of lines, of bounded length: the first and the last", () =>
  leaving(async (served, leave, marker) => {
    const many = Array.from({ length: 80 }, (_, index) => `line ${index} ${"x".repeat(5000)}`);
    served.put("configmaps", markerObject("gate", { reason: "INC-1", by: "alice", isUninstall: false, others: many }));
    await leave("bob", "INC-2");
    const { reason, others } = marker().data as Record<string, string>;
    const lines = (others ?? "").trimEnd().split("\n");
    assert.equal([reason, lines.length, lines.at(-1)], ["INC-1", 50, "2026-11-30T12:00:00Z bob: INC-2"]);
    assert.ok(lines.every((line) => line.length <= 2000));
    assert.match(lines[0] ?? "", /^line 31 /);
  }));

test("who breaks it at the same moment is not lost", () =>
  leaving(async (served, leave, marker) => {
    await leave("alice", "INC-1");
    let isFirst = true;
    served.instead = (method) => {
      if (method === "PATCH" && isFirst) {
        isFirst = false;
        served.put("configmaps", { ...marker(), data: { ...(marker().data as object), others: "bob\n" } });
      }
      return undefined;
    };
    await leave("carol", "INC-3");
    assert.is((marker().data as Record<string, string>).others, "bob\n2026-11-30T12:00:00Z carol: INC-3\n");
  }));

test("of several who break it at the same moment each has a turn", () =>
  leaving(async (served, leave, marker) => {
    await leave("alice", "INC-1");
    let turns = 0;
    served.instead = (method) => {
      if (method === "PATCH" && ++turns < 8) served.put("configmaps", marker());
      return undefined;
    };
    assert.is((await leave("bob", "INC-2")).state, "stood");
    assert.is(turns, 8);
  }));

test("a marker that is replaced between a look and its removal is not removed", () =>
  leaving(async (served, leave, marker) => {
    await leave("job", "uninstalled", { isUninstall: true });
    let isFirst = true;
    served.instead = (method) => {
      if (method === "DELETE" && isFirst) {
        isFirst = false;
        served.remove("configmaps", "sallyport-break-glass", "gate");
        served.put("configmaps", markerObject("gate", { reason: "INC-1", by: "alice", isUninstall: false }));
      }
      return undefined;
    };
    assert.is((await leave("bob", "INC-2")).state, "stood");
    assert.is((marker().data as Record<string, string>).by, "alice");
  }));

test("one that is changed again and again ends it", () =>
  leaving(async (served, leave, marker) => {
    await leave("alice", "INC-1");
    served.instead = (method) => {
      if (method === "PATCH") served.put("configmaps", marker());
      return undefined;
    };
    await rejectsCode("upstream-error", () => leave("bob", "INC-2"));
  }));

test("one that is removed meanwhile is made again; no namespace is said", () =>
  leaving(async (served, leave, marker) => {
    await leave("alice", "INC-1");
    served.instead = (method) => {
      if (method === "PATCH") served.remove("configmaps", "sallyport-break-glass", "gate");
      return undefined;
    };
    assert.equal(await leave("bob", "INC-2"), { state: "made" });
    assert.is((marker().data as Record<string, string>).by, "bob");
    served.instead = (method) =>
      method === "POST" ? { status: 404, body: { kind: "Status", code: 404, message: "no namespace" } } : undefined;
    assert.equal(await leave("bob", "INC-2"), { state: "no-namespace" });
  }));

test("an uninstallation by the server's own account leaves broken glass broken until the account is gone", () =>
  leaving(async (_, leave, marker) => {
    await leave("alice", "INC-1");
    assert.is((await leave("job", "uninstalled", { isUninstall: true, owners: [owner] })).state, "stood");
    const { data, metadata } = marker();
    assert.equal([(data as JsonObject).kind, (data as JsonObject).by], ["break-glass", "alice"]);
    assert.equal(metadata.ownerReferences, [owner]);
  }));

test("an uninstallation by a person takes the place of what was there, and keeps who was first", () =>
  leaving(async (_, leave, marker) => {
    await leave("alice", "INC-1");
    await leave("bob", "INC-2");
    const { uid } = marker().metadata;
    assert.equal(await leave("carol", "uninstalled", { isUninstall: true }), { state: "made" });
    assert.equal(marker().data, {
      reason: "uninstalled",
      by: "carol",
      kind: "uninstall",
      others: "2026-11-30T11:00:00Z alice: INC-1\n2026-11-30T12:00:00Z bob: INC-2\n",
    });
    assert.is.not(marker().metadata.uid, uid);
  }));

test("a marker of an uninstallation is made anew: its age says whom it holds back", () =>
  leaving(async (_, leave, marker) => {
    for (const isUninstall of [true, false]) {
      await leave("job", "uninstalled", { isUninstall: true });
      const { uid } = marker().metadata;
      assert.equal(await leave("alice", "INC-1", { isUninstall }), { state: "made" });
      assert.is.not(marker().metadata.uid, uid);
    }
    assert.equal(marker().data, { reason: "INC-1", by: "alice", kind: "break-glass" });
  }));

test.run();
