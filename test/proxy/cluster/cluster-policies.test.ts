import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { ClusterPolicies } from "../../../proxy/cluster/cluster-policies.ts";
import { openStub } from "../../support/api-server.ts";
import { throwsCode } from "../../support/assert.ts";
import { type ClusterServer, serveCluster } from "../../support/cluster-server.ts";

const test = suite("proxy/cluster/cluster-policies");

const kinds = { clusterpolicies: "ClusterPolicy", policies: "Policy", policyexceptions: "PolicyException" };
const spec = (rule: object = {}) => ({
  validationFailureAction: "Enforce",
  rules: [
    {
      name: "verify",
      match: { any: [{ resources: { kinds: ["Pod"] } }] },
      verifyImages: [{ imageReferences: ["*"], attestors: [{ entries: [{ keys: { publicKeys: "k8s://a/b" } }] }] }],
      ...rule,
    },
  ],
});
const policy = (name: string, rule: object = {}) => ({
  apiVersion: "kyverno.io/v1",
  kind: "ClusterPolicy",
  metadata: { name },
  spec: spec(rule),
});
const broken = { verifyImages: "no list" };
const exception = (namespace: string) => ({
  apiVersion: "kyverno.io/v2",
  kind: "PolicyException",
  metadata: { name: "e", namespace },
  spec: {
    exceptions: [{ policyName: "a", ruleNames: ["verify"] }],
    match: { any: [{ resources: { kinds: ["Pod"] } }] },
  },
});

interface Stage {
  readonly served: ClusterServer;
  readonly policies: ClusterPolicies;
  readonly changes: () => number;
  readonly until: (holds: () => boolean) => Promise<void>;
}

async function watching(
  act: (stage: Stage) => Promise<void>,
  begin: (served: ClusterServer) => void = () => undefined,
  resources: Readonly<Record<string, string>> = kinds,
  lookups = false,
): Promise<void> {
  const served = await serveCluster(resources);
  begin(served);
  const cluster = openStub(served);
  const stop = new AbortController();
  let count = 0;
  const policies = new ClusterPolicies({
    cluster,
    limits: defaultLimits,
    exceptionNamespaces: () => ["delta"],
    namespacedImageRegistry: () => lookups,
    changed: () => {
      count += 1;
    },
    failed: (error) => {
      throw error;
    },
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    settleMs: 5,
  });
  const running = policies.run(stop.signal);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => setTimeout(resolve, 2));
  };
  try {
    await act({ served, policies, until, changes: () => count });
  } finally {
    stop.abort();
    await running;
    await cluster.close();
    await served.close();
  }
}

const isRead = (policies: ClusterPolicies): boolean => {
  try {
    policies.read();
    return true;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return false;
  }
};
const names = (policies: ClusterPolicies): readonly string[] => policies.read().files.map(({ name }) => name);

test("nothing is read before the lists are; then policies, and the exceptions of the namespaces that count", () =>
  watching(
    async ({ policies, until, changes }) => {
      throwsCode("unreachable", () => policies.read());
      await until(() => isRead(policies) && changes() > 0);
      await until(() => names(policies).length === 3);
      assert.equal(names(policies), [
        "cluster:ClusterPolicy/a",
        "cluster:Policy/shop/p",
        "cluster:PolicyException/delta/e",
      ]);
    },
    (served) => {
      served.put("clusterpolicies", policy("a"));
      served.put("policies", { ...policy("p"), kind: "Policy", metadata: { name: "p", namespace: "shop" } });
      served.put("policyexceptions", exception("delta"));
      served.put("policyexceptions", exception("shop"));
    },
  ));

test("of a policy that no longer loads the one before stays; one that never did is left out, and both are said", () =>
  watching(
    async ({ served, policies, until }) => {
      await until(() => isRead(policies));
      policies.inForce();
      served.put("clusterpolicies", policy("a", broken));
      served.put("clusterpolicies", policy("b", broken));
      served.put("clusterpolicies", policy("c"));
      await until(() => policies.read().notLoaded.length === 2 && names(policies).length === 2);
      const { files, notLoaded } = policies.read();
      assert.equal(
        files.map(({ name, text }) => [name, text.includes("no list")]),
        [
          ["cluster:ClusterPolicy/a", false],
          ["cluster:ClusterPolicy/c", false],
        ],
      );
      assert.equal(
        notLoaded.map(({ name, keeps }) => [name, keeps]),
        [
          ["ClusterPolicy/a", true],
          ["ClusterPolicy/b", false],
        ],
      );
      served.remove("clusterpolicies", "a");
      await until(() => names(policies).length === 1);
      // Who removed it did not want it back.
      served.put("clusterpolicies", policy("a", broken));
      await until(() => policies.read().notLoaded.length === 2);
      assert.not(policies.read().notLoaded.some(({ keeps }) => keeps));
      assert.equal(names(policies), ["cluster:ClusterPolicy/c"]);
    },
    (served) => void served.put("clusterpolicies", policy("a")),
  ));

test("before anything was in force, a policy that does not load is not left out", () =>
  watching(
    async ({ policies, until }) => {
      await until(() => isRead(policies) && names(policies).length === 1);
      assert.match(policies.read().files[0]?.text ?? "", "no list");
      assert.is(policies.read().notLoaded.length, 0);
    },
    (served) => void served.put("clusterpolicies", policy("a", broken)),
  ));

