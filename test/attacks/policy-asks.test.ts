/** Attacks by whom a policy has `serve` ask. Each is first made as a ClusterPolicy, for which the same is asked. */
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/encoding/json.ts";
import { defaultLimits } from "../../core/limits.ts";
import { parseYaml } from "../../core/kyverno/policy/yaml.ts";
import { Connections } from "../../proxy/upstream/connections.ts";
import { Fetcher } from "../../proxy/upstream/fetch-bounded.ts";
import { awsReader } from "../../proxy/upstream/kms/aws-keys.ts";
import { openRekor } from "../../proxy/upstream/rekor/log-entries.ts";
import { runCli } from "../cli/command-io.ts";
import { policyFor } from "../cli/demo-policy.ts";
import { head, serving } from "../cli/serving.ts";
import { newKey } from "../lab/keys.ts";
import { reviewOf } from "../support/admission.ts";
import { rejectsCode } from "../support/assert.ts";
import { kubeconfigOf } from "../support/api-server.ts";
import { serveCluster } from "../support/cluster-server.ts";
import { entryOf, image, indent, now, pod, policyText } from "../support/fixture-policies.ts";
import { loadFrom } from "../support/kms.ts";
import { serveLoopback } from "../support/loopback-server.ts";
import { keyWith, kms, ofOne } from "../support/policy-asks.ts";
import { SmallRegistry } from "../support/small-registry.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("policy-asks");

const at = now.toISOString();
const layout = fileURLToPath(new URL("../fixtures/documentation/layout", import.meta.url));
const store = tempFolder();
const filled = runCli(["mirror", "add", layout, "--complete=repository", "--store", store], { now: at });

/** Whoever dials it is counted, whatever is spoken, and hears nothing. */
async function openTrap() {
  let dials = 0;
  const server = createServer((socket) => {
    dials++;
    socket.on("error", () => undefined).destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    dials: () => dials,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

interface Answer {
  readonly allowed: boolean;
  readonly message: string;
}

async function review(url: string, object: JsonObject, path = "/mutate/fail"): Promise<Answer> {
  const response = await fetch(`${url}${path}?timeout=5s`, {
    method: "POST",
    body: JSON.stringify(reviewOf(object)),
  });
  const { response: answer } = (await response.json()) as {
    readonly response: { allowed: boolean; status?: { message: string } };
  };
  return { allowed: answer.allowed, message: (answer.status?.message ?? "").replace(/\s+/g, " ") };
}

/** What may be dialled at the trap, as entries of an attestor. */
const ways = (host: string) => ({
  vault: kms("hashivault://release"),
  openbao: kms("openbao://release"),
  "an endpoint of AWS": kms(`awskms://${host}/alias/release`),
  "AWS as a public key": `- keys: { publicKeys: "awskms://${host}/alias/release", rekor: { ignoreTlog: true } }`,
  "a log": keyWith(`{ url: "http://${host}" }`),
  "a repository": `${entryOf("a")}\n            repository: ${host}/signatures`,
  "a nested entry": `- attestor: { entries: [{ keys: { kms: "hashivault://release" } }] }`,
});

interface Asking {
  readonly policies: Readonly<Record<string, string>>;
  readonly object?: JsonObject;
  readonly path?: string;
  readonly mayAsk?: readonly string[];
}

/** How often the trap was dialled, and what was answered. */
async function asked(trap: { readonly host: string; readonly dials: () => number }, given: Asking) {
  const { policies, object = pod(image("signed")), path, mayAsk = [] } = given;
  await filled;
  const before = trap.dials();
  let answer: Answer | undefined;
  const files = {
    "sallyport.yaml":
      `${head}store: ${store}\nmode: online\nlisteners: [{ address: "127.0.0.1:0", serves: [admission] }]\n` +
      `upstreams: [{ host: "${trap.host}", plainHTTP: true }]\n` +
      `policies: { folders: [policies], mayAsk: ${JSON.stringify(mayAsk)} }\n`,
    ...Object.fromEntries(Object.entries(policies).map(([name, text]) => [`policies/${name}.yaml`, text])),
  };
  const env = {
    VAULT_ADDR: `http://${trap.host}`,
    VAULT_TOKEN: "of-serve",
    AWS_ACCESS_KEY_ID: "of-serve",
    AWS_SECRET_ACCESS_KEY: "of-serve",
    AWS_REGION: "eu-central-1",
  };
  const { exit, out, err } = await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""] }) => {
      answer = await review(url, object, path);
    },
    { files, now: at, env },
  );
  assert.is(exit, 0, `${out}${err}`);
  return { dials: trap.dials() - before, ...(answer ?? { allowed: true, message: "" }) };
}

