/**
 * A real API server as the source of answers: what policies ask it, keys that cosign keeps in it, the Pods that it has,
 * what it refuses, and each way of logging in.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import { tlsAuthority } from "../support/tls-identity.ts";
import { type ApiServer, listOf, object, permit, pod, startApiServer, type User } from "./api-server.ts";
import { dialled } from "./offline.ts";
import { type Access, exits, plain, push, says, sign, startRegistry, succeeds, user } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

type Json = Readonly<Record<string, unknown>>;

/** A policy of one rule about Pods. */
function policy(
  images: string,
  verify: Json,
  { context, resources = {} }: { context?: unknown; resources?: Json } = {},
) {
  const rule = {
    name: "signed",
    match: { any: [{ resources: { kinds: ["Pod"], ...resources } }] },
    ...(context === undefined ? {} : { context }),
    verifyImages: [{ imageReferences: [images], failureAction: "Enforce", ...verify }],
  };
  return JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { name: "signed", annotations: { "pod-policies.kyverno.io/autogen-controllers": "none" } },
    spec: { rules: [rule] },
  });
}

const keys = (more: Json): Json => ({ attestors: [{ entries: [{ keys: { ...more, rekor: { ignoreTlog: true } } }] }] });

/** Cosign makes a key in the cluster, and one more; it signs an image by the first. Returns the image. */
async function signedInCluster(tools: Tools, { kubectl }: ApiServer, host: string): Promise<string> {
  const env = { COSIGN_PASSWORD: "", KUBECONFIG: "administrator.conf" };
  const cosign = async (...words: readonly string[]) =>
    succeeds(await tools.stage.run(tools.program("cosign3"), words, { env }));
  await kubectl(
    ["apply", "-f", "-"],
    listOf(
      object("Namespace", [undefined, "security"]),
      object("Namespace", [undefined, "shop"], {}, { labels: { signed: "yes" } }),
      object("Namespace", [undefined, "play"]),
      object("Secret", ["security", "empty"], { stringData: { password: "a good password" } }),
    ),
  );
  for (const name of ["release", "other"]) await cosign("generate-key-pair", `k8s://security/${name}`);
  const image = await push(`${host}/shop/app:signed`, tools, plain);
  const flags = ["--yes", "--tlog-upload=false", "--use-signing-config=false", ...plain.cosign];
  await cosign("sign", "--key", "k8s://security/release", ...flags, image);
  return image;
}

/** What Kyverno 1.19 stores in one version, and has in others. */
const globalContextEntries = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "globalcontextentries.kyverno.io" },
  spec: {
    group: "kyverno.io",
    scope: "Cluster",
    names: { kind: "GlobalContextEntry", plural: "globalcontextentries", singular: "globalcontextentry" },
    versions: ["v2", "v2alpha1", "v2beta1"].map((name) => ({
      name,
      served: true,
      storage: name === "v2beta1",
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    })),
  },
};

const registry = ["api-server", "kubectl", "ggcr-registry", "crane", "cosign3"] as const;

