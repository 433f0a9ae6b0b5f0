/** Everything that decisions need, looked at: what is in order, what is not, and what mends it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { kubeconfigOf, serveApi } from "../../support/api-server.ts";
import { notFound, serveRegistry } from "../../support/registry-server.ts";
import { origin, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { tlsAuthority } from "../../support/tls-identity.ts";
import { runCli, type TestWorld } from "../command-io.ts";

const test = suite("cli/commands/doctor");

interface SeenItem {
  readonly name: string;
  readonly subject?: string;
  readonly state: string;
  readonly code?: string;
  readonly text: string;
  readonly fix?: string;
}

async function seen(words: readonly string[], world: TestWorld = {}) {
  const text = await runCli(["doctor", ...words], { ...world, width: 80 });
  const json = await runCli(["doctor", ...words, "-o", "json"], world);
  assert.is(text.exit, json.exit);
  for (const line of text.out.split("\n")) assert.ok(line.length <= 80, line);
  const document = JSON.parse(json.out);
  const items: readonly SeenItem[] = document.items;
  for (const { name, state, fix } of items)
    if (!["ok", "skipped"].includes(state)) assert.ok(fix !== undefined, `${name} ${state} has a fix`);
  const find = (name: string) => items.find((item) => item.name === name);
  const stateOf = (name: string) => find(name)?.state;
  return { exit: json.exit, all: text.out + json.out + text.err + json.err, document, items, find, stateOf };
}

const config = (text: string) => `apiVersion: sallyport.dev/v1alpha1\nkind: Config\n${text}`;

test("a whole mirror and nothing else: nothing is wrong, and nobody is asked", async () => {
  const store = writtenMirror(() => undefined);
  const found = await seen(["--store", store]);
  assert.equal([found.exit, found.document.kind], [0, "Doctor"]);
  assert.equal(
    ["program", "node", "SQLite", "store", "locks", "writer", "integrity", "clock"].filter(
      (name) => found.stateOf(name) !== "ok",
    ),
    [],
  );
  assert.equal([found.stateOf("configuration"), found.stateOf("registry")], ["skipped", "skipped"]);
});

test("no mirror is a thing to say; one that is not there, and one that is damaged, are wrong", async () => {
  const none = await seen([]);
  assert.equal([none.exit, none.stateOf("store")], [0, "skipped"]);
  const missing = await seen(["--store", "/no/such/folder"]);
  assert.equal([missing.exit, missing.stateOf("store")], [2, "failed"]);
  const empty = await seen(["--store", temporaryFolder()]);
  assert.equal([empty.exit, empty.stateOf("mirror")], [2, "failed"]);
  assert.match(empty.find("mirror")?.fix ?? "", "sallyport mirror add");
  const store = writtenMirror((mirror) => mirror.writer().addBlob(new Uint8Array(3)));
  tamper(store, "UPDATE blob SET bytes = ?", Buffer.from("x"));
  const damaged = await seen(["--store", store]);
  assert.equal([damaged.exit, damaged.find("integrity")?.code], [6, "mirror-corrupt"]);
  assert.is(damaged.find("integrity")?.text, "1 row is damaged");
  assert.is(damaged.find("integrity")?.fix, `sallyport mirror check --store ${store}`);
  writeFileSync(join(store, "mirror.db"), "no database");
  const broken = await seen(["--store", store]);
  assert.equal([broken.exit, broken.find("mirror")?.code], [6, "mirror-corrupt"]);
});

test("what is too old is as wrong as in status, and a clock that is behind is told", async () => {
  const store = writtenMirror((mirror) => mirror.writer().raiseSignedTime(new Date("2027-01-01T00:00:00Z"), origin));
  const found = await seen(["--store", store, "--max-mirror-age", "3d"], { now: "2026-11-05T00:00:00Z" });
  assert.equal([found.exit, found.stateOf("mirror"), found.find("clock")?.code], [3, "stale", "clock-behind"]);
});

test("a configuration that does not load, a file that is not there, a policy that does not load", async () => {
  for (const [text, name] of [
    ["nonsense: true\n", "configuration"],
    ["mode: offline\nstore: ./none\n", "configuration"],
    ["policies: { folders: [policy.yaml] }\n", "policies"],
  ] as const) {
    const files = { "sp.yaml": config(text), "policy.yaml": "kind: ClusterPolicy\napiVersion: kyverno.io/v1\n" };
    const found = await seen(["--config", "sp.yaml"], { files });
    assert.equal([found.exit, found.stateOf(name)], [2, "failed"], text);
  }
});

test("certificates: valid, near their end, expired, with a wrong key", async () => {
  const authority = await tlsAuthority();
  const [one, other] = [await authority.issue(["a.test"]), await authority.issue(["b.test"])];
  const text = config(
    "mode: offline\nlisteners: [{ address: '127.0.0.1:5443', tls: { from: files, certificate: a.pem, key: a.key } }]\n",
  );
  const at = async (now: Date, key: string) => {
    const files = { "sp.yaml": text, "a.pem": one.cert, "a.key": key };
    const found = await seen(["--config", "sp.yaml"], { files, now: now.toISOString() });
    assert.not.match(found.all, "PRIVATE KEY");
    return [found.exit, found.stateOf("certificate"), found.find("certificate")?.code];
  };
  const now = Date.now();
  assert.equal(await at(new Date(now), one.key), [0, "critical", undefined], "it is valid for a day");
  assert.equal(await at(new Date(now + 3 * 86_400_000), one.key), [5, "failed", "tls-failure"]);
  assert.equal(await at(new Date(now - 3 * 86_400_000), one.key), [5, "failed", "tls-failure"]);
  assert.equal(await at(new Date(now), other.key), [2, "failed", "invalid-config"]);
});

test("upstreams are asked where that was said, and nothing secret is told", async () => {
  const password = "pa55-word-of-mine";
  const asked: string[] = [];
  const server = await serveRegistry((request) => {
    asked.push(request);
    return notFound();
  });
  try {
    const upstreams =
      `upstreams:\n  - host: '${server.host}'\n    plainHTTP: true\n` +
      `    credentials: { username: bot, password: ${password} }\n` +
      "  - { host: '127.0.0.1:1', plainHTTP: true }\n";
    const files = { "sp.yaml": config(`mode: online\nstore: ${temporaryFolder()}\n${upstreams}`) };
    const offline = await seen(["--config", "sp.yaml", "--offline"], { files });
    assert.equal([offline.stateOf("registry"), asked], ["skipped", []]);
    const online = await seen(["--config", "sp.yaml"], { files });
    const registries = online.items.filter(({ name }) => name === "registry");
    assert.equal(
      registries.map(({ subject, state, code }) => [subject, state, code]),
      [
        [server.host, "ok", undefined],
        ["127.0.0.1:1", "failed", "unreachable"],
      ],
    );
    assert.ok(asked.length > 0);
    for (const { all } of [offline, online]) assert.not.match(all, password);
  } finally {
    await server.close();
  }
});

test("the API server is asked with --cluster alone; without a kubeconfig that is said", async () => {
  const server = await serveApi({ "/version": { gitVersion: "v1.36.0" } });
  try {
    const files = { "kube.json": kubeconfigOf(server.url) };
    const found = await seen(["--cluster", "--kubeconfig", "kube.json"], { files });
    assert.equal([found.exit, found.stateOf("API server")], [0, "ok"]);
    assert.match(found.find("API server")?.text ?? "", "v1.36.0");
  } finally {
    await server.close();
  }
  const none = await seen(["--cluster", "--kubeconfig", "none.json"]);
  assert.equal([none.exit > 0, none.stateOf("API server")], [true, "failed"]);
});

test.run();