/** The SDK of AWS is not installed here: who is about to load it would dial. */
const isAsked = (way: string, { dials, message }: { readonly dials: number; readonly message: string }): boolean =>
  way.includes("AWS") ? message.includes("npm install @aws-sdk/client-kms") : dials > 0;

attack(293, "each form of key, log and repository, by a Policy of a folder", async () => {
  const trap = await openTrap();
  for (const [way, entry] of Object.entries(ways(trap.host))) {
    const cluster = await asked(trap, { policies: { a: policyText({ entries: [entry] }) } });
    assert.ok(isAsked(way, cluster), `${way} of a ClusterPolicy: ${cluster.message}`);
    for (const [path, spec] of [
      ["/mutate/fail", "validationFailureAction: Enforce"],
      ["/mutate/ignore", "validationFailureAction: Enforce\nfailurePolicy: Ignore"],
    ] as const) {
      const policies = { a: policyText({ ...ofOne, spec, entries: [entry] }) };
      const { dials, allowed, message } = await asked(trap, { policies, path });
      assert.equal([dials, allowed], [0, false], `${way} ${path}: ${message}`);
      assert.match(
        message,
        /\[access-denied\] the Policy shop\/check cannot make serve ask \S+: .*policies\.mayAsk/,
        way,
      );
      assert.match(message, /vault|openbao|nested/.test(way) ? "://release: " : trap.host);
    }
    const allowed = await asked(trap, {
      policies: { a: policyText({ ...ofOne, entries: [entry] }) },
      mayAsk: [
        "hashivault://release",
        "openbao://*",
        `awskms://${trap.host}/*`,
        `http://${trap.host}`,
        `${trap.host}/*`,
      ],
    });
    assert.ok(isAsked(way, allowed), `${way}, listed: ${allowed.message}`);
  }
  await trap.close();
});

attack(293, "a key and a log, by a sync", async () => {
  const key = newKey();
  const registry = await new SmallRegistry().start();
  registry.sign("app", registry.addImage("app", "1", "an image"), key);
  const latest = { keys: { 1: { public_key: key.pem } }, latest_version: 1, type: "ecdsa-p256" };
  const vault = await serveLoopback((_, response) => void response.end(JSON.stringify({ data: latest })));
  const log = await serveLoopback((_, response) => void response.end("[]"));
  const cluster = policyFor(key.pem, { images: `${registry.host}/*` })
    .replace(/publicKeys: \|-\n[\s\S]*-----END PUBLIC KEY-----/, "publicKeys: hashivault://app")
    .replace("ignoreTlog: true", `url: ${log.url}\n                      pubkey: ${JSON.stringify(key.pem)}`);
  const synced = async (policy: string): Promise<readonly string[]> => {
    const files = {
      "p.yaml": policy,
      "images.txt": `${registry.host}/app:1\n`,
      "c.yaml":
        `${head}mode: online\nstore: ${tempFolder()}\nlisteners: [{ address: "127.0.0.1:0" }]\n` +
        `upstreams: [{ host: "${registry.host}", plainHTTP: true }]\n` +
        "policies: { folders: [p.yaml] }\nsync: { lists: [images.txt], interval: 1h }\n",
    };
    const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "of-serve" };
    await serving(["-c", "c.yaml"], ({ logged }) => logged("synced"), { files, env, now: at });
    return [...vault.asked(), ...log.asked()];
  };
  const own = cluster
    .replace("kind: ClusterPolicy", "kind: Policy")
    .replace("metadata:\n", "metadata:\n  namespace: evil\n");
  assert.equal(await synced(own), []);
  assert.equal(await synced(own.replace("hashivault://app", `|-\n${" ".repeat(24)}${indent(key.pem, 24)}`)), []);
  assert.is((await synced(cluster)).length, 2);
  await Promise.all([registry, vault, log].map((server) => server.close()));
});

