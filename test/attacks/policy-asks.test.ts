/** Attacks by whom a policy has `serve` ask. Each is first made as a ClusterPolicy, for which the same is asked. */
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/encoding/json.ts";
import { type EngineInput, encodeEngineDocument, readEngineDocument } from "../../core/decide/engine-document.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { EngineError } from "../../core/errors.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { defaultLimits } from "../../core/limits.ts";
import { parseYaml } from "../../core/kyverno/policy/yaml.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { askableIn } from "../../proxy/serve/may-ask.ts";
import { Connections } from "../../proxy/upstream/connections.ts";
import { Fetcher } from "../../proxy/upstream/fetch-bounded.ts";
import { openRekor } from "../../proxy/upstream/rekor/log-entries.ts";
import { runCli } from "../cli/command-io.ts";
import { policyFor } from "../cli/demo-policy.ts";
import { head, serving } from "../cli/serving.ts";
import { newKey } from "../lab/keys.ts";
import { reviewOf } from "../support/admission.ts";
import { kubeconfigOf } from "../support/api-server.ts";
import { serveCluster } from "../support/cluster-server.ts";
import { fixtureKnowledge, fixtureText } from "../support/fixture-images.ts";
import { entryOf, image, indent, load, now, pod, policyText } from "../support/fixture-policies.ts";
import { insteadPresent } from "../support/instead.ts";
import { serveLoopback } from "../support/loopback-server.ts";
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

const pem = (spaces: number): string => indent(fixtureText("trust/release.pub"), spaces);
const keyWith = (rekor: string): string =>
  `- keys:\n              publicKeys: |-\n                ${pem(16)}\n              rekor: ${rekor}`;
const kms = (reference: string): string => `- keys: { kms: "${reference}", rekor: { ignoreTlog: true } }`;

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

const ofOne = { kind: "Policy", namespace: "shop" };

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
      assert.match(message, /\[access-denied\] the Policy shop\/check may not have \S+ asked: .*policies\.mayAsk/, way);
      assert.match(message, /vault|openbao|nested/.test(way) ? "://release " : trap.host);
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

/** By an engine as the one of `serve`: what is refused, and what is asked for next. */
function decided(texts: readonly string[], { mayAsk = [] as readonly string[], object = pod(image("signed")) } = {}) {
  const { policies } = load(...texts);
  const askable = askableIn(policies, { mayAsk, isOnline: true, limits: defaultLimits });
  const engine = createEngine({ policies, crypto: nodeVerifier, settings: { absentNamespaceLabels: "none", askable } });
  const { results, open } = engine.decide(requestFor(object), fixtureKnowledge, now, { pass: "mutate" });
  return {
    codes: results.map(({ policy, status, failures }) => `${policy} ${status} ${failures[0]?.code ?? ""}`.trim()),
    open: open.map((question: Question) =>
      question.kind === "key" ? question.reference : question.kind === "log-entry" ? question.log : question.kind,
    ),
  };
}

const refused = { codes: ["check error access-denied"], open: [] };

attack(
  293,
  "keys that no host is dialled for: files, variables of the environment, Google's and Azure's services",
  () => {
    for (const reference of [
      "/var/run/secrets/kubernetes.io/serviceaccount/token",
      "env://VAULT_TOKEN",
      "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k",
      "azurekms://vault.example/key",
      "awskms:///arn:aws:kms:eu-central-1:111122223333:alias/other",
      "awskms:///alias/prod",
      "k8s://kube-system/token",
      "cosign.key",
    ])
      assert.equal(decided([policyText({ ...ofOne, entries: [kms(reference)] })]), refused, reference);
    const secret = (namespace: string): string =>
      policyText({
        ...ofOne,
        entries: [`- keys: { secret: { name: key, namespace: ${namespace} }, rekor: { ignoreTlog: true } }`],
      });
    assert.equal(decided([secret("kube-system")]), refused);
    assert.equal(decided([secret("shop")]).open, ["k8s://shop/key"]);
  },
);

