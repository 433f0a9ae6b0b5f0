/** Checkpoints under proofs, kept in the mirror by commands that decide, and shown and carried from there. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../core/limits.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { serveKnowledge } from "../support/knowledge-registry.ts";
import { reading } from "../support/temporary-mirror.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli } from "./command-io.ts";
import { podFor } from "./demo-policy.ts";

const test = suite("cli/seen-checkpoints");
const fixtures = fileURLToPath(new URL("../fixtures/documentation/", import.meta.url));
const text = (name: string): string => readFileSync(`${fixtures}${name}`, "utf8");
const image = "ghcr.io/kyverno/test-verify-image:signed-in-a-bundle";
const files: Readonly<Record<string, string>> = {
  "root.json": text("trust/trusted-root.json"),
  "release.pub": text("trust/release.pub"),
  "by-key.yaml": text("policies/02-skip-image-references.yaml"),
  "pod.yaml": podFor("a", image),
};
const run = (store: string, words: readonly string[]) =>
  runCli([...words, "--store", store], { now: "2026-11-26T12:00:00Z", files });
const checkpoints = (store: string) => reading(store, (mirror) => mirror.status().checkpoints);

async function filled(): Promise<string> {
  const store = tempFolder();
  assert.is((await run(store, ["mirror", "add", `${fixtures}layout`, "--complete"])).exit, 0);
  return store;
}

const verifying = ["verify", "--key", "release.pub", image];

test("verify and apply keep the newest of each log, once it was proven by the mirror's own trust", async () => {
  for (const words of [verifying, ["apply", "by-key.yaml", "-r", "pod.yaml"]]) {
    const store = await filled();
    await run(store, [...words, "--trusted-root", "root.json"]);
    assert.equal(checkpoints(store), [], "trust of the command line");
    assert.is((await run(store, ["trust", "import", "root.json"])).exit, 0);
    const { exit, err } = await run(store, words);
    assert.is(exit, 0, err);
    const [kept, ...others] = checkpoints(store);
    assert.equal(others, [], words[0]);
    assert.equal([kept?.origin, kept?.size], ["rekor.example.com", "1"], words[0]);
    const shown = await run(store, ["status", "-o", "json"]);
    assert.match(shown.out, "rekor.example.com");
    await run(store, words);
    assert.equal(checkpoints(store), [kept], "nothing new");
  }
});

test("a sync keeps it, a dry one does not, and an archive carries it", async () => {
  const source = openMirror(await filled(), { mode: "read", limits: defaultLimits });
  const registry = await serveKnowledge(source.knowledge(), (path) => `ghcr.io/${path}`);
  try {
    const { host } = new URL(registry.url);
    const store = tempFolder();
    const far = tempFolder();
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const archive = join(tempFolder(), "a.tar");
    const at = {
      now: "2026-11-26T12:00:00Z",
      files: {
        ...files,
        // A file of the disk, where it is looked at.
        [archive]: "",
        "p.yaml": files["by-key.yaml"]?.replace("ghcr.io/*", `${host}/*`) ?? "",
        "key.pem": String(privateKey.export({ type: "pkcs8", format: "pem" })),
        "key.pub": String(publicKey.export({ type: "spki", format: "pem" })),
      },
    };
    const here = async (...words: readonly string[]): Promise<void> => {
      const { exit, out, err } = await runCli(words, at);
      assert.is(exit, 0, `${words.join(" ")}: ${out}${err}`);
    };
    const syncing = ["mirror", "sync", image.replace("ghcr.io", host), "--policies", "p.yaml", "--store", store];
    await here("trust", "import", "root.json", "--store", store);
    await here(...syncing, "--dry-run");
    assert.equal(checkpoints(store), []);
    await here(...syncing, "--require-covered");
    const kept = checkpoints(store);
    assert.equal(
      kept.map(({ origin, size }) => [origin, size]),
      [["rekor.example.com", "1"]],
    );
    await here("export", "--store", store, "-f", archive, "--key", "key.pem");
    await here("import", archive, "--store", far, "--key", "key.pub");
    assert.equal(checkpoints(far), kept);
  } finally {
    await registry.close();
    source.close();
  }
});

test.run();
