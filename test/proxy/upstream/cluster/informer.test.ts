import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../../core/limits.ts";
import type { InformerOptions } from "../../../../proxy/upstream/cluster/informer.ts";
import { openStub, statusBody } from "../../../support/api-server.ts";
import { type ClusterServer, serveCluster } from "../../../support/cluster-server.ts";

const test = suite("proxy/upstream/cluster/informer");

const policy = (name: string, rules = 1) => ({
  apiVersion: "kyverno.io/v1",
  kind: "ClusterPolicy",
  metadata: { name, managedFields: [{ manager: "kubectl" }] },
  spec: { rules },
});

interface Stage {
  readonly served: ClusterServer;
  readonly names: () => readonly string[];
  readonly informer: ReturnType<ReturnType<typeof openStub>["inform"]>;
  /** Until it is so. */
  readonly until: (holds: () => boolean) => Promise<void>;
}

/** An informer that runs while `act` does. */
async function informing(
  act: (stage: Stage) => Promise<void>,
  options: Partial<InformerOptions> & { readonly begin?: (served: ClusterServer) => void } = {},
  resources: Readonly<Record<string, string>> = { clusterpolicies: "ClusterPolicy" },
): Promise<void> {
  const served = await serveCluster(resources);
  const { begin, limits = defaultLimits, ...more } = options;
  begin?.(served);
  const cluster = openStub(served, { limits });
  const stop = new AbortController();
  let wake: () => void = () => undefined;
  const informer = cluster.inform({
    at: { apiVersion: "kyverno.io/v1", resource: "clusterpolicies" },
    changed: () => wake(),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    ...more,
  });
  const running = informer.run(stop.signal);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds())
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 5);
      });
  };
  const names = (): readonly string[] => informer.objects.map(({ metadata }) => (metadata as { name: string }).name);
  try {
    await act({ served, informer, names, until });
  } finally {
    stop.abort();
    await running;
    await cluster.close();
    await served.close();
  }
}

const isWatched = ({ served }: Stage) => served.watches() === 1;

test("what is there, and what happens to it, without who wrote it", () =>
  informing(
    async (stage) => {
      const { served, names, informer, until } = stage;
      await until(() => isWatched(stage));
      assert.equal(names(), ["a"]);
      assert.equal(Object.keys(informer.objects[0]?.metadata as object), [
        "name",
        "uid",
        "creationTimestamp",
        "resourceVersion",
      ]);
      served.put("clusterpolicies", policy("b"));
      await until(() => names().length === 2);
      served.put("clusterpolicies", policy("a", 2));
      await until(
        () =>
          informer.get("", "a")?.spec !== undefined && JSON.stringify(informer.get("", "a")?.spec) === '{"rules":2}',
      );
      served.remove("clusterpolicies", "a");
      await until(() => names().length === 1);
      assert.equal(names(), ["b"]);
      assert.is(informer.state.failure, undefined);
    },
    { begin: (served) => void served.put("clusterpolicies", policy("a")) },
  ));

test("a watch that was cut goes on where it was: nothing that happened meanwhile is missed", () =>
  informing(async (stage) => {
    const { served, names, until } = stage;
    await until(() => isWatched(stage));
    served.asked();
    for (let count = 0; count < 8; count++) {
      served.cut();
      served.put("clusterpolicies", policy(`p${count}`));
      await until(() => names().length === count + 1 && isWatched(stage));
    }
    served.end();
    served.put("clusterpolicies", policy("q"));
    await until(() => names().length === 9);
    assert.is(served.asked().filter((line) => !line.includes("watch=true")).length, 0);
  }));

test("a bookmark moves the watch on; from an expired version the list is read again", () =>
  informing(async (stage) => {
    const { served, names, until } = stage;
    await until(() => isWatched(stage));
    served.put("clusterpolicies", policy("a"));
    await until(() => names().length === 1);
    served.compact();
    served.bookmark();
    served.asked();
    served.put("clusterpolicies", policy("b"));
    await until(() => names().length === 2);
    served.end();
    await until(() => isWatched(stage) && served.asked().some((line) => line.includes("watch=true")));
    served.compact();
    served.asked();
    served.remove("clusterpolicies", "a");
    served.compact();
    served.cut();
    await until(() => isWatched(stage) && names().length === 1);
    assert.ok(served.asked().some((line) => line === "GET /apis/kyverno.io/v1/clusterpolicies?limit=500"));
    assert.equal(names(), ["b"]);
  }));