const answering: Scenario = {
  name: "a cluster: keys of cosign in Secrets, ConfigMaps, labels of namespaces and API calls are read from it",
  needs: [...registry],
  async run(tools) {
    const server = await startApiServer(tools);
    const host = await startRegistry("ggcr-registry", tools);
    const image = await signedInCluster(tools, server, host);
    const asked = ["--cluster", "--kubeconfig", "administrator.conf"];
    const verify = (name: string) =>
      tools.sallyport([
        "verify",
        "--online",
        ...asked,
        "--insecure-ignore-tlog",
        "--key",
        `k8s://security/${name}`,
        image,
      ]);
    exits(0, await verify("release"), /found at/);
    exits(12, await verify("other"), /wrong-key/);
    exits(5, await verify("missing"), /does not have the key k8s:\/\/security\/missing/);
    const empty = await verify("empty");
    exits(5, empty, /has no member cosign\.pub/);
    assert.not.match(says(empty), /good password/);

    const spki = readFileSync(join(tools.stage.folder, "cosign.pub"), "utf8");
    const pem = (await server.kubectl(["-n", "security", "get", "secret", "release", "-o", "json"])).out;
    const { data } = JSON.parse(pem) as { data: Readonly<Record<string, string>> };
    const key = Buffer.from(data["cosign.pub"] ?? "", "base64").toString();
    assert.ok(spki !== key, "cosign.pub of the folder is the last key's");
    await server.kubectl(
      ["apply", "-f", "-"],
      listOf(
        object("ConfigMap", ["security", "keys"], { data: { release: key, other: spki } }),
        pod("shop", "signed", image),
        pod("play", "signed", image),
      ),
    );
    await server.kubectl(["apply", "-f", "-"], globalContextEntries);
    await server.kubectl(["wait", "--for=condition=Established", "crd", globalContextEntries.metadata.name]);
    await server.kubectl(["apply", "-f", "-"], {
      apiVersion: "kyverno.io/v2beta1",
      kind: "GlobalContextEntry",
      metadata: { name: "maps" },
      spec: { kubernetesResource: { group: "", version: "v1", resource: "configmaps", namespace: "security" } },
    });
    const apply = async (text: string, more: readonly string[] = []) => {
      tools.stage.write("policy.json", text);
      return tools.sallyport(["apply", "policy.json", ...asked, "--online", ...more]);
    };
    const inMap = (name: string) =>
      policy(`${host}/*`, keys({ publicKeys: `{{ keys.data.${name} }}` }), {
        context: [{ name: "keys", configMap: { name: "keys", namespace: "security" } }],
      });
    const byCall = (path: string) =>
      policy(`${host}/*`, keys({ publicKeys: "{{ key }}" }), {
        context: [{ name: "key", apiCall: { urlPath: path, jmesPath: "data.release" } }],
      });
    const byEntry = (name: string) =>
      policy(`${host}/*`, keys({ publicKeys: "{{ key }}" }), {
        context: [{ name: "key", globalReference: { name, jmesPath: "[?metadata.name=='keys'] | [0].data.release" } }],
      });
    const labelled = { resources: { namespaceSelector: { matchLabels: { signed: "yes" } } } };
    // Passes, failures and errors: of two Pods in two passes each.
    const rows: readonly (readonly [policy: string, counts: readonly number[]])[] = [
      [policy(`${host}/*`, keys({ publicKeys: "k8s://security/release" })), [4, 0, 0]],
      [policy(`${host}/*`, keys({ publicKeys: "k8s://security/other" })), [0, 4, 0]],
      [policy(`${host}/*`, keys({ secret: { namespace: "security", name: "release" } })), [4, 0, 0]],
      [policy(`${host}/*`, keys({ secret: { namespace: "security", name: "missing" } })), [0, 0, 4]],
      [inMap("release"), [4, 0, 0]],
      [inMap("other"), [0, 4, 0]],
      [byCall("/api/v1/namespaces/security/configmaps/keys"), [4, 0, 0]],
      [byCall("/api/v1/namespaces/security/configmaps/none"), [0, 0, 4]],
      [byEntry("maps"), [4, 0, 0]],
      [byEntry("none"), [0, 0, 4]],
      [policy(`${host}/*`, keys({ publicKeys: "k8s://security/release" }), labelled), [2, 0, 0]],
    ];
    for (const [text, [passes = 0, failures = 0, errors = 0]] of rows) {
      const outcome = await apply(text);
      const counts = `pass: ${passes}, fail: ${failures}, warn: 0, error: ${errors}`;
      assert.ok(outcome.out.includes(counts), `${counts}\n${text}\n${says(outcome)}`);
      assert.is(outcome.exit, passes > 0 ? 0 : 1);
    }
    // Of one namespace, as kubectl's flag says it.
    const [text = ""] = rows[0] ?? [];
    exits(0, await apply(text, ["-n", "play"]), /pass: 2, fail: 0/);

    // A key that was asked for once decides without the cluster.
    exits(
      0,
      await tools.sallyport(["mirror", "pin-key", "k8s://security/release", "--store", "mirror", ...asked.slice(1)]),
    );
    const kept = ["--store", "mirror", "--key", "k8s://security/release", "--insecure-ignore-tlog", image];
    exits(0, await tools.sallyport(["verify", "--online", ...kept]));
    await tools.stage.stopServers();
    exits(0, await tools.sallyport(["verify", ...kept]), /found at/);
    exits(5, await verify("release"), /unreachable/);
  },
};

