/** The plain manifests: they parse, agree with each other, and give the Pods no more than they need. */
import { spawn } from "node:child_process";
import { appendFileSync, cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseAllDocuments } from "yaml";
import { defaultLimits } from "../../core/limits.ts";
import { readConfig } from "../../proxy/serve/read-config.ts";
import { checkManifests, manifestNames } from "../../scripts/manifests.ts";
import { openGate } from "../support/admission.ts";
import { policyText } from "../support/fixture-policies.ts";
import { serveLoopback } from "../support/loopback-server.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/manifests");

type Labels = Readonly<Record<string, string>>;
interface Named {
  readonly name: string;
}
interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly serviceAccountName: string;
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly seccompProfile: { readonly type: string } };
  readonly volumes: readonly (Named & { readonly configMap?: Named })[];
  readonly containers: readonly {
    readonly image: string;
    readonly ports: readonly (Named & { readonly containerPort: number })[];
    readonly volumeMounts: readonly (Named & { readonly mountPath: string })[];
    readonly resources: { readonly limits: Labels };
    readonly securityContext: {
      readonly allowPrivilegeEscalation: boolean;
      readonly readOnlyRootFilesystem: boolean;
      readonly capabilities: { readonly drop: readonly string[] };
    };
  }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Labels };
  readonly data?: Labels;
  readonly webhooks?: readonly {
    readonly clientConfig: { readonly service: Named & { readonly namespace: string } };
  }[];
  // biome-ignore lint/suspicious/noExplicitAny: a specification of any kind
  readonly spec: any;
}

const all = manifestNames(projectRoot).map((name) => {
  const documents = parseAllDocuments(readFileSync(join(projectRoot, `deploy/manifests/${name}.yaml`), "utf8"));
  for (const { errors } of documents) assert.equal(errors, []);
  const objects = documents.map((document) => document.toJS() as Manifest);
  return { name, of: (kind: string) => objects.filter((object) => object.kind === kind), objects };
});

const fits = (labels: Labels, selector: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);
const podsOf = ({ spec }: Manifest): { readonly labels: Labels; readonly spec: PodSpec } => ({
  labels: spec.template.metadata.labels,
  spec: spec.template.spec,
});

test("every selector finds the Pods of exactly one Deployment, and ports are theirs", () => {
  for (const { name, of } of all) {
    const deployments = of("Deployment");
    assert.ok(deployments.length > 0, name);
    const found = (selector: Labels): Manifest => {
      const those = deployments.filter((one) => fits(podsOf(one).labels, selector));
      assert.is(those.length, 1, `${name}: ${JSON.stringify(selector)}`);
      return those[0] as Manifest;
    };
    for (const one of [...deployments, ...of("PodDisruptionBudget")]) found(one.spec.selector.matchLabels);
    for (const { spec } of of("NetworkPolicy")) {
      const ports = podsOf(found(spec.podSelector.matchLabels)).spec.containers.flatMap((one) => one.ports);
      assert.equal(
        spec.ingress.map((rule: { ports: [{ port: number }] }) => rule.ports[0].port),
        ports.map(({ containerPort }) => containerPort),
      );
    }
    for (const { spec } of of("Service")) {
      const ports = podsOf(found(spec.selector)).spec.containers.flatMap((one) => one.ports.map((port) => port.name));
      for (const { targetPort } of spec.ports) assert.ok(ports.includes(targetPort), `${name}: ${targetPort}`);
    }
    for (const { spec } of of("ServiceMonitor"))
      for (const { port } of spec.endpoints)
        assert.is(
          of("Service").filter(
            (one) =>
              fits(one.metadata.labels, spec.selector.matchLabels) &&
              one.spec.ports.some((each: Named) => each.name === port),
          ).length,
          deployments.length,
        );
    assert.is(of("NetworkPolicy").length, deployments.length);
  }
});

test("Pods run as nobody, with a root that is only read, no token, limits, and an image with a version", () => {
  for (const { name, of } of all)
    for (const deployment of of("Deployment")) {
      const { spec } = podsOf(deployment);
      assert.is(spec.automountServiceAccountToken, false, name);
      assert.is(spec.securityContext.runAsNonRoot, true);
      assert.is(spec.securityContext.seccompProfile.type, "RuntimeDefault");
      for (const { securityContext, image, resources, volumeMounts } of spec.containers) {
        assert.is(securityContext.allowPrivilegeEscalation, false);
        assert.is(securityContext.readOnlyRootFilesystem, true);
        assert.equal(securityContext.capabilities, { drop: ["ALL"] });
        assert.match(image, /(?::(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})$/);
        assert.ok(resources.limits.memory);
        assert.equal(volumeMounts.map((one) => one.name).sort(), spec.volumes.map((one) => one.name).sort());
      }
    }
});

