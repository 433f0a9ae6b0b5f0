/**
 * The guide *in a cluster*, from an empty cluster to a Pod that is denied, and out again: every command of its page but
 * two is run as it stands. Nobody has an image of the program here, so nothing is built or pushed, and no kubelet runs:
 * `serve` runs by what the API server keeps for its Pod. What cert-manager would write is written in its place.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { parse, stringify } from "yaml";
import { guideFaults, readGuide, runGuide } from "../../scripts/guide-page.ts";
import { guides } from "../../scripts/guides.ts";
import { image } from "../support/fixture-policies.ts";
import { type TlsAuthority, tlsAuthority } from "../support/tls-identity.ts";
import { type ApiServer, definitionOf, listOf, startApiServer } from "./api-server.ts";
import { freePort, until } from "./processes.ts";
import { gateConfig } from "./releases.ts";
import type { Scenario, Tools } from "./scenario.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const name = "docs/guides/in-a-cluster.md";
const page = readFileSync(join(root, name), "utf8");
const notHere = /^(?:docker |kubectl rollout status )/;

/** A section of the page, by the words that its heading begins with. */
function sectionOf(heading: string): string {
  const found = page.split(/^(?=##+ )/m).find((text) => text.replace(/^#+ /, "").startsWith(heading));
  assert.ok(found !== undefined, heading);
  return found as string;
}

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
  readonly emptyDir?: object;
}

interface Pod {
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly Volume[];
}

/** What a volume has, as the API server keeps it: names of files and their bytes. */
async function filesOf({ kubectl }: ApiServer, volume: Volume): Promise<ReadonlyMap<string, Buffer>> {
  if (volume.emptyDir !== undefined) return new Map();
  const { configMap, secret } = volume;
  const words = configMap === undefined ? ["secret", secret?.secretName ?? ""] : ["configmap", configMap.name];
  const { data = {} } = JSON.parse((await kubectl(["-n", "sallyport", "get", ...words, "-o", "json"])).out) as {
    readonly data?: Readonly<Record<string, string>>;
  };
  const encoding = configMap === undefined ? "base64" : "utf8";
  return new Map(Object.entries(data).map(([file, text]) => [file, Buffer.from(text, encoding)]));
}

/** `serve` as the Deployment's Pod would run it, in a folder. Returns the address of its webhooks. */
async function startReader(tools: Tools, cluster: ApiServer, folder: string, registry: string): Promise<string> {
  const asked = ["-n", "sallyport", "get", "deployment", "sallyport", "-o", "jsonpath={.spec.template.spec}"];
  const { containers, volumes } = JSON.parse((await cluster.kubectl(asked)).out) as Pod;
  const [{ args, volumeMounts } = { args: [], volumeMounts: [] }] = containers;
  for (const { name: of, mountPath } of volumeMounts) {
    const volume = volumes.find((one) => one.name === of);
    assert.ok(volume !== undefined, of);
    mkdirSync(join(folder, mountPath), { recursive: true });
    for (const [file, bytes] of await filesOf(cluster, volume as Volume))
      writeFileSync(join(folder, mountPath, file), bytes, { mode: 0o600 });
  }
  const [port, health] = [await freePort(), await freePort()];
  const file = join(folder, args.at(-1) ?? "");
  const text = readFileSync(file, "utf8").replaceAll("registry.corp", registry);
  const config = parse(text.replaceAll(/(?<=[ "])\/(?=etc\/|mirror\b)/g, `${folder}/`)) as {
    readonly listeners: readonly object[];
    readonly webhooks?: object;
  };
  const url = `https://127.0.0.1:${port}`;
  const addresses = [`127.0.0.1:${port}`, `127.0.0.1:${health}`];
  const listeners = config.listeners.map((one, place) => ({ ...one, address: addresses[place] }));
  const webhooks = config.webhooks === undefined ? {} : { webhooks: { write: true, url } };
  writeFileSync(file, stringify({ ...config, ...webhooks, listeners }));
  const answers = async (path: string): Promise<boolean> => (await fetch(`http://127.0.0.1:${health}/${path}`)).ok;
  await tools.stage.serve(process.execPath, [tools.main, ...args.slice(0, -1), file], () => answers("readyz"), {
    KUBECONFIG: join(tools.stage.folder, "gate.conf"),
  });
  return url;
}

/** No Service is routed here and no cert-manager writes an authority: the API server is told of the address. */
async function tellAddress({ kubectl }: ApiServer, url: string, { ca }: TlsAuthority): Promise<void> {
  for (const kind of ["mutating", "validating"]) {
    const asked = ["get", `${kind}webhookconfigurations`, "-o", "json"];
    const { items } = JSON.parse((await kubectl(asked)).out) as {
      readonly items: readonly {
        readonly webhooks: readonly { readonly clientConfig: { readonly service: { readonly path: string } } }[];
      }[];
    };
    for (const one of items) {
      const webhooks = one.webhooks.map((webhook) => ({
        ...webhook,
        clientConfig: {
          url: `${url}${webhook.clientConfig.service.path}`,
          caBundle: Buffer.from(ca).toString("base64"),
        },
      }));
      await kubectl(["replace", "-f", "-"], { ...one, webhooks });
    }
  }
}

const zeroToDenied: Scenario = {
  name: "guide: in a cluster, from nothing to a denied Pod and out again, by the commands of its page",
  needs: ["api-server", "kubectl", "helm"],
  async run(tools) {
    const { stage, program } = tools;
    const folder = join(stage.folder, "guide");
    const around = await guides[name]?.(root, folder);
    assert.ok(around !== undefined, name);
    try {
      const registry = around?.variables.REGISTRY ?? "";
      symlinkSync(join(root, "deploy"), join(folder, "deploy"));
      const cluster = await startApiServer(tools);
      const { kubectl } = cluster;
      await kubectl(
        ["apply", "-f", "-"],
        listOf(
          definitionOf("Certificate", "certificates", "cert-manager.io"),
          definitionOf("Issuer", "issuers", "cert-manager.io"),
        ),
      );
      await kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
      const [kubectlFolder, helmFolder] = [program("kubectl"), program("helm")].map(dirname);
      const variables = {
        REGISTRY: registry,
        KUBECONFIG: join(stage.folder, "administrator.conf"),
        PATH: `${folder}/.tools:${kubectlFolder}:${helmFolder}:${process.env.PATH ?? ""}`,
      };
      /** Runs a section's commands, or those from one of them on. */
      const run = (heading: string, isWanted: (command: string) => boolean = () => true): string => {
        const read = readGuide(sectionOf(heading).replaceAll("```bash connected", "```bash"));
        const blocks = read.blocks.map((block) => ({
          ...block,
          commands: block.commands.filter(({ text }) => !notHere.test(text) && isWanted(text)),
        }));
        assert.ok(
          blocks.some(({ commands }) => commands.length > 0),
          heading,
        );
        const ran = runGuide({ ...read, blocks }, folder, tools.main, variables);
        assert.is(guideFaults({ ...read, blocks }, ran).join("\n"), "", heading);
        return ran.blocks.map(({ output }) => output).join("");
      };
      const isRefused = async (): Promise<boolean> => {
        const words = ["run", "asked", "--image", image("unsigned"), "--dry-run=server"];
        const ran = await stage.run(program("kubectl"), ["--kubeconfig", variables.KUBECONFIG, ...words]);
        return /denied the request/.test(ran.err);
      };
      const count = async (kinds: string): Promise<number> => {
        const { out } = await kubectl(["get", kinds, "-A", "-o", "name"]);
        return out.split("\n").filter((line) => line.includes("sallyport")).length;
      };
      const webhooks = "mutatingwebhookconfigurations,validatingwebhookconfigurations";

      run("1. Publish the mirror");
      run("2. Try the policies");
      run("4. Values");
      const isUpgrade = (command: string): boolean => command.startsWith("helm upgrade ");
      run("5. Install in two steps", (command) => !isUpgrade(command));
      assert.is(await count(webhooks), 0);
      const authority = await tlsAuthority();
      const leaf = await authority.issue(["127.0.0.1"]);
      stage.write("tls.crt", leaf.cert);
      stage.write("tls.key", leaf.key);
      const secret = ["create", "secret", "tls", "sallyport-tls", "--cert=tls.crt", "--key=tls.key"];
      await kubectl(["-n", "sallyport", ...secret]);
      const url = await startReader(tools, cluster, join(stage.folder, "reader"), registry);
      run("5. Install in two steps", isUpgrade);
      assert.is(await count(webhooks), 2);
      await tellAddress(cluster, url, authority);
      await until("a Pod is refused", isRefused);

      const said = run("6. A denied Pod");
      assert.match(said, 'admission webhook "mutate.sallyport.svc-fail" denied the request');
      // Kyverno's block is YAML, whose lines are folded.
      assert.match(
        said.replaceAll(/\s+/g, " "),
        "[no-signature] no signature found, neither as a tag nor as a referrer",
      );
      const of = [
        "get",
        "pods",
        "-o",
        "jsonpath={range .items[*]}{.metadata.name} {.spec.containers[0].image}{'\\n'}{end}",
      ];
      assert.match((await kubectl(of)).out, /^signed \S+@sha256:[0-9a-f]{64}\n$/);

      const offline = run("That it is offline");
      assert.match(offline, "10.20.0.5/32");
      assert.not.match(offline, /\bsallyport\/sallyport\b/);
      run("Rules of your own");
      run("Locked out");
      await until("nothing is verified", async () => !(await isRefused()));
      run("5. Install in two steps", isUpgrade);
      assert.is(await count(webhooks), 2);
      run("Out again");
      assert.is(await count(`${webhooks},deployments,services,configmaps,networkpolicies`), 1, "its policies stay");

      // The other way: the readers watch the policies of the API server, and write the webhooks.
      const [, clusterValues = ""] = /```yaml\n(# cluster\.yaml\n.*?)```/s.exec(page) ?? [];
      writeFileSync(join(folder, "cluster.yaml"), clusterValues);
      run("Policies in the cluster");
      await gateConfig(cluster);
      await startReader(tools, cluster, join(stage.folder, "watcher"), registry);
      await until("a Pod is refused", isRefused);
      assert.is(await count(webhooks), 2);
    } finally {
      around?.close();
    }
  },
};

export const zeroToDeniedScenarios: readonly Scenario[] = [zeroToDenied];
