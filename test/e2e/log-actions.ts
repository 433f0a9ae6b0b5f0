/** What scenarios do with transparency logs: keys, trusted roots, Rekor of both versions, and entries in it. */
import { createHash, generateKeyPairSync, randomBytes, sign as signBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import { freePort } from "./processes.ts";
import { plain, succeeds } from "./registry-actions.ts";
import type { Tools } from "./scenario.ts";

const host = "127.0.0.1";

/** Makes a key of a log: `NAME.key` and `NAME.pub`. */
export function logKey({ stage }: Tools, name: string, type: "ed25519" | "p256"): void {
  const pair = type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  stage.write(`${name}.key`, String(pair.privateKey.export({ type: "pkcs8", format: "pem" })));
  stage.write(`${name}.pub`, String(pair.publicKey.export({ type: "spki", format: "pem" })));
}

/** Cosign writes a trusted root of one log, by its key. */
export async function trustedRoot(tools: Tools, file: string, key: string, origin: string): Promise<void> {
  const log = `url=https://${origin},public-key=${key}.pub,start-time=2024-01-01T00:00:00Z,origin=${origin}`;
  succeeds(
    await tools.stage.run(tools.program("cosign3"), ["trusted-root", "create", `--rekor=${log}`, "--out", file]),
  );
}

/** Returns its address. Its tree is in the folder `TREE-tiles`; `tree` is another one than the key's. */
export async function startRekorTiles(
  { stage, program }: Tools,
  key: string,
  origin: string,
  tree: string = key,
): Promise<string> {
  const [port, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const url = `http://${host}:${port}`;
  const flags = {
    "http-port": port,
    "grpc-port": grpc,
    "http-metrics-port": metrics,
    hostname: origin,
    "storage-dir": join(stage.folder, `${tree}-tiles`),
    "signer-filepath": `${key}.key`,
    "checkpoint-interval": "200ms",
  };
  await stage.serve(
    program("rekor-tiles"),
    ["serve", ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    async () => (await request(`${url}/healthz`)).statusCode === 200,
  );
  return url;
}

/** Signs an image by `release.key` into a Rekor v2 that is started for it, with the key `log`. */
export async function signIntoTiles(
  tools: Tools,
  image: string,
  { log, origin, root }: { readonly log: string; readonly origin: string; readonly root: string },
): Promise<void> {
  await signInto(tools, image, { url: await startRekorTiles(tools, log, origin), config: log, root });
}

/** Signs an image by `release.key` into the Rekor v2 at an address; `config` names the signing config that is made. */
export async function signInto(
  tools: Tools,
  image: string,
  { url, config, root }: { readonly url: string; readonly config: string; readonly root: string },
): Promise<void> {
  const run = async (...words: readonly string[]) =>
    succeeds(await tools.stage.run(tools.program("cosign3"), words, { env: { COSIGN_PASSWORD: "" } }));
  const service = `url=${url},api-version=2,start-time=2024-01-01T00:00:00Z,operator=test`;
  await run("signing-config", "create", `--rekor=${service}`, "--rekor-config=ANY", "--out", `${config}-config.json`);
  const from = ["--signing-config", `${config}-config.json`, "--trusted-root", root];
  await run("sign", "--key", "release.key", "--yes", ...from, ...plain.cosign, image);
}

export interface Rekor {
  readonly url: string;
  /** Its key, PEM. */
  readonly key: string;
}

export async function startRekor({ stage, program }: Tools, origin: string): Promise<Rekor> {
  const [port, trillian, redis] = [await freePort(), await freePort(), await freePort()];
  const url = `http://${host}:${port}`;
  const flags = {
    port,
    "rekor_server.address": host,
    "rekor_server.hostname": origin,
    "rekor_server.signer": "memory",
    "trillian_log_server.port": trillian,
    "redis_server.port": redis,
    log_type: "prod",
  };
  await stage.serve(
    program("rekor"),
    ["serve", ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    async () => (await request(`${url}/api/v1/log`)).statusCode === 200,
    { TRILLIAN: `${host}:${trillian}`, REDIS: `${host}:${redis}` },
  );
  return { url, key: await (await request(`${url}/api/v1/log/publicKey`)).body.text() };
}

/** The first signature in the tag layout of an image: the digest of its layer, the layer's hash, the signature. */
export async function signatureOf(image: string) {
  const [, registry = "", path = "", digest = ""] = /^([^/]+)\/(.+)@(.+)$/.exec(image) ?? [];
  const manifest = `http://${registry}/v2/${path}/manifests/${digest.replace(":", "-")}.sig`;
  const { layers } = (await (await request(manifest)).body.json()) as {
    layers: readonly { digest: string; annotations: Readonly<Record<string, string>> }[];
  };
  const [{ digest: layer, annotations } = { digest: "", annotations: {} }] = layers;
  const signature: string = annotations["dev.cosignproject.cosign/signature"] ?? "";
  return { layer, hash: layer.replace("sha256:", ""), signature };
}

/** Logs a signature of a key in a file, as anybody may do it at any time. Returns the entry's id. */
export async function logSignature(
  { stage }: Tools,
  { url }: Rekor,
  { hash, signature, key }: { readonly hash: string; readonly signature: string; readonly key: string },
): Promise<string> {
  const spec = {
    data: { hash: { algorithm: "sha256", value: hash } },
    signature: {
      content: signature,
      publicKey: { content: readFileSync(join(stage.folder, key)).toString("base64") },
    },
  };
  const answer = await request(`${url}/api/v1/log/entries`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ apiVersion: "0.0.1", kind: "hashedrekord", spec }),
  });
  const text = await answer.body.text();
  assert.is(answer.statusCode, 201, text);
  return Object.keys(JSON.parse(text) as object)[0] ?? "";
}

/** Something that a key signed which nobody uses again. */
function strayEntry() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const content = randomBytes(16);
  return { digest: createHash("sha256").update(content).digest(), content, publicKey, privateKey };
}

/** Lets a log grow by entries of others: of Rekor v1, or of v2 by its address alone. */
export async function logStrangers(tools: Tools, log: Rekor | string, count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    const { digest, content, publicKey, privateKey } = strayEntry();
    const signature = signBytes("sha256", content, privateKey).toString("base64");
    if (typeof log !== "string") {
      tools.stage.write("stranger.pem", String(publicKey.export({ type: "spki", format: "pem" })));
      await logSignature(tools, log, { hash: digest.toString("hex"), signature, key: "stranger.pem" });
      continue;
    }
    const rawBytes = publicKey.export({ type: "spki", format: "der" }).toString("base64");
    const verifier = { publicKey: { rawBytes }, keyDetails: "PKIX_ECDSA_P256_SHA_256" };
    const entry = { digest: digest.toString("base64"), signature: { content: signature, verifier } };
    const answer = await request(`${log}/api/v2/log/entries`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hashedRekordRequestV002: entry }),
    });
    const text = await answer.body.text();
    assert.ok(answer.statusCode === 200 || answer.statusCode === 201, text);
  }
}
