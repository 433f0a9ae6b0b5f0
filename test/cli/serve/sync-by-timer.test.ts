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
    "images.txt": `${upstream.host}/app:1\n`,
    "c.yaml": `${head}mode: online
store: ${tempFolder()}
listeners: [{ address: "127.0.0.1:0", serves: [health, metrics] }]
upstreams: [{ host: "${upstream.host}", plainHTTP: true }]
sync: { lists: [images.txt], interval: 1s, failurePolicy: Ignore }\n`,
  };
  try {
    await serving(
      ["-c", "c.yaml"],
      async ({ urls: [url = ""], logged, lines, files: changing }) => {
        const counted = async () => await (await fetch(`${url}/metrics`)).text();
        await logged("synced");
        assert.match(await counted(), /sallyport_sync_images\{state="covered"\} 1/);
        assert.match(await counted(), /sallyport_sync_last_success_timestamp_seconds \d+/);
        const synced = lines().find(({ msg }) => msg === "synced");
        assert.equal([synced?.images, synced?.covered, synced?.level], [1, 1, "info"]);
        changing["images.txt"] = "not a reference !\n";
        await logged("the sync failed");
        assert.match(await counted(), /sallyport_sync_last_failure_timestamp_seconds\{code="invalid-[a-z]+"\} \d+/);
        assert.match(await counted(), /sallyport_sync_consecutive_failures [1-9]/);
        changing["images.txt"] = `${upstream.host}/app:1\n${stranger.host}/app:1\n`;
        const unlisted = "sync.lists name hosts that are not listed under upstreams, and nobody asks them";
        await logged(`${unlisted}: ${stranger.host}/app:1 (images.txt:2)`);
        await logged("synced", 2);
        const second = lines().filter(({ msg }) => msg === "synced")[1];
        assert.match(JSON.stringify(second?.uncovered), `"${stranger.host}/app:1 (not-in-mirror)"`);
        assert.match(await counted(), /sallyport_sync_images\{state="uncovered"\} 1/);
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

/** A configuration whose one upstream is asked every hour, and what else it says. */
const configFor = (host: string, more: string): string =>
  `${head}mode: online\nstore: ${tempFolder()}\nlisteners: [{ address: "127.0.0.1:0" }]\n` +
  `upstreams: [{ host: "${host}", plainHTTP: true }]\n${more}`;

test("a list that names a host which is no upstream, or cannot be read, is an error at the start", async () => {
  const upstream = await new SmallRegistry().start();
  const more = "sync: { lists: [images.txt], interval: 1h }\n";
  try {
    for (const [list, said] of [
      [
        `${upstream.host}/app:1\nghcr.io/org/app:1\nregistry.test/a/b:v*\n`,
        /ghcr\.io\/org\/app:1 \(images\.txt:2\), registry\.test\/a\/b \(images\.txt:3\)/,
      ],
      ["not a reference !\n", /images\.txt:1/],
    ] as const) {
      const files = { "images.txt": list, "c.yaml": configFor(upstream.host, more) };
      const { exit, out, err } = await serving(["-c", "c.yaml"], async () => undefined, { files });
      assert.is(exit, 2, `${out}${err}`);
      assert.match(out, said);
    }
    assert.equal(upstream.asked(), []);
  } finally {
    await upstream.close();
  }
});

test("exceptions among the policies, and lists of distrust, count; the list of tags is read once", async () => {
  const key = newKey();
  const registry = await new SmallRegistry().start();
  const signed = ["1", "2", "3"].map((tag) => registry.addImage("app", tag, `image ${tag}`));
  for (const digest of signed) registry.sign("app", digest, key);
  registry.addImage("app", "unsigned", "nobody signed this");
  const exception = `---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: { name: unsigned, namespace: kyverno }
spec:
  exceptions: [{ policyName: check-images, ruleNames: [signed] }]
  match: { any: [{ resources: { kinds: [Pod] } }] }
`;
  const more =
    "policies: { folders: [p.yaml] }\ntrust: { distrust: [never.yaml] }\nsync: { lists: [images.txt], interval: 1h }\n";
  const policy = policyFor(key.pem, { images: `${registry.host}/*` });
  const tags = ["1", "2", "3", "unsigned"];
  const list = tags.map((tag) => `${registry.host}/app:${tag}\n`).join("");
  const run = async (files: Readonly<Record<string, string>>) => {
    let uncovered: unknown;
    const world = { "images.txt": list, "never.yaml": "distrust: []\n", "p.yaml": policy, ...files };
    await serving(
      ["-c", "c.yaml"],
      async ({ logged, lines }) => {
        await logged("synced");
        uncovered = lines().find(({ msg }) => msg === "synced")?.uncovered ?? [];
      },
      { files: { ...world, "c.yaml": configFor(registry.host, more) } },
    );
    return uncovered;
  };
  try {
    assert.equal(await run({}), [`${registry.host}/app:unsigned (no-signature)`]);
    const asked = registry.asked();
    assert.is(asked.filter((line) => line.endsWith("/tags/list")).length, 1);
    assert.ok(!asked.some((line) => /\.(?:att|sbom)$/.test(line)), asked.join("\n"));
    assert.equal(await run({ "p.yaml": `${policy}\n${exception}` }), []);
    assert.equal(await run({ "never.yaml": `distrust: [{ digest: "${signed[1]}", reason: test }]\n` }), [
      `${registry.host}/app:2 (distrusted)`,
      `${registry.host}/app:unsigned (no-signature)`,
    ]);
  } finally {
    await registry.close();
  }
});

test("an upstream that is down fails the sync under Fail, and is told under Ignore; the mirror stays", async () => {
  const upstream = await new SmallRegistry().start();
  upstream.addImage("app", "1", "an image");
  const store = tempFolder();
  const files = (policy: string) => ({
    "images.txt": `${upstream.host}/app:1\n`,
    "c.yaml": configFor(upstream.host, `sync: { lists: [images.txt], interval: 1h, failurePolicy: ${policy} }\n`),
  });
  const run = async (policy: string) => {
    let said: Record<string, unknown> | undefined;
    await serving(
      ["-c", "c.yaml", "--store", store],
      async ({ logged, lines }) => {
        await logged("synced");
        said = lines().find(({ msg }) => msg === "synced");
      },
      { files: files(policy) },
    );
    const { level, code, covered, outages } = said ?? {};
    return [level, code, covered, (outages as readonly { readonly code: string }[] | undefined)?.[0]?.code];
  };
  try {
    assert.equal(await run("Fail"), ["info", 0, 1, undefined]);
    upstream.meddle = (_, __, response) => {
      response.writeHead(503, { "retry-after": "100" }).end();
      return true;
    };
    assert.equal(await run("Ignore"), ["warn", 0, 1, "upstream-error"]);
    assert.equal(await run("Fail"), ["error", 5, 1, "upstream-error"]);
  } finally {
    await upstream.close();
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
