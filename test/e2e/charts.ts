/**
 * The chart: Helm lints, renders, installs and removes it, a real API server takes every object, and `serve` decides by
 * the configuration and the webhooks that it renders. No kubelet runs, so Deployments are taken and not started.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { parse, parseAllDocuments, stringify } from "yaml";
import { image, policyText } from "../support/fixture-policies.ts";
import { definitionOf, listOf, object, pod, startApiServer } from "./api-server.ts";
import { freePort, type Outcome } from "./processes.ts";
import { exits, says, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const from = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const chart = from("../../deploy/chart");
const manifests = from("../../deploy/manifests");
const layout = from("../fixtures/documentation/layout");
const policies = from("../fixtures/documentation/policies");

type Values = Readonly<Record<string, unknown>>;
const named: Values = { image: { registry: "registry.example", repository: "sallyport" } };
const policy = { policies: { values: { "policy.yaml": policyText({ name: "check-image" }) } } };
const claim = { mirror: { existingClaim: "mirror" } };
const followed = {
  snapshot: {
    from: "oci://registry.example:5000/a/b",
    keys: { "a.pub": "-----BEGIN PUBLIC KEY-----\nPEM\n-----END PUBLIC KEY-----\n" },
    caConfigMap: "ca",
    credentialsSecret: "c",
  },
  networkPolicy: { snapshotRegistry: [{ ipBlock: { cidr: "192.0.2.1/32" } }] },
};
/** What the guide writes into a file. */
const ofTheGuide = parse(
  /cat > values\.yaml <<'EOF'\n(.*?)^EOF$/ms.exec(
    readFileSync(from("../../docs/guides/in-a-cluster.md"), "utf8"),
  )?.[1] ?? "",
) as Values;
const own = { tls: { from: "own" }, replicas: 1 };
const quiet = { webhook: { enabled: false } };

/** Policies of the API server, and what serve keeps there. */
const ofCluster = {
  ...named,
  ...followed,
  config: { policies: { cluster: true, exceptionNamespaces: ["sallyport"] } },
  tls: { from: "cluster" },
  rbac: {
    secretNamespaces: ["sallyport"],
    clusterRules: [{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] }],
  },
  networkPolicy: { ...followed.networkPolicy, apiServer: [{ ipBlock: { cidr: "192.0.2.3/32" } }] },
};

/** Every switch is thrown in one of them. */
const rendered: Readonly<Record<string, Values>> = {
  guide: ofTheGuide,
  "guide, second step": { ...ofTheGuide, webhook: { ...(ofTheGuide.webhook as Values), enabled: true } },
  own: { ...named, ...policy, ...claim, ...own, ...quiet },
  cluster: ofCluster,
  "cluster, with rights that somebody else gives": { ...ofCluster, rbac: { create: false }, events: { enabled: true } },
  "cluster, online": {
    ...ofCluster,
    replicas: 1,
    snapshot: {},
    mirror: { existingClaim: "mirror" },
    config: { ...ofCluster.config, mode: "online", upstreams: [{ host: "registry.example" }] },
    existingImagePullSecrets: ["regcred"],
    features: { tuf: { enabled: true, mirror: "https://tuf.corp.example", rootRaw: "e30=" } },
    global: { caCertificates: { volume: { hostPath: { path: "/etc/ssl/certs/ca-certificates.crt", type: "File" } } } },
  },
  "cluster, with a certificate of cert-manager": { ...ofCluster, tls: { from: "certManager" } },
  everything: {
    ...named,
    ...followed,
    policies: { ...policy.policies, existingConfigMaps: ["more"], existingClaim: "policies" },
    objects: { values: { "namespaces.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n" } },
    hostNetwork: true,
    extraArgs: { webhooktimeout: 15 },
    extraInitContainers: [{ name: "before", image: "registry.corp/before:1" }],
    extraContainers: [{ name: "beside", image: "registry.corp/beside:1" }],
    extraEnvVars: [{ name: "A", value: "b" }],
    extraVolumes: [{ name: "trust", configMap: { name: "trust" } }],
    extraVolumeMounts: [{ name: "trust", mountPath: "/etc/sallyport/trust" }],
    config: { mode: "offline", trust: { trustedRoot: "/etc/sallyport/trust/root.json" }, limits: { requests: 1000 } },
    webhook: {
      exemptNamespaces: ["kube-system"],
      exemptLabelled: true,
      namespaceSelector: { matchLabels: { team: "a" } },
      failurePolicy: "Ignore",
      timeoutSeconds: 15,
    },
    networkPolicy: {
      ...followed.networkPolicy,
      ingressFrom: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
      metricsFrom: [{ namespaceSelector: {} }],
      extraEgress: [{ to: [{ ipBlock: { cidr: "192.0.2.9/32" } }] }],
    },
    serviceMonitor: { enabled: true },
    prometheusRule: { enabled: true },
    grafana: { enabled: true },
    crds: { install: true },
    certManager: { createSelfSignedIssuer: false, issuerRef: { name: "corp", kind: "ClusterIssuer" } },
    proxy: {
      enabled: true,
      config: { mode: "online", upstreams: [{ host: "registry.example" }] },
      auth: { by: "htpasswd", existingSecret: "logins" },
      upstreams: [{ ipBlock: { cidr: "192.0.2.2/32" } }],
      credentialsSecret: "upstream-logins",
      service: { type: "LoadBalancer" },
    },
  },
};

