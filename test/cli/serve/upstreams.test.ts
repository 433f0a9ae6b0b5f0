/** Whom `serve` asks in mode online while an API server or a node waits, without any sync. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newKey } from "../../lab/keys.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { reviewOf } from "../../support/admission.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { pod } from "../../support/fixture-policies.ts";
import { type LoopbackServer, serveLoopback } from "../../support/loopback-server.ts";
import { SmallRegistry } from "../../support/small-registry.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { serveTuf } from "../../support/tuf-server.ts";
import { runCli } from "../command-io.ts";
import { policyFor } from "../demo-policy.ts";
import { head, type Running, serving, statusOf } from "../serving.ts";

const test = suite("cli/serve/upstreams");

const key = newKey();
const now = "2026-11-02T00:00:00Z";
const anHourLater = "2026-11-02T01:00:00Z";
const twoDaysLater = "2026-11-04T00:00:00Z";

interface Verdict {
  readonly allowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
}

async function review(url: string, image: string, strictness = "fail", timeout = "10s"): Promise<Verdict> {
  const path = `${url}/mutate/${strictness}?timeout=${timeout}`;
  const response = await fetch(path, { method: "POST", body: JSON.stringify(reviewOf(pod(image))) });
  const { response: answer } = (await response.json()) as {
    readonly response: { allowed: boolean; warnings?: readonly string[]; status?: { message: string } };
  };
  return { allowed: answer.allowed, message: answer.status?.message ?? "", warnings: answer.warnings ?? [] };
}

/** A Vault that answers by a handler that may change, a registry with a signed image, and a configuration. */
async function stage() {
  const registry = await new SmallRegistry().start();
  const digest = registry.addImage("app", "1", "an image");
  registry.sign("app", digest, key);
  const data = { keys: { 1: { public_key: key.pem } }, latest_version: 1, type: "ecdsa-p256" };
  const state: { answer: "key" | "missing" | "refused" | "down" | "silent" } = { answer: "key" };
  const statuses = { key: 200, missing: 404, refused: 403, down: 503 };
  const vault: LoopbackServer = await serveLoopback((_, response) => {
    if (state.answer === "silent") return;
    response.writeHead(statuses[state.answer], { "content-type": "application/json" });
    response.end(JSON.stringify(state.answer === "key" ? { data } : { errors: [] }));
  });
  const image = `${registry.host}/app:1`;
  const byKey = policyFor(key.pem, { images: `${registry.host}/*` });
  const byReference = byKey.replace(/publicKeys: \|-\n[\s\S]*-----END PUBLIC KEY-----/, "publicKeys: hashivault://app");
  const configOf = (more: string): string => `${head}mode: online
upstreams: [{ host: "${registry.host}", plainHTTP: true }]
policies: { folders: [p.yaml] }
${more}`;
  const admission = 'listeners: [{ address: "127.0.0.1:0", serves: [admission] }]\n';
  const serve = async (
    store: string,
    act: (url: string, running: Running) => Promise<void>,
    { policy = byReference, more = admission, at = now, words = [] as readonly string[] } = {},
  ): Promise<void> => {
    const { exit, err } = await serving(
      ["-c", "c.yaml", "--store", store, ...words],
      (running) => act(running.urls[0] ?? "", running),
      {
        files: { "p.yaml": policy, "c.yaml": configOf(more) },
        env: { VAULT_ADDR: vault.url, VAULT_TOKEN: "t" },
        now: at,
      },
    );
    assert.is(exit, 0, err);
  };
  const close = async (): Promise<void> => void (await Promise.all([registry.close(), vault.close()]));
  return { registry, vault, state, image, digest, byKey, byReference, serve, close };
}

test("a review asks the key service of its policy once; the mirror keeps the key, also for outages", async () => {
  const { vault, state, image, serve, close } = await stage();
  const store = tempFolder();
  try {
    await serve(store, async (url) => {
      const verdicts = await Promise.all([review(url, image), review(url, image), review(url, image)]);
      assert.equal(
        verdicts.map(({ allowed, message }) => [allowed, message]),
        verdicts.map(() => [true, ""]),
      );
      assert.ok((await review(url, image)).allowed);
      assert.equal(vault.asked(), ["GET /v1/transit/keys/app"]);
    });
    await serve(store, async (url) => assert.ok((await review(url, image)).allowed), { words: ["--offline"] });
    assert.equal(vault.asked(), [], "offline nobody is asked");
    for (const answer of ["down", "refused", "key"] as const) {
      state.answer = answer;
      await serve(store, async (url) => assert.ok((await review(url, image)).allowed, answer), { at: anHourLater });
      assert.ok(vault.asked().length > 0, "an answer of this age is asked for again");
    }
    // What was answered an hour later is young then.
    await serve(store, async (url) => assert.ok((await review(url, image)).allowed), { at: anHourLater });
    assert.equal(vault.asked(), []);
  } finally {
    await close();
  }
});

