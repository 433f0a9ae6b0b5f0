import { type AddressInfo, createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { TufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { SmallRegistry } from "../../support/small-registry.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { serveTuf } from "../../support/tuf-server.ts";
import { runCli } from "../command-io.ts";
import { head, serving, statusOf, unready } from "../serving.ts";

const test = suite("cli/serve/keep-trust");
const now = "2026-11-02T00:00:00Z";

const repository = (seed = "corp") => {
  const tuf = new TufRepository({ seed, now: new Date(now) });
  tuf.addTarget("trusted_root.json", fixtureBytes("trust/trusted-root.json"));
  tuf.publishRoot();
  tuf.publish();
  return { tuf, files: { "root.json": decodeUtf8(tuf.rootHistory[0] ?? new Uint8Array()) } };
};
const words = (store: string, mirror: string, ...more: readonly string[]): readonly string[] => [
  ...["--store", store, "--listen", "127.0.0.1:0", "--tufRoot", "root.json", "--tufMirror", mirror, ...more],
];
const updated = "the trusted root is up to date";
const failed = "the trusted root was not updated";

/** The items of `status` that have this name. */
async function statusItems(store: string, name: string) {
  const { out } = await runCli(["status", "--store", store, "-o", "json"], { now });
  const { items } = JSON.parse(out) as { items: { name: string; state: string; code?: string; text: string }[] };
  return items.filter((item) => item.name === name);
}

test("serve brings the trusted root of --tufMirror by --tufRoot, pins it, and asks nobody else", async () => {
  const { tuf, files } = repository();
  let others = 0;
  const proxy = createServer((socket) => {
    others++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  const env = {
    HTTPS_PROXY: `http://127.0.0.1:${port}`,
    HTTP_PROXY: `http://127.0.0.1:${port}`,
    NO_PROXY: "127.0.0.1",
  };
  const server = await serveTuf(tuf.files);
  const store = tempFolder();
  try {
    const { err } = await serving(
      words(store, server.url, "--online", "--enableTuf=true"),
      async ({ urls: [url = ""], logged }) => {
        await logged(updated);
        assert.equal(await unready(url), []);
        assert.is(await statusOf(`${url}/trust/public-good/trusted_root.json`), 200);
      },
      { files, now, env },
    );
    assert.not.match(err, failed);
    assert.is(others, 0);
    assert.ok(server.asked().some((path) => path.startsWith("timestamp")));
    // As after `trust update` by the same flags: the root is the mirror's from now on.
    const { out, exit } = await runCli(["trust", "status", "--store", store], { now });
    assert.is(exit, 0, out);
    assert.equal(await statusItems(store, "trust update"), []);
  } finally {
    await server.close();
    proxy.close();
  }
});

test("--tufRootRaw is the root as base64, as Kyverno has it; what is no root, or two, ends the start", async () => {
  const { tuf, files } = repository();
  const server = await serveTuf(tuf.files);
  const store = tempFolder();
  const raw = Buffer.from(files["root.json"]).toString("base64");
  const plain = ["--store", store, "--listen", "127.0.0.1:0", "--online", "--tufMirror", server.url];
  try {
    const { err } = await serving(
      [...plain, "--tufRootRaw", raw],
      async ({ urls: [url = ""], logged }) => {
        await logged(updated);
        assert.equal(await unready(url), []);
      },
      { now },
    );
    assert.not.match(err, failed);
    const { out, exit } = await runCli(["trust", "status", "--store", store], { now });
    assert.is(exit, 0, out);
    for (const [more, at] of [
      [["--tufRootRaw", "e30="], /expected the text of a TUF root\.json in base64/],
      [["--tufRootRaw", raw, "--tufRoot", "root.json"], /leave one of them out/],
    ] as const) {
      const { exit: ended, err: said } = await runCli(["serve", ...plain, ...more], { now, files });
      assert.is(ended, 2);
      assert.match(said.replaceAll(/\s+/g, " "), at);
    }
  } finally {
    await server.close();
  }
});

test("while the repository is down the mirror serves on: /readyz and status say it, until it answers", async () => {
  const { tuf, files } = repository();
  let isDown = false;
  const server = await serveTuf(tuf.files, (_, response) => {
    if (isDown) response.writeHead(404).end();
    return isDown;
  });
  const store = tempFolder();
  const run = (body: Parameters<typeof serving>[1]) =>
    serving(words(store, server.url, "--online"), body, { files, now });
  try {
    await run(({ logged }) => logged(updated));
    isDown = true;
    await run(async ({ urls: [url = ""], logged }) => {
      await logged(failed);
      assert.equal(await unready(url), ["tuf-mirror no-trust"]);
      assert.is(await statusOf(`${url}/trust/public-good/trusted_root.json`), 200);
    });
    const [item] = await statusItems(store, "trust update");
    assert.equal([item?.state, item?.text.includes(server.url)], ["warning", true]);
    assert.match(item?.text ?? "", /\[no-trust\]$/);
    isDown = false;
    await run(async ({ urls: [url = ""], logged }) => {
      await logged(updated);
      assert.equal(await unready(url), []);
    });
    assert.equal(await statusItems(store, "trust update"), []);
  } finally {
    await server.close();
  }
});

test("a server that lacks the trusted root is not ready; offline it is only said, and nobody is asked", async () => {
  const { tuf, files } = repository();
  const server = await serveTuf(tuf.files);
  await server.close();
  const online = tempFolder();
  const readyz = async (url: string) => {
    const answer = await fetch(`${url}/readyz`);
    const { checks } = (await answer.json()) as { checks: { name: string; ready: boolean; code: string }[] };
    return [answer.status, ...checks.flatMap(({ name, ready, code }) => (ready ? [] : [`${name} ${code}`]))];
  };
  const { exit } = await serving(
    words(online, server.url, "--online"),
    async ({ urls: [url = ""], logged }) => {
      await logged(failed);
      assert.equal(await readyz(url), [503, "trusted-root unreachable", "tuf-mirror unreachable"]);
    },
    { files, now },
  );
  assert.is(exit, 0);
  const up = await serveTuf(tuf.files);
  try {
    await serving(
      words(online, up.url, "--offline"),
      async ({ urls: [url = ""], lines }) => {
        assert.equal(await readyz(url), [200, "trusted-root no-trust"]);
        const said = lines().find(({ msg }) => msg === "mode offline: the TUF mirror is not dialled");
        assert.is(said?.tufMirror, up.url);
      },
      { files, now },
    );
    assert.equal(up.asked(), []);
  } finally {
    await up.close();
  }
});

test("metadata of another root brings nothing and takes nothing away", async () => {
  const { tuf, files } = repository();
  const server = await serveTuf(tuf.files);
  const stranger = await serveTuf(repository("stranger").tuf.files);
  const store = tempFolder();
  const run = (url: string, body: Parameters<typeof serving>[1]) =>
    serving(words(store, url, "--online"), body, { files, now });
  try {
    await run(server.url, ({ logged }) => logged(updated));
    await run(stranger.url, async ({ urls: [url = ""], logged }) => {
      await logged(failed);
      assert.equal(await unready(url), ["tuf-mirror bad-threshold"]);
      assert.is(await statusOf(`${url}/trust/public-good/trusted_root.json`), 200);
    });
    // With the stranger's root nothing that the mirror has can be used, and its metadata is older than what was seen.
    const strangers = repository("stranger").files;
    await serving(
      words(store, stranger.url, "--offline"),
      async ({ urls: [url = ""] }) => assert.equal(await unready(url), ["trust no-trust", "trusted-root no-trust"]),
      { files: strangers, now },
    );
  } finally {
    await server.close();
    await stranger.close();
  }
});

test("the timer asks again, syncs do not, and a repository that hangs holds up no end", async () => {
  const { tuf, files } = repository();
  const server = await serveTuf(tuf.files);
  const registry = await new SmallRegistry().start();
  registry.addImage("app", "1", "an image");
  const hanging = await serveLoopback(() => undefined);
  const config = (mirror: string) => `${head}mode: online
store: ${tempFolder()}
listeners: [{ address: "127.0.0.1:0" }]
upstreams: [{ host: "${registry.host}", plainHTTP: true }]
trust: { tufRoot: root.json, tufMirror: "${mirror}" }
sync: { lists: [images.txt], interval: 1s }\n`;
  const run = (mirror: string, body: Parameters<typeof serving>[1]) => {
    const world = { "images.txt": `${registry.host}/app:1\n`, "c.yaml": config(mirror), ...files };
    return serving(["-c", "c.yaml"], body, { files: world, now });
  };
  try {
    await run(server.url, async ({ logged, lines }) => {
      await logged("synced", 2);
      await logged(updated, 2);
      const messages = lines().map(({ msg }) => msg);
      assert.ok(messages.indexOf(updated) < messages.indexOf("synced"), messages.join("\n"));
    });
    const asked = server.asked().filter((path) => path === "timestamp.json").length;
    const { err } = await run(hanging.url, async () => undefined);
    assert.match(err, /"msg":"ended"/);
    assert.not.match(err, failed);
    assert.ok(asked >= 2);
  } finally {
    await Promise.all([server, registry, hanging].map((one) => one.close()));
  }
});

test("what trust.tufMirror may be", async () => {
  for (const [more, said] of [
    ["mode: online\ntrust: { tufMirror: tuf.corp }\n", /trust\.tufMirror: expected https:\/\/HOST/],
    ["mode: online\ntrust: { tufMirror: 'https://me:secret@tuf.corp' }\n", /trust\.tufMirror: expected https:\/\/HOST/],
    ["mode: online\ntrust: { tufMirror: 'https://tuf.corp', trustedRoot: root.json }\n", /tufMirror: is not used with/],
    ["mode: online\n", /list a registry under upstreams, or set trust\.tufMirror/],
  ] as const) {
    const files = { "c.yaml": `${head}${more}` };
    const { exit, out, err } = await serving(["-c", "c.yaml", "--store", tempFolder()], async () => undefined, {
      files,
    });
    assert.is(exit, 2, more);
    assert.match(`${out}${err}`, said);
  }
});

test.run();
