/**
 * A Sigstore of one's own, by its TUF repository: `--tufRoot` and `--tufMirror` as the documentation has them, of
 * `serve` by itself and by the chart's `features.tuf`. What that Sigstore logged is admitted; what another one logged,
 * by the same key, is not.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import { stringify } from "yaml";
import { TufRepository } from "../lab/tuf-repository.ts";
import { entryOf, key, policyText } from "../support/fixture-policies.ts";
import { serveTuf } from "../support/tuf-server.ts";
import { startApiServer } from "./api-server.ts";
import { logKey, signIntoTiles, trustedRoot } from "./log-actions.ts";
import { freePort, until } from "./processes.ts";
import { exits, plain, push, startRegistry, succeeds } from "./registry-actions.ts";
import { prepareRelease, renderRelease, serveRelease, servingContainer, tryPod, untilSaid } from "./releases.ts";
import type { Scenario } from "./scenario.ts";

const sigstores = ["corp", "public"] as const;
const rootInPod = "/etc/sallyport/tuf/root.json";

/** A repository of a trusted root; its root is `NAME-tuf.json`. */
function repositoryOf(name: string, folder: string): TufRepository {
  const repository = new TufRepository({ seed: name, now: new Date() });
  repository.addTarget("trusted_root.json", readFileSync(join(folder, `${name}.json`)));
  repository.publishRoot();
  repository.publish();
  writeFileSync(join(folder, `${name}-tuf.json`), repository.rootHistory[0] ?? new Uint8Array());
  return repository;
}

const privateSigstore: Scenario = {
  name: "flags: tufRoot and tufMirror of a Sigstore of one's own: what it logged is admitted, what another did is not",
  needs: ["api-server", "kubectl", "helm", "rekor-tiles", "cosign3", "ggcr-registry", "crane"],
  async run(tools) {
    const { stage, program, sallyport } = tools;
    const pair = ["generate-key-pair", "--output-key-prefix", "release"];
    succeeds(await stage.run(program("cosign3"), pair, { env: { COSIGN_PASSWORD: "" } }));
    const host = await startRegistry("ggcr-registry", tools);
    for (const name of sigstores) {
      const origin = `rekor.${name}.test`;
      logKey(tools, name, "ed25519");
      await trustedRoot(tools, `${name}.json`, name, origin);
      const image = await push(`${host}/shop/app:${name}`, tools, plain);
      await signIntoTiles(tools, image, { log: name, origin, root: `${name}.json` });
    }
    const [corp, other] = sigstores.map((name) => repositoryOf(name, stage.folder));
    const folder = join(stage.folder, "public-tuf");
    for (const [path, bytes] of other?.files ?? []) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }

    // Another root, or none, refuses this repository's metadata.
    const server = await serveTuf(corp?.files ?? new Map());
    const fromServer = ["trust", "update", "--store", "other", "--tufMirror", server.url];
    exits(3, await sallyport(fromServer));
    exits(3, await sallyport([...fromServer, "--tufRoot", "public-tuf.json"]));

    // `serve` by the flags brings the trusted root into an empty mirror, and then the images that rest on it.
    const health = `127.0.0.1:${await freePort()}`;
    stage.write("images.txt", sigstores.map((name) => `${host}/shop/app:${name}\n`).join(""));
    const listeners = [{ address: health, serves: ["health", "metrics", "trust"] }];
    const upstreams = [{ host, plainHTTP: true }];
    const sync = { lists: ["images.txt"] };
    const head = { apiVersion: "sallyport.dev/v1alpha1", kind: "Config" };
    stage.write("flags.yaml", stringify({ ...head, listeners, upstreams, sync }));
    const flags = ["--tufRoot", "corp-tuf.json", "--tufMirror", server.url, "--enableTuf=true"];
    const byFlags = ["serve", "--config", "flags.yaml", "--store", "mirror", "--online", ...flags];
    const said = async (path: string): Promise<string> => (await fetch(`http://${health}/${path}`)).text();
    const isSynced = async (): Promise<boolean> => /sync_images\{state="covered"\} 2/.test(await said("metrics"));
    const first = await stage.serve(process.execPath, [tools.main, ...byFlags], isSynced);
    assert.is(await said("trust/public-good/trusted_root.json"), readFileSync(join(stage.folder, "corp.json"), "utf8"));
    assert.match(await said("readyz"), /"name":"tuf-mirror","ready":true/);
    first.kill("SIGKILL");

    // The webhook, by the chart: what was published since comes by itself.
    corp?.publish();
    const release = await renderRelease(tools, {
      image: { repository: "sallyport" },
      replicas: 1,
      config: { mode: "online", policies: { cluster: true } },
      features: {
        tuf: {
          enabled: true,
          mirror: server.url,
          rootRaw: readFileSync(join(stage.folder, "corp-tuf.json")).toString("base64"),
        },
      },
      tls: { from: "cluster" },
      mirror: { existingClaim: "mirror" },
      networkPolicy: { enabled: false },
    });
    const mounts = servingContainer(release).volumeMounts ?? [];
    assert.ok(mounts.some(({ mountPath }) => mountPath === dirname(rootInPod)));
    const { "root.json": root = "" } = release.ofKind("ConfigMap", /tuf-root$/).binaryData ?? {};
    writeFileSync(join(stage.folder, "pod-root.json"), Buffer.from(root, "base64"));
    const cluster = await startApiServer(tools);
    await prepareRelease(tools, cluster, release);
    const own = readFileSync(join(stage.folder, "release.pub"), "utf8").trim();
    const entry = entryOf("a").replace(key("a", 14), `publicKeys: |-\n${own.replaceAll(/^/gm, " ".repeat(16))}`);
    const policy = policyText({ name: "check-image", references: `["${host}/*"]`, entries: [entry] });
    await cluster.kubectl(["apply", "-f", "-"], policy);
    const { readyz } = await serveRelease(tools, release, { paths: { [rootInPod]: "pod-root.json" } });
    const trustStatus = () => sallyport(["trust", "status", "--store", "mirror", "--tufRoot", "corp-tuf.json"]);
    await until("the new timestamp", async () => /timestamp +2\b/.test((await trustStatus()).out));
    assert.match(await readyz(), /"name":"tuf-mirror","ready":true/);
    await server.close();
    // From here on nothing is asked.
    await untilSaid(tools, `${host}/shop/app:public`, /\[(?:bad-log-proof|no-trust)\]/);
    succeeds(await tryPod(tools, "corp", `${host}/shop/app:corp`));

    // In every command that decides: the same flags, with the other Sigstore's repository in a folder.
    const verify = (image: string, ...more: readonly string[]) =>
      sallyport(["verify", "--key", "release.pub", "--store", "mirror", ...more, `${host}/shop/app:${image}`]);
    exits(0, await verify("corp"));
    assert.is.not((await verify("public")).exit, 0);
    const ofOther = ["--tufRoot", "public-tuf.json", "--tufMirror", "public-tuf"];
    exits(0, await verify("public", ...ofOther));
    assert.is.not((await verify("corp", ...ofOther)).exit, 0);
    // The mirror's metadata is not of the root that is given.
    exits(3, await verify("corp", "--tufRoot", "public-tuf.json"), /no-trust|bad-threshold/);
    await stage.stopServers();
  },
};

export const privateSigstoreScenarios: readonly Scenario[] = [privateSigstore];