const inline = (spec: string) => ({
  values: { "a.yaml": `# Two documents.\n---\nkind: PolicyException\n---\nkind: ClusterPolicy\nspec:\n  ${spec}\n` },
});

const tuf = (more: Values) => ({ tuf: { enabled: true, mirror: "https://tuf.corp.example", ...more } });

const taskRuns = {
  apiGroups: ["tekton.dev"],
  apiVersions: ["v1"],
  resources: ["taskruns"],
  operations: ["CREATE"],
  scope: "*",
};

/** Values → what the chart says of them. */
const refused: readonly (readonly [Values, RegExp])[] = [
  [{ ...policy, ...claim }, /image\.repository: nobody publishes an image/],
  [{ image: { repository: "a", tag: "latest" }, ...policy, ...claim }, /image\.tag: latest/],
  [{ ...named, ...claim }, /policies: none are given.*config.policies.cluster: true/],
  [{ ...named, ...policy }, /mirror: there is none/],
  [{ ...named, ...policy, ...followed, networkPolicy: {} }, /networkPolicy\.snapshotRegistry/],
  [{ ...named, ...policy, ...followed, ...claim }, /each replica needs a folder of its own/],
  [{ ...named, ...policy, snapshot: { from: "oci://a/b" } }, /snapshot\.keys: at least one/],
  [{ ...named, ...policy, ...claim, tls: { from: "own" } }, /tls\.from: own makes an authority in each replica/],
  [{ ...named, ...policy, ...claim, ...own }, /webhook\.caBundle/],
  [{ ...named, ...policy, ...claim, tls: { from: "secret" }, ...quiet }, /tls\.existingSecret/],
  [{ ...named, ...policy, ...claim, config: { mode: "online" } }, /replicas: in mode online/],
  [{ ...named, ...policy, ...claim, policyReports: { enabled: true } }, /set config.policies.cluster: true/],
  [{ ...named, ...policy, ...claim, existingImagePullSecrets: ["a"] }, /existingImagePullSecrets.*API server/],
  [{ ...named, ...policy, ...claim, global: { caCertificates: { data: "a", volume: { a: 1 } } } }, /not both/],
  [{ ...named, ...policy, ...claim, features: { policyExceptions: { enabled: true } } }, /features\.policyExceptions/],
  [{ ...named, ...policy, ...claim, features: { tuf: { enabled: true } } }, /features\.tuf\.mirror: name the TUF/],
  [{ ...named, ...policy, ...claim, features: tuf({ root: "https://a/root.json" }) }, /tuf\.root: the path of a file/],
  [{ ...named, ...policy, ...claim, features: tuf({ root: "/a", rootRaw: "e30=" }) }, /root or rootRaw, not both/],
  [{ ...named, ...policy, ...claim, features: tuf({ rootRaw: "eyI" }) }, /tuf\.rootRaw: expected the text/],
  [{ ...named, ...policy, ...claim, admissionController: { replicas: 3 } }, /there is one controller/],
  [{ ...named, ...policy, ...claim, autoscaling: { enabled: true } }, /there is no autoscaler/],
  [{ ...named, ...policy, ...claim, persistence: { enabled: true } }, /persistence: name a claim/],
  [{ ...named, ...policy, ...claim, extraArgs: ["webhooktimeout=15"] }, /extraArgs/],
  [
    { ...named, ...policy, ...claim, extraArgs: ["--webhooktimout=15"] },
    /extraArgs: serve has no flag --webhooktimout,/,
  ],
  [
    { ...named, ...policy, ...claim, extraArgs: { webhooktimout: 15 } },
    /extraArgs: serve has no flag --webhooktimout,/,
  ],
  [{ ...named, ...policy, ...claim, extraArgs: { "--log-level": "debug" } }, /extraArgs/],
  [{ ...named, ...policy, ...claim, extraArgs: ["--store=/elsewhere"] }, /no flag --store, or the chart sets it/],
  [{ ...named, ...policy, ...claim, webhook: { exemptNamespaces: ["kube_system"] } }, /exemptNamespaces/],
  [{ ...ofCluster, webhook: { failurePolicy: "Ignore" } }, /webhook\.failurePolicy: .* each policy says its own/],
  [{ ...ofCluster, webhook: { namespaceSelector: { matchLabels: { a: "b" } } } }, /webhook\.namespaceSelector: with/],
  [{ ...ofCluster, webhook: { objectSelector: { matchLabels: { a: "b" } } } }, /webhook\.objectSelector: with/],
  [{ ...ofCluster, webhook: { rules: [taskRuns] } }, /webhook\.rules: with .* they follow from the policies/],
  [{ ...named, ...policy, ...claim, rbac: { secretNamespaces: ["Shop"] } }, /secretNamespaces/],
  [{ ...named, ...policy, ...claim, serviceMonitor: { namespace: "a.b" } }, /serviceMonitor.namespace/],
  [{ ...named, ...policy, ...claim, global: { caCertificates: { data: "ca.pem" } } }, /caCertificates\.data: expected/],
  [{ ...named, ...policy, ...claim, features: tuf({ mirror: "x" }) }, /features\.tuf\.mirror: expected https/],
  [{ ...named, ...policy, ...claim, certManager: { issuerRef: { name: "ca" } } }, /issuerRef: it counts only with/],
  [
    { ...named, ...policy, ...followed, snapshot: { ...followed.snapshot, keys: { "a.pub": "a" } } },
    /snapshot\.keys: a\.pub is no public key/,
  ],
  [{ ...named, ...policy, ...claim, priorityClassName: "a\nhostPID: true" }, /priorityClassName/],
  [{ ...named, ...policy, ...claim, dnsPolicy: "None\nhostPID: true" }, /dnsPolicy/],
  [{ ...named, ...policy, ...claim, config: { listeners: [] } }, /listeners/],
  [{ ...named, ...policy, ...claim, replica: 3 }, /replica/],
  [{ ...named, ...claim, policies: { values: { signed: "a" } } }, /policies\.values: "signed" is the name of a file/],
  [{ ...named, ...policy, ...followed, snapshot: { keys: { "a/b": "a" } } }, /snapshot\.keys: "a\/b" is the name/],
  [
    { ...named, ...policy, ...claim, networkPolicy: { apiServer: [{ cidr: "10.0.0.1/32" }] } },
    /networkPolicy\/apiServer\/0.*cidr|networkPolicy\.apiServer\.0.*cidr/,
  ],
  [
    { ...named, ...claim, policies: inline("failurePolicy: Ignore"), webhook: { policies: ["Fail"] } },
    /webhook\.policies: a\.yaml has a policy with failurePolicy Ignore/,
  ],
  [
    { ...named, ...claim, policies: inline("background: false"), webhook: { policies: ["Ignore"] } },
    /webhook\.policies: a\.yaml has a policy with failurePolicy Fail/,
  ],
  [
    { ...named, ...claim, policies: inline("webhookTimeoutSeconds: 30") },
    /webhook\.timeoutSeconds: a\.yaml has a policy with webhookTimeoutSeconds 30/,
  ],
  [
    { ...named, ...claim, policies: inline("webhookConfiguration: { failurePolicy: Fail, timeoutSeconds: 30 }") },
    /webhook\.timeoutSeconds: a\.yaml has a policy with webhookConfiguration\.timeoutSeconds 30/,
  ],
];

