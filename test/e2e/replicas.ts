/**
 * Two replicas behind one API server: they read the snapshots that one writer publishes, decide alike while they have
 * the same content, and show when one of them lags. The writer is killed, and then one of them.
 */
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Agent, request } from "undici";
import * as assert from "uvu/assert";
import { policyText } from "../support/fixture-policies.ts";
import { digest, words } from "./admission.ts";
import { type ApiServer, listOf, object, pod, startApiServer } from "./api-server.ts";
import { giveRights, policyDefinitions, startGate } from "./gate.ts";
import { freePort, type Outcome, until } from "./processes.ts";
import { exits, plain, push, says, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";
import { publisherKey } from "./snapshots.ts";

/** What stands for a Service: it passes connections on to one of the ports, until it is told another one. */
async function openBalancer(ports: readonly number[]) {
  const port = await freePort();
  const open = new Set<Socket>();
  let chosen = ports[0] ?? 0;
  const server = createServer((client) => {
    const target = connect(chosen, "127.0.0.1");
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const one of open) one.destroy();
  };
  return {
    port,
    choose(place: number): void {
      chosen = ports[place] ?? 0;
      cut();
    },
    async close(): Promise<void> {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Answered {
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly message: string };
}

/** A review as the API server sends it, without the API server. The id of its answer's decision is left out. */
async function review(port: number, image: string): Promise<Answered> {
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  const made = pod("shop", "asked", image);
  const asked = {
    uid: "one",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: { group: "", version: "v1", resource: "pods" },
    operation: "CREATE",
    namespace: "shop",
    name: "asked",
    userInfo: { username: "somebody" },
    object: made,
  };
  const { body } = await request(`https://127.0.0.1:${port}/mutate/fail?timeout=10s`, {
    method: "POST",
    dispatcher: agent,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: asked }),
  });
  const text = (await body.text()).replaceAll(/d-[0-9A-Z]{8}/g, "d-X");
  await agent.close();
  return (JSON.parse(text) as { readonly response: Answered }).response;
}

const pods = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, place) => {
    const made = pod("sallyport", `sallyport-${place}`, "registry.invalid/sallyport:1");
    return { ...made, metadata: { ...made.metadata, labels: { "app.kubernetes.io/name": "sallyport" } } };
  });

/** Images of a list that `serve` syncs every second. Returns what ends it at once. */
async function startWriter({ stage, main }: Tools, host: string) {
  const port = await freePort();
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    store: "writer",
    mode: "online",
    listeners: [{ address: `127.0.0.1:${port}`, serves: ["health"] }],
    upstreams: [{ host, plainHTTP: true }],
    sync: { lists: ["images.txt"], interval: "1s" },
  };
  stage.write("writer.yaml", JSON.stringify(config));
  const serving = [main, "serve", "--config", "writer.yaml"];
  return stage.serve(process.execPath, serving, async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
}

async function prepare(tools: Tools, cluster: ApiServer): Promise<void> {
  const named = ["sallyport", "shop"].map((name) => object("Namespace", [undefined, name]));
  await cluster.kubectl(["apply", "--server-side", "-f", "-"], listOf(...policyDefinitions(), ...named));
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", "clusterpolicies.kyverno.io"]);
  await giveRights(tools, cluster);
  await cluster.kubectl(["apply", "-f", "-"], listOf(...pods(2)));
}

interface Facts {
  readonly contentId: string;
  readonly sequence: number;
}

