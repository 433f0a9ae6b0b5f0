/**
 * What `npm run bench:admission -- kyverno` measures: `serve` and real Kyverno's admission controller, each a webhook,
 * asked by HTTPS with the same reviews. Prints rows, or why there are none, as one line of JSON.
 *
 * Kyverno has its default flags for caches: it verifies an image once, and asks the registry each time what a tag is.
 * Its reports are off, as ours are, and so are Events of what passed, as its chart has it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../core/limits.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { fillSigned, signedImage } from "../../scripts/bench/admission-images.ts";
import { reviewBody, reviewRequest } from "../../scripts/bench/admission-reviews.ts";
import { answerOf } from "../../scripts/bench/admission-serve.ts";
import { images } from "../../scripts/bench/admission-warm.ts";
import { type BenchRow, median } from "../../scripts/bench/bench.ts";
import { LoadClient, part } from "../../scripts/bench/load-client.ts";
import { residentOf, usedBy } from "../../scripts/bench/server-process.ts";
import { buildDist } from "../../scripts/build.ts";
import { type ApiServer, object, startApiServer } from "./api-server.ts";
import { type Component, toolsFolder } from "./components.ts";
import { defineKyverno, insecure, startKyverno, until } from "./kyverno-controller.ts";
import { freePort, Stage } from "./processes.ts";
import { startRegistry, succeeds } from "./registry-actions.ts";
import type { Tools } from "./scenario.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const main = join(root, "dist/sallyport.mjs");
const quick = process.argv.includes("--quick");
const needs: readonly Component[] = ["api-server", "kubectl", "ggcr-registry", "kyverno-controller"];

/** A webhook that is measured. */
interface Judge {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}

/** The images of a mirror, pushed: their manifests, and signatures with what they sign. Returns their digests. */
async function push(folder: string, host: string): Promise<readonly Digest[]> {
  const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
  try {
    const knowledge = mirror.knowledge();
    const present = <Value>(answer: { readonly state: string; readonly value?: Value } | undefined): Value => {
      if (answer?.state !== "present" || answer.value === undefined) throw new Error("the mirror lacks an image");
      return answer.value;
    };
    const send = async (method: "PUT" | "POST", path: string, body: Uint8Array, type: string): Promise<void> => {
      const answer = await request(`http://${host}/v2/${path}`, { method, body, headers: { "content-type": type } });
      await answer.body.dump();
      if (answer.statusCode !== 201) throw new Error(`${path}: ${answer.statusCode}`);
    };
    const digests: Digest[] = [];
    for (let index = 0; index < images; index++) {
      const [repository = "", tag = ""] = signedImage(index).split(/:(?=[\d.]+$)/);
      const path = repository.slice(repository.indexOf("/") + 1);
      const { digest } = present(knowledge.answer({ kind: "tag", repository, tag }));
      digests.push(digest);
      for (const name of [tag, associatedTag(digest, "signature")]) {
        const described = present(knowledge.answer({ kind: "tag", repository, tag: name }));
        const bytes = present(knowledge.answer({ kind: "manifest", repository, digest: described.digest }));
        const { mediaType, layers } = JSON.parse(Buffer.from(bytes).toString()) as {
          readonly mediaType: string;
          readonly layers: readonly { readonly digest: Digest }[];
        };
        for (const layer of layers) {
          const blob = knowledge.answer({ kind: "blob", repository, digest: layer.digest });
          if (blob?.state === "present")
            await send("POST", `${path}/blobs/uploads/?digest=${layer.digest}`, blob.value, "application/octet-stream");
        }
        await send("PUT", `${path}/manifests/${name}`, bytes, mediaType);
      }
    }
    return digests;
  } finally {
    mirror.close();
  }
}

const readiness = Buffer.from("GET /readyz HTTP/1.1\r\nHost: serve\r\nConnection: close\r\n\r\n");

async function startServe({ stage }: Tools, name: string, host: string, more: object): Promise<Judge> {
  const port = await freePort();
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    store: "mirror",
    listeners: [{ address: `127.0.0.1:${port}`, serves: ["admission", "health"], tls: { from: "own" } }],
    policies: { folders: ["policy.yaml"] },
    upstreams: [{ host }],
    log: { level: "error" },
    ...more,
  };
  stage.write(`${name}.yaml`, JSON.stringify(config));
  const ready = async (): Promise<boolean> => (await answerOf(port, readiness)).startsWith("HTTP/1.1 200");
  const { pid } = await stage.serve(process.execPath, [main, "serve", "--config", `${name}.yaml`], ready);
  return { name, port, pid };
}

async function startTheirs(tools: Tools, cluster: ApiServer, policy: string): Promise<Judge> {
  const { stage, program } = tools;
  await defineKyverno(tools, cluster);
  await cluster.kubectl(["apply", "-f", "-"], object("Namespace", [undefined, "shop"]));
  const { port, pid } = await startKyverno(tools, { omitEvents: "PolicyApplied,PolicySkipped" });
  stage.write("policy.yaml", policy);
  const apply = ["--kubeconfig", "administrator.conf", "apply", "-f", "policy.yaml"];
  await until("its policy is taken", async () => (await stage.run(program("kubectl"), apply)).exit === 0);
  return { name: "Kyverno", port, pid };
}

