/**
 * What the chart renders, run on loopback: the rights that it gives, the configuration that it makes, and `serve` by
 * both, beside a real API server.
 */
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { parse, parseAllDocuments, stringify } from "yaml";
import { type ApiServer, listOf, object, pod } from "./api-server.ts";
import { freePort, type Outcome, until } from "./processes.ts";
import { says, succeeds } from "./registry-actions.ts";
import type { Tools } from "./scenario.ts";

const chart = fileURLToPath(new URL("../../deploy/chart", import.meta.url));
const definitions = fileURLToPath(new URL("../../deploy/manifests/crds.yaml", import.meta.url));

interface Container {
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
}

/** An object of the chart. */
export interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
  /** Of a Pod its own, of a Deployment that of its template. */
  readonly spec?: Partial<PodSpec> & { readonly template?: { readonly metadata?: object; readonly spec: PodSpec } };
}

export interface Release {
  readonly objects: readonly Rendered[];
  ofKind(kind: string, name: RegExp): Rendered;
}

/** The release `sallyport` in the namespace of that name. */
export async function renderRelease({ stage, program }: Tools, values: object): Promise<Release> {
  const words = ["template", "sallyport", chart, "--namespace", "sallyport", "--values", "-"];
  const texts = succeeds(await stage.run(program("helm"), words, { input: JSON.stringify(values) })).out;
  const objects = parseAllDocuments(texts).map((one) => one.toJS() as Rendered);
  return {
    objects,
    ofKind(kind, name) {
      const found = objects.find((one) => one.kind === kind && name.test(one.metadata.name));
      assert.ok(found !== undefined, `${kind} ${name}`);
      return found as Rendered;
    },
  };
}

/** The container that serves. */
export const servingContainer = ({ ofKind }: Release): Container => {
  const [container] = ofKind("Deployment", /^sallyport$/).spec?.template?.spec.containers ?? [];
  assert.ok(container !== undefined);
  return container as Container;
};

/** Definitions, the namespaces `sallyport` and `shop`, the rights of a release, and `gate.conf` by them. */
export async function prepareRelease({ stage, program }: Tools, cluster: ApiServer, { objects }: Release) {
  await cluster.kubectl(["apply", "--server-side", "-f", definitions]);
  const namespaces = ["sallyport", "shop"].map((name) => object("Namespace", [undefined, name]));
  await cluster.kubectl(["apply", "-f", "-"], listOf(...namespaces));
  const rights = objects.filter(({ kind }) => /^(?:Cluster)?Role(?:Binding)?$|^ServiceAccount$/.test(kind));
  await cluster.kubectl(["apply", "-f", "-"], listOf(...rights));
  const established = ["--kubeconfig", "administrator.conf", "wait", "--for=condition=Established", "crd", "--all"];
  await until("definitions", async () => (await stage.run(program("kubectl"), established)).exit === 0);
  await gateConfig(cluster);
}

/** `gate.conf`: the service account of a release. */
export async function gateConfig({ kubectl, config }: ApiServer): Promise<void> {
  const token = (await kubectl(["-n", "sallyport", "create", "token", "sallyport"])).out.trim();
  config("gate", { token }, { namespace: "sallyport" });
}

interface Serving {
  /** Runs before it, as its Pod would have made things ready: its words end with those of the program. */
  readonly before?: readonly [command: string, ...words: string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Another file of the program. */
  readonly main?: string;
  /** Texts of the configuration that are paths of the Pod, and what stands for them here. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Whether it is waited for until it has policies. */
  readonly isUseful?: boolean;
}

/** `serve` by the configuration of the release, which writes its webhooks. */
export async function serveRelease(tools: Tools, release: Release, given: Serving = {}) {
  const { ofKind } = release;
  const { before = [], env = {}, main = tools.main, paths = {}, isUseful = true } = given;
  const { stage } = tools;
  const [port, health] = [await freePort(), await freePort()];
  const url = `https://127.0.0.1:${port}`;
  let text = ofKind("ConfigMap", /^sallyport-config$/).data?.["sallyport.yaml"] ?? "";
  for (const [path, here] of Object.entries(paths)) {
    assert.ok(text.includes(path), `${path} in\n${text}`);
    text = text.replaceAll(path, here);
  }
  const config = parse(text) as { readonly listeners: readonly object[]; readonly webhooks?: Record<string, unknown> };
  // A Service needs a network of Pods; its authority is in a file of the Pod.
  const { service: _, ca: __, ...webhooks } = config.webhooks ?? {};
  const addresses = [`127.0.0.1:${port}`, `127.0.0.1:${health}`];
  const listeners = config.listeners.map((one, place) => ({ ...one, address: addresses[place] }));
  const written = { ...config, store: "mirror", listeners, webhooks: { ...webhooks, write: true, url } };
  stage.write("sallyport.yaml", stringify(written));
  // Behind the configuration of the Pod are flags of the values.
  const flags = (servingContainer(release).args ?? []).slice(3);
  const serve = [process.execPath, main, "serve", "--config", "sallyport.yaml", ...flags];
  const [command = "", ...words] = [...before, ...serve];
  const at = `http://127.0.0.1:${health}`;
  const isReady = async (): Promise<boolean> => (await fetch(`${at}/${isUseful ? "readyz" : "healthz"}`)).ok;
  const environment = { KUBECONFIG: "gate.conf", DOCKER_CONFIG: "nowhere", ...env };
  const { kill } = await stage.serve(command, words, isReady, environment);
  return { port, config, kill, readyz: async () => (await fetch(`${at}/readyz`)).text() };
}

/** Makes a Pod in the namespace `shop`, without keeping it. */
export const tryPod = ({ stage, program }: Tools, name: string, image: string): Promise<Outcome> =>
  stage.run(
    program("kubectl"),
    ["--kubeconfig", "administrator.conf", "-n", "shop", "create", "--dry-run=server", "-f", "-"],
    { input: JSON.stringify(pod("shop", name, image)) },
  );

/** Until a Pod is answered so. @throws what was said last. */
export async function untilSaid(tools: Tools, image: string, said: RegExp): Promise<void> {
  let last = "";
  for (let times = 0; times < 60; times++) {
    last = says(await tryPod(tools, `try-${times}`, image));
    if (said.test(last)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${said} was never said of ${image}: ${last}`);
}