test("what Kyverno writes into a policy's status is no change", () =>
  watching(
    async ({ served, policies, changes, until }) => {
      await until(() => isRead(policies) && changes() > 0 && served.watches() === 3);
      await until(() => names(policies).length === 1);
      await new Promise((resolve) => setTimeout(resolve, 30));
      const before = changes();
      served.put("clusterpolicies", { ...policy("a"), status: { ready: true } });
      served.put("clusterpolicies", policy("b"));
      await until(() => changes() > before);
      assert.is(changes(), before + 1);
      served.put("clusterpolicies", { ...policy("a"), status: { ready: false } });
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.is(changes(), before + 1);
    },
    (served) => void served.put("clusterpolicies", policy("a")),
  ));

test("without their definition nothing is read; those of exceptions need not be there", async () => {
  await watching(
    async ({ policies, until }) => {
      await until(() => {
        try {
          policies.read();
          return false;
        } catch (error) {
          return error instanceof EngineError && error.code === "invalid-config";
        }
      });
    },
    undefined,
    { policies: "Policy" },
  );
  await watching(({ policies, until }) => until(() => isRead(policies)), undefined, {
    clusterpolicies: "ClusterPolicy",
  });
});

test("a Policy of one namespace asks registries where that is allowed; else it is left out, and said", async () => {
  const reads = { context: [{ name: "found", imageRegistry: { reference: "registry.example/a:1" } }] };
  for (const allowed of [false, true])
    await watching(
      async ({ policies, until }) => {
        await until(() => isRead(policies));
        const { files, notLoaded } = policies.read();
        assert.is(files.length, allowed ? 1 : 0);
        const said = notLoaded.flatMap(({ problems }) => problems.map(({ code, pointer }) => [code, pointer]));
        assert.equal(said, allowed ? [] : [["unsupported", "/spec/rules/0/context/0"]]);
      },
      (served) => {
        served.put("policies", { ...policy("p", reads), kind: "Policy", metadata: { name: "p", namespace: "shop" } });
      },
      kinds,
      allowed,
    );
});

/** Policies over one resource whose clock stands until it is moved. */
function standing(limits = defaultLimits) {
  const calls: { readonly at: number; readonly act: () => void }[] = [];
  const heard: string[] = [];
  let [now, reloads, changed] = [0, 0, (): void => undefined];
  const informer = {
    state: { listed: new Date(0), heard: new Date(0), isAbsent: false, failure: undefined as EngineError | undefined },
    objects: [] as object[],
  };
  const policies = new ClusterPolicies({
    cluster: {
      server: () => "https://cluster.example",
      inform: (options: { readonly changed: () => void }) => {
        changed = options.changed;
        return informer;
      },
    } as never,
    limits,
    exceptionNamespaces: () => [],
    namespacedImageRegistry: () => false,
    changed: () => {
      reloads += 1;
    },
    overLimit: (resource, failure) => void heard.push(`${resource} ${failure?.code ?? "again"}`),
    failed: () => undefined,
    clock: {
      now: () => now,
      later(ms, act) {
        calls.push({ at: now + ms, act });
        return () => undefined;
      },
    },
  });
  const moveTo = (time: number): void => {
    for (let next = calls[0]; next !== undefined && next.at <= time; next = calls[0]) {
      calls.shift();
      now = next.at;
      next.act();
    }
    now = time;
  };
  const edit = (): void => {
    informer.objects = [policy(`a${now}`)];
    changed();
  };
  return { policies, informer, edit, moveTo, heard, tell: () => changed(), reloads: () => reloads };
}

test("one change is in force after 0.2 seconds; of changes in a row each waits longer, up to 5 seconds", () => {
  const { edit, moveTo, reloads } = standing();
  edit();
  moveTo(199);
  assert.is(reloads(), 0);
  moveTo(200);
  assert.is(reloads(), 1);
  moveTo(60_000);
  for (let time = 60_000; time < 120_000; time += 100) {
    edit();
    moveTo(time + 100);
  }
  // After 0.2, 0.6, 1.4, 3.0 and 6.2 seconds, and then every 5; the clock moves by 0.1.
  assert.ok(reloads() - 1 >= 15 && reloads() - 1 <= 16, String(reloads() - 1));
  moveTo(130_000);
  const before = reloads();
  edit();
  moveTo(130_200);
  assert.is(reloads(), before + 1, "after a pause the first is as fast as before");
});

test("what is too much to be watched is told once, with what helps, and when it is watched again", () => {
  const { policies, informer, tell, heard } = standing();
  const isOver = new EngineError("over-limit", "more than 2 objects", { subject: "/apis" });
  informer.state = { ...informer.state, failure: isOver };
  for (let times = 0; times < 3; times++) tell();
  assert.match(policies.failure?.message ?? "", /^the clusterpolicies of the cluster are too many.*ResourceQuota/);
  informer.state = { ...informer.state, failure: new EngineError("unreachable", "away") };
  tell();
  informer.state = { ...informer.state, failure: undefined };
  tell();
  assert.equal(heard, ["policyexceptions over-limit", "policyexceptions again"]);
  informer.state = { ...informer.state, listed: undefined as never, failure: isOver };
  throwsCode("over-limit", () => policies.read());
});

test.run();