/** Kinds of other projects that the chart has objects of. */
const foreign = [
  definitionOf("Certificate", "certificates", "cert-manager.io"),
  definitionOf("Issuer", "issuers", "cert-manager.io"),
  definitionOf("ServiceMonitor", "servicemonitors", "monitoring.coreos.com"),
  definitionOf("PrometheusRule", "prometheusrules", "monitoring.coreos.com"),
];

type Helm = "helm" | "helm3";
const helmOf =
  ({ stage, program }: Tools, version: Helm = "helm") =>
  (words: readonly string[], values?: Values): Promise<Outcome> =>
    stage.run(program(version), values === undefined ? words : [...words, "--values", "-"], {
      ...(values === undefined ? {} : { input: JSON.stringify(values) }),
      env: { HELM_CACHE_HOME: stage.folder, HELM_CONFIG_HOME: stage.folder, HELM_DATA_HOME: stage.folder },
    });

/** Else it is that of the library that Helm was built with. */
const forVersion = ["--kube-version", "1.36.0"];
const template = ["template", "sallyport", chart, "--namespace", "sallyport", ...forVersion];

const renders = (version: Helm, called: string): Scenario => ({
  name: `chart: ${called} lints and renders it, and what is wrong or not built is said`,
  needs: [version],
  async run(tools) {
    const helm = helmOf(tools, version);
    for (const file of readdirSync(join(manifests, "values")))
      succeeds(await helm(["lint", "--strict", chart, ...forVersion, "--values", join(manifests, "values", file)]));
    for (const values of Object.values(rendered)) succeeds(await helm([...template], values));
    // Go writes large numbers as 8.388608e+06, which is no size.
    const extraArgs = { "limits-body": 8_388_608, "policies-allow-empty": true, "log-level": "debug" };
    const { out, err } = succeeds(await helm([...template], { ...named, ...policy, ...claim, extraArgs }));
    assert.not.match(err, "skipped value", "a list as the default would be no table");
    for (const flag of ["limits-body=8388608", "policies-allow-empty=true", "log-level=debug"])
      assert.match(out, `- "--${flag}"\n`);
    for (const [values, sentence] of refused) {
      const outcome = await helm([...template], values);
      assert.is(outcome.exit, 1, JSON.stringify(values));
      assert.match(says(outcome), sentence);
    }
  },
});

