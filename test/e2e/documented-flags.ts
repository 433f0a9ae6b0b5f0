/**
 * The flags and values that Kyverno's documentation names, as values of the chart: `--imagePullSecrets`,
 * `global.caCertificates`, `--webhooktimeout` and the annotation for a role of Amazon. What the chart renders runs on
 * loopback: the file of the authorities is mounted in a namespace of its own, the Secret is read from the cluster.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { indent } from "../support/fixture-policies.ts";
import { tlsAuthority } from "../support/tls-identity.ts";
import { startApiServer } from "./api-server.ts";
import { until } from "./processes.ts";
import { type Access, exits, push, says, sign, startRegistry, user } from "./registry-actions.ts";
import { prepareRelease, renderRelease, serveRelease, servingContainer, tryPod, untilSaid } from "./releases.ts";
import type { Scenario } from "./scenario.ts";

const role = "arn:aws:iam::123456789012:role/kyverno";

const policyOf = (host: string, key: string): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: check-image }
spec:
  validationFailureAction: Enforce
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
    const { stage, program } = tools;
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
      extraArgs: ["--webhooktimeout=15"],
      extraEnvVars: [{ name: "AWS_REGION", value: "us-west-1" }],
      config: { mode: "online", policies: { cluster: true }, upstreams: [{ host }] },
      tls: { from: "cluster" },
      mirror: { existingClaim: "mirror" },
      networkPolicy: { enabled: false },
    };
    const release = await renderRelease(tools, values);
    const { ofKind } = release;
    assert.equal(ofKind("ServiceAccount", /^sallyport$/).metadata.annotations, { "eks.amazonaws.com/role-arn": role });
    const container = servingContainer(release);
    assert.equal(container.env, [{ name: "AWS_REGION", value: "us-west-1" }]);
    const mountPath = container.volumeMounts?.find(({ name }) => name === "ca-certificates")?.mountPath ?? "";
    assert.is(mountPath, "/etc/ssl/certs/ca-certificates.crt");
    stage.write("ca.pem", ofKind("ConfigMap", /ca-certificates$/).data?.["ca-certificates.crt"] ?? "");

    // With the rights that the chart gives, and what it configures.
    const cluster = await startApiServer(tools);
    await prepareRelease(tools, cluster, release);
    const key = readFileSync(join(stage.folder, "release.pub"), "utf8");
    await cluster.kubectl(["apply", "-f", "-"], policyOf(host, key));
    const mounting = `mount --bind ca.pem ${mountPath} && exec "$@"`;
    const { config } = await serveRelease(tools, release, {
      before: [program("unshare"), "-rm", "sh", "-c", mounting, "sh"],
    });
    assert.equal((config as { readonly cluster?: object }).cluster, { imagePullSecrets: ["regcred"] });
    const timeout = "jsonpath={.webhooks[0].timeoutSeconds}";
    const webhook = ["get", "mutatingwebhookconfiguration", "sallyport-mutate", "--ignore-not-found", "-o", timeout];
    await until("the webhooks have the time of the flag", async () => (await cluster.kubectl(webhook)).out === "15");
    // The registry's certificate is of an authority that only the chart's value knows.
    const outside = ["verify", "--online", "--key", "release.pub", image];
    exits(5, await tools.sallyport(outside, access.env), /tls-failure/);
    // No Secret yet: the registry gives nothing to who does not log in.
    await until("it is denied", async () => /access-denied/.test(says(await tryPod(tools, "early", image))));
    const secret = ["create", "secret", "docker-registry", "regcred", "-n", "sallyport", `--docker-server=${host}`];
    await cluster.kubectl([...secret, `--docker-username=${user.name}`, `--docker-password=${user.password}`]);
    await untilSaid(tools, image, /^exit 0/);
    exits(1, await tryPod(tools, "unsigned", unsigned), /signature not found/);
  },
};

export const flagScenarios: readonly Scenario[] = [privateRegistry];
