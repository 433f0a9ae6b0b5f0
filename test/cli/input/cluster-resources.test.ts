/**
 * `--cluster`: resources, keys and labels from an API server on loopback; images from a layout. Each resource is judged
 * in two passes, and counted in both.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiStub, kubeconfigOf, serveApi, statusBody } from "../../support/api-server.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { runCli, type TestRun } from "../command-io.ts";

const test = suite("cli/input/cluster-resources");
const documentation = fileURLToPath(new URL("../../fixtures/documentation", import.meta.url));
const key = readFileSync(join(documentation, "trust/release.pub"));
const image = (tag: string): string => `ghcr.io/kyverno/test-verify-image:${tag}`;

const pod = (name: string, tag: string, namespace = "apps") => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: "c", image: image(tag) }] },
});
const discovery = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [
      { name: "pods", kind: "Pod", namespaced: true, verbs: ["get", "list"] },
      { name: "secrets", kind: "Secret", namespaced: true, verbs: ["get", "list"] },
    ],
  },
};
const pods = [pod("signed", "signed"), pod("unsigned", "unsigned"), pod("other", "signed", "other")];
const list = (items: readonly unknown[]) => ({ kind: "PodList", apiVersion: "v1", metadata: {}, items });
const secret = {
  kind: "Secret",
  apiVersion: "v1",
  metadata: { name: "release", namespace: "keys" },
  data: { "cosign.pub": key.toString("base64") },
};
const world: Readonly<Record<string, ApiStub>> = {
  ...discovery,
  "/api/v1/pods": list(pods),
  "/api/v1/namespaces/apps/pods": list(pods.slice(0, 2)),
  "/api/v1/namespaces/keys/secrets/release": secret,
};
const policy = (publicKeys: string, match: object = {}) =>
  JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "check", annotations: { "pod-policies.kyverno.io/autogen-controllers": "none" } },
    spec: {
      rules: [
        {
          name: "signed",
          match: { any: [{ resources: { kinds: ["Pod"], ...match } }] },
          verifyImages: [
            {
              imageReferences: ["ghcr.io/*"],
              failureAction: "Enforce",
              attestors: [{ entries: [{ keys: { publicKeys, rekor: { ignoreTlog: true } } }] }],
            },
          ],
        },
      ],
    },
  });

async function onCluster(
  stubs: Readonly<Record<string, ApiStub>>,
  act: (run: (words: readonly string[]) => Promise<TestRun>, asked: () => readonly string[]) => Promise<void>,
  text = policy("k8s://keys/release"),
): Promise<void> {
  const server = await serveApi(stubs);
  const files = { "policy.json": text, kubeconfig: kubeconfigOf(server.url), "release.pub": key };
  const layout = ["--layout", join(documentation, "layout"), "--complete"];
  try {
    await act(
      (words) => runCli([...words, "--cluster", "--kubeconfig", "kubeconfig", ...layout], { files }),
      () => server.asked(),
    );
  } finally {
    await server.close();
  }
}

test("the resources that policies match, judged with a key of a Secret", () =>
  onCluster(world, async (run, asked) => {
    const { exit, out } = await run(["apply", "policy.json"]);
    assert.is(exit, 1, out);
    assert.match(out, /pass: 4, fail: 2, warn: 0, error: 0, skip: 0/);
    assert.match(out, "apps/Pod/unsigned");
    const paths = asked();
    assert.ok(paths.some((path) => path.includes("/secrets/release")));
    assert.not.ok(
      paths.some((path) => path.includes("/secrets?")),
      "no list of what no policy matches",
    );
    assert.is(new Set(paths).size, paths.length, "nothing twice");
  }));

test("of one namespace", () =>
  onCluster(world, async (run) => {
    assert.match((await run(["apply", "policy.json", "-n", "apps"])).out, /pass: 2, fail: 2,/);
  }));

test("a namespace without such resources is said: it may be mistyped", () =>
  onCluster({ ...world, "/api/v1/namespaces/app/pods": list([]) }, async (run) => {
    const { exit, err } = await run(["apply", "policy.json", "-n", "app"]);
    assert.is(exit, 0);
    assert.match(err, /the namespace app has no resource/);
    assert.not.match((await run(["apply", "policy.json", "-n", "apps"])).err, /has no resource/);
  }));

test("a namespace's labels are asked for where a policy selects by them", () =>
  onCluster(
    {
      ...world,
      "/api/v1/namespaces/apps": { kind: "Namespace", apiVersion: "v1", metadata: { labels: { team: "shop" } } },
      "/api/v1/namespaces/other": { kind: "Namespace", apiVersion: "v1", metadata: {} },
    },
    async (run) => {
      assert.match((await run(["apply", "policy.json"])).out, /pass: 2, fail: 2,/);
    },
    policy("k8s://keys/release", { namespaceSelector: { matchLabels: { team: "shop" } } }),
  ));

test("what the cluster refuses is no absence", () =>
  onCluster(
    {
      ...world,
      "/api/v1/namespaces/keys/secrets/release": () => ({
        status: 403,
        body: statusBody(403, "Forbidden", "secrets is forbidden"),
      }),
    },
    async (run) => {
      const { exit, out } = await run(["apply", "policy.json", "--detailed-results"]);
      assert.is(exit, 1);
      assert.match(out, /pass: 0, fail: 2, warn: 0, error: 4/);
      assert.not.match(out, key.toString("base64"));
    },
  ));

test("a cluster that cannot be listed is an error, and nothing was judged", () =>
  onCluster(
    { ...world, "/api/v1/pods": () => ({ status: 403, body: statusBody(403, "Forbidden", "pods is forbidden") }) },
    async (run) => {
      const { exit, err } = await run(["apply", "policy.json"]);
      assert.is.not(exit, 0);
      assert.match(err, "access-denied");
    },
  ));

test("verify takes a key of a Secret; without --cluster nobody asks for it", () =>
  onCluster(world, async (run, asked) => {
    const words = ["verify", "--key", "k8s://keys/release", "--insecure-ignore-tlog", image("signed")];
    assert.is((await run(words)).exit, 0);
    assert.ok(asked().length > 0);
    const layout = ["--layout", join(documentation, "layout"), "--complete"];
    assert.is((await runCli([...words, ...layout])).exit, 5);
    assert.equal(asked(), []);
  }));

test("what another cluster said is not known of this one: its keys are no keys here", async () => {
  const store = ["--store", join(temporaryFolder(), "mirror")];
  const words = [
    "verify",
    "--online",
    "--key",
    "k8s://keys/release",
    "--insecure-ignore-tlog",
    ...store,
    image("signed"),
  ];
  const refused = { status: 403, body: statusBody(403, "Forbidden", "secrets is forbidden") };
  await onCluster(world, async (run) => {
    const first = await run(words);
    assert.is(first.exit, 0, first.err);
    assert.is((await run([...words, "--refresh", "1h"])).exit, 0);
    await onCluster({ "/api/v1/namespaces/keys/secrets/release": () => refused }, async (other) => {
      for (const refresh of ["0s", "1h"]) {
        const { exit, err } = await other([...words, "--refresh", refresh]);
        assert.is(exit, 5, err);
        assert.match(err, "no-key");
      }
    });
    assert.is((await run([...words, "--refresh", "1h"])).exit, 0, "it is still the first one's");
  });
});

test("--offline forbids registries, not the cluster", () =>
  onCluster(world, async (run) => {
    assert.is((await run(["apply", "policy.json", "--offline", "-n", "apps"])).exit, 1);
  }));

test.run();