test("a key that nobody could give is unknown with its code, within the time of the review", async () => {
  const { state, image, byReference, serve, close } = await stage();
  const lenient = byReference.replace("failurePolicy: Fail", "failurePolicy: Ignore");
  try {
    for (const [answer, words] of [
      ["missing", /\[no-key\].* does not have the key hashivault:\/\/app/],
      ["refused", /\[no-key\].*answered 403 to the token of VAULT_TOKEN/],
      ["down", /\[no-key\].*answered 503/],
      ["silent", /\[no-key\].*no answer in time/],
    ] as const)
      for (const [strictness, policy] of Object.entries({ fail: byReference, ignore: lenient })) {
        state.answer = answer;
        await serve(
          tempFolder(),
          async (url) => {
            const { allowed, message } = await review(url, image, strictness, answer === "silent" ? "1s" : "30s");
            // The key says who may sign: without it nothing was checked, whatever the failure policy.
            assert.not(allowed, `${answer} ${strictness}`);
            assert.match(message.replaceAll(/\s+/g, " "), words);
          },
          { policy },
        );
      }
  } finally {
    await close();
  }
});

test("a pinned key is asked of nobody, however old the pin is", async () => {
  const { vault, image, serve, close } = await stage();
  const store = tempFolder();
  const pin = ["mirror", "pin-key", "hashivault://app", "release.pub", "--store", store];
  try {
    const { exit, err } = await runCli(pin, { files: { "release.pub": key.pem }, now });
    assert.is(exit, 0, err);
    await serve(store, async (url) => assert.ok((await review(url, image)).allowed), { at: twoDaysLater });
    assert.equal(vault.asked(), []);
  } finally {
    await close();
  }
});

test("the policies' door asks the key service, too", async () => {
  const { vault, registry, digest, serve, close } = await stage();
  const more = 'listeners: [{ address: "127.0.0.1:0" }]\nproxy: { admit: policies, noMatch: deny }\n';
  try {
    await serve(
      tempFolder(),
      async (url) => assert.is(await statusOf(`${url}/v2/app/manifests/${digest}?ns=${registry.host}`), 200),
      { more },
    );
    assert.equal(vault.asked(), ["GET /v1/transit/keys/app"]);
  } finally {
    await close();
  }
});

test("a review asks the log of its policy, and daily the TUF repository of the trusted root", async () => {
  const { image, byKey, serve, close } = await stage();
  const store = tempFolder();
  const log = await serveLoopback((_, response) => void response.end("[]"));
  const tuf = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tufServer = await serveTuf(tuf.files);
  const root = { "root.json": tuf.rootHistory[0] ?? new Uint8Array() };
  const update = ["trust", "update", "--mirror", tufServer.url, "--root", "root.json", "--store", store];
  const policy = byKey.replace("ignoreTlog: true", `url: ${log.url}`);
  const refused = async (url: string): Promise<void> => {
    const { allowed, message } = await review(url, image);
    assert.not(allowed);
    assert.match(message, /\[no-log-proof\]/);
  };
  try {
    const { exit, err } = await runCli(update, { files: root, now });
    assert.is(exit, 0, err);
    tufServer.asked();
    await serve(store, refused, { policy, at: anHourLater });
    assert.match(log.asked().join("\n"), /api\/v1\/index\/retrieve/);
    assert.equal(tufServer.asked(), []);
    await serve(store, refused, { policy, at: twoDaysLater });
    assert.ok(tufServer.asked().some((path) => path.startsWith("timestamp")));
    await serve(store, refused, { policy, at: "2026-11-04T01:00:00Z" });
    assert.equal(tufServer.asked(), []);
  } finally {
    await Promise.all([close(), log.close(), tufServer.close()]);
  }
});

test.run();