const replicas: Scenario = {
  name: "replicas: two readers of one writer's snapshots decide alike, show who lags, and outlive the writer",
  needs: ["api-server", "kubectl", "helm", "distribution", "crane", "cosign3", "unshare"],
  async run(tools) {
    const { stage, program, sallyport } = tools;
    const cluster = await startApiServer(tools);
    await prepare(tools, cluster);
    const host = await startRegistry("distribution", tools);
    const first = await push(`${host}/shop/app:first`, tools, plain);
    await sign("cosign3", first, tools, plain);
    const key = `- keys:\n              publicKeys: |-\n                ${readFileSync(
      join(stage.folder, "release.pub"),
      "utf8",
    )
      .trim()
      .replaceAll("\n", "\n                ")}\n              rekor: { ignoreTlog: true }`;
    const policy = policyText({ name: "check-image", references: `["${host}/*"]`, entries: [key] });
    await cluster.kubectl(["apply", "-f", "-"], policy);

    // One writer, which goes on syncing while its mirror is published.
    publisherKey("publisher", tools);
    const place = `oci://${host}/sallyport/mirror`;
    const mirrored = async (image: string, exit: number): Promise<boolean> => {
      const verifying = ["verify", "--key", "release.pub", "--insecure-ignore-tlog", "--store", "writer", image];
      return (await sallyport(verifying)).exit === exit;
    };
    const publish = async (): Promise<Facts> => {
      const pushing = ["snapshot", "push", place, "--store", "writer", "--key", "publisher.key", "-o", "json"];
      return JSON.parse(succeeds(await sallyport(pushing)).out) as Facts;
    };
    stage.write("images.txt", `${host}/shop/app:first\n`);
    const writer = await startWriter(tools, host);
    await until("the first image is mirrored", () => mirrored(first, 0));
    const one = await publish();

    // Two readers. The second looks once an hour, so that it lags.
    const ports = [await freePort(), await freePort()];
    const balancer = await openBalancer(ports);
    const start = (index: number, interval: string) =>
      startGate(tools, `reader-${index}`, {
        port: ports[index] ?? 0,
        url: `https://127.0.0.1:${balancer.port}`,
        host: `sallyport-${index}`,
        changes: {
          store: `reader-${index}`,
          upstreams: [{ host, plainHTTP: true }],
          snapshot: { from: place, keys: ["publisher.pub"], interval },
        },
      });
    const readers = [await start(0, "1s"), await start(1, "1h")] as const;
    try {
      const factsOf = async (index: 0 | 1): Promise<Facts> => {
        const { text } = await readers[index].ready();
        const { mirror } = JSON.parse(text) as { readonly mirror: Facts };
        const info = /^sallyport_snapshot_info\{content_id="([^"]*)",sequence="(\d+)"/m.exec(
          await readers[index].metrics(),
        );
        const { contentId, sequence } = mirror;
        assert.equal([info?.[1], info?.[2]], [contentId, String(sequence)], "what the metrics and /readyz say");
        return { contentId, sequence };
      };
      const published = ({ contentId, sequence }: Facts): Facts => ({ contentId, sequence });
      for (const index of [0, 1] as const) {
        await until("the reader is ready", async () => (await readers[index].ready()).status === 200);
        assert.equal(await factsOf(index), published(one));
      }
      const create = (name: string, image: string): Promise<Outcome> =>
        stage.run(program("kubectl"), ["--kubeconfig", "administrator.conf", "create", "-f", "-"], {
          input: JSON.stringify(pod("shop", name, image)),
        });
      /** By the API server, of each reader in turn. */
      const byEach = async (name: string, image: string): Promise<readonly Outcome[]> => {
        const outcomes: Outcome[] = [];
        for (const index of [0, 1]) {
          balancer.choose(index);
          outcomes.push(await create(`${name}-${index}`, image));
        }
        return outcomes;
      };
      const said = (outcome: Outcome): string =>
        words(outcome)
          .replaceAll(/d-[0-9A-Z]{8}/g, "d-X")
          .replaceAll(/-[01]\b/g, "-N");
      await until("a Pod without a signature is denied", async () =>
        /not-in-mirror/.test(says(await create(`try-${Date.now()}`, `${host}/shop/app:never`))),
      );
      const alike = async (image: string): Promise<Answered> => {
        const [here, there] = await Promise.all(ports.map((port) => review(port, image)));
        assert.equal(here, there, image);
        return here as Answered;
      };
      const admitted = await byEach("first", `${host}/shop/app:first`);
      admitted.map(succeeds);
      for (const index of [0, 1]) {
        const stored = ["-n", "shop", "get", "pod", `first-${index}`, "-o", "jsonpath={.spec.containers[0].image}"];
        assert.match((await cluster.kubectl(stored)).out, digest);
      }
      assert.ok((await alike(`${host}/shop/app:first`)).allowed);
      assert.not.ok((await alike(`${host}/shop/app:second`)).allowed);

      // More is published: one reader switches, the other lags, and everybody who looks sees it.
      const second = await push(`${host}/shop/app:second`, tools, plain);
      const signing = ["sign", "--key", "release.key", "--yes", "--tlog-upload=false", "--use-signing-config=false"];
      const env = { COSIGN_PASSWORD: "" };
      succeeds(await stage.run(program("cosign3"), [...signing, ...plain.cosign, second], { env }));
      await push(`${host}/shop/app:unsigned`, tools, plain);
      const tags = ["first", "second", "unsigned"].map((tag) => `${host}/shop/app:${tag}\n`);
      stage.write("images.txt", tags.join(""));
      await until("the second image is mirrored", () => mirrored(second, 0));
      await until("the unsigned image is mirrored", () => mirrored(`${host}/shop/app:unsigned`, 10));
      const two = await publish();
      await until("the first reader has the second snapshot", async () => (await factsOf(0)).sequence === two.sequence);
      assert.equal(await factsOf(0), published(two));
      assert.equal(await factsOf(1), published(one));
      const status = async (index: number) =>
        JSON.parse((await sallyport(["status", "--store", `reader-${index}`, "-o", "json"])).out) as {
          readonly contentId: string;
        };
      assert.is((await status(0)).contentId, two.contentId);
      assert.is((await status(1)).contentId, one.contentId);
      assert.match(words(await sallyport(["status", "--store", "reader-1"])), /snapshot .*\b1, made/);
      const [ahead, behind] = await byEach("second", `${host}/shop/app:second`);
      succeeds(ahead as Outcome);
      exits(1, behind as Outcome, /not-in-mirror/);
      // It is brought up to date by hand, while it runs.
      succeeds(await sallyport(["snapshot", "pull", place, "--store", "reader-1"]));
      await until("the second reader switches", async () => (await factsOf(1)).sequence === two.sequence);

      // The writer is killed: they go on, and decide alike.
      writer.kill("SIGKILL");
      const denied = await byEach("unsigned", `${host}/shop/app:unsigned`);
      for (const outcome of denied) exits(1, outcome, /\[no-signature\]/);
      assert.is(said(denied[0] as Outcome), said(denied[1] as Outcome));
      assert.ok((await alike(`${host}/shop/app:second`)).allowed);
      assert.not.ok((await alike(`${host}/shop/app:unsigned`)).allowed);

      // Who denied is in the id of the decision.
      for (const [index, outcome] of denied.entries()) {
        const id = /d-[0-9A-Z]{8}/.exec(says(outcome))?.[0] ?? "";
        const asked = ["explain", id, "--cluster", "--kubeconfig", "administrator.conf"];
        exits(2, await sallyport(asked), new RegExp(`the replica sallyport/sallyport-${index} gave the id ${id}`));
        exits(1, await sallyport(["explain", id, "--store", `reader-${index}`]), /no-signature/);
        exits(2, await sallyport(["explain", id, "--store", `reader-${1 - index}`]), /another instance/);
      }

      // What the killed writer had is whole, and its successor publishes on.
      exits(0, await sallyport(["mirror", "check", "--store", "writer"]));
      await push(`${host}/shop/app:third`, tools, plain);
      stage.write("images.txt", [...tags, `${host}/shop/app:third\n`].join(""));
      await startWriter(tools, host);
      await until("the third image is mirrored", () => mirrored(`${host}/shop/app:third`, 10));
      const three = await publish();
      assert.is(three.sequence, two.sequence + 1);
      await until("the first reader follows", async () => (await factsOf(0)).sequence === three.sequence);

      // One reader is killed: the other one answers.
      readers[0].process.kill("SIGKILL");
      balancer.choose(1);
      exits(1, await create("last-unsigned", `${host}/shop/app:unsigned`), /\[no-signature\]/);
      succeeds(await create("last-signed", `${host}/shop/app:second`));
    } finally {
      await balancer.close();
    }
    await stage.stopServers();
  },
};

export const replicaScenarios: readonly Scenario[] = [replicas];
