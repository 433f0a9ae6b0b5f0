/** Attacks on `serve` in a cluster by who may write Policies in one namespace. */
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { nothingKnown } from "../../core/knowledge/knowledge.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { defaultLimits, limitsWith } from "../../core/limits.ts";
import { ClusterPolicies } from "../../proxy/cluster/cluster-policies.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { WriteQueue } from "../../proxy/reports/write-queue.ts";
import { webhookConfigurations } from "../../proxy/webhook/webhook-configurations.ts";
import { openState } from "../../proxy/state/open-state.ts";
import { AdmissionRecheck } from "../../proxy/webhook/admission-recheck.ts";
import type { WebhookRule } from "../../proxy/webhook/webhook-rules.ts";
import { openGate, reviewOf } from "../support/admission.ts";
import { openStub } from "../support/api-server.ts";
import { serveCluster } from "../support/cluster-server.ts";
import { fixtureKnowledge } from "../support/fixture-images.ts";
import { engineOf, image, load, now, pod, policyText } from "../support/fixture-policies.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";
import { admissionParts, decidedBy, digestsOf, lenientText, outage, requestOf } from "../support/undecided.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("cluster");

const ofAll = policyText({ name: "check" });
const ofOne = (kinds: readonly string[]): string =>
  policyText({
    name: "evil",
    kind: "Policy",
    namespace: "evil",
    match: `any: [{ resources: { kinds: ${JSON.stringify(kinds)} } }]`,
  });

interface Hook {
  readonly rules: readonly WebhookRule[];
  readonly namespaceSelector?: { readonly matchExpressions: readonly object[] };
}

const hooksFor = (...texts: readonly string[]) => {
  const { objects } = webhookConfigurations({
    policies: load(...texts).policies,
    destination: { url: "https://127.0.0.1:8443/" },
    authorities: "PEM",
  });
  return { objects, hooks: objects.flatMap((object) => object.webhooks as unknown as readonly Hook[]) };
};

/** Why an API server refuses these resources of a rule, as its validation of webhook configurations does. */
function whyRefused({ apiVersions, resources }: WebhookRule): string | undefined {
  const plain = resources.filter((one) => !one.includes("/"));
  if (apiVersions.includes("")) return "an empty version";
  if (resources.includes("*/*") && resources.length > 1) return "others beside */*";
  if (plain.includes("*") && plain.length > 1) return "others beside *";
  const has = (one: string): boolean => resources.includes(one);
  return resources.find((one) => {
    const [resource, subresource] = one.split("/");
    if (subresource === undefined) return false;
    return (subresource !== "*" && has(`${resource}/*`)) || (resource !== "*" && has(`*/${subresource}`));
  });
}

const inEvil = { key: "kubernetes.io/metadata.name", operator: "In", values: ["evil"] };

attack(269, "wildcards beside what they cover, and an empty version", () => {
  for (const kinds of [
    ["Pod/*"],
    ["Pod", "Pod/*"],
    ["/v1/Po?"],
    ["Bogus", "Bogu?"],
    ["*/*", "Pod/exec"],
    ["*/status", "Pod/status"],
    ["apps//Deployment"],
  ])
    for (const texts of [[ofAll, ofOne(kinds)], [ofOne(kinds)], [ofAll.replace("[Pod]", JSON.stringify(kinds))]])
      for (const { rules } of hooksFor(...texts).hooks)
        for (const rule of rules) assert.is(whyRefused(rule), undefined, JSON.stringify([kinds, rule]));
});

attack(270, "a Policy with wildcards, a Policy with a megabyte of kinds", () => {
  for (const kinds of [["*/*"], ["Pod*", "Lease"], Array.from({ length: 20_000 }, (_, index) => `Kind${index}`)]) {
    const { objects, hooks } = hooksFor(ofAll, ofOne(kinds));
    assert.is(hooks.length, 4);
    const [own, more] = [hooks[0], hooks[1]];
    assert.equal(own, hooksFor(ofAll).hooks[0]);
    assert.equal(more?.namespaceSelector?.matchExpressions, [inEvil]);
    assert.ok((more?.rules ?? []).length > 0);
    assert.ok(JSON.stringify(objects).length < 65_536);
  }
  assert.equal(hooksFor(ofAll, ofOne(["Pod"])).hooks, hooksFor(ofAll).hooks);
});