/** Many Pods, faster than one by one. */
async function createPods({ url, agent }: ApiServer, namespace: string, count: number): Promise<void> {
  const headers = { authorization: "Bearer administrator", "content-type": "application/json" };
  const atOnce = 20;
  for (let at = 0; at < count; at += atOnce)
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count - at) }, async (_, place) => {
        const body = JSON.stringify(pod(namespace, `p${at + place}`, `registry.invalid/app:${at + place}`));
        const path = `${url}/api/v1/namespaces/${namespace}/pods`;
        const answer = await request(path, { method: "POST", headers, body, dispatcher: agent });
        assert.is(answer.statusCode, 201, await answer.body.text());
      }),
    );
}

const paged: Scenario = {
  name: "a cluster: 1,001 Pods are read in three pages, and nobody but the API server is dialled",
  needs: ["api-server", "kubectl", "strace"],
  async run(tools) {
    const server = await startApiServer(tools);
    for (const name of ["many", "few"]) await server.kubectl(["create", "namespace", name]);
    await createPods(server, "many", 1001);
    await createPods(server, "few", 2);
    tools.stage.write("policy.json", policy("registry.invalid/*", keys({ publicKeys: "k8s://few/release" })));
    const words = ["apply", "policy.json", "--cluster", "--kubeconfig", "administrator.conf"];
    const pages = (text: string): number =>
      text.split("\n").filter((line) => /GET \S+\/pods\?limit=/.test(line)).length;
    const all = await tools.sallyport([...words, "--verbose"]);
    exits(1, all, /error: 2006, skip: 0/);
    assert.is(pages(all.err), 3, all.err.slice(0, 4000));
    const few = await tools.sallyport([...words, "-n", "few", "--verbose"]);
    exits(1, few, /error: 4, skip: 0/);
    assert.is(pages(few.err), 1);
    for (const more of [[], ["--offline"]]) {
      const connections = await dialled(tools, [...words, "-n", "few", ...more]);
      assert.ok(connections.length > 0, "the API server was dialled");
      assert.equal(
        connections.filter((line) => !line.includes(`htons(${server.port})`)),
        [],
      );
    }
    assert.equal(
      await dialled(tools, ["apply", "policy.json", "-r", "policy.json", "--kubeconfig", "administrator.conf"]),
      [],
    );
  },
};