/** Admits what is signed, and denies what is not. */
async function requireJudged({ name, port }: Judge, host: string, signed: readonly string[]): Promise<void> {
  const answerTo = async (names: readonly string[]): Promise<string> => {
    const { body } = await request(`https://127.0.0.1:${port}/mutate/fail?timeout=10s`, {
      method: "POST",
      dispatcher: insecure,
      headers: { "content-type": "application/json" },
      body: reviewBody({ index: 1, images: names }),
    });
    const { response } = (await body.json()) as { readonly response: { readonly allowed: boolean; patch?: string } };
    return `${response.allowed ? "admitted" : "denied"}${response.patch === undefined ? "" : " with a patch"}`;
  };
  await until(`${name} denies`, async () => (await answerTo([`${host}/shop/app-0:2`])) === "denied");
  assert.is(await answerTo(signed), "admitted with a patch", name);
}

interface Measured {
  readonly rate: number;
  readonly cpu: number;
}

/** Reviews a second of each, and microseconds of its processor for one: short rounds in turn, and their medians. */
async function measure(judges: readonly Judge[], client: LoadClient): Promise<readonly Measured[]> {
  const counts = judges.map(({ name }) => (name === "Kyverno" ? 1000 : 4000) / (quick ? 20 : 1));
  for (const [place, { port }] of judges.entries()) await client.most([port], 5 * (counts[place] ?? 0));
  const seen = judges.map((): Measured[] => []);
  for (let round = 0; round < (quick ? 1 : 5); round++)
    for (const [place, judge] of judges.entries()) {
      const [before, count] = [usedBy(judge.pid), counts[place] ?? 0];
      const { rate } = await client.most([judge.port], count);
      seen[place]?.push({ rate, cpu: (usedBy(judge.pid) - before) / count });
    }
  return seen.map((rounds) => ({
    rate: median(rounds.map(({ rate }) => rate)),
    cpu: median(rounds.map(({ cpu }) => cpu)),
  }));
}

const timesWanted = 5;

async function rowsOf(judges: readonly Judge[], by: string, client: LoadClient): Promise<readonly BenchRow[]> {
  const [theirs, ...ours] = await measure(judges, client);
  if (theirs === undefined) throw new Error("nothing was measured");
  const rows: BenchRow[] = [];
  const bound = quick ? {} : { atLeast: timesWanted };
  for (const [place, { rate, cpu }] of ours.entries()) {
    const name = judges[place + 1]?.name ?? "";
    rows.push({ what: `${by}: reviews a second of ${name}, times Kyverno's`, ratio: rate / theirs.rate, ...bound });
    rows.push({ what: `${by}: Kyverno's processor time for a review, times ${name}'s`, ratio: theirs.cpu / cpu });
  }
  const half = theirs.rate / 2;
  for (const [place, judge] of judges.entries()) {
    const { times } = await client.paced(judge.port, half, quick ? 50 : 1000);
    const { rate = 0 } = [theirs, ...ours][place] ?? {};
    rows.push({ what: `${by}: reviews a second of ${judge.name}`, ratio: rate });
    rows.push({ what: `${by}: p99 of ${judge.name} in ms, at ${half.toFixed(0)} a second`, ratio: part(times, 0.99) });
  }
  return rows;
}

async function run(stage: Stage): Promise<readonly BenchRow[]> {
  const tools: Tools = {
    stage,
    main,
    program: (component) => join(toolsFolder, component),
    sallyport: (words, env) => stage.run(process.execPath, [main, ...words], { env: env ?? {} }),
  };
  const host = await startRegistry("ggcr-registry", tools);
  const made = fillSigned(join(stage.folder, "made"), images);
  const digests = await push(join(stage.folder, "made"), host);
  // Else Kyverno fetches trusted roots from Sigstore's own address.
  const alone = 'rekor: { ignoreTlog: true, url: "http://127.0.0.1:1" }\n            ctlog: { ignoreSCT: true }';
  const policy = made.policy.replaceAll("registry.example.com", host).replaceAll("rekor: { ignoreTlog: true }", alone);
  stage.write("policy.yaml", policy);
  const onHost = (index: number): string => signedImage(index).replace(/^[^/]+/, host);
  stage.write("images.txt", Array.from({ length: images }, (_, index) => `${onHost(index)}\n`).join(""));
  const syncing = ["mirror", "sync", "-f", "images.txt", "--policies", "policy.yaml", "--complete"];
  succeeds(await tools.sallyport([...syncing, "--store", "mirror"]));
  const theirs = await startTheirs(tools, await startApiServer(tools), policy);
  const judges = [
    theirs,
    await startServe(tools, "serve", host, {}),
    await startServe(tools, "serve in mode online", host, { mode: "online", store: "online" }),
  ];
  const podsOf = (nameOf: (index: number) => string): readonly Buffer[] =>
    Array.from({ length: quick ? 64 : 4096 }, (_, index) =>
      reviewRequest({ index, images: [nameOf((index * 7) % images), nameOf((index * 13 + 5) % images)] }),
    );
  const byTag = podsOf(onHost);
  const byDigest = podsOf((index) => `${onHost(index).replace(/:[\d.]+$/, "")}@${digests[index] ?? ""}`);
  for (const judge of judges) await requireJudged(judge, host, [onHost(0), onHost(1)]);
  const client = await LoadClient.open(byTag);
  try {
    const rows = [...(await rowsOf(judges, "by tag", client))];
    await client.send(byDigest);
    rows.push(...(await rowsOf(judges, "by digest", client)));
    const memory = judges.map(({ name, pid }) => ({ what: `MiB of ${name}`, ratio: residentOf(pid) / 1024 / 1024 }));
    return [...rows, ...memory];
  } finally {
    client.end();
  }
}

const missing = needs.filter((one) => !existsSync(join(toolsFolder, one)));
if (missing.length > 0) console.log(JSON.stringify({ skipped: `${missing.join(", ")}: npm run e2e builds them` }));
else {
  await buildDist(root);
  const stage = new Stage();
  try {
    console.log(JSON.stringify(await run(stage)));
  } finally {
    await stage.end();
  }
}
