import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { newKey } from "../../lab/keys.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { type Reply, serveRegistry } from "../../support/registry-server.ts";
import { SmallRegistry } from "../../support/small-registry.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { serveTuf } from "../../support/tuf-server.ts";
import { runCli } from "../command-io.ts";
import { policyFor } from "../demo-policy.ts";
import { head, serving } from "../serving.ts";

const test = suite("cli/serve/sync-by-timer");

test("its lists are synced into its own mirror, from listed upstreams only; a round that fails is told", async () => {
  const manifest = { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", layers: [] };
  const config = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(encodeUtf8("{}")), size: 2 };
  const found: Reply = { body: { ...manifest, config }, headers: { "content-type": manifest.mediaType } };
  const upstream = await serveRegistry((path) => (path.endsWith("/app/manifests/1") ? found : undefined));
  const stranger = await serveRegistry(() => found);
  const files = {
    "images.txt": `${upstream.host}/app:1\n${stranger.host}/app:1\n`,
    "c.yaml": `${head}mode: online
store: ${tempFolder()}
listeners: [{ address: "127.0.0.1:0" }]
upstreams: [{ host: "${upstream.host}", plainHTTP: true }]
sync: { lists: [images.txt], interval: 1s, failurePolicy: Ignore }\n`,
  };
  try {
    await serving(
      ["-c", "c.yaml"],
      async ({ logged, lines, files: changing }) => {
        await logged("synced");
        const synced = lines().find(({ msg }) => msg === "synced");
        assert.is(synced?.images, 2);
        assert.match(JSON.stringify(synced?.uncovered), `"${stranger.host}/app:1 (not-in-mirror)"`);
        changing["images.txt"] = "not a reference !\n";
        await logged("the sync failed");
        changing["images.txt"] = `${upstream.host}/app:1\n`;
        await logged("synced", 2);
      },
      { files },
    );
    assert.ok(upstream.asked().some((one) => one.includes("/app/manifests/1")));
    assert.equal(stranger.asked(), []);
  } finally {
    await upstream.close();
    await stranger.close();
  }
});

test("a sync asks logs and key services that policies name, and TUF repositories of the mirror's trust", async () => {
  const key = newKey();
  const registry = await new SmallRegistry().start();
  registry.sign("app", registry.addImage("app", "1", "an image"), key);
  const latest = { keys: { 1: { public_key: key.pem } }, latest_version: 1, type: "ecdsa-p256" };
  const vault = await serveLoopback((_, response) => void response.end(JSON.stringify({ data: latest })));
  const log = await serveLoopback((_, response) => void response.end("[]"));
  const tuf = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tufServer = await serveTuf(tuf.files);
  const own = tempFolder();
  const now = "2026-11-02T00:00:00Z";
  const root = { "root.json": tuf.rootHistory[0] ?? new Uint8Array() };
  const words = ["trust", "update", "--name", "corp", "--mirror", tufServer.url, "--root", "root.json", "--store", own];
  assert.is((await runCli(words, { files: root, now })).exit, 0);
  tufServer.asked();
  const policy = policyFor(key.pem, { images: `${registry.host}/*` })
    .replace(/publicKeys: \|-\n[\s\S]*-----END PUBLIC KEY-----/, "publicKeys: hashivault://app")
    .replace("ignoreTlog: true", `url: ${log.url}\n                      pubkey: ${JSON.stringify(key.pem)}`);
  const files = {
    "p.yaml": policy,
    "images.txt": `${registry.host}/app:1\n`,
    "c.yaml": `${head}mode: online
store: ${own}
listeners: [{ address: "127.0.0.1:0" }]
upstreams: [{ host: "${registry.host}", plainHTTP: true }]
policies: { folders: [p.yaml] }
sync: { lists: [images.txt], interval: 1h }\n`,
  };
  const env = { VAULT_ADDR: vault.url, VAULT_TOKEN: "t" };
  try {
    const { err } = await serving(["-c", "c.yaml"], ({ logged }) => logged("synced"), { files, env, now });
    assert.match(vault.asked().join("\n"), /transit\/keys\/app/, err);
    assert.match(log.asked().join("\n"), /api\/v1\/index\/retrieve/, err);
    assert.ok(
      tufServer.asked().some((path) => path.startsWith("timestamp")),
      err,
    );
    await serving(["-c", "c.yaml", "--offline", "--sync-lists", ""], async () => undefined, { files, env, now });
    assert.equal([...vault.asked(), ...log.asked(), ...tufServer.asked()], []);
  } finally {
    await Promise.all([registry, vault, log, tufServer].map((server) => server.close()));
  }
});

test.run();
