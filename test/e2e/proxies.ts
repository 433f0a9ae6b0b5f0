/**
 * Real tools pull and verify through the registry proxy of `sallyport serve`: while its upstream answers, and when it
 * is gone. And the distribution specification's own program, in three states.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../core/limits.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import type { Component } from "./components.ts";
import { freePort, Stage } from "./processes.ts";
import { plain, push, type Registry, says, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

/** Starts `sallyport serve` before a registry, whose images it gives without its name. Returns where it listens. */
async function startProxy(
  { main, stage }: Tools,
  origin: string,
  { isOffline = false }: { readonly isOffline?: boolean } = {},
): Promise<string> {
  const host = `127.0.0.1:${await freePort()}`;
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    mode: isOffline ? "offline" : "online",
    store: join(stage.folder, "mirror"),
    listeners: [{ address: host }],
    upstreams: [{ host: origin }],
    proxy: {
      defaultRegistry: origin,
      failurePolicy: "Ignore",
      refresh: "1h",
      layers: { store: true, size: "1GiB" },
    },
  };
  stage.write("serve.yaml", JSON.stringify(config));
  const isReady = async (): Promise<boolean> => (await fetch(`http://${host}/readyz`)).ok;
  await stage.serve(process.execPath, [main, "serve", "--config", "serve.yaml"], isReady);
  return host;
}

const pulling = (registry: Registry): Scenario => ({
  name: `proxy of ${registry}: crane, skopeo, oras and cosign pull and verify, online and with the registry gone`,
  needs: [registry, "crane", "skopeo", "oras", "cosign3"],
  async run(tools) {
    const { stage, program } = tools;
    const upstream = new Stage();
    try {
      const origin = await startRegistry(registry, { ...tools, stage: upstream });
      const image = await push(`${origin}/shop/app:1`, tools, plain);
      await sign("cosign3", image, tools, plain);
      const proxy = await startProxy(tools, origin);
      const digest = image.slice(image.indexOf("@") + 1);
      for (const state of ["online", "offline"]) {
        if (state === "offline") await upstream.stopServers();
        await pullWithEach(tools, `${proxy}/shop/app`, digest, state);
      }
      const direct = await stage.run(program("crane"), ["digest", ...plain.crane, `${origin}/shop/app:1`]);
      assert.is.not(direct.exit, 0);
    } finally {
      await upstream.end();
    }
  },
});

async function pullWithEach(
  { stage, program }: Tools,
  repository: string,
  digest: string,
  state: string,
): Promise<void> {
  const run = (component: Component, ...words: readonly string[]) => stage.run(program(component), words);
  for (const reference of [`${repository}:1`, `${repository}@${digest}`]) {
    const found = succeeds(await run("crane", "digest", ...plain.crane, reference));
    assert.is(found.out.trim(), digest);
  }
  succeeds(await run("crane", "validate", ...plain.crane, "--remote", `${repository}:1`));
  const copied = `skopeo-${state}`;
  const copy = ["--insecure-policy", "copy", "--src-tls-verify=false"];
  succeeds(await run("skopeo", ...copy, `docker://${repository}:1`, `dir:${copied}`));
  assert.ok(readFileSync(join(stage.folder, copied, "manifest.json")).length > 0);
  const manifest = succeeds(await run("oras", "manifest", "fetch", "--plain-http", `${repository}:1`));
  assert.match(manifest.out, /"layers"/);
  succeeds(await run("oras", "discover", "--plain-http", "--format", "json", `${repository}@${digest}`));
  const verify = (key: string) =>
    run(
      "cosign3",
      ...["verify", "--key", `${key}.pub`, "--insecure-ignore-tlog", "--allow-http-registry"],
      `${repository}@${digest}`,
    );
  succeeds(await verify("release"));
  assert.is.not((await verify("other")).exit, 0);
}

/** What the conformance program reads, which must be there. One malformed entry, and it runs no test. */
interface ReadOnlyData {
  readonly tags: readonly string[];
  readonly manifests: readonly string[];
  readonly blobs: readonly string[];
  readonly referrers: readonly string[];
}

/** Runs the program for reading: how many tests passed; none may fail. */
async function conform({ stage, program }: Tools, registry: string, data: ReadOnlyData): Promise<number> {
  const env = {
    OCI_REGISTRY: registry,
    OCI_TLS: "disabled",
    OCI_REPO1: "shop/app",
    OCI_REPO2: "shop/app",
    OCI_API_PUSH: "false",
    OCI_API_TAGS_DELETE: "false",
    OCI_API_MANIFESTS_DELETE: "false",
    OCI_API_BLOBS_DELETE: "false",
    OCI_RO_DATA_TAGS: data.tags.join(" "),
    OCI_RO_DATA_MANIFESTS: data.manifests.join(" "),
    OCI_RO_DATA_BLOBS: data.blobs.join(" "),
    OCI_RO_DATA_REFERRERS: data.referrers.join(" "),
  };
  // It says its results before it writes them to files, and a build without a commit ends there.
  const outcome = await stage.run(program("conformance"), [], { env });
  const count = (what: string): number =>
    Number(new RegExp(`^ *${what}\\.+: +(\\d+)$`, "m").exec(outcome.out)?.[1] ?? Number.NaN);
  assert.is(count("FAIL"), 0, says(outcome));
  assert.is(count("Error"), 0, says(outcome));
  return count("Pass");
}

const conformance: Scenario = {
  name: "proxy under the distribution specification's conformance program: cold, warm, and offline",
  needs: ["distribution", "crane", "cosign3", "conformance"],
  async run(tools) {
    const { stage, program } = tools;
    const upstream = new Stage();
    try {
      const origin = await startRegistry("distribution", { ...tools, stage: upstream });
      const tags = ["1", "2", "3", "4"];
      const images: string[] = [];
      for (const tag of tags) images.push(await push(`${origin}/shop/app:${tag}`, tools, plain));
      await sign("cosign3", images[0] ?? "", tools, plain);
      const blobs: string[] = [];
      for (const image of images) {
        const { out } = succeeds(await stage.run(program("crane"), ["manifest", ...plain.crane, image]));
        const { config, layers } = JSON.parse(out) as Manifest;
        blobs.push(config.digest, ...layers.map(({ digest }) => digest));
      }
      const manifests = images.map((image) => image.slice(image.indexOf("@") + 1));
      const data = { tags, manifests, blobs, referrers: manifests };
      const counts: Record<string, number> = {};
      const online = await startProxy(tools, origin);
      for (const state of ["cold", "warm"]) counts[state] = await conform(tools, online, data);
      await stage.stopServers();
      await upstream.stopServers();
      // What a sync of the whole repository says of it.
      const mirror = openMirror(join(stage.folder, "mirror"), { mode: "write", limits: defaultLimits });
      mirror.writer().setComplete(`${origin}/shop/app`, { at: new Date().toISOString(), from: "the scenario" });
      mirror.close();
      counts.offline = await conform(tools, await startProxy(tools, origin, { isOffline: true }), data);
      console.log(`     ${JSON.stringify(counts)} tests`);
      for (const [state, count] of Object.entries(counts)) assert.ok(count >= 30, `${count} tests ${state}`);
    } finally {
      await upstream.end();
    }
  },
};

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

export const proxyScenarios: readonly Scenario[] = [
  pulling("distribution"),
  // One of before the referrers API, and one with it.
  pulling("docker-registry"),
  pulling("ggcr-registry"),
  conformance,
];