const taken: Scenario = {
  name: "chart: an API server takes every object; Helm installs it, and removes all but the definitions",
  needs: ["helm", "api-server", "kubectl"],
  async run(tools) {
    const helm = helmOf(tools);
    const { kubectl, config } = await startApiServer(tools);
    const admin = config("administrator", { token: "administrator" });
    await kubectl(["apply", "-f", "-"], listOf(...foreign, object("Namespace", [undefined, "sallyport"])));
    await kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
    const dryRun = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    for (const name of readdirSync(manifests).filter((file) => file.endsWith(".yaml")))
      await kubectl(dryRun, readFileSync(join(manifests, name), "utf8"));
    for (const values of Object.values(rendered)) await kubectl(dryRun, succeeds(await helm(template, values)).out);

    // Policies as the documentation writes them, with pubKey, are taken as they are.
    await kubectl(["apply", "-f", join(manifests, "crds.yaml")]);
    await kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
    const custom = readFileSync(join(policies, "15-custom-rekor-and-ctlog-key.yaml"), "utf8");
    assert.match(custom, "pubKey");
    await kubectl(["apply", "--validate=strict", "-f", "-"], custom);
    assert.match((await kubectl(["get", "clusterpolicies", "-o", "yaml"])).out, "pubKey");
    await kubectl(["delete", "-f", join(manifests, "crds.yaml")]);

    const values = { ...named, ...policy, ...followed, crds: { install: true } };
    const release = ["--namespace", "sallyport", "--kubeconfig", admin];
    const installed = succeeds(await helm(["install", "gate", chart, ...release], values));
    assert.match(installed.out, /rollout status deployment\/gate-sallyport/);
    assert.match(installed.out, /kubectl delete mutatingwebhookconfiguration\/gate-sallyport-mutate/);
    const webhooks = ["get", "mutatingwebhookconfigurations,validatingwebhookconfigurations", "-o", "name"];
    assert.is((await kubectl(webhooks)).out.trim().split("\n").length, 2);
    succeeds(await helm(["uninstall", "gate", ...release]));
    assert.is((await kubectl(webhooks)).out, "");
    assert.match((await kubectl(["get", "crd", "-o", "name"])).out, "clusterpolicies.kyverno.io");
    const left = ["get", "deployments,services,configmaps,networkpolicies,poddisruptionbudgets", "-o", "name"];
    assert.not.match((await kubectl([...left, "--namespace", "sallyport"])).out, "gate");
  },
};

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly webhooks?: readonly { readonly clientConfig: { readonly service: { readonly path: string } } }[];
}

