/** Snapshots in real registries: pushed, listed, pulled, replaced, with and without deletion, and refused. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { request } from "undici";
import * as assert from "uvu/assert";
import { digestOf } from "../../core/crypto/digest.ts";
import { freePort } from "./processes.ts";
import { exits, plain, push, type Registry, says, sign, startRegistry, succeeds, user } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

/** `NAME.key`, which signs snapshots, and `NAME.pub`. */
export const publisherKey = (name: string, { stage }: Tools): void => {
  const path = join(stage.folder, `${name}.key`);
  execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path], { stdio: "ignore" });
  const pem = execFileSync("openssl", ["ec", "-in", path, "-pubout"], { stdio: ["ignore", "pipe", "ignore"] });
  writeFileSync(join(stage.folder, `${name}.pub`), pem);
};

interface PushDocument {
  readonly sequence: number;
  readonly contentId: string;
  readonly digest: string;
  readonly removed: readonly number[];
}

const carried = (registry: Registry): Scenario => ({
  name: `snapshots in ${registry}: pushed, verified, switched, and refused`,
  needs: [registry, "cosign3", "crane"],
  async run(tools) {
    const { stage, sallyport } = tools;
    const host = await startRegistry(registry, tools);
    const signed = await push(`${host}/shop/app:signed`, tools, plain);
    await sign("cosign3", signed, tools, plain);
    for (const name of ["publisher", "stranger"]) publisherKey(name, tools);
    const place = `oci://${host}/sallyport/mirror`;
    const verified = ["verify", "--key", "release.pub", "--insecure-ignore-tlog", "--store", "replica"];
    const sync = (image: string) => sallyport(["mirror", "sync", image, "--store", "mirror"]);
    const pushed = async (...words: readonly string[]): Promise<PushDocument> => {
      const own = ["--store", "mirror", "--key", "publisher.key", "-o", "json"];
      return JSON.parse(succeeds(await sallyport(["snapshot", "push", place, ...own, ...words])).out) as PushDocument;
    };
    const pull = (...words: readonly string[]) =>
      sallyport(["snapshot", "pull", place, "--store", "replica", ...words]);
    const idOf = async (store: string): Promise<string> =>
      JSON.parse(succeeds(await sallyport(["mirror", "status", "--store", store, "-o", "json"])).out).contentId;

    succeeds(await sync(`${host}/shop/app:signed`));
    exits(11, await pull("--key", "publisher.pub"), /image-not-found/);
    const first = await pushed();
    exits(2, await pull(), /--key/);
    exits(6, await pull("--key", "stranger.pub"), /archive-signature/);
    succeeds(await pull("--key", "publisher.pub"));
    assert.is(await idOf("replica"), await idOf("mirror"));
    assert.is(first.contentId, await idOf("replica"));
    exits(0, await sallyport([...verified, `${host}/shop/app:signed`]));
    exits(0, await pull(), /here already/);

    await push(`${host}/shop/app:unsigned`, tools, plain);
    succeeds(await sync(`${host}/shop/app:unsigned`));
    exits(5, await sallyport([...verified, `${host}/shop/app:unsigned`]), /not-in-mirror/);
    const second = await pushed();
    assert.equal([first.sequence, second.sequence], [1, 2]);
    exits(0, await pull(), /snapshot 2, in the place of 1/);
    assert.is(await idOf("replica"), await idOf("mirror"));
    exits(10, await sallyport([...verified, `${host}/shop/app:unsigned`]), /no-signature/);
    exits(2, await sallyport(["mirror", "pin-key", "--store", "replica", "k8s://a/b", "release.pub"]), /snapshot/);

    // The tag is moved back: what is here stays.
    const crane = (...words: readonly string[]) => stage.run(tools.program("crane"), [...words, ...plain.crane]);
    succeeds(await crane("tag", `${host}/sallyport/mirror:snapshot-1`, "latest"));
    exits(6, await pull(), /archive-sequence/);
    assert.is(await idOf("replica"), second.contentId);
    // Its number goes on where the publisher's own count was.
    assert.is((await pushed()).sequence, 3);
    // A publisher that was made again goes on where the registry is.
    rmSync(join(stage.folder, "mirror", "published.json"));
    const kept = await pushed("--keep", "2");
    assert.is(kept.sequence, 4);
    const listed = await sallyport(["snapshot", "ls", place, "--key", "publisher.pub", "-o", "json"]);
    const { snapshots } = JSON.parse(succeeds(listed).out) as { snapshots: readonly { sequence: number }[] };
    const deletes = registry === "ggcr-registry" ? [1, 2] : [];
    assert.equal(kept.removed.toSorted(), deletes, says(listed));
    assert.equal(
      snapshots.map(({ sequence }) => sequence),
      [4, 3, 2, 1].filter((sequence) => !deletes.includes(sequence)),
    );
    const lines = succeeds(await sallyport(["snapshot", "ls", place, "--key", "publisher.pub"])).out.split("\n");
    assert.ok(lines.every((line) => line.length <= 80));

    // A server that runs reads the newest one, and goes on when the registry is gone.
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const upstream = `upstreams: [{ host: "${host}", plainHTTP: true }]`;
    const following = `snapshot: { from: "${place}", keys: [publisher.pub], interval: 1s }`;
    const head = "apiVersion: sallyport.dev/v1alpha1\nkind: Config\nstore: follower";
    const listeners = `listeners: [{ address: "127.0.0.1:${port}" }]`;
    stage.write("follower.yaml", [head, listeners, upstream, following, ""].join("\n"));
    const readyz = async () => {
      const { statusCode, body } = await request(`${url}/readyz`);
      return { statusCode, ...((await body.json()) as { mirror: { contentId: string; sequence: number } }) };
    };
    await stage.serve(process.execPath, [tools.main, "serve", "-c", "follower.yaml"], async () => {
      return (await readyz()).statusCode === 200;
    });
    assert.is((await readyz()).mirror.contentId, kept.contentId);
    const manifest = `${url}/v2/${signed.replace("@", "/manifests/")}`;
    let [asked, answered, isOver] = [0, 0, false];
    const load = async (): Promise<void> => {
      while (!isOver) {
        asked += 1;
        const { statusCode, body } = await request(manifest);
        await body.dump();
        if (statusCode === 200) answered += 1;
      }
    };
    const loads = [load(), load(), load(), load()];
    await push(`${host}/shop/app:third`, tools, plain);
    succeeds(await sync(`${host}/shop/app:third`));
    const fifth = await pushed();
    for (let left = 200; left > 0 && (await readyz()).mirror.sequence !== fifth.sequence; left--) await wait(50);
    isOver = true;
    await Promise.all(loads);
    assert.is((await readyz()).mirror.contentId, fifth.contentId);
    assert.is(answered, asked);
    assert.ok(asked > 20, `${asked} requests`);

    // Everything that the registry has is what was signed.
    succeeds(await pull());
    const files = readdirSync(join(stage.folder, "replica", "snapshots"));
    const file = files.find((name) => name.startsWith("5-")) ?? "";
    assert.is(digestOf(readFileSync(join(stage.folder, "replica", "snapshots", file))), fifth.digest);
    await stage.stopServers();
    exits(5, await pull(), /unreachable/);
    exits(0, await sallyport([...verified, `${host}/shop/app:signed`]));
  },
});