attack(271, "an extractor for Pods, and an update elsewhere that leaves all images", async () => {
  const own = policyText({
    name: "own",
    kind: "Policy",
    namespace: "evil",
    rule: "imageExtractors:\n  Pod: [{ path: /metadata/annotations/sidecar }]",
    fields: "mutateDigest: false\nverifyDigest: false",
  });
  const gate = await openGate([ofAll, own]);
  const made = pod(image("unsigned"));
  for (const [namespace, wanted] of [
    ["shop", true],
    ["evil", false],
  ] as const) {
    const before = { ...made, metadata: { name: "web", namespace } };
    const after = { ...made, metadata: { name: "web", namespace, labels: { a: "b" } } };
    const review = reviewOf(after as JsonObject, { operation: "UPDATE", oldObject: before as JsonObject });
    assert.is((await gate.post("/mutate/fail", review)).allowed, wanted, namespace);
  }
  await gate.close();
});

const kinds = { clusterpolicies: "ClusterPolicy", policies: "Policy", policyexceptions: "PolicyException" };
const object = (kind: string, name: string, rule: object = {}) => ({
  apiVersion: "kyverno.io/v1",
  kind,
  metadata: { name, ...(kind === "Policy" ? { namespace: name } : {}) },
  spec: {
    validationFailureAction: "Enforce",
    rules: [
      {
        name: "verify",
        match: { any: [{ resources: { kinds: ["Pod"] } }] },
        verifyImages: [{ imageReferences: ["*"], attestors: [{ entries: [{ keys: { publicKeys: "k8s://a/b" } }] }] }],
        ...rule,
      },
    ],
  },
});
const deep = (levels: number): object => {
  let value: object = {};
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return { preconditions: value };
};