attack(293, "of a key that is written for all namespaces, another name or version", () => {
  const written = policyText({ name: "all", references: '["other.example/*"]', entries: [kms("awskms:///alias/a")] });
  const one = (reference: string) => decided([written, policyText({ ...ofOne, entries: [kms(reference)] })]);
  assert.equal(one("awskms:///alias/a").open, ["awskms:///alias/a"]);
  for (const other of ["awskms:///alias/ab", "awskms:///alias/", "awskms:///alias/*", "awskms://a/alias/a"])
    assert.equal(one(other), refused, other);
  const star = policyText({ name: "all", references: '["other.example/*"]', entries: [kms("awskms:///*")] });
  assert.equal(decided([star, policyText({ ...ofOne, entries: [kms("awskms:///alias/b")] })]), refused);
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

attack(293, "and again where its record is replayed", () => {
  const { policies } = load(policyText({ ...ofOne, entries: [kms("hashivault://release")] }));
  const askable = askableIn(policies, { mayAsk: [], isOnline: true, limits: defaultLimits });
  const input = { policies, settings: { absentNamespaceLabels: "none", askable } } as const;
  const resultsOf = (one: EngineInput) =>
    createEngine({ ...one, crypto: nodeVerifier }).decide(requestFor(pod(image("signed"))), fixtureKnowledge, now)
      .results;
  const again = readEngineDocument(encodeEngineDocument(input), "", defaultLimits);
  assert.equal(resultsOf(again), resultsOf(input));
  assert.is(resultsOf(again)[0]?.failures[0]?.code, "access-denied");
});

attack(294, "capitals, a dot behind it, a port, a user, other addresses of it, a longer name", () => {
  const log = (url: string) =>
    decided([policyText({ ...ofOne, entries: [keyWith(`{ url: "${url}" }`)] })], {
      mayAsk: ["https://rekor.corp", "azurekms://keys.corp/*", "awskms://kms.corp/*"],
    });
  for (const url of [
    "https://rekor.corp",
    "https://rekor.corp/",
    "https://rekor.corp/a/b",
    "https://rekor.sigstore.dev",
  ])
    assert.equal(log(url).open, [url], url);
  for (const url of [
    "https://REKOR.corp",
    "HTTPS://rekor.corp",
    "https://rekor.corp.",
    "https://rekor.corp:8443",
    "https://rekor.corp:443",
    "http://rekor.corp",
    "https://rekor.corp@evil.example",
    "https://rekor.corp:x@evil.example/",
    "https://user@rekor.corp",
    "https://rekor.corp.evil.example",
    "https://rekor.corpevil.example",
    "https://rekor.corp%2eevil.example",
    "https://rekor.corp%00.evil.example",
    "https://rekor.corp?@evil.example/",
    "https://rekor.corp#@evil.example/",
    "//rekor.corp",
    "https:rekor.corp",
    "https:///rekor.corp",
    "https:////evil.example",
    " https://rekor.corp",
    "https://[::1]",
    "https://[::ffff:7f00:1]",
    "https://2130706433",
    "https://0x7f.1",
    "https://127.1",
    "https://localhost",
  ])
    assert.equal(log(url).open, [], url);
  const key = (reference: string) =>
    decided([policyText({ ...ofOne, entries: [kms(reference)] })], {
      mayAsk: ["azurekms://keys.corp/*", "awskms://kms.corp/*", "k8s://trust/*"],
    });
  assert.equal(key("azurekms://keys.corp/a").open, ["azurekms://keys.corp/a"]);
  for (const reference of [
    "azurekms://keys.corp.evil.example/a",
    "azurekms://keys.corp:444/a",
    "azurekms://KEYS.corp/a",
    "azurekms://keys.corp./a",
    "azurekms://evil.example/keys.corp/a",
    "AZUREKMS://keys.corp/a",
    "awskms://kms.corp:1/alias/a",
    "awskms:///alias/a",
    "k8s://trusted/key",
    "k8s://trust",
    "k8s://shop",
    "k8s://shopping/key",
    "k8s://SHOP/key",
  ])
    assert.equal(key(reference), refused, reference);
});

const variableOf = (path: string): string => `{{ request.object.metadata.annotations.${path} }}`;
const annotated = (annotations: JsonObject): JsonObject => {
  const { metadata, ...rest } = pod(image("signed")) as { readonly metadata: JsonObject };
  return { ...rest, metadata: { ...metadata, annotations } };
};

attack(295, "the whole reference, the host alone, and a name behind a host that is written", () => {
  const by = (entry: string, annotations: JsonObject, mayAsk: readonly string[] = []) =>
    decided([policyText({ entries: [entry] })], { object: annotated(annotations), mayAsk });
  const whole = kms(variableOf("key"));
  assert.equal(by(whole, { key: "awskms://evil.example/alias/a" }), refused);
  assert.equal(by(whole, { key: "awskms:///alias/a" }), refused);
  assert.equal(by(whole, { key: "awskms:///alias/a" }, ["awskms:///*"]).open, ["awskms:///alias/a"]);
  assert.equal(by(kms(`azurekms://${variableOf("host")}/key`), { host: "evil.example" }), refused);
  assert.equal(by(kms(`azurekms://${variableOf("host")}.vault.azure.net/key`), { host: "evil.example/a?" }), refused);
  assert.equal(by(kms(`awskms:///alias/${variableOf("name")}`), { name: "a" }).open, ["awskms:///alias/a"]);
  assert.equal(by(keyWith(`{ url: "https://${variableOf("host")}" }`), { host: "evil.example" }).open, []);
  assert.equal(by(keyWith(`{ url: "https://rekor.corp${variableOf("rest")}" }`), { rest: ".evil.example" }).open, []);
  assert.equal(by(keyWith(`{ url: "https://rekor.corp/${variableOf("rest")}" }`), { rest: "@evil.example" }).open, [
    "https://rekor.corp/@evil.example",
  ]);
  const repository = `${entryOf("a")}\n            repository: "${variableOf("repository")}"`;
  assert.equal(by(repository, { repository: "registry.example/private/a" }), refused);
  // By whoever may write for all namespaces a Secret may be the Pod's own.
  assert.equal(by(kms(`k8s://${variableOf("namespace")}/key`), { namespace: "shop" }).open, ["k8s://shop/key"]);
});

attack(295, "and by a Policy of one namespace a name behind a host that a ClusterPolicy writes", () => {
  const all = policyText({
    name: "all",
    references: '["other.example/*"]',
    entries: [kms(`awskms:///alias/${variableOf("name")}`)],
  });
  const object = annotated({ name: "a" });
  for (const reference of ["awskms:///alias/a", `awskms:///alias/${variableOf("name")}`])
    assert.equal(decided([all, policyText({ ...ofOne, entries: [kms(reference)] })], { object }), refused, reference);
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
    try {
      await openRekor(parts).ask({ kind: "log-entry", log: `${first.url}/${status}`, hash: "sha256:00" }, signal);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, EngineError);
      assert.is((error as EngineError).code, "upstream-error");
    }
  assert.is(first.asked().length, 5);
  assert.equal(trap.asked(), []);
  await connections.close();
  await Promise.all([first.close(), trap.close()]);
});

attack(298, "by the API's paths of its own namespace", () => {
  const by = (path: string) =>
    decided([
      policyText({
        ...ofOne,
        rule:
          `context: [{ name: of, apiCall: { urlPath: "${path}" } }]\n` +
          'preconditions: { all: [{ key: "{{ of.a }}", operator: Equals, value: a }] }',
      }),
    ]);
  assert.equal(by("/api/v1/namespaces/shop/configmaps/a").open, ["cluster"]);
  for (const path of [
    "/api/v1/namespaces/shop/secrets",
    "/api/v1/namespaces/shop/secrets/token",
    "/api/v1/namespaces/shop/secrets?limit=1",
    "/api/v1/namespaces/shop/services/http:inside:80/proxy/admin",
    "/api/v1/namespaces/shop/services/inside/proxy",
    "/api/v1/namespaces/shop/pods/web/proxy/",
    "/api/v1/namespaces/shop/s%65crets/token",
    "/api/v1/namespaces/shop//secrets/token",
  ])
    assert.equal(by(path), { codes: ["check error unresolved"], open: [] }, path);
});

attack(300, "steps and queries in an annotation that a ClusterPolicy reads", () => {
  const path = `/api/v1/namespaces/${variableOf("team")}/configmaps/settings`;
  const policy = policyText({
    rule:
      `context: [{ name: of, apiCall: { urlPath: "${path}" } }]\n` +
      'preconditions: { all: [{ key: "{{ of.a }}", operator: Equals, value: a }] }',
  });
  const by = (team: string) => decided([policy], { object: annotated({ team }) });
  assert.equal(by("shop").open, ["cluster"]);
  for (const team of ["kube-system/secrets/token?", "kube-system/secrets", "shop?", "", "a&b", "a/../b"])
    assert.equal(by(team), { codes: ["check error unresolved"], open: [] }, team);
});

attack(299, "in one decision, in either order, and from one decision to the next", () => {
  const key = "awskms:///alias/shop";
  const entry = kms(key);
  // In a variable, so that the same text is nowhere written.
  const all = policyText({ name: "all", entries: [kms("awskms:///alias/{{ request.namespace }}")] });
  const one = policyText({ ...ofOne, name: "one", entries: [entry] });
  const known = insteadPresent(fixtureKnowledge, "key", fixtureText("trust/release.pub"), { at, from: "AWS KMS" });
  for (const texts of [
    [all, one],
    [one, all],
  ]) {
    const { policies } = load(...texts);
    const askable = askableIn(policies, { mayAsk: [], isOnline: true, limits: defaultLimits });
    const engine = createEngine({
      policies,
      crypto: nodeVerifier,
      settings: { absentNamespaceLabels: "none", askable },
    });
    const codes = (knowledge: typeof known): readonly string[] =>
      engine
        .decide(requestFor(pod(image("signed"))), knowledge, now, { pass: "mutate" })
        .results.map(({ policy, status, failures }) => `${policy} ${status} ${failures[0]?.code ?? ""}`.trim())
        .sort();
    assert.equal(codes(fixtureKnowledge), ["all error no-key", "one error access-denied"]);
    for (let times = 0; times < 2; times++) assert.equal(codes(known), ["all pass", "one error access-denied"]);
  }
});

run();
