/**
 * The flags and values that Kyverno's documentation names, as values of the chart: `--imagePullSecrets`,
 * `global.caCertificates`, `--webhooktimeout` and the annotation for a role of Amazon. What the chart renders runs on
 * loopback: the file of the authorities is mounted in a namespace of its own, the Secret is read from the cluster.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { parse, parseAllDocuments, stringify } from "yaml";
import { indent } from "../support/fixture-policies.ts";
import { tlsAuthority } from "../support/tls-identity.ts";
import { listOf, object, pod, startApiServer } from "./api-server.ts";
import { freePort, type Outcome } from "./processes.ts";
import { type Access, exits, push, says, sign, startRegistry, succeeds, user } from "./registry-actions.ts";
import type { Scenario } from "./scenario.ts";

const chart = fileURLToPath(new URL("../../deploy/chart", import.meta.url));
const definitions = fileURLToPath(new URL("../../deploy/manifests/crds.yaml", import.meta.url));
const role = "arn:aws:iam::123456789012:role/kyverno";

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly containers: readonly {
          readonly env?: readonly { readonly name: string; readonly value: string }[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
      };
    };
  };
}

const policyOf = (host: string, key: string): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: check-image }
spec:
  validationFailureAction: Enforce
  webhookTimeoutSeconds: 15
  rules:
  - name: check-image
    match: { any: [{ resources: { kinds: [Pod] } }] }
    verifyImages:
    - imageReferences: ["${host}/*"]
      attestors:
      - entries:
        - keys:
            publicKeys: |-
              ${indent(key, 14)}
            rekor: { ignoreTlog: true }
`;

const privateRegistry: Scenario = {
  name: "flags: imagePullSecrets, caCertificates, webhooktimeout and a role of Amazon, as values of the chart",
  needs: ["api-server", "kubectl", "helm", "distribution", "crane", "cosign3", "unshare"],
  async run(tools) {
    const { stage, program, main } = tools;
    const authority = await tlsAuthority("Corp Root");
    const own = await authority.issue(["127.0.0.1"]);
    const host = await startRegistry("distribution", tools, { login: true, tls: { ca: authority.ca, ...own } });
    mkdirSync(join(stage.folder, "docker"));
    const auth = Buffer.from(`${user.name}:${user.password}`).toString("base64");
    stage.write("docker/config.json", JSON.stringify({ auths: { [host]: { auth } } }));
    const access: Access = {
      crane: ["--insecure"],
      cosign: ["--allow-insecure-registry"],
      env: { DOCKER_CONFIG: join(stage.folder, "docker") },
    };
    const image = await push(`${host}/shop/app:signed`, tools, access);
    await sign("cosign3", image, tools, access);
    const unsigned = await push(`${host}/shop/other:unsigned`, tools, access);

    const values = {
      image: { repository: "sallyport" },
      replicas: 1,
      global: { caCertificates: { data: authority.ca } },
      existingImagePullSecrets: ["regcred"],
      serviceAccount: { annotations: { "eks.amazonaws.com/role-arn": role } },
      extraEnvVars: [{ name: "AWS_REGION", value: "us-west-1" }],
      config: { mode: "online", policies: { cluster: true }, upstreams: [{ host }] },
      tls: { from: "cluster" },
      mirror: { existingClaim: "mirror" },
      networkPolicy: { enabled: false },
    };
    const words = ["template", "sallyport", chart, "--namespace", "sallyport", "--values", "-"];
    const texts = succeeds(await stage.run(program("helm"), words, { input: JSON.stringify(values) })).out;
    const rendered = parseAllDocuments(texts).map((one) => one.toJS() as Rendered);
    const ofKind = (kind: string, name: RegExp): Rendered => {
      const found = rendered.find((one) => one.kind === kind && name.test(one.metadata.name));
      assert.ok(found !== undefined, `${kind} ${name}`);
      return found as Rendered;
    };
    assert.equal(ofKind("ServiceAccount", /^sallyport$/).metadata.annotations, { "eks.amazonaws.com/role-arn": role });
    const [container] = ofKind("Deployment", /^sallyport$/).spec?.template?.spec.containers ?? [];
    assert.equal(container?.env, [{ name: "AWS_REGION", value: "us-west-1" }]);
    const mountPath = container?.volumeMounts.find(({ name }) => name === "ca-certificates")?.mountPath ?? "";
    assert.is(mountPath, "/etc/ssl/certs/ca-certificates.crt");
    stage.write("ca.pem", ofKind("ConfigMap", /ca-certificates$/).data?.["ca-certificates.crt"] ?? "");

    // With the rights that the chart gives, and what it configures.
    const cluster = await startApiServer(tools);
    await cluster.kubectl(["apply", "--server-side", "-f", definitions]);
    const namespaces = ["sallyport", "shop"].map((name) => object("Namespace", [undefined, name]));
    await cluster.kubectl(["apply", "-f", "-"], listOf(...namespaces));
    const rights = rendered.filter(({ kind }) => /^(?:Cluster)?Role(?:Binding)?$|^ServiceAccount$/.test(kind));
    await cluster.kubectl(["apply", "-f", "-"], listOf(...rights));
    const key = readFileSync(join(stage.folder, "release.pub"), "utf8");
    const established = ["--kubeconfig", "administrator.conf", "wait", "--for=condition=Established", "crd", "--all"];
    await until("definitions", async () => (await stage.run(program("kubectl"), established)).exit === 0);
    await cluster.kubectl(["apply", "-f", "-"], policyOf(host, key));
    const token = (await cluster.kubectl(["-n", "sallyport", "create", "token", "sallyport"])).out.trim();
    cluster.config("gate", { token }, { namespace: "sallyport" });
    const [port, health] = [await freePort(), await freePort()];
    const url = `https://127.0.0.1:${port}`;
    const config = parse(ofKind("ConfigMap", /config$/).data?.["sallyport.yaml"] ?? "") as {
      readonly cluster: object;
      readonly listeners: readonly object[];
    };
    assert.equal(config.cluster, { imagePullSecrets: ["regcred"] });
    const addresses = [`127.0.0.1:${port}`, `127.0.0.1:${health}`];
    const listeners = config.listeners.map((one, place) => ({ ...one, address: addresses[place] }));
    stage.write("sallyport.yaml", stringify({ ...config, store: "mirror", listeners, webhooks: { write: true, url } }));
    const mounting = `mount --bind ca.pem ${mountPath} && exec "$@"`;
    const serving = ["-rm", "sh", "-c", mounting, "sh", process.execPath, main, "serve", "--config", "sallyport.yaml"];
    const answers = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok;
    await stage.serve(program("unshare"), serving, answers, { KUBECONFIG: "gate.conf", DOCKER_CONFIG: "nowhere" });

    const kubectl = (given: readonly string[], input: object): Promise<Outcome> =>
      stage.run(program("kubectl"), ["--kubeconfig", "administrator.conf", ...given], {
        input: JSON.stringify(input),
      });
    const create = (name: string, of: string): Promise<Outcome> =>
      kubectl(["-n", "shop", "create", "--dry-run=server", "-f", "-"], pod("shop", name, of));
    const timeout = "jsonpath={.webhooks[0].timeoutSeconds}";
    const webhook = ["get", "mutatingwebhookconfiguration", "sallyport-mutate", "--ignore-not-found", "-o", timeout];
    await until("the webhooks have the policy's time", async () => (await cluster.kubectl(webhook)).out === "15");
    // The registry's certificate is of an authority that only the chart's value knows.
    const outside = ["verify", "--online", "--key", "release.pub", image];
    exits(5, await tools.sallyport(outside, access.env), /tls-failure/);
    // No Secret yet: the registry gives nothing to who does not log in.
    await until("it is denied", async () => /access-denied/.test(says(await create("early", image))));
    const secret = ["create", "secret", "docker-registry", "regcred", "-n", "sallyport", `--docker-server=${host}`];
    await cluster.kubectl([...secret, `--docker-username=${user.name}`, `--docker-password=${user.password}`]);
    let last = await create("signed", image);
    for (let times = 0; last.exit !== 0 && times < 100; times++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      last = await create("signed", image);
    }
    succeeds(last);
    exits(1, await create("unsigned", unsigned), /signature not found/);
  },
};

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let times = 0; times < 200; times++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`it never came to this: ${what}`);
}

export const flagScenarios: readonly Scenario[] = [privateRegistry];
