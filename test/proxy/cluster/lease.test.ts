import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EngineError } from "../../../core/errors.ts";
import { Lease } from "../../../proxy/cluster/lease.ts";
import { openStub } from "../../support/api-server.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/lease");

/** One instance: its steps are taken by the test, its clocks are set by it. */
interface Instance {
  readonly lease: Lease;
  readonly told: (boolean | string)[];
  /** One round, after so much time has passed for it. */
  round(ms?: number): Promise<void>;
  /** Passes time without a round. */
  pass(ms: number): void;
  stop(): Promise<void>;
}

function instance(served: ClusterServer, identity: string, skewMs = 0): Instance {
  const cluster = openStub(served);
  const stop = new AbortController();
  let elapsed = 1000;
  let next: () => void = () => undefined;
  let rested: () => void = () => undefined;
  const told: (boolean | string)[] = [];
  const own: Instance = {
    told,
    lease: new Lease({
      cluster,
      namespace: "sallyport",
      name: "sallyport",
      identity,
      now: () => new Date(Date.parse("2026-11-30T00:00:00Z") + skewMs + elapsed),
      elapsed: () => elapsed,
      random: () => 0.5,
      sleep: (_, signal) =>
        new Promise((resolve) => {
          next = () => resolve(undefined);
          signal.addEventListener("abort", () => resolve(undefined));
          rested();
        }),
      changed: (leads: boolean, why?: EngineError) => told.push(why === undefined ? leads : `${leads} ${why.code}`),
    }),
    async round(ms = 3000) {
      elapsed += ms;
      const resting = new Promise<void>((resolve) => {
        rested = resolve;
      });
      next();
      await resting;
    },
    pass: (ms) => {
      elapsed += ms;
    },
    async stop() {
      stop.abort();
      next();
      await running;
      await cluster.close();
    },
  };
  const first = new Promise<void>((resolve) => {
    rested = resolve;
  });
  const running = own.lease.run(stop.signal);
  return Object.assign(own, { first });
}

const begun = async (one: Instance): Promise<Instance> => {
  await (one as Instance & { first: Promise<void> }).first;
  return one;
};

test("one leads and renews; the other waits, whatever the clocks say", async () => {
  const served = await serveCluster({ leases: "Lease" });
  const a = await begun(instance(served, "a"));
  // A clock that is a day ahead does not make the Lease old.
  const b = await begun(instance(served, "b", 86_400_000));
  try {
    assert.equal([a.lease.leads, b.lease.leads], [true, false]);
    for (let round = 0; round < 10; round++) {
      await a.round();
      await b.round();
      assert.equal([a.lease.leads, b.lease.leads], [true, false]);
    }
    assert.equal([a.told, b.told], [[true], []]);
    const { spec } = served.find("leases", "sallyport", "sallyport") as unknown as { spec: Record<string, unknown> };
    assert.equal([spec.holderIdentity, spec.leaseDurationSeconds, spec.leaseTransitions], ["a", 15, 1]);
    assert.match(String(spec.renewTime), /^2026-11-30T00:00:\d\d\.\d{6}Z$/);
  } finally {
    await a.stop();
    await b.stop();
    await served.close();
  }
});

test("the service account that makes it owns it, so that it goes with the installation", async () => {
  const served = await serveCluster({ leases: "Lease" });
  const userInfo = { username: "system:serviceaccount:sallyport:reader", uid: "u-1" };
  served.instead = (_, path) =>
    path.endsWith("selfsubjectreviews")
      ? { status: 201, body: { kind: "SelfSubjectReview", status: { userInfo } } }
      : undefined;
  const a = await begun(instance(served, "a"));
  try {
    await a.round();
    assert.equal(served.find("leases", "sallyport", "sallyport")?.metadata.ownerReferences, [
      { apiVersion: "v1", kind: "ServiceAccount", name: "reader", uid: "u-1" },
    ]);
  } finally {
    await a.stop();
    await served.close();
  }
});

test("who ends hands it over at once; who dies, after its whole duration", async () => {
  const served = await serveCluster({ leases: "Lease" });
  const a = await begun(instance(served, "a"));
  const b = await begun(instance(served, "b"));
  const c = await begun(instance(served, "c"));
  try {
    await a.stop();
    assert.not(a.lease.leads);
    await b.round();
    assert.ok(b.lease.leads);
    // Nothing is heard of b any more; c sees its last renewal, and waits.
    await c.round();
    await c.round(14_000);
    assert.not(c.lease.leads);
    b.pass(17_000);
    assert.not(b.lease.leads, "it acted no longer before another could begin");
    await c.round(2_000);
    assert.ok(c.lease.leads);
    await b.round();
    assert.equal([b.lease.leads, b.told], [false, [true, false]]);
  } finally {
    await b.stop();
    await c.stop();
    await served.close();
  }
});

test("who cannot renew acts for ten seconds more, and says why it stopped", async () => {
  const served = await serveCluster({ leases: "Lease" });
  const a = await begun(instance(served, "a"));
  try {
    served.instead = () => ({ status: 403, body: { kind: "Status", code: 403, message: "no" } });
    await a.round();
    await a.round();
    assert.ok(a.lease.leads);
    assert.is(a.lease.leftMs, 4000);
    await a.round(5000);
    assert.not(a.lease.leads);
    assert.equal(a.told, [true, "false access-denied"]);
    served.instead = undefined;
    await a.round();
    assert.ok(a.lease.leads);
  } finally {
    await a.stop();
    await served.close();
  }
});

test("of two who take a free one at once, one is refused", async () => {
  const served = await serveCluster({ leases: "Lease" });
  const a = await begun(instance(served, "a"));
  const b = await begun(instance(served, "b"));
  const c = await begun(instance(served, "c"));
  try {
    await a.stop();
    let writes = 0;
    served.instead = (method) => {
      // Both have read it when the first one writes.
      if (method === "PUT") writes += 1;
      return undefined;
    };
    await Promise.all([b.round(), c.round()]);
    assert.is(writes, 2);
    assert.is([b, c].filter(({ lease }) => lease.leads).length, 1);
  } finally {
    await b.stop();
    await c.stop();
    await served.close();
  }
});

test.run();