test("what was known stays while the server is away, and is read again", () =>
  informing(
    async (stage) => {
      const { served, names, informer, until } = stage;
      await until(() => isWatched(stage));
      served.instead = () => ({ status: 500, body: {} });
      served.cut();
      await until(() => informer.state.failure !== undefined);
      assert.equal(names(), ["a"]);
      served.put("clusterpolicies", policy("b"));
      served.instead = undefined;
      await until(() => names().length === 2 && informer.state.failure === undefined);
    },
    { begin: (served) => void served.put("clusterpolicies", policy("a")) },
  ));

test("what was known stays when the server no longer has the resource", () => {
  const resources: Record<string, string> = { clusterpolicies: "ClusterPolicy" };
  return informing(
    async (stage) => {
      const { served, names, informer, until } = stage;
      await until(() => isWatched(stage));
      delete resources.clusterpolicies;
      served.cut();
      await until(() => informer.state.isAbsent);
      assert.equal(names(), ["a"]);
    },
    { begin: (served) => void served.put("clusterpolicies", policy("a")) },
    resources,
  );
});

test("who may not list says what was tried, and a resource that is not there may come", async () => {
  await informing(
    async ({ served, informer, until }) => {
      await until(() => informer.state.failure !== undefined);
      assert.match(informer.state.failure?.message ?? "", "may not list clusterpolicies.kyverno.io (403): no");
      assert.is(informer.state.listed, undefined);
      served.instead = undefined;
      await until(() => informer.state.listed !== undefined);
    },
    { begin: (served) => (served.instead = () => ({ status: 403, body: statusBody(403, "Forbidden", "no") })) },
  );
  const resources: Record<string, string> = {};
  await informing(
    async ({ informer, until }) => {
      await until(() => informer.state.isAbsent);
      resources.clusterpolicies = "ClusterPolicy";
      await until(() => informer.state.listed !== undefined && !informer.state.isAbsent);
    },
    {},
    resources,
  );
});

test("more than the bounds changes nothing of what is known", () =>
  informing(
    async (stage) => {
      const { served, names, informer, until } = stage;
      await until(() => isWatched(stage));
      served.put("clusterpolicies", policy("b"));
      await until(() => informer.state.failure?.code === "over-limit");
      assert.equal(names(), ["a"]);
      served.remove("clusterpolicies", "b");
      await until(() => informer.state.failure === undefined && isWatched(stage));
      served.say("x".repeat(3000));
      await until(() => informer.state.failure?.code === "over-limit");
    },
    {
      begin: (served) => void served.put("clusterpolicies", policy("a")),
      limits: limitsWith({ clusterObjects: 1, resourceBytes: 2000 }),
    },
  ));

test("what is no event ends the watch, and says so", () =>
  informing(async (stage) => {
    const { served, informer, until } = stage;
    for (const text of [
      "{}\n",
      '{"type":"ODD","object":{}}\n',
      "no JSON\n",
      '{"type":"ERROR","object":{"code":500}}\n',
    ]) {
      await until(() => isWatched(stage));
      served.say(text);
      await until(() => informer.state.failure?.code === "upstream-error");
      served.put("clusterpolicies", policy("a"));
      await until(() => informer.state.failure === undefined);
    }
  }));

test("one object alone is asked for by its name", () =>
  informing(
    async (stage) => {
      const { served, names, until } = stage;
      await until(() => isWatched(stage));
      served.put("clusterpolicies", policy("other"));
      served.put("clusterpolicies", policy("a"));
      await until(() => names().length === 1);
      assert.equal(names(), ["a"]);
      assert.ok(served.asked().every((line) => line.includes("fieldSelector=metadata.name%3Da")));
    },
    { name: "a" },
  ));

test.run();