const refused: Scenario = {
  name: "a cluster: what RBAC forbids is access-denied, and never absent",
  needs: [...registry],
  async run(tools) {
    const server = await startApiServer(tools, { users: ["reader", "stranger"] });
    const host = await startRegistry("ggcr-registry", tools);
    const image = await signedInCluster(tools, server, host);
    await server.kubectl(
      ["apply", "-f", "-"],
      listOf(...permit("shop", "reader", ["get", "list"], ["configmaps", "pods"]), pod("shop", "signed", image)),
    );
    for (const name of ["reader", "stranger"]) server.config(name, { token: name });
    const as = (name: string) => ["--cluster", "--kubeconfig", `${name}.conf`];
    for (const name of ["release", "missing"]) {
      const words = ["verify", "--online", "--insecure-ignore-tlog", "--key", `k8s://security/${name}`, image];
      const outcome = await tools.sallyport([...words, ...as("reader")]);
      exits(5, outcome, /no-key[\s\S]*user reader of \S+ may not get secrets/);
      assert.not.match(says(outcome), /does not have/);
    }
    const apply = async (user: string, text: string, more: readonly string[] = []) => {
      tools.stage.write("policy.json", text);
      return tools.sallyport(["apply", "policy.json", "--online", ...as(user), ...more]);
    };
    const byKey = policy(`${host}/*`, keys({ publicKeys: "k8s://security/release" }));
    // Of one namespace all can be read, of all of them nothing.
    exits(
      1,
      await apply("reader", byKey, ["-n", "shop"]),
      /fail: 0, warn: 0, error: 2[\s\S]*user reader of \S+ may not get secrets/,
    );
    const all = await apply("reader", byKey);
    assert.match(says(all), /access-denied[\s\S]*may not list pods/);
    assert.ok(all.exit !== 0, says(all));
    const map = policy(`${host}/*`, keys({ publicKeys: "{{ keys.data.release }}" }), {
      context: [{ name: "keys", configMap: { name: "none", namespace: "security" } }],
    });
    exits(1, await apply("reader", map, ["-n", "shop"]), /may not get configmaps none in namespace security/);
    // A default is for what is absent, and not for what nobody may know.
    const call = policy(`${host}/*`, keys({ publicKeys: "{{ key }}" }), {
      context: [
        {
          name: "key",
          apiCall: { urlPath: "/api/v1/namespaces/security/configmaps/none", jmesPath: "data.a", default: "" },
        },
      ],
    });
    exits(1, await apply("reader", call, ["-n", "shop"]), /fail: 0, warn: 0, error: 2/);
    const selected = policy(`${host}/*`, keys({ publicKeys: "k8s://security/release" }), {
      resources: { namespaceSelector: { matchLabels: { signed: "no" } } },
    });
    exits(1, await apply("reader", selected, ["-n", "shop"]), /error: 2[\s\S]*may not get namespaces shop/);
    assert.match(says(await apply("stranger", byKey, ["-n", "shop"])), /user stranger of \S+ may not list pods/);
  },
};

