import { suite } from "uvu";
import * as assert from "uvu/assert";
import { kubeconfigOf, serveApi } from "../../support/api-server.ts";
import { fixtureText } from "../../support/fixture-images.ts";
import { serveLoopback } from "../../support/loopback-server.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli, type TestWorld } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";

const test = suite("cli/commands/mirror-pins");
const demo = demoLayout();
const world: TestWorld = {
  files: {
    "key.pub": demo.key.pem,
    "junk.pub": "no key",
    "two.pub": `${demo.key.pem}${demo.other.pem}`,
    "root.json": fixtureText("trust/trusted-root.json"),
  },
};
const store = tempFolder();
const mirror = (...words: readonly string[]) => runCli(["mirror", ...words, "--store", store], world);
const verify = ["--insecure-ignore-tlog", "--layout", demo.folder, "--complete", "--store", store, demo.signed];
const byReference = () => runCli(["verify", "--key", "k8s://ns/key", ...verify], world);

test("a key is pinned, listed, and taken back", async () => {
  const pinned = await mirror("pin-key", "k8s://ns/key", "key.pub");
  assert.is(pinned.exit, 0, pinned.err);
  assert.match(pinned.out, /^pinned k8s:\/\/ns\/key\n {2}key {3}[0-9a-f]{64}\n {2}file {2}sha256:[0-9a-f]{64}\n$/);
  assert.is((await byReference()).exit, 0);
  await runCli(["trust", "import", "root.json", "--store", store], world);

  const text = await mirror("pins");
  const lines = text.out.trimEnd().split("\n");
  assert.equal(
    [lines.length, ...lines.map((line) => line.split(/ {2,}/).slice(0, 2).join(" "))],
    [3, "KIND NAME", "key k8s://ns/key", "trusted-root public-good"],
  );
  assert.ok(lines.every((line) => line.length <= 80));
  assert.match(
    (await mirror("pins", "-o", "wide", "--no-headers")).out,
    /^key +k8s:\/\/ns\/key +\S+ +2026-11-23 12:00 +key\.pub\n/,
  );
  const { kind, entries } = JSON.parse((await mirror("pins", "-o", "json")).out);
  assert.equal(
    [kind, entries.map((entry: { readonly name: string; readonly from: string }) => [entry.name, entry.from])],
    [
      "PinList",
      [
        ["k8s://ns/key", "key.pub"],
        ["public-good", "root.json"],
      ],
    ],
  );

  assert.match(
    (await mirror("unpin-key", "k8s://ns/key")).out,
    /^unpinned k8s:\/\/ns\/key\n {2}key {3}[0-9a-f]{64}\n {2}file {2}sha256:/,
  );
  assert.equal(JSON.parse((await mirror("pins", "-o", "json")).out).entries.length, 1);
  assert.is((await byReference()).exit, 5);
});

test("without a file the key is asked of who keeps it, and the pin says who that was", async () => {
  const path = "/api/v1/namespaces/keys/secrets/release";
  const data = { "cosign.pub": Buffer.from(demo.key.pem).toString("base64") };
  const api = await serveApi({ [path]: { kind: "Secret", data } });
  const keys = { 1: { public_key: demo.key.pem } };
  const vault = await serveLoopback((request, response) => {
    const held = request.url === "/v1/transit/keys/release";
    response.writeHead(held ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(held ? { data: { type: "ecdsa-p256", latest_version: 1, keys } } : { errors: [] }));
  });
  const asking: TestWorld = {
    files: { ...world.files, kubeconfig: kubeconfigOf(api.url) },
    env: { VAULT_ADDR: vault.url, VAULT_TOKEN: "hvs.s3cret" },
  };
  const own = tempFolder();
  const pin = (...words: readonly string[]) =>
    runCli(["mirror", "pin-key", ...words, "--kubeconfig", "kubeconfig", "--store", own], asking);
  try {
    for (const reference of ["k8s://keys/release", "hashivault://release"]) {
      const pinned = await pin(reference, "-o", "json", "--verbose");
      assert.is(pinned.exit, 0, pinned.err);
      assert.match(pinned.err, /^GET http:/m);
      assert.not.match(pinned.err, /s3cret|t0ken/);
    }
    const { out } = await runCli(["mirror", "pins", "--store", own, "-o", "json"], asking);
    assert.equal(
      (JSON.parse(out).entries as { name: string; from: string }[]).map(({ name, from }) => [name, from]),
      [
        ["hashivault://release", `the Vault at ${vault.url}/`],
        ["k8s://keys/release", `the API server ${api.url}`],
      ],
    );
    const words = ["--insecure-ignore-tlog", "--layout", demo.folder, "--complete", "--store", own, demo.signed];
    for (const reference of ["k8s://keys/release", "hashivault://release"])
      assert.is((await runCli(["verify", "--key", reference, ...words], asking)).exit, 0);
    assert.is((await pin("k8s://keys/other")).exit, 5);
    assert.is((await pin("hashivault://other")).exit, 5);
    assert.is((await pin("/etc/keys/release.pub")).exit, 2);
    assert.is((await pin("k8s://keys/release", "--offline")).exit, 2);
  } finally {
    await Promise.all([api.close(), vault.close()]);
  }
  assert.is((await pin("hashivault://release")).exit, 5);
});

test("what is not pinned cannot be taken back, and then nothing is", async () => {
  await mirror("pin-key", "k8s://ns/key", "key.pub");
  assert.is((await mirror("unpin-key", "k8s://ns/key", "k8s://ns/other")).exit, 2);
  assert.is((await mirror("unpin-key", "public-good")).exit, 2);
  assert.is((await byReference()).exit, 0);
});

test("a reference that no policy can hold, and a file without one key, are wrong usage", async () => {
  for (const words of [
    ["k8s://ns", "key.pub"],
    ["k8s:/ns/key", "key.pub"],
    ["https://example.com/key", "key.pub"],
    ["key.pub", "key.pub"],
    ["k8s://ns/more", "junk.pub"],
    ["k8s://ns/more", "two.pub"],
    ["k8s://ns/more", "gone.pub"],
  ])
    assert.is((await mirror("pin-key", ...words)).exit, 2, words.join(" "));
  assert.not.match((await mirror("pins")).out, "more");
});

test("pins rm takes back a pin of any kind", async () => {
  await mirror("pin-key", "k8s://ns/key", "key.pub");
  assert.is((await mirror("pins", "rm", "key", "k8s://ns/gone")).exit, 2);
  assert.is((await mirror("pins", "rm", "lock", "k8s://ns/key")).exit, 2);
  const { exit, out } = await mirror("pins", "rm", "key", "k8s://ns/key");
  assert.is(exit, 0);
  assert.match(out, "unpinned k8s://ns/key");
  assert.not.match((await mirror("pins")).out, "k8s://ns/key");
});

test.run();