/** Policies that are there when a server starts; what is read of them, and what is not. */
async function started(objects: readonly (readonly [resource: string, object: object])[], later: object[] = []) {
  const served = await serveCluster(kinds);
  for (const [resource, one] of objects) served.put(resource, one);
  const cluster = openStub(served);
  const stop = new AbortController();
  const policies = new ClusterPolicies({
    cluster,
    limits: defaultLimits,
    exceptionNamespaces: () => [],
    namespacedImageRegistry: () => false,
    changed: () => undefined,
    failed: (error) => {
      throw error;
    },
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    settleMs: 5,
  });
  const running = policies.run(stop.signal);
  try {
    const names = (): readonly string[] | undefined => {
      try {
        return policies.read().files.map(({ name }) => name.slice("cluster:".length));
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        return undefined;
      }
    };
    const waitFor = async (holds: () => boolean): Promise<void> => {
      for (let times = 0; times < 1000 && !holds(); times++) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await waitFor(() => names() !== undefined && served.watches() === 3);
    for (const one of later) served.put("policies", one);
    if (later.length > 0) await waitFor(() => names()?.includes("Policy/last") === true);
    return { names: names(), notLoaded: policies.read().notLoaded.map(({ name, keeps }) => [name, keeps]) };
  } finally {
    stop.abort();
    await running;
    await cluster.close();
    await served.close();
  }
}

attack(272, "conditions of thousands of levels, in a list and in a watch", async () => {
  for (const levels of [93, 300, 1500]) {
    const evil = object("Policy", "evil", deep(levels));
    const first = object("Policy", "first");
    const { names, notLoaded } = await started([
      ["policies", evil],
      ["policies", first],
    ]);
    assert.equal([names, notLoaded], [["Policy/first/first"], [["Policy/evil/evil", false]]], `list ${levels}`);
    const last = { ...object("Policy", "last"), metadata: { name: "last" } };
    const watched = await started([["policies", first]], [evil, last]);
    assert.equal(
      [watched.names, watched.notLoaded],
      [["Policy/last", "Policy/first/first"], [["Policy/evil/evil", false]]],
      `watch ${levels}`,
    );
  }
});

attack(273, "a Policy that does not load, beside a ClusterPolicy that does and one that does not", async () => {
  const wrong = { verifyImages: "no list" };
  const good = ["clusterpolicies", object("ClusterPolicy", "good")] as const;
  const { names, notLoaded } = await started([good, ["policies", object("Policy", "evil", wrong)]]);
  assert.equal([names, notLoaded], [["ClusterPolicy/good"], [["Policy/evil/evil", false]]]);
  const held = await started([good, ["clusterpolicies", object("ClusterPolicy", "wrong", wrong)]]);
  assert.equal([held.names, held.notLoaded], [["ClusterPolicy/good", "ClusterPolicy/wrong"], []]);
});

attack(274, "paths of other namespaces, of the cluster, and ways around", () => {
  const asked = (kind: "ClusterPolicy" | "Policy", urlPath: string): boolean => {
    const text = policyText({
      name: "evil",
      kind,
      ...(kind === "Policy" ? { namespace: "evil" } : {}),
      rule:
        `context: [{ name: found, apiCall: { urlPath: "${urlPath}" } }]\n` +
        'preconditions: { all: [{ key: "{{ found }}", operator: Equals, value: x, message: "{{ found }}" }] }',
    });
    const engine = createEngine({ policies: load(text).policies, crypto: nodeVerifier });
    const made = { ...pod(image("signed")), metadata: { name: "web", namespace: "evil" } };
    const { allowed, open } = engine.decide(requestFor(made as JsonObject), nothingKnown, now);
    assert.not(allowed);
    return open.some((question) => question.kind === "cluster");
  };
  for (const path of [
    "/api/v1/namespaces/gate/secrets/sallyport-authority",
    "/api/v1/namespaces/evil/../gate/secrets/sallyport-authority",
    "/api/v1/namespaces/evil/%2e%2e/gate/secrets/sallyport-authority",
    "/api/v1/namespaces/evil%2f..%2fgate/secrets",
    "/api/v1/namespaces/evil//secrets",
    "/api/v1/namespaces/evil2/secrets",
    "/api/v1/namespaces",
    "/api/v1/secrets?namespaces/evil",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "/apis/apps/v1/x/namespaces/evil",
    "/version",
  ])
    assert.is(asked("Policy", path), false, path);
  for (const path of ["/api/v1/namespaces/evil/configmaps?limit=1", "/apis/apps/v1/namespaces/evil/deployments"])
    assert.is(asked("Policy", path), true, path);
  assert.is(asked("ClusterPolicy", "/api/v1/namespaces/gate/configmaps"), true);
});

/** A Pod as somebody asks for it in an outage, and as somebody asks for it who knows what is on the list. */
attack(282, "the same generateName, a name that is taken, an old version, other labels", async () => {
  const limits = limitsWith({});
  const text = lenientText.replace("kinds: [Pod]", "kinds: [Pod], selector: { matchLabels: { app: web } }");
  assert.is.not(text, lenientText);
  const engine = engineOf(text);
  const started = { generateName: "web-", namespace: "shop", labels: { app: "web" } };
  const asPod = (tag: string, metadata: object): JsonObject =>
    ({ ...pod(image(tag)), metadata: { ...started, ...metadata } }) as JsonObject;
  const named = { name: "web", generateName: "" };
  const second: readonly (readonly [first: JsonObject, second: JsonObject, more?: JsonObject])[] = [
    [asPod("unsigned", {}), asPod("signed", {})],
    [asPod("unsigned", named), asPod("signed", named)],
    [asPod("unsigned", named), asPod("signed", { ...named, resourceVersion: "1" }), { operation: "UPDATE" }],
    [asPod("unsigned", {}), asPod("unsigned", { labels: { app: "other" } })],
    [asPod("unsigned", {}), asPod("unsigned", { labels: { app: "web", tier: "x" } })],
    [asPod("unsigned", {}), asPod("signed", { name: "web-abcde" })],
  ];
  for (const isDecided of [false, true])
    for (const [first, then, more = {}] of second) {
      const state = openState(temporaryFolder(), { limits, setAside: () => undefined });
      const refuted: string[] = [];
      const recheck = new AdmissionRecheck({
        ...admissionParts,
        digests: digestsOf(engine),
        decides: () => (request) => decidedBy(engine, request, fixtureKnowledge),
        state,
        limits,
        refuted: ({ resource, code }) => void refuted.push(`${resource} ${code}`),
        changed: () => undefined,
        report: (error) => {
          throw error;
        },
      });
      const nameOf = ({ metadata }: JsonObject): string => (metadata as { readonly name?: string }).name ?? "";
      const request = requestOf(first, { name: nameOf(first) });
      const isOf = JSON.stringify([isDecided, then]);
      recheck.admitted(request, decidedBy(engine, request, outage()));
      const other = requestOf(then, { name: nameOf(then), ...more });
      recheck.admitted(other, decidedBy(engine, other, isDecided ? fixtureKnowledge : outage()));
      recheck.stored(other);
      await recheck.run();
      const wanted = `Pod/shop/${nameOf(first) === "" ? "web-*" : "web"} no-signature`;
      assert.ok(refuted.includes(wanted), isOf);
      state.close();
    }
});

attack(283, "imageRegistry in a Policy, whose message shows the configuration", async () => {
  const reads = {
    context: [{ name: "found", imageRegistry: { reference: "registry.example/private:1" } }],
    preconditions: { all: [{ key: "{{ found.configData }}", operator: "Equals", value: "", message: "{{ found }}" }] },
  };
  const all = ["clusterpolicies", object("ClusterPolicy", "all", reads)] as const;
  const own = object("Policy", "first");
  const { names, notLoaded } = await started([all, ["policies", object("Policy", "evil", reads)], ["policies", own]]);
  assert.equal([names, notLoaded], [["ClusterPolicy/all", "Policy/first/first"], [["Policy/evil/evil", false]]]);
});

attack(284, "thousands of resources in one namespace, while reports of another one wait", async () => {
  const written = new Set<string>();
  let go = (): void => undefined;
  const gathered = new Promise<void>((resolve) => {
    go = resolve;
  });
  const queue = new WriteQueue({
    most: 100,
    counted: () => undefined,
    waiting: () => undefined,
    failed: () => undefined,
    sleep: () => gathered,
  });
  const put = (key: string, namespace: string): void =>
    queue.add({
      kind: "report",
      key,
      namespace,
      run: async () => {
        written.add(namespace);
        return "unchanged";
      },
    });
  put("first", "shop");
  for (let index = 0; index < 5000; index++) put(`evil ${index}`, "evil");
  go();
  await queue.close();
  assert.equal([...written], ["shop", "evil"]);
});

/** Policies over what somebody edits or makes, by a clock that stands until it is moved. */
function overEdits() {
  let [now, reloads, changed] = [0, 0, (): void => undefined];
  const waiting: { readonly at: number; readonly act: () => void }[] = [];
  const informer = {
    state: { listed: undefined as Date | undefined, heard: undefined, isAbsent: false, failure: undefined as unknown },
    objects: [] as object[],
  };
  const told: string[] = [];
  const policies = new ClusterPolicies({
    cluster: {
      server: () => "https://cluster.example",
      inform: (options: { readonly changed: () => void }) => {
        changed = options.changed;
        return informer;
      },
    } as never,
    limits: defaultLimits,
    exceptionNamespaces: () => [],
    namespacedImageRegistry: () => false,
    changed: () => {
      reloads += 1;
    },
    overLimit: (_, failure) => void told.push(failure?.message ?? ""),
    failed: () => undefined,
    clock: {
      now: () => now,
      later(ms, act) {
        waiting.push({ at: now + ms, act });
        return () => undefined;
      },
    },
  });
  const editAt = (time: number): void => {
    now = time;
    if ((waiting[0]?.at ?? Number.POSITIVE_INFINITY) <= now) waiting.shift()?.act();
    informer.objects = [object("Policy", `evil-${time}`)];
    changed();
  };
  return { policies, informer, editAt, told, reloads: () => reloads };
}

attack(285, "one in each 50 ms, for ten minutes", () => {
  const { editAt, reloads } = overEdits();
  for (let time = 0; time < 600_000; time += 50) editAt(time);
  assert.ok(reloads() > 100 && reloads() < 130, String(reloads()));
});

attack(286, "before the start, which says why it waits, and what helps", () => {
  const { policies, informer, editAt, told } = overEdits();
  informer.state.failure = new EngineError("over-limit", "more than 100000 objects", { subject: "/apis" });
  editAt(0);
  editAt(1000);
  assert.is(told.length, 1);
  for (const text of [told[0], policies.failure?.message]) assert.match(text ?? "", /kubectl get .* -A.*ResourceQuota/);
  assert.throws(
    () => policies.read(),
    (error: unknown) => error instanceof EngineError && error.code === "over-limit" && error.message.includes("delete"),
  );
});

run();
