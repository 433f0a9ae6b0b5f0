/**
 * A sync of small signed images beside `crane copy` of the same references and signature tags, and further syncs beside
 * the first. crane serves the registries, too.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import { buildDist } from "../build.ts";
import { type Bench, median } from "./bench.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const path = `${process.env.PATH ?? ""}:${process.env.HOME ?? ""}/.cache/sallyport-e2e/bin`;
const env = { PATH: path, HOME: "/nonexistent" };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

async function serve(): Promise<{ readonly host: string; readonly child: ChildProcess }> {
  const host = `127.0.0.1:${await freePort()}`;
  const child = spawn("crane", ["registry", "serve", "--address", host], { env, stdio: "ignore" });
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { host, child };
    if (tries === 100) throw new Error("the registry does not start");
    await wait(100);
  }
}

async function put(url: string, body: string, type: string): Promise<void> {
  const { ok, status } = await fetch(url, { method: "PUT", body, headers: { "content-type": type } });
  if (!ok) throw new Error(`PUT ${url}: ${status}`);
}

async function pushBlob(repository: string, text: string) {
  const digest = digestOf(encodeUtf8(text));
  const begun = await fetch(`${repository}/blobs/uploads/`, { method: "POST" });
  const place = new URL(begun.headers.get("location") ?? "", repository);
  place.searchParams.set("digest", digest);
  await put(place.href, text, "application/octet-stream");
  return { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: text.length };
}

/** An image with a layer of its own, and a signature beside it as cosign keeps it. */
async function pushSigned(host: string, name: string, index: number): Promise<string> {
  const repository = `http://${host}/v2/${name}`;
  const config = await pushBlob(repository, "{}");
  const push = async (tag: string, layers: readonly object[]) => {
    const text = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers });
    await put(`${repository}/manifests/${tag}`, text, mediaTypes.manifest);
    return digestOf(encodeUtf8(text));
  };
  const digest = await push(String(index), [await pushBlob(repository, `layer ${index}`)]);
  const payload = JSON.stringify({ critical: { image: { "docker-manifest-digest": digest } }, optional: null });
  const signature = {
    ...(await pushBlob(repository, payload)),
    mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
    annotations: { "dev.cosignproject.cosign/signature": "MEUCIQ".padEnd(96, "A") },
  };
  const tag = associatedTag(digest, "signature");
  await push(tag, [signature]);
  return tag;
}

function timed(program: string, words: readonly string[]): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(program, words, {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")}: exit code ${status}\n${stderr.slice(-1000)}`);
  return performance.now() - begun;
}

/** Nothing but the requests that a second sync cannot do without, as many at a time as it sends. */
const headers = `
const { Agent } = await import("undici");
const [host, path, ...tags] = process.argv.slice(1);
const agent = new Agent({ connections: 8 });
let next = 0;
const work = async () => {
  while (next < tags.length) {
    const asked = { origin: "http://" + host, path: path + tags[next++], method: "HEAD", reset: false };
    const { statusCode, body } = await agent.request(asked);
    await body.dump();
    if (statusCode !== 200) throw new Error(path + ": " + statusCode);
  }
};
await Promise.all(Array.from({ length: 16 }, work));
await agent.close();
`;

/** One process for each reference, as many at a time as there are cores. */
async function copyEach(from: string, to: string, tags: readonly string[]): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < tags.length) {
      const tag = tags[next++] ?? "";
      const child = spawn("crane", ["copy", `${from}:${tag}`, `${to}:${tag}`], { env, stdio: "ignore" });
      const [code] = (await once(child, "exit")) as [number | null];
      if (code !== 0) throw new Error(`crane copy ${from}:${tag}: exit code ${code}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return performance.now() - begun;
}

export const mirrorSync: Bench = {
  name: "sync",
  says: "`sallyport mirror sync` of small signed images, again, and `crane copy` of each and its signature tag",
  async run({ quick }) {
    if (spawnSync("crane", ["version"], { env }).status !== 0) return { skipped: "there is no crane on PATH" };
    await buildDist(root);
    const count = quick ? 10 : 1000;
    const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
    const [from, to, whole] = [await serve(), await serve(), await serve()];
    try {
      const name = "org/app";
      const signatures: string[] = [];
      for (let index = 0; index < count; index++) signatures.push(await pushSigned(from.host, name, index));
      const list = join(folder, "images.txt");
      writeFileSync(list, signatures.map((_, index) => `${from.host}/${name}:${index}\n`).join(""));
      const program = join(root, "dist/sallyport.mjs");
      const rounds = Array.from({ length: quick ? 1 : 3 }, (_, round) => {
        const words = [program, "mirror", "sync", "-f", list, "--store", join(folder, `mirror-${round}`)];
        const [first, second] = [timed(process.execPath, words), timed(process.execPath, words)];
        return { first, second, young: timed(process.execPath, [...words, "--refresh", "1h"]) };
      });
      const [first, second, young] = (["first", "second", "young"] as const).map((which) =>
        median(rounds.map((round) => round[which])),
      ) as [number, number, number];
      const tags = signatures.flatMap((signature, index) => [String(index), signature]);
      const heads = ["--input-type=module", "-e", headers, from.host, `/v2/${name}/manifests/`, ...tags];
      const least = median(rounds.map(() => timed(process.execPath, heads)));
      const crane = await copyEach(`${from.host}/${name}`, `${to.host}/${name}`, tags);
      // The same references: the repository has no others.
      const craneOnce = timed("crane", ["copy", "--all-tags", `${from.host}/${name}`, `${whole.host}/${name}`]);
      const bound = (atMost: number) => (quick ? {} : { atMost });
      return [
        {
          what: `of ${count} images, times \`crane copy\` of their ${tags.length} references, each a process`,
          ratio: first / crane,
          ...bound(1),
        },
        {
          what: "the same, times one `crane copy --all-tags`, which asks for nothing that hangs on an image",
          ratio: first / craneOnce,
        },
        {
          what: "a second one, in which everything is asked again, times the first",
          ratio: second / first,
          ...bound(0.1),
        },
        {
          what: `${tags.length} HEAD requests and nothing else, the least that it can do, times the first`,
          ratio: least / first,
        },
        {
          what: "one with `--refresh 1h`, in which nothing is old, times the first",
          ratio: young / first,
          ...bound(0.1),
        },
      ];
    } finally {
      for (const { child } of [from, to, whole]) child.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