/** What the chart renders, on loopback: paths of the container are those of the stage, and a Service is an address. */
const judged: Scenario = {
  name: "chart: serve decides by the configuration and the webhooks that it renders",
  needs: ["helm", "api-server", "kubectl"],
  async run(tools) {
    const { stage, main } = tools;
    const helm = helmOf(tools);
    exits(0, await tools.sallyport(["mirror", "add", layout, "--complete=repository", "--store", "mirror"]));
    const values = { ...named, ...policy, ...claim, ...own };
    const objectsOf = async (changes: Values): Promise<readonly Rendered[]> =>
      parseAllDocuments(succeeds(await helm(template, { ...values, ...changes })).out).map(
        (one) => one.toJS() as Rendered,
      );
    const first = await objectsOf(quiet);
    const textOf = (name: string, key: string): string =>
      first.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name)?.data?.[key] ?? "";
    const [port, health] = [await freePort(), await freePort()];
    stage.write("policy.yaml", textOf("sallyport-policies", "policy.yaml"));
    const text = textOf("sallyport-config", "sallyport.yaml")
      .replace('":9443"', `"127.0.0.1:${port}"`)
      .replace('":8000"', `"127.0.0.1:${health}"`)
      .replace("/etc/sallyport/policies/values", "policy.yaml")
      .replace("store: /mirror", "store: mirror");
    assert.not.match(text, "/etc/");
    stage.write("sallyport.yaml", text);
    const answers = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok;
    await stage.serve(process.execPath, [main, "serve", "--config", "sallyport.yaml"], answers);

    const { kubectl, config } = await startApiServer(tools);
    const admin = config("administrator", { token: "administrator" });
    await kubectl(["create", "namespace", "shop"]);
    await kubectl(["create", "namespace", "sallyport"]);
    const caBundle = readFileSync(join(stage.folder, "mirror/tls/ca.pem"), "utf8");
    for (const one of await objectsOf({ webhook: { caBundle } })) {
      if (one.webhooks === undefined) continue;
      const webhooks = one.webhooks.map(({ clientConfig: { service, ...rest }, ...webhook }) => ({
        ...webhook,
        clientConfig: { ...rest, url: `https://127.0.0.1:${port}${service.path}` },
      }));
      await kubectl(["apply", "-f", "-"], stringify({ ...one, webhooks }));
    }
    const create = (namespace: string, name: string, tag: string, labels: object = {}): Promise<Outcome> => {
      const made = pod(namespace, name, image(tag));
      return stage.run(tools.program("kubectl"), ["--kubeconfig", admin, "create", "-f", "-"], {
        input: JSON.stringify({ ...made, metadata: { ...made.metadata, labels } }),
      });
    };
    // The API server takes a moment to know its webhooks.
    let denied = await create("shop", "unsigned-0", "unsigned");
    for (let times = 1; denied.exit === 0 && times < 100; times++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      denied = await create("shop", `unsigned-${times}`, "unsigned");
    }
    assert.match(says(denied), /signature not found/);
    succeeds(await create("shop", "signed", "signed"));
    // Its own Pods must start before it answers; the same labels elsewhere are nobody's.
    const labels = {
      "app.kubernetes.io/name": "sallyport",
      "app.kubernetes.io/instance": "sallyport",
      "app.kubernetes.io/component": "admission",
    };
    succeeds(await create("sallyport", "own", "unsigned", labels));
    assert.is((await create("shop", "own", "unsigned", labels)).exit, 1);
    assert.is((await create("sallyport", "other", "unsigned")).exit, 1);
  },
};

export const chartScenarios: readonly Scenario[] = [
  renders("helm", "Helm 4"),
  renders("helm3", "Helm 3"),
  taken,
  judged,
];
