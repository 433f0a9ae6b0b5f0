import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { newKey } from "../../lab/keys.ts";
import { reviewOf } from "../../support/admission.ts";
import { SmallRegistry } from "../../support/small-registry.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";
import { policyFor } from "../demo-policy.ts";
import { head, type Running, serving, statusOf } from "../serving.ts";

const test = suite("cli/serve/recheck-by-timer");
const key = newKey();

/** A registry with a signed and an unsigned image, and the configuration of a proxy before it. */
async function stage(failurePolicy: "Fail" | "Ignore", more = "") {
  const registry = await new SmallRegistry().start();
  registry.sign("app", registry.addImage("app", "good", "a signed image"), key);
  registry.addImage("app", "bad", "an unsigned image");
  registry.addImage("other", "1", "another image");
  const store = tempFolder();
  const files = {
    "policies/p.yaml": policyFor(key.pem, { images: `${registry.host}/app*` }),
    "images.txt": `${registry.host}/app:good\n${registry.host}/app:bad\n`,
    "c.yaml": `${head}mode: online
store: ${store}
listeners: [{ address: "127.0.0.1:0" }]
upstreams: [{ host: "${registry.host}", plainHTTP: true }]
policies: { folders: [policies] }
proxy: { admit: policies, failurePolicy: ${failurePolicy} }
${more}\n`,
  };
  return { registry, store, files };
}

const listOf = async (store: string) => {
  const { exit, out } = await runCli(["mirror", "recheck", "--store", store, "-o", "json"]);
  const { counts, entries } = JSON.parse(out);
  const texts = entries.map(
    ({ image, state, code, policy }: Record<string, string>) =>
      `${image?.replace(/^[^/]+\/([^@]+)@.*/, "$1")} ${state} ${code} ${policy}`,
  );
  return { exit, counts, texts };
};

const told = ({ lines }: Running, what: string) => lines().filter(({ msg }) => msg === what);
const refutedLine = "an image that was let in undecided is refuted: it may be running";

test("a signature that cannot be asked for lets an image in; when the registry answers again, it is told", async () => {
  const { registry, store, files } = await stage("Ignore");
  const isEvidence = (path: string): boolean =>
    path.endsWith(".sig") || path.endsWith(".att") || /referrers/.test(path);
  registry.meddle = (path, _, response) => {
    if (!isEvidence(path)) return false;
    response.writeHead(502).end();
    return true;
  };
  try {
    await serving(
      ["-c", "c.yaml"],
      async (running) => {
        const [url = ""] = running.urls;
        const get = (path: string): Promise<number> => statusOf(`${url}/v2/${path}?ns=${registry.host}`);
        assert.is(await get("app/manifests/bad"), 200);
        const before = await listOf(store);
        assert.equal(before.counts, { unknown: 1, refuted: 0, dropped: 0 });
        assert.equal(before.exit, 0);
        registry.meddle = () => false;
        assert.is(await get("app/referrers/sha256:".padEnd(85, "0")), 200);
        await running.logged(refutedLine);
        const [line] = told(running, refutedLine);
        assert.equal([line?.policy, line?.code, line?.level], ["check-images", "no-signature", "error"]);
        assert.match(String(line?.image), /\/app:bad@sha256:/);
        await running.logged("what was let in undecided was decided again");
        const [{ proven, refuted } = {}] = told(running, "what was let in undecided was decided again");
        assert.equal([proven, refuted], [0, 1]);
        const metrics = await (await fetch(`${url}/metrics`)).text();
        assert.match(metrics, /sallyport_recheck_refuted_total\{policy="check-images",code="no-signature"\} 1/);
        assert.match(metrics, /sallyport_recheck_entries\{state="unknown"\} 0/);
        assert.is(await get("app/manifests/bad"), 403);
        // A policy that is gone takes its counts along.
        running.files["policies/p.yaml"] = policyFor(key.pem, { images: `${registry.host}/app*` }).replace(
          "name: check-images",
          "name: another",
        );
        running.send("SIGHUP");
        await running.logged("the configuration was loaded again");
        assert.not.match(await (await fetch(`${url}/metrics`)).text(), "sallyport_recheck_refuted_total{");
      },
      { files },
    );
  } finally {
    await registry.close();
  }
  const after = await listOf(store);
  assert.equal(after.texts, ["app:bad refuted no-signature check-images"]);
  assert.is(after.exit, 1);
});