const loggingIn: Scenario = {
  name: "a cluster: tokens, certificates, plugins and contexts of a kubeconfig, good ones and others",
  needs: ["api-server", "kubectl"],
  async run(tools) {
    const { stage } = tools;
    const server = await startApiServer(tools, { users: ["reader"] });
    await server.kubectl(["create", "namespace", "shop"]);
    await server.kubectl(["create", "serviceaccount", "bot", "-n", "shop"]);
    const bots = {
      ...object("RoleBinding", ["shop", "bots"]),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: [{ kind: "ServiceAccount", name: "bot", namespace: "shop" }],
    };
    const mayRead = ["reader", "certified"].flatMap((name) => permit("shop", name, ["get", "list"], ["pods"]));
    await server.kubectl(["apply", "-f", "-"], listOf(...mayRead, bots, pod("shop", "a", "registry.invalid/app:1")));
    stage.write("policy.json", policy("registry.invalid/other*", keys({ publicKeys: "k8s://shop/release" })));
    const apply = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      tools.sallyport(["apply", "policy.json", "--cluster", "-n", "shop", ...words], {
        KUBECONFIG: "",
        HOME: stage.folder,
        ...env,
      });
    const given = async (name: string, user: User, changes = {}) =>
      apply(["--kubeconfig", server.config(name, user, changes)]);
    const reads = /to 1 resource/;

    exits(0, await given("reader", { token: "reader" }), reads);
    const token = (await server.kubectl(["create", "token", "bot", "-n", "shop"])).out.trim();
    exits(0, await given("bot", { token }), reads);
    stage.write("token", `${token}\n`);
    exits(0, await given("file", { tokenFile: "token" }), reads);
    const certified = async (user: string): Promise<User> => {
      const { cert, key } = await server.certificate(user);
      stage.write(`${user}.pem`, cert);
      return { "client-certificate": `${user}.pem`, "client-key-data": Buffer.from(key).toString("base64") };
    };
    exits(0, await given("certified", await certified("certified")), reads);
    const denied = async (name: string, user: User, says: RegExp) => exits(4, await given(name, user), says);
    await denied("uncertified", await certified("somebody"), /may not list pods in namespace shop/);
    const hour = 3600;
    const now = Math.floor(Date.now() / 1000);
    const expired = server.resign(token, { iat: now - 3 * hour, nbf: now - 3 * hour, exp: now - hour });
    exits(0, await given("resigned", { token: server.resign(token, {}) }), reads);
    await denied("expired", { token: expired }, /does not accept user expired/);
    await denied("wrong", { token: "s3cret" }, /does not accept user wrong/);
    await denied("nobody", {}, /system:anonymous/);

    const stranger = await tlsAuthority("Stranger");
    exits(5, await given("strange", { token: "reader" }, { ca: stranger.ca }), /tls-failure/);
    exits(5, await given("away", { token: "reader" }, { url: "https://127.0.0.1:1" }), /unreachable/);

    // A plugin whose first token is refused is asked once more.
    stage.write(
      "plugin.mjs",
      `import { appendFileSync, readFileSync } from "node:fs";
appendFileSync("calls", "x");
const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
const token = readFileSync("calls", "utf8").length === 1 ? "yesterdays" : process.argv[2];
const { apiVersion } = info;
console.log(JSON.stringify({ apiVersion, kind: "ExecCredential", status: info.spec.cluster ? { token } : {} }));
`,
    );
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["plugin.mjs", "reader"],
      interactiveMode: "Never",
      provideClusterInfo: true,
    };
    exits(0, await given("plugin", { exec }), reads);
    assert.is(readFileSync(join(stage.folder, "calls"), "utf8").length, 2);
    await denied("helpless", { exec: { ...exec, command: "no-such-plugin" } }, /no-such-plugin/);
    await denied("hopeless", { exec: { ...exec, args: ["plugin.mjs", "s3cret"] } }, /does not accept user hopeless/);

    // As kubectl merges and chooses.
    const both = { KUBECONFIG: "wrong.conf:reader.conf" };
    exits(4, await apply([], both), /user wrong/);
    exits(0, await apply(["--context", "reader"], both), reads);
    exits(2, await apply(["--context", "none"], both), /none/);
    exits(2, await apply([]), /no cluster is known/);
    stage.write(
      "merged.conf",
      (await stage.run(tools.program("kubectl"), ["config", "view", "--flatten"], { env: both })).out,
    );
    exits(0, await apply(["--kubeconfig", "merged.conf", "--context", "reader"]), reads);
  },
};