const loggedIn = (registry: Registry): Scenario => ({
  name: `snapshots in ${registry} with htpasswd: refused, and with a user`,
  needs: [registry, "cosign3", "crane"],
  async run(tools) {
    const host = await startRegistry(registry, tools, { login: true });
    publisherKey("publisher", tools);
    const place = `oci://${host}/sallyport/mirror`;
    succeeds(await tools.sallyport(["mirror", "pin-key", "k8s://a/b", "publisher.pub", "--store", "mirror"]));
    const push = (...words: readonly string[]) =>
      tools.sallyport(["snapshot", "push", place, "--store", "mirror", "--key", "publisher.key", ...words], {
        DOCKER_CONFIG: "nowhere",
      });
    const mine = ["--registry-username", user.name, "--registry-password", user.password];
    exits(4, await push(), /access-denied/);
    exits(4, await push("--registry-username", user.name, "--registry-password", "wrong"), /access-denied/);
    succeeds(await push(...mine));
    const pull = ["snapshot", "pull", place, "--store", "replica", "--key", "publisher.pub", ...mine];
    succeeds(await tools.sallyport(pull, { DOCKER_CONFIG: "nowhere" }));
  },
});

export const snapshotScenarios: readonly Scenario[] = [
  ...(["distribution", "docker-registry", "ggcr-registry"] as const).map(carried),
  ...(["distribution", "docker-registry"] as const).map(loggedIn),
];