test("a sync and a start look at the list, too; nothing is let in under Fail", async () => {
  const { registry, store, files } = await stage("Ignore");
  registry.meddle = (path, _, response) => {
    if (!/\.(sig|att)$|referrers/.test(path)) return false;
    response.writeHead(503).end();
    return true;
  };
  const read = async ({ urls: [url = ""] }: Running): Promise<number> =>
    statusOf(`${url}/v2/app/manifests/bad?ns=${registry.host}`);
  try {
    await serving(
      ["-c", "c.yaml"],
      async (running) => {
        assert.is(await read(running), 200);
      },
      { files },
    );
    const underFail = { ...files, "c.yaml": files["c.yaml"].replace("failurePolicy: Ignore", "failurePolicy: Fail") };
    await serving(
      ["-c", "c.yaml"],
      async (running) => {
        assert.is(await read(running), 503);
        assert.equal((await listOf(store)).texts, ["app:bad unknown upstream-error check-images"]);
      },
      { files: underFail },
    );
    registry.meddle = () => false;
    const synced = `${files["c.yaml"]}sync: { lists: [images.txt], interval: 1h }\n`;
    await serving(["-c", "c.yaml"], async (running) => running.logged(refutedLine), {
      files: { ...files, "c.yaml": synced },
    });
    assert.equal((await listOf(store)).texts, ["app:bad refuted no-signature check-images"]);
  } finally {
    await registry.close();
  }
});

const podOf = (image: string, name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop" },
  spec: { containers: [{ name: "app", image, env: [{ name: "PASSWORD", value: "hunter2" }] }] },
});

async function letIn(url: string, image: string, name: string): Promise<boolean> {
  const body = JSON.stringify(reviewOf(podOf(image, name)));
  const answer = await fetch(`${url}/mutate/ignore?timeout=10s`, { method: "POST", body });
  const { response } = (await answer.json()) as { readonly response: { readonly allowed: boolean } };
  return response.allowed;
}

test("admission: a Pod that was let in is refuted when its registry answers again, after a restart", async () => {
  const { registry, store, files } = await stage("Fail");
  const config = files["c.yaml"]
    .replace(/listeners:.*/, 'listeners: [{ address: "127.0.0.1:0", serves: [admission, metrics] }]')
    .replace(/^proxy:.*\n/m, "");
  const policy = policyFor(key.pem, { images: `${registry.host}/app*`, failurePolicy: "Ignore" });
  const world = { files: { ...files, "c.yaml": config, "policies/p.yaml": policy } };
  const isOut = (path: string): boolean => /\.(sig|att)$|referrers/.test(path);
  registry.meddle = (path, _, response) => {
    if (!isOut(path)) return false;
    response.writeHead(503).end();
    return true;
  };
  const [bad, good] = [`${registry.host}/app:bad`, `${registry.host}/app:good`];
  try {
    await serving(
      ["-c", "c.yaml"],
      async ({ urls: [url = ""] }) => {
        assert.ok(await letIn(url, bad, "bad"));
        assert.ok(await letIn(url, good, "good"));
      },
      world,
    );
    const { texts, counts } = await listOf(store);
    assert.equal(counts, { unknown: 2, refuted: 0, dropped: 0 });
    assert.equal(texts.map((text: string) => text.replace(/^\S+ /, "")).sort(), [
      "unknown upstream-error check-images",
      "unknown upstream-error check-images",
    ]);
    assert.not(readFileSync(join(store, "state.db")).includes("hunter2"), "no secret of the Pod is kept");
    registry.meddle = () => false;
    await serving(
      ["-c", "c.yaml"],
      async (running) => {
        const [url = ""] = running.urls;
        await running.logged(refutedLine);
        const [line] = told(running, refutedLine);
        assert.equal([line?.image, line?.resource, line?.code], [bad, "Pod/shop/bad", "no-signature"]);
        await running.logged("what was let in undecided was decided again");
        const metrics = await (await fetch(`${url}/metrics`)).text();
        assert.match(metrics, /sallyport_recheck_refuted_total\{policy="check-images",code="no-signature"\} 1/);
        assert.match(metrics, /sallyport_recheck_entries\{state="unknown"\} 0/);
      },
      world,
    );
  } finally {
    await registry.close();
  }
  const shown = await runCli(["mirror", "recheck", "--store", store]);
  assert.is(shown.exit, 1);
  assert.match(shown.out, /app:bad of Pod\/shop\/bad +refuted/);
  assert.is((await runCli(["mirror", "recheck", "--store", store, "--forget", "Pod/shop/bad"])).exit, 0);
});

test.run();