test("the configurations load, and every path in them is mounted", () => {
  let count = 0;
  for (const { name, of } of all)
    for (const map of of("ConfigMap").filter((one) => one.metadata.name.endsWith("-config"))) {
      const text = map.data?.["sallyport.yaml"] ?? "";
      const { config, faults, warnings, paths } = readConfig({
        file: { name: "/etc/sallyport/config/sallyport.yaml", text },
        flags: {},
        env: {},
        limits: defaultLimits,
      });
      assert.equal(faults, [], `${name} ${map.metadata.name}`);
      assert.equal(warnings, []);
      assert.is(config?.store, "/mirror");
      const deployment = of("Deployment").find((one) => `${one.metadata.name}-config` === map.metadata.name);
      assert.ok(deployment, map.metadata.name);
      const { spec } = podsOf(deployment);
      const folders = spec.containers.flatMap((one) => one.volumeMounts.map(({ mountPath }) => mountPath));
      for (const { path } of paths)
        assert.ok(
          folders.some((folder) => path === folder || path.startsWith(`${folder}/`)),
          `${name}: ${path} is not mounted`,
        );
      assert.ok(spec.volumes.some((one) => one.configMap?.name === map.metadata.name));
      count += 1;
    }
  assert.is(count, 4);
});

test("the webhooks are those of the Service, with one call for each pass and failure policy", () => {
  const { of } = all.find(({ name }) => name === "sallyport") ?? { of: () => [] };
  const webhooks = [...of("MutatingWebhookConfiguration"), ...of("ValidatingWebhookConfiguration")].flatMap(
    (one) => one.webhooks ?? [],
  );
  const services = of("Service").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const paths = webhooks.map(({ clientConfig: { service } }) => {
    assert.ok(services.includes(`${service.namespace}/${service.name}`));
    return (service as unknown as { readonly path: string }).path;
  });
  assert.equal(paths, ["/mutate/fail", "/mutate/ignore", "/validate/fail", "/validate/ignore"]);
});

test("offline nothing may be dialled; with snapshots the DNS and one registry", () => {
  const egress = (wanted: string): readonly { readonly ports: readonly { readonly port: number }[] }[][] =>
    (all.find(({ name }) => name === wanted)?.of("NetworkPolicy") ?? []).map(({ spec }) => {
      assert.equal(spec.policyTypes, ["Ingress", "Egress"]);
      return spec.egress;
    });
  assert.equal(egress("sallyport-offline"), [[]]);
  const ports = (name: string) => egress(name).map((rules) => rules.map((rule) => rule.ports.map(({ port }) => port)));
  assert.equal(ports("sallyport"), [[[53, 53], [443]]]);
  assert.equal(ports("sallyport-proxy"), [
    [[53, 53], [443]],
    [[53, 53], [443]],
  ]);
});

test("nobody gets rights", () => {
  for (const { objects } of all)
    for (const { kind } of objects) assert.not.match(kind, /Role|Secret$/, "nothing asks the API server");
});

test("a stale and a missing file are faults; without Helm the manifests are a skip", () => {
  const root = tempFolder();
  cpSync(join(projectRoot, "deploy"), join(root, "deploy"), { recursive: true });
  const look = () => checkManifests(root, { helm: undefined });
  const { faults, skipped, saw } = look();
  assert.equal(faults, []);
  assert.is(skipped, 1);
  assert.match(saw, "helm is not here");
  appendFileSync(join(root, "deploy/chart/files/webhooks.json"), " ");
  assert.match(look().faults.join(), /files\/webhooks\.json is out of date/);
  rmSync(join(root, "deploy/manifests/sallyport.yaml"));
  assert.match(look().faults.join(), /sallyport\.yaml is missing/);
});

test("every image is in images.txt, for an air gap; the chart is in the package", () => {
  const listed = readFileSync(join(projectRoot, "deploy/chart/images.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const run = all.flatMap(({ of }) =>
    of("Deployment").flatMap((one) => podsOf(one).spec.containers.map(({ image }) => image)),
  );
  assert.ok(run.length > 0);
  for (const image of run) assert.ok(listed.includes(image.replace(/^[^/]+\//, "")), image);
  const { files } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { files: string[] };
  for (const folder of ["deploy/chart", "deploy/manifests"]) assert.ok(files.includes(folder));
});

test("the Pod of helm test ends well where a review is admitted, and badly where it is not", async () => {
  const script = readFileSync(join(projectRoot, "deploy/chart/files/review.cjs"), "utf8");
  const ask = (url: string): Promise<number | null> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ["-e", script], { env: { URL: url }, stdio: "ignore" });
      child.once("exit", resolve);
    });
  const gate = await openGate([policyText()]);
  const answers = await serveLoopback((request, response) => {
    const denies = request.url === "/denies";
    response.writeHead(denies ? 200 : 503);
    response.end(denies ? '{"response":{"allowed":false,"status":{"message":"no"}}}' : "{}");
  });
  assert.is(await ask(`${gate.url}/validate/fail`), 0);
  assert.is(await ask(`${gate.url}/elsewhere`), 1);
  assert.is(await ask(`${answers.url}/denies`), 1);
  assert.is(await ask(`${answers.url}/busy`), 1);
  await Promise.all([gate.close(), answers.close()]);
  assert.is(await ask(`${answers.url}/gone`), 1);
});

test.run();