const pulling: Scenario = {
  name: "a cluster: a registry with a login is asked with the pull Secrets of Pods and of their service accounts",
  needs: ["api-server", "kubectl", "distribution", "crane", "cosign3"],
  async run(tools) {
    const server = await startApiServer(tools);
    const host = await startRegistry("distribution", tools, { login: true });
    const auth = Buffer.from(`${user.name}:${user.password}`).toString("base64");
    tools.stage.write("config.json", JSON.stringify({ auths: { [host]: { auth } } }));
    const access: Access = { ...plain, env: { DOCKER_CONFIG: tools.stage.folder } };
    const image = await push(`${host}/shop/app:signed`, tools, access);
    await sign("cosign3", image, tools, access);
    await server.kubectl(["create", "namespace", "shop"]);
    const login = (name: string, password: string) =>
      server.kubectl([
        ...["create", "secret", "docker-registry", name, "-n", "shop"],
        ...[`--docker-server=${host}`, `--docker-username=${user.name}`, `--docker-password=${password}`],
      ]);
    await login("pull", user.password);
    await login("old", "not so good");
    const account = (name: string, secret?: string) =>
      object("ServiceAccount", ["shop", name], secret === undefined ? {} : { imagePullSecrets: [{ name: secret }] });
    const own = (name: string) => ({ imagePullSecrets: [{ name }] });
    await server.kubectl(
      ["apply", "-f", "-"],
      listOf(
        account("puller", "pull"),
        account("poor"),
        account("late", "old"),
        pod("shop", "own", image, own("pull")),
        pod("shop", "by-account", image, { serviceAccountName: "puller" }),
        pod("shop", "nobody", image, { serviceAccountName: "poor" }),
        pod("shop", "wrong", image, { serviceAccountName: "late" }),
        pod("shop", "missing", image, own("none")),
      ),
    );
    const key = readFileSync(join(tools.stage.folder, "release.pub"), "utf8");
    tools.stage.write("policy.json", policy(`${host}/*`, keys({ publicKeys: key })));
    const outcome = await tools.sallyport(
      [
        "apply",
        "policy.json",
        "--cluster",
        "--online",
        "--kubeconfig",
        "administrator.conf",
        "-t",
        "--detailed-results",
      ],
      { DOCKER_CONFIG: "nowhere" },
    );
    exits(1, outcome, /pass: 4, fail: 0, warn: 0, error: 6/);
    const rows = (name: string) => outcome.out.split("\n").filter((line) => line.includes(`shop/Pod/${name} `));
    for (const name of ["own", "by-account"])
      assert.ok(
        rows(name).every((row) => /pass/i.test(row)),
        says(outcome),
      );
    for (const name of ["nobody", "wrong", "missing"])
      assert.ok(rows(name).length > 0 && rows(name).every((row) => row.includes("access-denied")), says(outcome));
    assert.not.match(outcome.out + outcome.err, /good password|not so good/);
  },
};

const inside: Scenario = {
  name: "a cluster: in a Pod, by the service account that is mounted there",
  needs: ["api-server", "kubectl", "unshare"],
  async run(tools) {
    const { stage } = tools;
    const server = await startApiServer(tools);
    await server.kubectl(["create", "namespace", "shop"]);
    await server.kubectl(["create", "serviceaccount", "bot", "-n", "shop"]);
    const account = { kind: "ServiceAccount", name: "bot", namespace: "shop" };
    const [role, binding] = permit("shop", "reader", ["get", "list"], ["pods"]);
    const bound = { ...binding, subjects: [account] };
    const pods = [pod("shop", "a", "registry.invalid/app:1")];
    await server.kubectl(["apply", "-f", "-"], listOf(...(role === undefined ? [] : [role]), bound, ...pods));
    stage.write("token", (await server.kubectl(["create", "token", "bot", "-n", "shop"])).out);
    stage.write("ca.crt", server.ca);
    stage.write("namespace", "shop");
    stage.write("policy.json", policy("registry.invalid/other*", keys({ publicKeys: "k8s://shop/release" })));
    const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    const mounting = [
      'mount -t tmpfs none "$(readlink -f /var/run)"',
      `mkdir -p ${folder}`,
      `cp token ca.crt namespace ${folder}`,
      'exec "$@"',
    ].join(" && ");
    const env = {
      KUBECONFIG: "",
      HOME: stage.folder,
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(server.port),
    };
    const apply = (...words: readonly string[]) => {
      const called = [process.execPath, tools.main, "apply", "policy.json", "--cluster", ...words];
      return stage.run(tools.program("unshare"), ["-rm", "sh", "-c", mounting, "sh", ...called], { env });
    };
    exits(0, await apply("-n", "shop"), /to 1 resource/);
    exits(4, await apply(), /the service account of this Pod may not list pods/);
    stage.write("token", "s3cret");
    const refusal = await apply("-n", "shop");
    exits(4, refusal, /does not accept the service account of this Pod/);
    assert.not.match(says(refusal), /s3cret/);
  },
};

export const clusterScenarios: readonly Scenario[] = [answering, paged, refused, loggingIn, pulling, inside];
