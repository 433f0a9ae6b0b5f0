/** The command from its start to its end, over real sockets. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SignalName } from "../../../cli/command.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { type Reply, serveRegistry } from "../../support/registry-server.ts";
import { serveTuf } from "../../support/tuf-server.ts";
import { policyFor } from "../demo-policy.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, testIO } from "../command-io.ts";
import { head, linesOf, type Running, serving, statusOf, unready } from "../serving.ts";
import { demoLayout } from "../demo-layout.ts";
import { runCommandLine } from "../../../cli/program.ts";

const test = suite("cli/commands/serve");
const demo = demoLayout();
const store = tempFolder();
await runCli(["mirror", "add", "--store", store, demo.folder, "--complete"]);
const local = ["--store", store, "--listen", "127.0.0.1:0"];

const noLayers = "the mirror has no layers: it decides, but cannot start containers";

test("what is not kept is said at the start: layers that pass through", async () => {
  const passed = /layers are passed on and not kept: without its registry/;
  const config = (more: string): string =>
    `apiVersion: sallyport.dev/v1alpha1\nkind: Config\nmode: online\nstore: ${tempFolder()}\n` +
    `listeners: [{ address: "127.0.0.1:0" }]\nupstreams: [{ host: registry.example }]\n${more}`;
  const told = async (more: string): Promise<boolean> =>
    passed.test((await serving(["-c", "c.yaml"], async () => undefined, { files: { "c.yaml": config(more) } })).err);
  assert.equal([await told(""), await told("proxy: { layers: { store: true } }\n")], [true, false]);
});

test("offline over a mirror: ready, a line for each listener, and exit code 0 when it is told to end", async () => {
  const { exit, err } = await serving(local, async ({ urls: [url = ""] }) => {
    const ready = await fetch(`${url}/readyz`);
    assert.is(ready.status, 200);
    assert.equal(((await ready.json()) as { ready: boolean }).ready, true);
    assert.is((await fetch(`${url}/metrics`)).status, 200);
  });
  assert.is(exit, 0);
  const messages = linesOf(err).map(({ msg }) => msg);
  assert.equal(
    messages.filter((msg) => msg !== "request"),
    ["listening", noLayers, "serving", "told to end", "ended"],
  );
});

const web = "/v2/registry.example/shop/web";
test("the registry answers from the mirror: what is there, what is not, and what nobody knows", async () => {
  await serving(local, async ({ urls: [url = ""] }) => {
    assert.is(await statusOf(`${url}/v2/`), 200);
    assert.is(await statusOf(`${url}${web}/manifests/signed`), 200);
    assert.is(await statusOf(`${url}${web}/manifests/${demo.digests.signed}`), 200);
    assert.is(await statusOf(`${url}/v2/shop/web/manifests/signed?ns=registry.example`), 200);
    assert.is(await statusOf(`${url}${web}/referrers/${demo.digests.unsigned}`), 200);
    assert.is(await statusOf(`${url}/v2/other.example/app/manifests/1`), 503);
    assert.is(await statusOf(`${url}/tuf/nobody/root.json`), 404);
  });
});

test("offline it reads: another process may write meanwhile, and what it wrote is served", async () => {
  const own = tempFolder();
  await runCli(["mirror", "pin-key", "--store", own, "k8s://a/b", "key.pub"], { files: { "key.pub": demo.key.pem } });
  await serving(["--store", own, "--listen", "127.0.0.1:0"], async ({ urls: [url = ""] }) => {
    assert.is(await statusOf(`${url}${web}/manifests/signed`), 503);
    const added = await runCli(["mirror", "add", "--store", own, demo.folder, "--complete"]);
    assert.is(added.exit, 0, added.err);
    assert.is(await statusOf(`${url}${web}/manifests/signed`), 200);
    assert.is(await statusOf(`${url}/readyz`), 200);
  });
});

test("policies at the door: signed by the key is served, by another is refused, and no match as was said", async () => {
  const files = {
    "policies/p.yaml": policyFor(demo.key.pem),
    "c.yaml": `${head}store: ${store}
listeners: [{ address: "127.0.0.1:0" }]
policies: { folders: [policies] }
proxy: { admit: policies }\n`,
  };
  await serving(
    ["-c", "c.yaml"],
    async (running) => {
      const {
        urls: [url = ""],
        lines,
      } = running;
      assert.is(await statusOf(`${url}${web}/manifests/signed`), 200);
      assert.is(await statusOf(`${url}${web}/manifests/foreign`), 403);
      await running.logged("request", 2);
      const refused = lines().filter(({ status }) => status === 403);
      assert.is(refused.length, 1, "one line for one refusal");
      const [{ level, code, policy, rule, image, reason } = {}] = refused;
      assert.equal([level, code, policy, rule], ["warn", "wrong-key", "check-images", "signed"]);
      assert.match(String(image), /^registry\.example\/shop\/web:foreign@sha256:/);
      assert.match(String(reason), /^check-images\.signed: \S/);
      assert.is(await statusOf(`${url}/v2/other.example/app/manifests/1`), 503);
      await running.logged("request", 3);
      const [unknown] = lines().filter(({ status }) => status === 503);
      assert.equal([unknown?.level, unknown?.code], ["warn", "not-in-mirror"]);
      assert.match(String(unknown?.reason), /other\.example\/app/);
      assert.ok(
        lines().some(({ msg, applied }) => msg === "policies guard pulls" && String(applied) === "check-images"),
      );
    },
    { files },
  );
  const { exit, err } = await runCli(["serve", ...local, "--proxy-admit", "policies", "--policies-folders", "p.yaml"], {
    files: { "p.yaml": policyFor(demo.key.pem).replace("attestors:", "attestor:") },
  });
  assert.is(exit, 2);
  assert.match(err, /invalid-policy: policies do not load: p\.yaml:/);
});

test("online it asks the listed upstreams with their credentials, keeps the answer, and asks nobody else", async () => {
  const manifest = { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", layers: [] };
  const body = {
    ...manifest,
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(encodeUtf8("{}")), size: 2 },
  };
  const found: Reply = { body, headers: { "content-type": manifest.mediaType } };
  const login: Reply = { status: 401, headers: { "www-authenticate": `Bearer realm="http://127.0.0.1:1/"` } };
  const upstream = await serveRegistry((path, { headers }) =>
    headers.authorization !== "Bearer upstream-token" ? login : path.includes("/manifests/") ? found : undefined,
  );
  const stranger = await serveRegistry(() => found);
  const own = tempFolder();
  const files = {
    "secrets/token": "upstream-token\n",
    "c.yaml": `${head}mode: online
store: ${own}
listeners: [{ address: "127.0.0.1:0" }]
upstreams: [{ host: "${upstream.host}", plainHTTP: true, credentials: { tokenFile: secrets/token } }]\n`,
  };
  try {
    const { err } = await serving(
      ["-c", "c.yaml"],
      async ({ urls: [url = ""] }) => {
        for (let times = 0; times < 2; times++)
          assert.is(await statusOf(`${url}/v2/app/manifests/1?ns=${upstream.host}`), 200);
        assert.is(await statusOf(`${url}/v2/app/manifests/1?ns=${stranger.host}`), 503);
      },
      { files },
    );
    assert.ok(upstream.asked().filter((one) => one.includes("/manifests/1")).length >= 1);
    assert.equal(stranger.asked(), []);
    assert.not.match(err, /upstream-token/);
    await serving(["--store", own, "--listen", "127.0.0.1:0"], async ({ urls: [url = ""] }) => {
      assert.is(await statusOf(`${url}/v2/app/manifests/1?ns=${upstream.host}`), 200);
    });
    assert.equal(upstream.asked(), []);
  } finally {
    await upstream.close();
    await stranger.close();
  }
});

test("how old trust may be is said by the configuration, for what is served too, and for other commands", async () => {
  const tuf = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tufServer = await serveTuf(tuf.files);
  const own = tempFolder();
  const root = { "root.json": tuf.rootHistory[0] ?? new Uint8Array() };
  const words = ["trust", "update", "--name", "corp", "--mirror", tufServer.url, "--root", "root.json", "--store", own];
  assert.is((await runCli(words, { files: root, now: "2026-11-02T00:00:00Z" })).exit, 0);
  await tufServer.close();
  const digest = digestOf(fixtureBytes("trust/trusted-root.json"));
  const expired = "2027-11-20T00:00:00Z";
  const later = "2028-06-01T00:00:00Z";
  for (const [trust, now, status] of [
    ["{}", expired, 200],
    ["{ mode: enforce }", expired, 503],
    ["{ maxAge: 1d }", expired, 503],
    ["{}", later, 503],
    ["{ maxAge: 3000d }", later, 200],
    [`{ mode: pin, digest: "${digest}" }`, later, 503],
  ] as const) {
    const config = `${head}store: ${own}\nlisteners: [{ address: "127.0.0.1:0" }]\ntrust: ${trust}\n`;
    const body = async ({ urls: [url = ""] }: Running): Promise<void> =>
      assert.is(await statusOf(`${url}/trust/corp/trusted_root.json`), status, `${trust} ${now}`);
    await serving(["-c", "c.yaml"], body, { files: { "c.yaml": config }, now });
    const env = { SALLYPORT_CONFIG: "c.yaml" };
    const seen = await runCli(["trust", "status", "--store", own, "-o", "json"], {
      files: { "c.yaml": config },
      env,
      now,
    });
    const wanted = /mode: (\w+)/.exec(trust)?.[1] ?? "budget";
    assert.is(JSON.parse(seen.out).mode, wanted, seen.err);
  }
  const bad = await runCli(["trust", "status", "--store", own], { env: { SALLYPORT_TRUST_MODE: "none" } });
  assert.is(bad.exit, 2);
  assert.match(bad.err, /SALLYPORT_TRUST_MODE is enforce, budget, pin/);
});

test("what docker's file has credentials for is not given to strangers either", async () => {
  const auths = JSON.stringify({ auths: { "a.io": { auth: Buffer.from("u:p").toString("base64") } } });
  const words = ["--store", tempFolder(), "--online", "--upstream", "a.io", "-c", "c.yaml"];
  const config = (more: string): string => `${head}${more}listeners: [{ address: "0.0.0.0:0", plainHTTP: true }]\n`;
  const files = { "c.yaml": config(""), "auth.json": auths };
  const { exit, err } = await runCli(["serve", ...words], { files, env: { REGISTRY_AUTH_FILE: "auth.json" } });
  assert.is(exit, 2);
  assert.match(err, /a\.io is asked with a login, and anybody could pull/);
  const allowed = { ...files, "c.yaml": config("allowAnonymousPrivate: true\n") };
  for (const world of [{ files: allowed, env: { REGISTRY_AUTH_FILE: "auth.json" } }, { files }])
    assert.is((await runCli(["serve", ...words], world)).exit, 0);
});

test("a flood of wrong logins is told to come again; a login that is known is served meanwhile", async () => {
  const files = {
    users: `ada:${hashSync("lovelace", 12)}\n`,
    "c.yaml": `${head}store: ${store}
listeners: [{ address: "127.0.0.1:0", auth: { by: htpasswd, file: users } }]\n`,
  };
  await serving(
    ["-c", "c.yaml"],
    async ({ urls: [url = ""] }) => {
      const ask = (login: string): Promise<Response> =>
        fetch(`${url}/v2/`, { headers: { authorization: `Basic ${Buffer.from(login).toString("base64")}` } });
      assert.is((await ask("ada:lovelace")).status, 200);
      const flood = Array.from({ length: 40 }, (_, index) => ask(`ada:guess${index}`));
      assert.is((await ask("ada:lovelace")).status, 200);
      const answers = await Promise.all(flood);
      const busy = answers.filter(({ status }) => status === 503);
      assert.ok(busy.length > 0);
      assert.is(answers.filter(({ status }) => status === 401).length, 40 - busy.length);
      for (const one of busy) {
        assert.is(one.headers.get("retry-after"), "1");
        assert.match(await one.text(), /TOOMANYREQUESTS/);
      }
    },
    { files },
  );
});

test("an own certificate is by the authority that the store publishes", async () => {
  const config = { "c.yaml": `${head}store: ${store}\nlisteners: [{ address: "127.0.0.1:0", tls: { from: own } }]\n` };
  const { exit, err } = await serving(
    ["-c", "c.yaml"],
    async ({ urls: [url = ""] }) => {
      const ca = readFileSync(join(store, "tls/ca.pem"));
      const status = await new Promise((resolve, reject) => {
        request(`${url}/healthz`, { ca, agent: false }, (response) => resolve(response.resume().statusCode))
          .on("error", reject)
          .end();
      });
      assert.is(status, 200);
    },
    { files: config, now: new Date().toISOString() },
  );
  assert.is(exit, 0, err);
});

test("SIGHUP reads the configuration again; what does not load changes nothing", async () => {
  const config = (more: string): string => `${head}store: ${store}\nlisteners: [{ address: "127.0.0.1:0", ${more} }]\n`;
  await serving(
    ["-c", "c.yaml"],
    async ({ urls: [url = ""], files, send, logged, lines }) => {
      const status = async (path: string): Promise<number> => (await fetch(url + path)).status;
      assert.is(await status("/metrics"), 200);
      files["c.yaml"] = config("serves: [health]");
      send("SIGHUP");
      await logged("the configuration was loaded again");
      assert.is(await status("/metrics"), 404);
      assert.equal(await unready(url), []);
      const kept = "the new configuration is wrong: the old one stays in force";
      for (const [index, bad] of [
        config("serves: [healht]"),
        config("serves: [metrics]").replace(`store: ${store}`, "store: other"),
        `${config("serves: [metrics]")}mode: online\nupstreams: [{ host: a.io }]\n`,
        config("auth: { by: token, file: missing }"),
      ].entries()) {
        files["c.yaml"] = bad;
        send("SIGHUP");
        await logged(kept, index + 1);
        assert.is(await status("/metrics"), 404);
        assert.is(await status("/healthz"), 200);
      }
      assert.match(String(lines().find(({ msg }) => msg === kept)?.error), /did you mean "health"\?/);
      assert.equal(await unready(url), ["configuration invalid-usage"]);
      files["c.yaml"] = config("serves: [health]");
      send("SIGHUP");
      await logged("the configuration was loaded again", 2);
      assert.equal(await unready(url), []);
    },
    { files: { "c.yaml": config("serves: [health, metrics]") } },
  );
});

test("a file that changes is read again without a signal", async () => {
  const folder = tempFolder({ "c.yaml": `${head}store: ${store}\nlisteners: [{ address: "127.0.0.1:0" }]\n` });
  const path = join(folder, "c.yaml");
  await serving(["-c", path], async ({ logged }) => {
    writeFileSync(path, `${head}store: ${store}\nlisteners: [{ address: "127.0.0.1:0", serves: [health] }]\n`);
    await logged("the configuration was loaded again");
  });
});

test("what cannot start says why, and ends with the code of the table", async () => {
  const table: readonly (readonly [words: readonly string[], exit: number, err: RegExp])[] = [
    [["--listen", "127.0.0.1:0"], 2, /no mirror is named/],
    [["--store", tempFolder(), "--listen", "127.0.0.1:0"], 2, /there is no mirror in this folder/],
    [["--store", store, "--listen", "0.0.0.0:0"], 2, /other machines reach this address/],
    [["--store", store, "--listen", "nonsense"], 2, /expected HOST:PORT/],
    [[...local, "--online"], 2, /list a registry under upstreams/],
    [[...local, "--log-level", "loud"], 2, /--log-level/],
    [[...local, "--log-levle", "info"], 2, /Did you mean --log-level/],
    [[...local, "-c", "missing.yaml"], 2, /missing\.yaml/],
  ];
  for (const [words, exit, err] of table) {
    const run = await runCli(["serve", ...words]);
    assert.is(run.exit, exit, words.join(" "));
    assert.match(run.err, err, words.join(" "));
  }
});

test("online it holds the mirror: a second writer is told who does; readers may be many", async () => {
  const own = tempFolder();
  const online = ["--store", own, "--listen", "127.0.0.1:0", "--online", "--upstream", "a.io"];
  await serving(online, async () => {
    for (const words of [
      ["serve", ...online],
      ["mirror", "add", "--store", own, demo.folder],
    ]) {
      const { exit, err } = await runCli(words);
      assert.is(exit, words[0] === "serve" ? 6 : exit);
      assert.match(err, /mirror-busy: serve, process 4711 on test, since 2026-11-23T12:00:00\.000Z, writes to this/);
    }
    assert.is((await runCli(["mirror", "ls", "--store", own])).exit, 0);
    assert.is((await serving(["--store", own, "--listen", "127.0.0.1:0"], async () => undefined)).exit, 0);
  });
  assert.not.ok(existsSync(join(own, "writer.json")));
});

test("a second signal ends it at once", async () => {
  const ends: number[] = [];
  let send: (name: SignalName) => void = () => undefined;
  const { io } = testIO();
  const acts = new Map<SignalName, () => void>();
  const started = new Promise<void>((resolve) => {
    send = (name) => acts.get(name)?.();
    const host = {
      ...io.host,
      onSignal: (name: SignalName, act: () => void) => {
        acts.set(name, act);
        if (name === "SIGTERM") resolve();
        return () => undefined;
      },
      endNow: (code: number) => void ends.push(code),
    };
    void runCommandLine(["serve", ...local], { ...io, host });
  });
  await started;
  send("SIGTERM");
  send("SIGINT");
  assert.equal(ends, [130]);
});

test.run();