const kinds = {
  clusterpolicies: "ClusterPolicy",
  policies: "Policy",
  policyexceptions: "PolicyException",
  namespaces: "Namespace",
  configmaps: "ConfigMap",
  secrets: "Secret",
};
const objectOf = (text: string) => parseYaml(text, "policy", { limits: defaultLimits })[0]?.value as unknown as object;

attack(296, "of a cluster, where serve may read all of them", async () => {
  await filled;
  const context = "context: [{ name: of, configMap: { name: settings, namespace: kube-system } }]";
  const policy = (kind: object, references = '["*"]') =>
    policyText({
      ...kind,
      references,
      rule: `${context}\npreconditions: { all: [{ key: "{{ of.data.a }}", operator: Equals, value: a }] }`,
      entries: [kms("k8s://kube-system/token")],
    });
  for (const mode of ["offline", "online"]) {
    const served = await serveCluster(kinds);
    const read = (): readonly string[] => served.asked().filter((one) => one.includes("kube-system"));
    const files = (text: object | string) => {
      served.put(
        JSON.stringify(text).includes("ClusterPolicy") ? "clusterpolicies" : "policies",
        objectOf(String(text)),
      );
      return {
        "sallyport.yaml":
          `${head}store: ${store}\nmode: ${mode}\nlisteners: [{ address: "127.0.0.1:0", serves: [admission] }]\n` +
          `${mode === "online" ? "upstreams: [{ host: 127.0.0.1:1 }]\n" : ""}` +
          "policies: { cluster: true, exceptionNamespaces: ['*'] }\ncluster: { kubeconfig: admin.conf }\n",
        "admin.conf": kubeconfigOf(served.url),
      };
    };
    const seen: string[] = [];
    const act = (text: string) =>
      serving(
        ["--config", "sallyport.yaml"],
        async ({ urls: [url = ""], logged }) => {
          await logged("the configuration was loaded again");
          seen.push((await review(url, pod(image("signed")))).message);
        },
        { files: files(text), now: at },
      );
    await act(policy({ kind: "Policy", namespace: "shop", name: "one" }));
    assert.equal(read(), [], mode);
    await act(policy({ name: "all" }));
    assert.ok(read().length > 0, `${mode}: a ClusterPolicy has them read`);
    await served.close();
  }
});

attack(297, "a log and AWS, to an address that nobody allowed", async () => {
  const trap = await serveLoopback((_, response) => response.end("{}"));
  const first = await serveLoopback((request, response) => {
    request.resume();
    response.writeHead(Number(/\d+/.exec(request.url ?? "")?.[0] ?? 302), { location: `${trap.url}/inside` }).end();
  });
  const connections = new Connections({ env: {} });
  const fetcher = new Fetcher({ connections, tries: 1 });
  const parts = { fetcher, limits: defaultLimits, now: () => now };
  const signal = AbortSignal.timeout(10_000);
  for (const status of [301, 302, 303, 307, 308])
    await rejectsCode("upstream-error", () =>
      openRekor(parts).ask({ kind: "log-entry", log: `${first.url}/${status}`, hash: "sha256:00" }, signal),
    );
  assert.is(first.asked().length, 5);
  const { hostname, port } = new URL(first.url);
  const sent = {
    protocol: "http:",
    hostname,
    port: Number(port),
    method: "POST",
    path: "/302",
    headers: {},
    body: "{}",
  };
  /** Sends what AWS's SDK makes through what it was given. */
  class KMSClient {
    readonly #handler: { handle(request: object): Promise<unknown> };
    constructor({ requestHandler }: { readonly requestHandler: { handle(request: object): Promise<unknown> } }) {
      this.#handler = requestHandler;
    }
    send(): Promise<unknown> {
      return this.#handler.handle(sent);
    }
  }
  const load = loadFrom({ "@aws-sdk/client-kms": { KMSClient, GetPublicKeyCommand: Object } });
  const reader = awsReader({ fetcher, env: {}, limits: defaultLimits, load });
  await rejectsCode("upstream-error", () => reader({ service: "aws", id: "alias/a" }, "awskms:///alias/a", signal));
  assert.equal(first.asked(), ["POST /302"]);
  assert.equal(trap.asked(), []);
  await connections.close();
  await Promise.all([first.close(), trap.close()]);
});

run();
